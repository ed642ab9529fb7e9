/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STORE_TEMP_H
#define TG_STORE_TEMP_H

#include <sys/types.h>

#include "util/buf.h"

/* A new file beside path, to be renamed to it; makes the directory. It has this
 * mode less the umask. Its name is put into tmp. Its descriptor; -1: errno. */
int temp_open(const char *path, mode_t mode, struct buf *tmp);

#endif
