/* SPDX-License-Identifier: Apache-2.0 */
#include "store/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "util/file.h"

int
temp_open(const char *path, mode_t mode, struct buf *tmp)
{
	int fd;

	for (int tries = 0; ; tries++) {
		buf_clear(tmp);
		buf_addf(tmp, "%s.tmpXXXXXX", path);
		fd = mkostemp(tmp->p, O_CLOEXEC);
		if (fd >= 0 || errno != ENOENT || tries ||
		    dir_make_parent(path, NULL) < 0)
			break;
	}
	if (fd >= 0 && fchmod(fd, mode & ~file_umask()) < 0)
		mode = 0; /* some file systems know no modes */
	return fd;
}
