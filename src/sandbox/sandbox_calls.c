/* SPDX-License-Identifier: ISC */
/*
 * seccomp(2): lists the system calls that the responder, the C library and
 * SQLite make once all is open.  Any other call fails.  For a call newer than
 * this list the C library is told that the kernel does not know it, so that it
 * falls back to an older one.
 */
#include <config.h>

#include "sandbox/sandbox_parts.h"

#if defined(__linux__) && defined(HAVE_LINUX_SECCOMP_H)
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/sandbox_filter.h"

/* Architectures with known numbers, and without socketcall(2). */
#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCH	AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__LP64__) && defined(__AARCH64EL__)
#define ARCH	AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH	AUDIT_ARCH_RISCV64
#elif defined(__arm__) && defined(__ARM_EABI__) && defined(__ARMEL__)
#define ARCH	AUDIT_ARCH_ARM
#endif
#endif

#if defined(ARCH) && defined(SYS_seccomp)

/* What plain CGI also needs. */
static const int always[] = {
	/* files */
	SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64,
	SYS_pwrite64, SYS_preadv, SYS_pwritev, SYS_lseek, SYS_close,
	SYS_flock, SYS_fsync, SYS_fdatasync, SYS_ftruncate, SYS_fallocate,
	SYS_fchown, SYS_fstat, SYS_statx, SYS_fstatfs, SYS_statfs,
	SYS_faccessat, SYS_readlinkat, SYS_getdents64, SYS_mkdirat,
	SYS_unlinkat, SYS_renameat2, SYS_getcwd, SYS_umask, SYS_dup, SYS_dup3,
#ifdef SYS_fadvise64
	SYS_fadvise64,
#endif
#ifdef SYS_arm_fadvise64_64	/* its arguments in another order */
	SYS_arm_fadvise64_64, SYS_arm_sync_file_range,
#endif
#ifdef SYS_sync_file_range
	SYS_sync_file_range,
#endif
#ifdef SYS_newfstatat
	SYS_newfstatat,
#endif
#ifdef SYS_fstatat64
	SYS_fstatat64, SYS_fstat64, SYS_stat64, SYS_lstat64, SYS__llseek,
	SYS_ftruncate64, SYS_fstatfs64, SYS_statfs64,
#endif
#ifdef SYS_faccessat2
	SYS_faccessat2,
#endif
#ifdef SYS_renameat
	SYS_renameat,
#endif
#ifdef SYS_open		/* the older half, where there is one */
	SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_mkdir, SYS_rmdir,
	SYS_unlink, SYS_rename, SYS_dup2, SYS_poll,
#endif
	SYS_ppoll,
	/* memory, locks of threads, exit */
	SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mlock, SYS_munlock,
	SYS_futex, SYS_sched_yield, SYS_sched_getaffinity, SYS_gettid,
	SYS_exit, SYS_exit_group,
	/* signals, time, randomness, and who we are */
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
	SYS_sigaltstack, SYS_restart_syscall, SYS_timer_create,
	SYS_timer_settime, SYS_timer_gettime, SYS_timer_delete,
	SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep,
	SYS_nanosleep, SYS_gettimeofday, SYS_getrandom, SYS_getpid,
	SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
	SYS_uname, SYS_sysinfo, SYS_getrusage,
#ifdef SYS_time
	SYS_time,
#endif
#ifdef SYS_clock_gettime64
	SYS_clock_gettime64, SYS_clock_getres_time64, SYS_ppoll_time64,
	SYS_clock_nanosleep_time64, SYS_futex_time64,
	SYS_timer_settime64, SYS_timer_gettime64,
#endif
};

static const int serving[] = {
	/* connections that others have made */
	SYS_accept4, SYS_recvmsg, SYS_recvfrom, SYS_shutdown, SYS_getsockopt,
	SYS_setsockopt, SYS_getsockname, SYS_getpeername, SYS_pipe2,
	/* threads */
	SYS_set_robust_list, SYS_membarrier,
#ifdef SYS_rseq
	SYS_rseq,
#endif
};

/* Calls that libraries try and can do without. */
static const struct { int call, error; } refused[] = {
	{ SYS_ioctl, ENOTTY },		/* is standard error a terminal? */
	{ SYS_prctl, EINVAL },		/* names for memory */
#ifdef SYS_clone3
	{ SYS_clone3, ENOSYS },		/* its flags cannot be seen here */
#endif
};

/* Every kind of file has one of these bits in its mode, but no FIFO has. */
#define NOT_FIFO	((uint32_t)(S_IFMT & ~S_IFIFO))

/* The newest call that all of them have: Linux 5.17. */
#define NEWEST	450

#define ALWAYS	(sizeof(always) / sizeof(always[0]))
#define ALLOWED	(ALWAYS + sizeof(serving) / sizeof(serving[0]))
#define REFUSED	(sizeof(refused) / sizeof(refused[0]))

/*
 * Allows that call only if bits of its argument are set (or are not); then
 * loads the number of the call again.
 */
static void
give_by_bits(struct bpf_program *f, int call, unsigned i, uint32_t bits,
    bool if_set, uint32_t otherwise)
{
	bpf_put(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 4);
	bpf_load(f, bpf_argument(i));
	bpf_put(f, BPF_JMP | BPF_JSET | BPF_K, bits, if_set ? 0 : 1,
	    if_set ? 1 : 0);
	bpf_give(f, SECCOMP_RET_ALLOW);
	bpf_give(f, otherwise);
}

/* A descriptor could send its owner any signal, so none may have an owner. */
static void
give_fcntl(struct bpf_program *f, int call, uint32_t otherwise)
{
	bpf_put(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 6);
	bpf_load(f, bpf_argument(1));
	bpf_put(f, BPF_JMP | BPF_JEQ | BPF_K, F_SETOWN, 3, 0);
	bpf_put(f, BPF_JMP | BPF_JEQ | BPF_K, F_SETOWN_EX, 2, 0);
	bpf_put(f, BPF_JMP | BPF_JEQ | BPF_K, F_SETSIG, 1, 0);
	bpf_give(f, SECCOMP_RET_ALLOW);
	bpf_give(f, otherwise);
}

/* Allows that call only if one argument, a pointer, is NULL. */
static void
give_without(struct bpf_program *f, int call, unsigned i, uint32_t otherwise)
{
	const size_t pointer = offsetof(struct seccomp_data, args) +
	    i * sizeof(uint64_t);

	bpf_put(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 6);
	bpf_load(f, pointer);
	bpf_put(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
	bpf_load(f, pointer + sizeof(uint32_t));
	bpf_put(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
	bpf_give(f, SECCOMP_RET_ALLOW);
	bpf_give(f, otherwise);
}

/*
 * Files are opened for reading or writing: Landlock does not check a file
 * that is opened for neither (3).  No set-user-ID or set-group-ID file is
 * made.  The mode counts only with O_CREAT; some libraries leave it undefined
 * otherwise.
 */
static void
give_open(struct bpf_program *f, int call, unsigned flags, uint32_t otherwise)
{
	bpf_put(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 9);
	bpf_load(f, bpf_argument(flags));
	bpf_put(f, BPF_ALU | BPF_AND | BPF_K, O_ACCMODE, 0, 0);
	bpf_put(f, BPF_JMP | BPF_JEQ | BPF_K, O_ACCMODE, 5, 0);
	bpf_load(f, bpf_argument(flags));
	bpf_put(f, BPF_JMP | BPF_JSET | BPF_K, O_CREAT, 0, 2);
	bpf_load(f, bpf_argument(flags + 1));
	bpf_put(f, BPF_JMP | BPF_JSET | BPF_K, S_ISUID | S_ISGID, 1, 0);
	bpf_give(f, SECCOMP_RET_ALLOW);
	bpf_give(f, otherwise);
}

/*
 * When a filter is installed, the kernel tries it with every number, to know
 * the calls that are allowed whatever their arguments are.  That pays off after
 * some thousand calls, which a CGI process does not make.  The kernel gives up
 * at arithmetic that it cannot follow.
 */
static void
put_riddle(struct bpf_program *f)
{
	bpf_put(f, BPF_ALU | BPF_ADD | BPF_K, 0, 0, 0);
}

_Static_assert(ALLOWED <= FILTER_CALLS, "FILTER_CALLS is too small");

static void
filter_build(struct bpf_program *f, bool is_cgi, uint32_t otherwise)
{
	int calls[ALLOWED];

	memcpy(calls, always, sizeof(always));
	memcpy(calls + ALWAYS, serving, sizeof(serving));
	f->len = 0;
	f->is_too_far = false;
	bpf_load(f, offsetof(struct seccomp_data, arch));
	if (is_cgi)
		put_riddle(f);
	bpf_put(f, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	bpf_give(f, otherwise);
	bpf_load(f, offsetof(struct seccomp_data, nr));
	bpf_put(f, BPF_JMP | BPF_JGT | BPF_K, NEWEST, 0, 1);
	bpf_give(f, SECCOMP_RET_ERRNO | (ENOSYS & SECCOMP_RET_DATA));
	if (!is_cgi) {
		/* threads, but no process */
		give_by_bits(f, SYS_clone, 0, CLONE_THREAD, true, otherwise);
		/* only to its peer: an address would connect it to another */
		give_without(f, SYS_sendto, 4, otherwise);
	}
	/* memory, but no code */
#ifdef SYS_mmap
	give_by_bits(f, SYS_mmap, 2, PROT_EXEC, false, otherwise);
#endif
#ifdef SYS_mmap2
	give_by_bits(f, SYS_mmap2, 2, PROT_EXEC, false, otherwise);
#endif
	give_by_bits(f, SYS_mprotect, 2, PROT_EXEC, false, otherwise);
	give_fcntl(f, SYS_fcntl, otherwise);
#ifdef SYS_fcntl64
	give_fcntl(f, SYS_fcntl64, otherwise);
#endif
	give_open(f, SYS_openat, 2, otherwise);
#ifdef SYS_open
	give_open(f, SYS_open, 1, otherwise);
#endif
	/* not by its name, which Landlock does not check */
	give_by_bits(f, SYS_fchmod, 1, S_ISUID | S_ISGID, false, otherwise);
	/* a FIFO, for offers.h; no device, no socket */
	give_by_bits(f, SYS_mknodat, 2, NOT_FIFO | S_ISUID | S_ISGID, false,
	    otherwise);
	/*
	 * Limits are read, not set: neither ours nor those of another process
	 * of this user, which the kernel would allow.
	 */
	give_without(f, SYS_prlimit64, 2, otherwise);
	/* abort(3): a signal to ourselves */
	bpf_put(f, BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 0, 4);
	bpf_load(f, bpf_argument(0));
	bpf_put(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)getpid(), 0, 1);
	bpf_give(f, SECCOMP_RET_ALLOW);
	bpf_give(f, otherwise);
	for (size_t i = 0; i < REFUSED; i++)
		bpf_give_for(f, refused[i].call, SECCOMP_RET_ERRNO |
		    ((uint32_t)refused[i].error & SECCOMP_RET_DATA));
	bpf_end(f, calls, is_cgi ? ALWAYS : ALLOWED, otherwise);
}

bool
sandbox_calls_are_there(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) ==
	    0;
}

bool
sandbox_calls_enter(bool is_cgi, bool kill)
{
	struct bpf_program filter;
	struct sock_fprog program;

	filter_build(&filter, is_cgi, kill ? SECCOMP_RET_KILL_PROCESS :
	    SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA));
	program.len = filter.len;
	program.filter = filter.code;
	return !filter.is_too_far && syscall(SYS_seccomp,
	    SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

#else

bool
sandbox_calls_are_there(void)
{
	return false;
}

bool
sandbox_calls_enter(bool is_cgi, bool kill)
{
	(void)is_cgi;
	(void)kill;
	return false;
}
#endif
