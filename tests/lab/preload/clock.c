/* SPDX-License-Identifier: BSD-2-Clause */
/* For LD_PRELOAD: CLOCK_REALTIME is off by the seconds that the first 8 bytes of CLOCK_FILE hold.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset;

__attribute__((constructor)) static void read_settings(void)
{
	const char *path = getenv("CLOCK_FILE");
	const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);

	if (fd >= 0)
		close(fd);
	offset = memory == MAP_FAILED ? NULL : memory;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	const long r = syscall(SYS_clock_gettime, clock, time);

	if (r == 0 && clock == CLOCK_REALTIME && offset)
		time->tv_sec += *offset;
	return (int)r;
}
