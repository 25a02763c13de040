/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The filter: a jump to "allow" for each number of the list, else EPERM; of ioctl and prctl it is
 * the argument, too, that is on a list. No execve, no ptrace, no mount, no module, no setuid; what
 * is left of files is for logs, reports and pins.
 */
#include "kernel/seccomp.h"

#include <endian.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define ARCH AUDIT_ARCH_RISCV64
#endif

#ifdef ARCH
static const int allowed[] = {
	/* the hot ones first: the list is walked */
	SYS_epoll_pwait,
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
	SYS_futex,
	SYS_read,
	SYS_write,
	SYS_recvmsg,
	SYS_sendmsg,
	SYS_recvfrom,
	SYS_sendto,
	SYS_bpf,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_nanosleep,
	SYS_gettimeofday,
	SYS_clock_getres,
	SYS_writev,
	SYS_readv,
	SYS_pread64,
	SYS_pwrite64,
	SYS_preadv,
	SYS_pwritev,
	SYS_sendfile,
	/* memory and threads */
	SYS_mmap,
	SYS_munmap,
	SYS_mprotect,
	SYS_mremap,
	SYS_madvise,
	SYS_brk,
	SYS_mincore,
	SYS_memfd_create,
	SYS_membarrier,
	SYS_clone,
	SYS_clone3,
	SYS_set_robust_list,
	SYS_get_robust_list,
	SYS_set_tid_address,
	SYS_rseq,
	SYS_exit,
	SYS_exit_group,
	SYS_gettid,
	SYS_getpid,
	SYS_getppid,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_getcpu,
	SYS_restart_syscall,
	SYS_wait4,
	SYS_waitid,
	/* signals */
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_rt_sigtimedwait,
	SYS_rt_sigsuspend,
	SYS_rt_sigpending,
	SYS_sigaltstack,
	SYS_signalfd4,
	SYS_tgkill,
	SYS_kill,
	/* waiting */
	SYS_epoll_create1,
	SYS_epoll_ctl,
	SYS_ppoll,
	SYS_pselect6,
	SYS_timerfd_create,
	SYS_timerfd_settime,
	SYS_timerfd_gettime,
	SYS_eventfd2,
	SYS_pipe2,
	SYS_dup,
	SYS_dup3,
#ifdef SYS_poll
	SYS_poll,
	SYS_select,
	SYS_pause,
	SYS_pipe,
	SYS_dup2,
	SYS_time,
#endif
	/* sockets */
	SYS_socket,
	SYS_socketpair,
	SYS_connect,
	SYS_accept,
	SYS_accept4,
	SYS_bind,
	SYS_listen,
	SYS_getsockname,
	SYS_getpeername,
	SYS_getsockopt,
	SYS_setsockopt,
	SYS_shutdown,
	SYS_sendmmsg,
	SYS_recvmmsg,
	/* files */
	SYS_openat,
	SYS_close,
	SYS_fstat,
	SYS_newfstatat,
	SYS_statx,
	SYS_lseek,
	SYS_fcntl,
	SYS_flock,
	SYS_getdents64,
	SYS_readlinkat,
	SYS_faccessat,
	SYS_faccessat2,
	SYS_unlinkat,
	SYS_mkdirat,
	SYS_renameat2,
	SYS_ftruncate,
	SYS_fallocate,
	SYS_fsync,
	SYS_fdatasync,
	SYS_fchmod,
	SYS_fchmodat,
	SYS_fchown,
	SYS_umask,
	SYS_getcwd,
	SYS_statfs,
	SYS_fstatfs,
	SYS_fadvise64,
	SYS_close_range,
#ifdef SYS_renameat
	SYS_renameat,
#endif
#ifdef SYS_open
	SYS_open,
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_unlink,
	SYS_mkdir,
	SYS_rmdir,
	SYS_rename,
	SYS_chmod,
#endif
	/* who and where we are */
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_getresuid,
	SYS_getresgid,
	SYS_capget,
	SYS_uname,
	SYS_sysinfo,
	SYS_getrandom,
	SYS_getrusage,
	SYS_prlimit64,
#ifdef SYS_getrlimit
	SYS_getrlimit,
#endif
#ifdef FLOWBPF_SANITIZED
	/* the leak check of such a build finds and stops its own threads at the end */
	SYS_ptrace,
	SYS_getdents,
#endif
};

/* Of these only some of what they can do: no TIOCSTI to type into root's terminal, for one. */
static const struct {
	int call;
	unsigned int argument, value;
} allowed_if[] = {
	/* back from the priority that the drain has; up takes a capability that is given up */
	{SYS_setpriority, 0, PRIO_PROCESS},
	{SYS_ioctl, 1, TCGETS},	      /* is it a terminal: stdio, of its streams */
	{SYS_ioctl, 1, TIOCGWINSZ},   /* how wide is it */
	{SYS_ioctl, 1, FIONREAD},     /* how much can be read */
	{SYS_ioctl, 1, FIONBIO},      /* the HTTP library, of sockets */
	{SYS_ioctl, 1, SIOCETHTOOL},  /* speed of an interface */
	{SYS_ioctl, 1, SIOCGIFINDEX}, /* if_nametoindex() */
	{SYS_ioctl, 1, SIOCGIFNAME},  /* if_indextoname() */
	{SYS_ioctl, 1, SIOCGIFFLAGS}, /* an interface that comes later */
	{SYS_ioctl, 1, SIOCGIFHWADDR},
	{SYS_prctl, 0, PR_SET_NAME}, /* threads */
	{SYS_prctl, 0, PR_GET_NAME},
	{SYS_prctl, 0, PR_CAPBSET_READ}, /* libcap, in libraries */
	{SYS_prctl, 0, PR_GET_DUMPABLE},
	{SYS_prctl, 0, PR_GET_NO_NEW_PRIVS},
	{SYS_prctl, 0, PR_GET_SECCOMP},
#ifdef PR_SET_VMA
	{SYS_prctl, 0, PR_SET_VMA}, /* malloc names its memory */
#endif
#ifdef FLOWBPF_SANITIZED
	{SYS_prctl, 0, PR_SET_DUMPABLE},
	{SYS_prctl, 0, PR_SET_PTRACER},
#endif
};

#define ALLOWED	   (sizeof(allowed) / sizeof(allowed[0]))
#define ALLOWED_IF (sizeof(allowed_if) / sizeof(allowed_if[0]))
#define PROLOGUE   4
#define LENGTH	   (PROLOGUE + 2 * ALLOWED + 5 * ALLOWED_IF + 1)

/* Both calls look at the low half of the argument alone, and so do we. */
static size_t low_half(unsigned int argument)
{
	return offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t) +
	       (__BYTE_ORDER == __BIG_ENDIAN ? sizeof(uint32_t) : 0);
}

/* Behind each a load of the number again: the list goes on from there. */
static unsigned int add_conditions(struct sock_filter *filter, unsigned int n)
{
	for (unsigned int i = 0; i < ALLOWED_IF; i++) {
		const struct sock_filter part[] = {
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)allowed_if[i].call, 0, 4),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				 (unsigned int)low_half(allowed_if[i].argument)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed_if[i].value, 0, 1),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		};

		memcpy(filter + n, part, sizeof(part));
		n += sizeof(part) / sizeof(part[0]);
	}
	return n;
}

/* Jump offsets are 8 bits: each number is compared and allowed on the spot. */
int fb_seccomp_start(void)
{
	struct sock_filter filter[LENGTH] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = {.filter = filter};
	unsigned int n = PROLOGUE;

	_Static_assert(LENGTH < 4096, "the kernel's limit of a filter");
	for (unsigned int i = 0; i < ALLOWED; i++) {
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							   (unsigned int)allowed[i], 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	n = add_conditions(filter, n);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						   SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA));
	program.len = (unsigned short)n;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return -errno;
	return 0;
}
#else
int fb_seccomp_start(void)
{
	return -EINVAL;
}
#endif
