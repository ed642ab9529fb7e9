/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_DECIDE_STAMP_H
#define TG_DECIDE_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "state/state.h"
#include "util/digest.h"

/* Stamps: outputs whose content does not tell what they stand for, so that it
 * may stay the same while that changes. Empty files that a step writes only to
 * tell that it ran; and files that refer to others which their users read too:
 * thin archives, compiled interfaces of modules, texts that name an input of
 * their step (lists of objects, for example). They get the digest of what
 * they were made from, and who needs one runs when that has changed. */

/* The step ran, or came from the store; its outputs have been looked at. key:
 * what it was made from; none, or always (the step runs in every build): then
 * a stamp stands for the time at which it was written. One that a restat step
 * did not write keeps its digest. */
void stamp_outputs(struct state *s, uint32_t step, const struct digest *key,
	bool always);
/* The step's result has this key: stamps of it that were read anew, because
 * they were touched or copied, stand for the same again. */
void stamp_again(struct state *s, uint32_t step, const struct digest *key);
/* Is this the digest of a stamp, and so not that of a content? */
bool stamp_is(const struct digest *d);

#endif
