/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_OBSERVE_PRELOAD_PROGRAM_H
#define TG_OBSERVE_PRELOAD_PROGRAM_H

/* What kind of program a file is, as far as that decides whether a library may
 * be loaded into it: flags of enum observe_flag, OBSERVE_FOREIGN (its loader
 * would complain of ours) and OBSERVE_ASAN (it ends if it isn't the first). Of a
 * script, what its interpreter is. 0: it may; or the file cannot be read. */
unsigned program_flags(const char *path);

#endif
