/* SPDX-License-Identifier: ISC */
/*
 * Each try makes a call or two, and returns what the last one did: -1 and
 * errno if it failed.
 */
#include <config.h>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "intruder.h"
#include "scratch.h"
#include "unit.h"

static char store[256], other[256];
static int old_socket, old_datagrams, old_listener;
static struct sockaddr_un receiver = { .sun_family = AF_UNIX };

void
intruder_prepare(const char *store_dir, const char *other_dir)
{
	snprintf(store, sizeof(store), "%s", store_dir);
	snprintf(other, sizeof(other), "%s", other_dir);
	scratch_write(other, "file", "");
	old_socket = socket(AF_UNIX, SOCK_STREAM, 0);
	old_datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
	snprintf(receiver.sun_path, sizeof(receiver.sun_path),
	    "%.90s/datagrams", other);
	ck_assert_int_eq(bind(socket(AF_UNIX, SOCK_DGRAM, 0),
	    (struct sockaddr *)&receiver, sizeof(receiver)), 0);
	old_listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(listen(old_listener, 1), 0);
}

int
intruder_open_passwd(void)
{
	return open("/etc/passwd", O_RDONLY);
}

int
intruder_open_other(void)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/new", other);
	return open(path, O_WRONLY | O_CREAT, 0600);
}

static int
run_program(void)
{
	char *const argv[] = { (char *)(uintptr_t)"true", NULL };

	return execv("/bin/true", argv);
}

static int
run_own_program(void)
{
	char path[300];
	char *const argv[] = { path, NULL };
	int fd;

	snprintf(path, sizeof(path), "%s/program", store);
	fd = open(path, O_WRONLY | O_CREAT, 0700);
	if (fd == -1 || write(fd, "#!/bin/true\n", 12) != 12)
		_exit(253);
	close(fd);
	return execv(path, argv);
}

static int
new_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int
connect_old(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	return connect(old_socket, (struct sockaddr *)&address,
	    sizeof(address));
}

static int
make_process(void)
{
	return fork();
}

static int
kill_parent(void)
{
	return kill(getppid(), SIGTERM);
}

static int
signal_by_file(void)
{
	return fcntl(old_socket, F_SETOWN, getppid());
}

static int
make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int
map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

static int
become_root(void)
{
	return setuid(0);
}

static int
set_limit(void)
{
	const struct rlimit none = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &none);
}

static int
limit_parent(void)
{
	struct rlimit same;

	if (prlimit(getppid(), RLIMIT_NOFILE, NULL, &same) != 0)
		_exit(253);
	return prlimit(getppid(), RLIMIT_NOFILE, &same, NULL);
}

/* A file of the same user that Landlock knows nothing of. */
static const char *
other_file(void)
{
	static char path[300];

	snprintf(path, sizeof(path), "%s/file", other);
	return path;
}

static int
chmod_other(void)
{
	return chmod(other_file(), 0666);
}

/* Neither for reading nor for writing: Landlock asks for nothing then. */
static int
open_for_nothing(void)
{
	return open(other_file(), O_WRONLY | O_RDWR);
}

static int
own_file(void)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/own", store);
	return open(path, O_WRONLY | O_CREAT, 0600);
}

static int
set_user_id(void)
{
	return fchmod(own_file(), 04755);
}

static int
set_group_id(void)
{
	return fchmod(own_file(), 02755);
}

static int
make_with_mode(mode_t mode)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/mode-%o", store, (unsigned)mode);
	return open(path, O_WRONLY | O_CREAT, mode);
}

static int
make_set_user_id(void)
{
	return make_with_mode(04755);
}

static int
make_set_group_id(void)
{
	return make_with_mode(02755);
}

/* To a socket that is connected to nobody a name is enough. */
static int
send_to(void)
{
	return (int)sendto(old_datagrams, "", 1, 0,
	    (struct sockaddr *)&receiver, sizeof(receiver));
}

static int
send_message(void)
{
	struct msghdr message = { .msg_name = &receiver,
		.msg_namelen = sizeof(receiver) };

	return (int)sendmsg(old_datagrams, &message, 0);
}

/* A listening TCP socket that stops to listen can connect (fast open). */
static int
connect_by_sending(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	if (shutdown(old_listener, SHUT_RD) != 0)
		return -1;
	/*
	 * Nobody is there, or the kernel does not let it connect (EINVAL, newer
	 * ones of 6.18): that it was asked is enough.
	 */
	return (int)sendto(old_listener, "", 1, MSG_FASTOPEN,
	    (struct sockaddr *)&address, sizeof(address)) < 0 &&
	    errno != ECONNREFUSED && errno != EINVAL ? -1 : 0;
}

#ifdef __x86_64__
static int
call_of_x32(void)
{
	return (int)syscall(0x40000000 | SYS_socket, AF_UNIX, SOCK_STREAM, 0);
}

/* getuid(2), by the door of 32-bit programs. */
static int
call_of_i386(void)
{
	int rc;

	__asm__ volatile ("int $0x80" : "=a" (rc) : "0" (199) : "memory");
	if (rc < 0)
		errno = -rc;
	return rc < 0 ? -1 : 0;
}
#endif

/* What the kernel would do by other numbers, or for others. */
static int
other_calls(void)
{
	static const long numbers[] = { SYS_io_uring_setup,
		SYS_io_uring_enter, SYS_ptrace, SYS_process_vm_readv,
		SYS_process_vm_writev, SYS_pidfd_open, SYS_pidfd_getfd,
		SYS_execveat, SYS_memfd_create, SYS_userfaultfd, SYS_bpf,
		SYS_perf_event_open, SYS_keyctl, SYS_unshare, SYS_setns,
		SYS_mount, SYS_personality, SYS_symlinkat, SYS_linkat,
		SYS_mknodat, SYS_truncate, SYS_fchmodat, SYS_fchownat,
		SYS_setxattr, SYS_utimensat, SYS_socketpair, SYS_listen,
		SYS_bind, SYS_sendmmsg, SYS_tkill, SYS_rt_sigqueueinfo,
		SYS_splice, SYS_vmsplice, SYS_openat2, SYS_seccomp,
		SYS_sched_setaffinity, SYS_setpriority, SYS_remap_file_pages };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (syscall(numbers[i], -1, -1, -1, -1, -1, -1) != -1 ||
		    errno != EPERM)
			return (int)i;
	return -1;
}

static void *
do_nothing(void *arg)
{
	return arg;
}

static int
make_thread(void)
{
	pthread_t id;

	errno = pthread_create(&id, NULL, do_nothing, NULL);
	return errno == 0 ? 0 : -1;
}

static int
accept_others(void)
{
	return accept4(old_listener, NULL, NULL, SOCK_NONBLOCK);
}

static int
receive(void)
{
	return (int)recv(old_datagrams, (char[1]){ 0 }, 1, MSG_DONTWAIT);
}

static int
send_on(void)
{
	return (int)send(old_datagrams, "", 1, MSG_NOSIGNAL);
}

/* Forbidden to everyone, whatever the user may do. */
const struct intrusion intrusions[] = {
	{ "open /etc/passwd", intruder_open_passwd, EACCES, true, false },
	{ "make a file elsewhere", intruder_open_other, EACCES, true, false },
	{ "exec", run_program, 0, true, false },
	{ "exec what it wrote itself", run_own_program, 0, true, false },
	{ "socket", new_socket, 0, true, false },
	{ "connect", connect_old, 0, false, false },
	{ "fork", make_process, 0, true, false },
	{ "kill", kill_parent, 0, false, false },
	{ "F_SETOWN", signal_by_file, 0, true, false },
	{ "mprotect", make_code, 0, true, false },
	{ "mmap", map_code, 0, true, false },
	{ "setuid", become_root, 0, false, false },
	{ "setrlimit", set_limit, 0, true, false },
	{ "prlimit", limit_parent, 0, true, false },
	{ "chmod", chmod_other, 0, true, false },
	{ "open for nothing", open_for_nothing, 0, true, false },
	{ "fchmod 04755", set_user_id, 0, true, false },
	{ "fchmod 02755", set_group_id, 0, true, false },
	{ "open 04755", make_set_user_id, 0, true, false },
	{ "open 02755", make_set_group_id, 0, true, false },
	{ "sendto", send_to, 0, true, false },
	{ "sendmsg", send_message, 0, true, false },
	{ "MSG_FASTOPEN", connect_by_sending, 0, true, false },
	{ "other calls", other_calls, 0, false, false },
#ifdef __x86_64__
	{ "a call of x32", call_of_x32, ENOSYS, false, false },
	{ "a call of i386", call_of_i386, 0, false, true },
#endif
	{ NULL, NULL, 0, false, false }
};

const struct intrusion intrusions_of_cgi[] = {
	{ "a thread", make_thread, 0, true, false },
	{ "accept", accept_others, 0, false, false },
	{ "recv", receive, 0, false, false },
	{ "send", send_on, 0, false, false },
	{ NULL, NULL, 0, false, false }
};
