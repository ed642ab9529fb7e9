/* SPDX-License-Identifier: Apache-2.0 */
/* tgraph-follow FILE WORD...: becomes the program FILE with these words (the first
 * of which is its name), followed by a process that notes what it asks for; or
 * not, where that can't be done. It is started by the library, and has its
 * environment. tgraph-follow: waits for such, and lets a process of its own follow
 * each; started by tgraph, which is the parent of all: where nobody takes care of
 * orphans, nothing is left of them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "observe/follow/internal.h"
#include "observe/preload/log.h"
#include "observe/preload/sys.h"

#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER 0x59616d61
#endif

static void
leave(int code)
{
	for (;;)
		SYS3(SYS_exit_group, code, 0, 0);
}

/* ---- the one that follows ---- */

static void
close_but(int kept)
{
	for (int i = 0; i < kept; i++)
		SYS3(SYS_close, i, 0, 0);
	if (SYS3(SYS_close_range, kept + 1, ~0U, 0) < 0)
		for (int i = kept + 1; i < 65536; i++)
			SYS3(SYS_close, i, 0, 0);
}

/* A message, with a descriptor if there is one. */
struct parcel {
	struct iovec v;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct msghdr m;
};

static struct msghdr *
parcel(struct parcel *p, void *bytes, size_t n)
{
	memset(p, 0, sizeof(*p));
	p->v = (struct iovec){ bytes, n };
	p->m.msg_iov = &p->v;
	p->m.msg_iovlen = 1;
	p->m.msg_control = p->control;
	p->m.msg_controllen = sizeof(p->control);
	return &p->m;
}

static int
take_fd(int sock)
{
	struct parcel p;
	char byte;
	int fd = -1;

	if (SYS3(SYS_recvmsg, sock, parcel(&p, &byte, 1), MSG_CMSG_CLOEXEC)
	    == 1 && p.m.msg_controllen >= CMSG_LEN(sizeof(int)) &&
	    CMSG_FIRSTHDR(&p.m)->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&p.m)), sizeof(fd));
	return fd;
}

/* Who has called; false: not one of ours. */
static bool
caller(int sock, pid_t *pid)
{
	struct ucred c = { 0 };
	socklen_t n = sizeof(c);
	uid_t mine = (uid_t)SYS0(SYS_geteuid);

	if (sys6(SYS_getsockopt, sock, SOL_SOCKET, SO_PEERCRED, (long)&c,
	         (long)&n, 0) < 0)
		return false;
	*pid = c.pid;
	return c.pid && (c.uid == mine || mine == 0);
}

/* Serves a program, in a process of its own. */
static void
follow(int sock)
{
	static char text[2 * PATH_SIZE + 256];
	int32_t mine = (int32_t)SYS0(SYS_getpid);
	size_t variable;
	pid_t pid;
	long n;
	int fd;

	close_but(sock);
	n = SYS3(SYS_read, sock, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	variable = text_len(text);
	if (n <= 0 || !caller(sock, &pid) ||
	    variable >= sizeof(log_file.variable) || !log_open(text, variable))
		leave(1);
	SYS3(SYS_write, sock, &mine, sizeof(mine));
	fd = take_fd(sock);
	if (fd >= 0) {
		note_follows(text + variable + 1, pid);
		SYS3(SYS_write, sock, "", 1);
		SYS3(SYS_close, sock, 0, 0);
		serve(fd);
	}
	leave(0);
}

/* Descriptor 0 is where programs call; 1 ends when nobody needs this any more. */
static void
wait_for_callers(void)
{
	const uint64_t all = ~UINT64_C(0);
	struct kernel_action {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} ignore = { .handler = SIG_IGN };
	struct pollfd p[2] = {
		{ .fd = 0, .events = POLLIN }, { .fd = 1, .events = POLLIN },
	};

	SYS0(SYS_setsid);
	SYS3(SYS_chdir, "/", 0, 0);
	/* Those that follow are not waited for. */
	SYS4(SYS_rt_sigaction, SIGCHLD, &ignore, 0, sizeof(all));
	SYS4(SYS_rt_sigprocmask, SIG_BLOCK, &all, 0, sizeof(all));
	if (SYS3(SYS_close_range, 2, ~0U, 0) < 0)
		SYS3(SYS_close, 2, 0, 0);
	while (!p[1].revents) {
		int fd = -1;

		if (SYS4(SYS_ppoll, p, 2, 0, 0) > 0 && p[0].revents)
			fd = (int)SYS4(SYS_accept4, 0, 0, 0, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		if (sys6(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0) == 0)
			follow(fd);
		SYS3(SYS_close, fd, 0, 0);
	}
	leave(0);
}

/* ---- the one that is followed ---- */

static bool
give_fd(int sock, int fd)
{
	struct parcel p;
	struct cmsghdr *h = CMSG_FIRSTHDR(parcel(&p, "", 1));

	*h = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	};
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	return SYS3(SYS_sendmsg, sock, &p.m, MSG_NOSIGNAL) == 1;
}

/* A connection to who follows; below 0: there is nobody. */
static int
call_follower(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t n = sizeof(OBSERVE_FOLLOWER) - 1;
	uint64_t name = log_self.header->follower;
	int fd;

	if (!name)
		return -1;
	text_copy(at.sun_path + 1, OBSERVE_FOLLOWER, n);
	for (int i = 60; i >= 0; i -= 4)
		at.sun_path[++n] = "0123456789abcdef"[name >> i & 15];
	fd = (int)SYS3(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0 && SYS3(SYS_connect, fd, &at, offsetof(struct sockaddr_un,
	    sun_path) + 1 + n) < 0) {
		SYS3(SYS_close, fd, 0, 0);
		fd = -1;
	}
	return fd;
}

/* Says which log and which program; the pid of who follows, 0: nobody does. */
static int32_t
introduce(int sock, const char *file)
{
	static char text[2 * PATH_SIZE + 256];
	size_t n = text_len(log_file.variable) + 1, len = text_len(file) + 1;
	int32_t pid = 0;

	if (len > PATH_SIZE)
		return 0;
	text_copy(text, log_file.variable, n - 1);
	text_copy(text + n, file, len - 1);
	if (sys6(SYS_sendto, sock, (long)text, (long)(n + len), MSG_NOSIGNAL,
	         0, 0) < 0 ||
	    SYS3(SYS_read, sock, &pid, sizeof(pid)) != sizeof(pid))
		return 0;
	return pid;
}

static void
be_followed(const char *file)
{
	int sock = call_follower(), fd;
	int32_t pid = sock < 0 ? 0 : introduce(sock, file);
	char byte;

	if (pid) {
		SYS4(SYS_prctl, PR_SET_PTRACER, pid, 0, 0);
		fd = filter_install(file);
		if (fd >= 0) {
			/* Without its listener it could open nothing. */
			if (!give_fd(sock, fd) ||
			    SYS3(SYS_read, sock, &byte, 1) != 1)
				leave(126);
			SYS3(SYS_close, fd, 0, 0);
		}
	}
	if (sock >= 0)
		SYS3(SYS_close, sock, 0, 0);
}

static bool
find_log(char **env)
{
	for (char **e = env; *e; e++)
		if (text_starts(*e, OBSERVE_LOG_VAR "=/") &&
		    text_len(*e) < sizeof(log_file.variable))
			return log_open(*e, text_len(*e));
	return false;
}

void follow_main(long *stack);

__attribute__((used)) void
follow_main(long *stack)
{
	char **argv = (char **)(stack + 1);
	char **env = argv + stack[0] + 1;

	if (stack[0] == 1)
		wait_for_callers();
	if (stack[0] < 3)
		leave(2);
	if (find_log(env))
		be_followed(argv[1]);
	SYS3(SYS_execve, argv[1], argv + 2, env);
	leave(127);
}

#if defined(__x86_64__)
__asm__ (".globl _start\n"
	"_start:\n"
	"	xorl %ebp, %ebp\n"
	"	movq %rsp, %rdi\n"
	"	andq $-16, %rsp\n"
	"	call follow_main\n");
#elif defined(__aarch64__)
__asm__ (".globl _start\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, sp\n"
	"	bl follow_main\n");
#endif
