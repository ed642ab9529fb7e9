/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "observe/follow/internal.h"
#include "observe/preload/sys.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#else
#define ARCH AUDIT_ARCH_AARCH64
#endif

/* Calls that are told of. */
static const uint16_t calls[] = {
#ifdef SYS_open
	SYS_open, SYS_creat, SYS_stat, SYS_lstat, SYS_access, SYS_readlink,
	SYS_getdents, SYS_rename, SYS_link, SYS_symlink, SYS_unlink, SYS_rmdir,
	SYS_mkdir, SYS_mknod, SYS_chmod, SYS_chown, SYS_lchown, SYS_utime,
	SYS_utimes, SYS_futimesat,
#endif
#ifdef SYS_renameat
	SYS_renameat,
#endif
	SYS_openat, SYS_openat2, SYS_newfstatat, SYS_statx, SYS_faccessat,
	SYS_faccessat2, SYS_readlinkat, SYS_getdents64, SYS_chdir, SYS_execve,
	SYS_execveat, SYS_renameat2, SYS_linkat, SYS_symlinkat, SYS_unlinkat,
	SYS_mkdirat, SYS_mknodat, SYS_truncate, SYS_fchmodat, SYS_fchownat,
	SYS_utimensat, SYS_statfs, SYS_getxattr, SYS_lgetxattr, SYS_setxattr,
	SYS_lsetxattr, SYS_removexattr, SYS_lremovexattr,
	SYS_inotify_add_watch, SYS_chroot, SYS_pivot_root, SYS_mount,
	SYS_unshare, SYS_setns, SYS_open_by_handle_at, SYS_fanotify_init,
	SYS_io_uring_setup, SYS_setsid, SYS_setpgid, SYS_exit, SYS_exit_group,
#ifdef SYS_fchmodat2
	SYS_fchmodat2,
#endif
};

enum { NCALLS = sizeof(calls) / sizeof(*calls), HEAD = 4 };

static int
try(unsigned flags, const struct sock_fprog *prog)
{
	return (int)SYS3(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, prog);
}

/* Programs that start some with more rights, such as newuidmap. */
static bool
needs_rights(const char *file)
{
	static const char *const names[] = {
		"podman", "buildah", "buildkitd", "rootlesskit", "nerdctl",
		"sudo", "doas", "fusermount3", "rclone", "gocryptfs", "sshfs",
	};
	const char *base = text_base(file);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_eq(base, names[i]))
			return true;
	return false;
}

int
filter_install(const char *named)
{
	struct sock_filter code[HEAD + NCALLS + 2] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog prog = { HEAD + NCALLS + 2, code };
	int fd;

	for (int i = 0; i < NCALLS; i++)
		code[HEAD + i] = (struct sock_filter)BPF_JUMP(BPF_JMP |
			BPF_JEQ | BPF_K, calls[i],
			(uint8_t)(NCALLS - i), 0);
	code[HEAD + NCALLS] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
		SECCOMP_RET_ALLOW);
	code[HEAD + NCALLS + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
		SECCOMP_RET_USER_NOTIF);
	fd = try(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &prog);
	if (fd == -EACCES && !needs_rights(named) &&
	    SYS4(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0) == 0)
		fd = try(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &prog);
	/* Not before Linux 5.19; a call may be interrupted then. */
	return fd == -EINVAL ? try(0, &prog) : fd;
}
