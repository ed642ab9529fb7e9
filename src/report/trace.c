/* SPDX-License-Identifier: Apache-2.0 */
#include "report/documents.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "report/text/json.h"
#include "report/text/step.h"
#include "util/mem.h"

struct span {
	uint32_t step;          /* of the graph in use, or GRAPH_NONE */
	uint32_t lane;
	enum step_end how;
	bool ended, critical;
	int64_t start, end;
	char *name, *rule, *command;    /* owned */
};

struct trace {
	struct report_sink sink;
	const struct graph *g;      /* of the last build; must be there until
	                             * the next one, or until it is written */
	int64_t begin;
	struct span *spans;     /* in order of start */
	size_t n, cap, first;   /* first: of the graph in use */
	unsigned char *lanes;   /* 1: taken */
	size_t nlanes, lanes_cap;
};

static struct trace *
trace_of(struct report_sink *sink)
{
	return (struct trace *)sink;
}

static void
trace_free(struct report_sink *sink)
{
	struct trace *t = trace_of(sink);

	for (size_t i = 0; i < t->n; i++) {
		free(t->spans[i].name);
		free(t->spans[i].rule);
		free(t->spans[i].command);
	}
	free(t->spans);
	free(t->lanes);
	free(t);
}

/* ---- the critical chain ---- */

/* The span of the step that made one of this step's inputs last. */
static size_t
waited_for(const struct trace *t, const size_t *of, size_t at)
{
	const struct graph *g = t->g;
	const struct graph_step *st = &g->steps.p[t->spans[at].step];
	size_t last = SIZE_MAX;

	for (uint32_t i = 0; i < graph_nall(st); i++) {
		uint32_t n = graph_any(g, st, i);
		uint32_t made = g->nodes.p[n].producer;
		size_t k = made == GRAPH_NONE ? 0 : of[made];

		if (k && t->spans[k - 1].end <= t->spans[at].start &&
		    (last == SIZE_MAX ||
		     t->spans[k - 1].end > t->spans[last].end))
			last = k - 1;
	}
	return last;
}

static void
find_critical(struct trace *t)
{
	size_t *of, at = SIZE_MAX;

	if (!t->g)
		return;
	of = xcalloc(t->g->steps.n + 1, sizeof(*of));
	for (size_t i = t->first; i < t->n; i++) {
		if (!t->spans[i].ended)
			continue;
		of[t->spans[i].step] = i + 1;
		if (at == SIZE_MAX || t->spans[i].end > t->spans[at].end)
			at = i;
	}
	while (at != SIZE_MAX && !t->spans[at].critical) {
		t->spans[at].critical = true;
		at = waited_for(t, of, at);
	}
	free(of);
}

static void
trace_begin(struct report_sink *sink, const struct report_build *b,
	int64_t now)
{
	struct trace *t = trace_of(sink);

	(void)now;
	find_critical(t);
	t->g = b->g;
	t->first = t->n;
}

/* ---- events ---- */

static uint32_t
take_lane(struct trace *t)
{
	for (size_t i = 0; i < t->nlanes; i++) {
		if (t->lanes[i])
			continue;
		t->lanes[i] = 1;
		return (uint32_t)i;
	}
	t->lanes = vec_grow(t->lanes, &t->lanes_cap, t->nlanes + 1, 1);
	t->lanes[t->nlanes] = 1;
	return (uint32_t)t->nlanes++;
}

static void
trace_started(struct report_sink *sink, uint32_t step, int64_t now)
{
	struct trace *t = trace_of(sink);
	const struct graph *g = t->g;
	const struct graph_rule *rule = &g->rules.p[g->steps.p[step].rule];
	struct buf command = { 0 };
	struct span *s;

	t->spans = vec_grow(t->spans, &t->cap, t->n + 1, sizeof(*t->spans));
	s = &t->spans[t->n++];
	step_title(g, step, true, &command);
	*s = (struct span){
		.step = step, .lane = take_lane(t), .start = now, .end = now,
		.name = xstrdup(graph_cpath(g, graph_step_out(g, step))),
		.rule = xmemdup0(graph_text(g, rule->name, rule->len).p,
		                 rule->len),
		.command = command.p ? command.p : xstrdup(""),
	};
}

static void
trace_finished(struct report_sink *sink, uint32_t step, enum step_end how,
	const struct result *r, struct str output, int64_t now)
{
	struct trace *t = trace_of(sink);

	(void)r;
	(void)output;
	if (how != END_RAN && how != END_FAILED && how != END_SKIPPED)
		return;
	for (size_t i = t->n; i-- > t->first;) {
		struct span *s = &t->spans[i];

		if (s->step != step || s->ended)
			continue;
		s->ended = true;
		s->end = now;
		s->how = how;
		t->lanes[s->lane] = 0;
		return;
	}
}

/* ---- the file ---- */

static void
add_span(const struct trace *t, const struct span *s, struct buf *out)
{
	cJSON *o = cJSON_CreateObject(), *args;
	char *line;

	json_text(o, "name", s->name);
	json_text(o, "cat", s->rule);
	cJSON_AddStringToObject(o, "ph", "X");
	cJSON_AddNumberToObject(o, "ts", (double)((s->start - t->begin) /
	                                          1000));
	cJSON_AddNumberToObject(o, "dur", (double)((s->end - s->start) /
	                                           1000));
	cJSON_AddNumberToObject(o, "pid", 1);
	cJSON_AddNumberToObject(o, "tid", s->lane + 1);
	args = cJSON_AddObjectToObject(o, "args");
	json_text(args, "command", s->command);
	cJSON_AddStringToObject(args, "end", s->how == END_RAN ? "ok" :
	                        s->how == END_FAILED ? "failed" :
	                        "interrupted");
	cJSON_AddBoolToObject(args, "critical", s->critical);
	line = cJSON_PrintUnformatted(o);
	if (out->p[out->n - 1] == '}')
		buf_addc(out, ',');
	buf_addc(out, '\n');
	buf_adds(out, line);
	cJSON_free(line);
	cJSON_Delete(o);
}

static void
trace_write(struct report_sink *sink, struct buf *out)
{
	struct trace *t = trace_of(sink);

	find_critical(t);
	buf_adds(out, "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
	for (size_t i = 0; i < t->n; i++)
		if (t->spans[i].ended)
			add_span(t, &t->spans[i], out);
	buf_adds(out, "\n]}\n");
}

static const struct report_sink_ops trace_ops = {
	.begin = trace_begin, .started = trace_started,
	.finished = trace_finished, .write = trace_write, .free = trace_free,
};

struct report_sink *
trace_new(const struct report_opts *o, const struct testfiles *m)
{
	struct trace *t = xcalloc(1, sizeof(*t));

	(void)m;
	t->sink.ops = &trace_ops;
	t->begin = o->now();
	return &t->sink;
}
