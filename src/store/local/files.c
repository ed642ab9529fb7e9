/* SPDX-License-Identifier: Apache-2.0 */
#include "store/local/internal.h"

#include <sys/stat.h>

#include "util/os.h"

static const int64_t HOUR_NS = INT64_C(3600) * 1000000000;

void
local_path(const struct local *l, const char *kind, const struct digest *d,
	const char *end, struct buf *out)
{
	char hex[DIGEST_HEX + 1];

	digest_hex(d, hex);
	buf_addf(out, "%s/%s/%.2s/%s%s", l->dir, kind, hex, hex, end);
}

void
local_touch(const struct local *l, int fd)
{
	struct file_sig sig;
	struct stat s;

	if (l->b.read_only || fstat(fd, &s) < 0)
		return;
	file_sig_of(&s, &sig);
	if (os_wall() - sig.mtime_ns > HOUR_NS && futimens(fd, NULL) < 0)
		return; /* it will go a little early */
}
