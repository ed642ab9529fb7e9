/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "report/tests/tests.h"
#include "report/text/ansi.h"
#include "report/text/step.h"
#include "util/os.h"

#define DRAW_NS 100000000               /* between two drawings */
#define TELL_NS 5000000000              /* between two lines elsewhere, */
#define TELL_MOST_NS 60000000000        /* and when nothing moves */
#define SLOW_NS 15000000000             /* a file that is worth naming */

void
table_sum(struct tests *t)
{
	const struct testfile *f;
	struct tests_row *row;
	enum testfile_fate fate;
	uint32_t i;
	size_t j;

	for (j = 0; j < t->nrows; j++) {
		row = &t->rows[j];
		row->total = row->done = row->running = 0;
		row->failed = row->cached = 0;
		row->left_us = 0;
	}
	for (i = 0; i < t->m->n; i++) {
		f = &t->m->v[i];
		row = &t->rows[t->row_of[i]];
		row->total++;
		row->running += f->stage == STAGE_RUNNING;
		fate = testfile_fate(t->m, f);
		if (fate == FATE_NOT_RUN) {
			row->left_us += f->before_us;
			continue;
		}
		row->done++;
		row->cached += testfile_cached(t->m, f);
		row->failed += fate_bad(fate);
	}
}

void
table_erase(struct tests *t)
{
	if (t->drawn)
		fprintf(t->o->out, "\r\033[%uA\033[J", t->drawn);
	t->drawn = 0;
	fflush(t->o->out);
}

static unsigned
screen_rows(const struct tests *t)
{
	struct winsize ws;

	if (t->o->rows > 0)
		return (unsigned)t->o->rows;
	if (ioctl(fileno(t->o->out), TIOCGWINSZ, &ws) == 0 && ws.ws_row > 4)
		return ws.ws_row;
	return 24;
}

static void
add_clock(struct buf *out, int64_t seconds)
{
	if (seconds >= 3600)
		buf_addf(out, "%" PRId64 ":%02d:%02d", seconds / 3600,
			(int)(seconds % 3600 / 60), (int)(seconds % 60));
	else
		buf_addf(out, "%" PRId64 ":%02d", seconds / 60,
			(int)(seconds % 60));
}

size_t
table_columns(const struct tests *t)
{
	int columns = t->o->columns;

	if (!t->terminal)
		return 0;
	if (columns <= 0)
		columns = os_columns(fileno(t->o->out));
	return columns > 0 ? (size_t)columns : 0;
}

/* What a line of the table has room for. */
struct shape {
	int name;               /* columns for it */
	bool elapsed, eta;
	size_t columns;         /* of the terminal; 0: not known */
};

/* Numbers are not cut: where there is no room, first the times go, and names
 * are shortened. */
static struct shape
shape_of(const struct tests *t)
{
	enum { NUMBERS = 37, TIME = 9, NAME_LEAST = 7, NAME_MOST = 40 };
	struct shape s = { .columns = table_columns(t) };
	int width = NAME_LEAST, room = s.columns ? (int)s.columns : 1000, n;

	for (size_t i = 0; i < t->nrows; i++) {
		n = (int)strlen(t->rows[i].name);
		width = n > width ? n : width;
	}
	width = width > NAME_MOST ? NAME_MOST : width;
	n = width > 2 * NAME_LEAST ? 2 * NAME_LEAST : width;
	s.elapsed = room >= NUMBERS + TIME + n;
	s.eta = room >= NUMBERS + 2 * TIME + n;
	room -= NUMBERS + TIME * (s.elapsed + s.eta);
	s.name = width < room ? width : room > 0 ? room : 0;
	return s;
}

static void
pad_name(const struct shape *s, const char *name, struct buf *out)
{
	struct buf cut = { 0 };

	ansi_elide(&cut, str_of(name), (size_t)s->name);
	buf_addf(out, "%-*s", s->name, buf_str(&cut).p);
	buf_release(&cut);
}

/* One line of the table. left_us UINT64_MAX: unknown. */
static void
add_table_row(const struct tests *t, const struct tests_row *r,
	const struct shape *s, int64_t now, struct buf *out)
{
	struct buf cell = { 0 };
	int64_t to = r->running || !r->last ? now : r->last;

	buf_addf(&cell, "%" PRIu32 "/%" PRIu32, r->done, r->total);
	pad_name(s, r->name, out);
	buf_addf(out, " %11s %8" PRIu32 " ", buf_str(&cell).p, r->running);
	buf_addf(out, "%s%7" PRIu32 "%s %7" PRIu32,
		r->failed && t->color ? "\033[31m" : "", r->failed,
		r->failed && t->color ? "\033[0m" : "", r->cached);
	buf_clear(&cell);
	if (r->first)
		add_clock(&cell, (to - r->first) / 1000000000);
	if (s->elapsed)
		buf_addf(out, " %8s", cell.n ? cell.p : "");
	buf_clear(&cell);
	if (r->done < r->total && r->left_us && r->left_us != UINT64_MAX)
		add_clock(&cell, (int64_t)((r->left_us + 999999) / 1000000));
	if (s->eta)
		buf_addf(out, " %8s", cell.n ? cell.p : "");
	buf_release(&cell);
}

/* A row's time left, if what runs of it now goes on at this pace; never more
 * than that of everything. */
static uint64_t
row_left(const struct tests *t, const struct tests_row *r)
{
	uint64_t left = r->left_us / (r->running ? r->running : 1);

	return left > t->left_us ? t->left_us : left;
}

static void
add_table_line(struct tests *t, struct buf *out, const struct buf *line,
	size_t columns)
{
	if (columns > 0)
		ansi_elide(out, buf_str(line), columns);
	else
		buf_addstr(out, buf_str(line));
	buf_adds(out, "\033[K\n");
	t->drawn++;
}

static struct tests_row
sum_rows(const struct tests *t)
{
	struct tests_row all = { .name = (char *)"total", .first = t->m->begin };
	size_t i;

	for (i = 0; i < t->nrows; i++) {
		all.total += t->rows[i].total;
		all.done += t->rows[i].done;
		all.running += t->rows[i].running;
		all.failed += t->rows[i].failed;
		all.cached += t->rows[i].cached;
	}
	all.last = t->m->end;
	all.left_us = t->left_us;
	return all;
}

/* Is the row shown, if there is no room for all of them? First what runs. */
static bool
row_shown(const struct tests_row *r, bool all)
{
	return all || r->running || r->failed ||
	       (r->done && r->done < r->total);
}

static void
draw_rows(struct tests *t, const struct shape *shape, int64_t now,
	struct buf *out)
{
	unsigned room = screen_rows(t), hidden = 0, n = 0;
	bool all = t->nrows + 4 <= room;
	struct buf line = { 0 };
	struct tests_row r;
	size_t i;

	for (i = 0; i < t->nrows; i++) {
		if (!row_shown(&t->rows[i], all) || (!all && n + 5 > room)) {
			hidden++;
			continue;
		}
		r = t->rows[i];
		r.left_us = row_left(t, &r);
		buf_clear(&line);
		add_table_row(t, &r, shape, now, &line);
		add_table_line(t, out, &line, shape->columns);
		n++;
	}
	if (hidden) {
		buf_clear(&line);
		buf_addf(&line, "... %u more", hidden);
		add_table_line(t, out, &line, shape->columns);
	}
	buf_release(&line);
}

/* What has been running for longest, if that is long: who waits wants to know
 * for what. */
static bool
add_slow(const struct tests *t, int64_t now, struct buf *out)
{
	const struct testfile *slow = NULL;
	struct buf file = { 0 };
	uint32_t i;

	for (i = 0; i < t->m->n; i++)
		if (t->m->v[i].stage == STAGE_RUNNING &&
		    now - t->m->v[i].since >= SLOW_NS &&
		    (!slow || t->m->v[i].since < slow->since))
			slow = &t->m->v[i];
	if (!slow)
		return false;
	buf_addf(out, "still waiting for %s (%" PRId64 " s)",
		step_binding(t->m->g, slow->step, SYM_TG_FILE, &file),
		(now - slow->since) / 1000000000);
	buf_release(&file);
	return true;
}

static void
draw_table(struct tests *t, int64_t now)
{
	struct buf out = { 0 }, line = { 0 };
	struct shape shape = shape_of(t);
	struct tests_row all = sum_rows(t);

	if (t->drawn)
		buf_addf(&out, "\r\033[%uA", t->drawn);
	t->drawn = 0;
	pad_name(&shape, "package", &line);
	buf_addf(&line, " %11s %8s %7s %7s%s%s", "done", "running", "failed",
		"cached", shape.elapsed ? "  elapsed" : "",
		shape.eta ? "      eta" : "");
	add_table_line(t, &out, &line, shape.columns);
	draw_rows(t, &shape, now, &out);
	if (t->nrows > 1) {
		buf_clear(&line);
		add_table_row(t, &all, &shape, now, &line);
		add_table_line(t, &out, &line, shape.columns);
	}
	if (t->nbusy) {
		buf_clear(&line);
		step_title(t->m->g, t->busy[0], false, &line);
		add_table_line(t, &out, &line, shape.columns);
	}
	buf_clear(&line);
	if (add_slow(t, now, &line))
		add_table_line(t, &out, &line, shape.columns);
	buf_adds(&out, "\033[J");
	fwrite(out.p, 1, out.n, t->o->out);
	fflush(t->o->out);
	buf_release(&out);
	buf_release(&line);
}

/* What runs, where that is no test file. */
static void
tell_busy(struct tests *t)
{
	struct buf line = { 0 };

	step_title(t->m->g, t->busy[0], false, &line);
	if (t->nbusy > 1)
		buf_addf(&line, " and %zu more", t->nbusy - 1);
	buf_addc(&line, '\n');
	fwrite(line.p, 1, line.n, t->o->out);
	fflush(t->o->out);
	buf_release(&line);
}

static void
tell_progress(struct tests *t, int64_t now)
{
	struct tests_row all = sum_rows(t);
	struct buf line = { 0 }, slow = { 0 };

	if (!all.total && t->nbusy) {
		tell_busy(t);
		return;
	}
	buf_addf(&line, "[%" PRIu32 "/%" PRIu32 "] %" PRIu32 " running",
		all.done, all.total, all.running);
	if (all.failed)
		buf_addf(&line, ", %" PRIu32 " failed", all.failed);
	if (all.cached)
		buf_addf(&line, ", %" PRIu32 " cached", all.cached);
	if (t->left_us != UINT64_MAX && t->left_us) {
		buf_adds(&line, ", ");
		add_clock(&line, (int64_t)((t->left_us + 999999) / 1000000));
		buf_adds(&line, " left");
	}
	if (add_slow(t, now, &slow))
		buf_addf(&line, ", %s", slow.p);
	buf_release(&slow);
	buf_addc(&line, '\n');
	fwrite(line.p, 1, line.n, t->o->out);
	fflush(t->o->out);
	buf_release(&line);
}

/* Is there something to tell? While no file ends, ever less often. */
static bool
is_news(struct tests *t, int64_t now)
{
	uint32_t done = sum_rows(t).done;
	bool moved = done != t->told_done;

	if (!moved && now - t->drew < t->tell_ns)
		return false;
	t->tell_ns = moved || !t->tell_ns ? TELL_NS : 2 * t->tell_ns;
	if (t->tell_ns > TELL_MOST_NS)
		t->tell_ns = TELL_MOST_NS;
	t->told_done = done;
	return true;
}

void
table_draw(struct tests *t, int64_t now, bool force)
{
	bool late = now - t->drew >= (t->terminal ? DRAW_NS : TELL_NS);

	if (t->hidden || t->o->verbosity == REPORT_QUIET ||
	    (!late && !force && !(t->terminal && !t->drawn)))
		return;
	table_sum(t);
	if (!t->terminal && !force && !is_news(t, now))
		return;
	t->drew = now;
	if (t->terminal)
		draw_table(t, now);
	else
		tell_progress(t, now);
}
