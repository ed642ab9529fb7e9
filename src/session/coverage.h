/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_COVERAGE_H
#define TG_SESSION_COVERAGE_H

#include "session/session.h"

/* Coverage, as the command line asks for it. */

/* Fills in s->front_opts.coverage; what it points to lives as long as the
 * session. */
void coverage_options(struct session *s);

#endif
