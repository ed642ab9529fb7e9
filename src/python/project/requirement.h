/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_PROJECT_REQUIREMENT_H
#define TG_PYTHON_PROJECT_REQUIREMENT_H

#include "util/arena.h"
#include "util/str.h"

/* What a line of a file of requirements names of the files here. */
enum requirement_names {
	REQUIREMENT_NOTHING,
	REQUIREMENT_FILE,       /* another file of them, or of constraints, from
	                         * where this one lies */
	REQUIREMENT_IN_PLACE,   /* a directory, installed editable, and */
	REQUIREMENT_COPY,       /* a directory or file, of which a copy is
	                         * installed: from where the installer runs */
};

/* Reads a line as pip and uv do; path, in the arena, is not folded. */
enum requirement_names requirement_line(struct str line, struct arena *a,
	struct str *path);

#endif
