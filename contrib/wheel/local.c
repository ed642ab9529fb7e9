/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>

/* Linked before libgit2.a in a static program, which only reads what is on the
 * disk: what of libgit2 speaks to the network, and so needs libraries of its own,
 * is left out. Their names are libgit2's own; if another version has others, the
 * linker says so. */

enum { REFUSED = -1 };

bool git_http__expect_continue;

int git_mbedtls_stream_global_init(void);
int git_mbedtls__set_cert_location(const char *path, int flags);
int git_mbedtls_stream_new(void *out, const char *host, const char *port);
int git_mbedtls_stream_wrap(void *out, void *in, const char *host);
int git_socket_stream_new(void *out, const char *host, const char *port);
int git_smart_subtransport_http(void *out, void *owner, void *param);
int git_smart_subtransport_ssh(void *out, void *owner, void *param);
int git_transport_ssh_global_init(void);

int
git_mbedtls_stream_global_init(void)
{
	return 0;
}

int
git_mbedtls__set_cert_location(const char *path, int flags)
{
	(void)path, (void)flags;
	return REFUSED;
}

int
git_mbedtls_stream_new(void *out, const char *host, const char *port)
{
	(void)out, (void)host, (void)port;
	return REFUSED;
}

int
git_mbedtls_stream_wrap(void *out, void *in, const char *host)
{
	(void)out, (void)in, (void)host;
	return REFUSED;
}

int
git_socket_stream_new(void *out, const char *host, const char *port)
{
	(void)out, (void)host, (void)port;
	return REFUSED;
}

int
git_smart_subtransport_http(void *out, void *owner, void *param)
{
	(void)out, (void)owner, (void)param;
	return REFUSED;
}

int
git_smart_subtransport_ssh(void *out, void *owner, void *param)
{
	(void)out, (void)owner, (void)param;
	return REFUSED;
}

int
git_transport_ssh_global_init(void)
{
	return 0;
}

/* A static glibc would load the machine's libraries for it, which may be of
 * another version. It is asked under sudo only; then there is no home. */
int
getpwuid_r(uid_t uid, struct passwd *pw, char *buf, size_t n,
	struct passwd **found)
{
	(void)uid, (void)pw, (void)buf, (void)n;
	*found = NULL;
	return 0;
}
