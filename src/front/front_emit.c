/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "front/internal.h"
#include "util/mem.h"

/* The statements of a Python repository. */

static int
emit_all_statements(struct emit *e)
{
	struct front *f = e->f;

	if (front_pools(e) < 0)
		return -1;
	for (uint32_t i = 0; i < f->m.ngroups; i++)
		if (front_group(e, i) < 0)
			return -1;
	if (front_data(e) < 0 || front_rest(e) < 0 || front_envs(e) < 0 ||
	    front_made_steps(e) < 0)
		return -1;
	for (size_t i = 0; i < f->matrix.n; i++)
		if (front_tests(e, &f->matrix.rows[i]) < 0)
			return -1;
	return front_cover_steps(e);
}

int
front_emit(struct front *f, struct graph *g, struct err *err)
{
	struct emit e = { .f = f, .err = err };
	char hex[DIGEST_HEX + 1];
	int r;

	digest_hex(&f->tools, hex);
	memcpy(e.tools, hex, sizeof(e.tools) - 1);
	e.group_node = xcalloc(f->m.ngroups + 1, sizeof(*e.group_node));
	e.data_node = xcalloc(f->p.npackages, sizeof(*e.data_node));
	e.plugins_collect = xcalloc(f->in.n, sizeof(*e.plugins_collect));
	f->ntests = 0;
	graph_build_begin(&e.gb, g);
	r = front_rules(&e, err);
	if (r == 0)
		r = emit_all_statements(&e);
	if (r == 0)
		r = graph_build_end(&e.gb, err);
	graph_build_release(&e.gb);
	for (size_t i = 0; i < e.ntexts; i++)
		buf_release(&e.texts[i]);
	free(e.texts);
	free(e.group_node);
	free(e.data_node);
	free(e.plugins_collect);
	free(e.user);
	map_release(&e.after);
	map_release(&e.made);
	return r;
}
