/* SPDX-License-Identifier: Apache-2.0 */
#include "session/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/path.h"

/* The paths of reports are as seen from where the user was. */
static const char *
placed(struct session *s, const char *word)
{
	const char *colon = strchr(word, ':');
	struct buf b = { 0 };

	if (!colon || strncmp(word, "term", 4) == 0 || !s->below.n)
		return word;
	buf_add(&b, word, (size_t)(colon - word) + 1);
	path_join(&b, buf_str(&s->below), str_of(colon + 1));
	strs_add(&s->cover_words, buf_str(&b));
	return buf_detach(&b);
}

void
coverage_options(struct session *s)
{
	const struct options *o = s->o;
	size_t n = o->coverage_report.n;

	free(s->cover_reports);
	s->cover_reports = xcalloc(n + 1, sizeof(*s->cover_reports));
	for (size_t i = 0; i < n; i++)
		s->cover_reports[i] = placed(s, o->coverage_report.v[i]);
	s->front_opts.coverage = (struct front_coverage){
		.on = o->coverage, .off = o->no_coverage,
		.branch = o->coverage_branch,
		.source = o->coverage_source.v, .nsource = o->coverage_source.n,
		.report = s->cover_reports, .nreport = n,
		.under = o->coverage_under,
		.chosen = s->cover_chosen, .only = s->cover_only.v,
		.nonly = s->cover_only.n,
	};
}
