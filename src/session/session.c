/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include <stdlib.h>

#include "exec/executors.h"
#include "session/index.h"
#include "state/former.h"

bool
session_is_partial(const struct session *s)
{
	const struct options *o = s->o;

	return s->nselect || o->match || o->pytest_k || o->pytest_m ||
	       o->pytest.n;
}

bool
session_reads_only(const struct session *s)
{
	const struct options *o = s->o;

	/* what is debugged may need what other steps make */
	return o->dry_run || o->last || o->show ||
	       (o->debug && !s->user_manifest.n);
}

int
session_save(struct session *s, struct err *err)
{
	if (!s->state_open)
		return 0;
	if (!s->python && s->graph)
		former_dyndeps(&s->state);
	return state_save(&s->state, err);
}

void
session_close(struct session *s)
{
	/* Before another run may begin: the state holds the lock. */
	executors_free(s->executors);
	if (s->state_open)
		state_close(&s->state);
	store_close(s->store);
	if (s->front_begun)
		front_release(&s->front);
	graph_release(&s->graphs[0]);
	graph_release(&s->graphs[1]);
	buf_release(&s->root);
	buf_release(&s->below);
	buf_release(&s->manifest);
	buf_release(&s->user_manifest);
	buf_release(&s->rules);
	buf_release(&s->releases);
	buf_release(&s->told);
	buf_release(&s->told_dropped);
	buf_release(&s->pytgraph);
	buf_release(&s->browse);
	buf_release(&s->observe);
	buf_release(&s->observe_dir);
	for (size_t i = 0; i < s->nselect; i++)
		free((char *)s->select[i].file.p);
	free(s->select);
	map_release(&s->failed.files);
	arena_release(&s->failed.arena);
	buf_release(&s->junit);
	buf_release(&s->json);
	buf_release(&s->trace);
	buf_release(&s->cache);
	for (size_t i = 0; i < s->ours.n; i++)
		free((char *)s->ours.v[i].p);
	strs_release(&s->ours);
	index_release(s);
	free(s->cover_reports);
	for (size_t i = 0; i < s->cover_words.n; i++)
		free((char *)s->cover_words.v[i].p);
	strs_release(&s->cover_words);
	for (size_t i = 0; i < s->cover_only.n; i++)
		free((char *)s->cover_only.v[i].p);
	strs_release(&s->cover_only);
	*s = (struct session){ 0 };
}
