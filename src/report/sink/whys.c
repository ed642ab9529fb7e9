/* SPDX-License-Identifier: Apache-2.0 */
#include "report/sink/whys.h"

#include "report/text/reason.h"
#include "report/text/step.h"

bool
whys_have(const struct whys *w, uint32_t step)
{
	for (size_t i = 0; i < w->list.n; i++)
		if (w->list.v[i].step == step)
			return true;
	return false;
}

static void
print_why(const struct whys *w, const struct graph *g,
	const struct reason *why)
{
	struct buf text = { 0 };

	if (why->step != GRAPH_NONE &&
	    g->steps.p[why->step].flags & STEP_TEST) {
		step_title(g, why->step, false, &text);
		buf_adds(&text, ": ");
	}
	reason_text(g, why, &text);
	fprintf(w->o->err, "%s explain: %s\n", w->o->name, text.p);
	buf_release(&text);
}

void
whys_print(struct whys *w, const struct graph *g, uint32_t step, bool last)
{
	struct reason *v = w->list.v;
	bool any = false;
	size_t kept = 0;

	for (size_t i = 0; i < w->list.n; i++) {
		const struct reason why = v[i];

		if (why.step == step) {
			print_why(w, g, &why);
			any = true;
		}
		if (why.step != step || (!last && w->o->ninja))
			v[kept++] = why;
	}
	w->list.n = kept;
	if (any)
		fflush(w->o->err);
}
