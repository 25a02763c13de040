/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For LD_PRELOAD: memory is short, at the call of malloc, calloc, realloc or mmap (of no file) that
 * FAIL_AT names (1, 2, ...), with FAIL_ON=1 from that call on; or as the first four bytes of the
 * file FAIL_KNOB say while it runs: 0 never, else at every so many calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);

static atomic_long calls;
static long fail_at;
static int fail_on;
static const volatile uint32_t *knob;

__attribute__((constructor)) static void read_settings(void)
{
	const char *at = getenv("FAIL_AT"), *on = getenv("FAIL_ON"), *path = getenv("FAIL_KNOB");
	const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, 4, PROT_READ, MAP_SHARED, fd, 0);

	if (fd >= 0)
		close(fd);
	knob = memory == MAP_FAILED ? NULL : memory;
	fail_on = on && *on == '1';
	fail_at = at ? strtol(at, NULL, 10) : 0;
	atomic_store(&calls, 0);
}

static int is_short(void)
{
	const long call = atomic_fetch_add(&calls, 1) + 1;
	const uint32_t every = knob ? *knob : 0;

	if (!(fail_at && (fail_on ? call >= fail_at : call == fail_at)) &&
	    !(every && call % every == 0))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return is_short() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return is_short() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size)
{
	return is_short() ? NULL : __libc_realloc(memory, size);
}

void *mmap(void *addr, size_t size, int access, int flags, int fd, off_t at)
{
	if (flags & MAP_ANONYMOUS && is_short())
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, addr, size, access, flags, fd, at);
}
