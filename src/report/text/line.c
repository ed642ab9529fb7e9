/* SPDX-License-Identifier: Apache-2.0 */
#include "report/text/line.h"

#include "report/text/ansi.h"
#include "util/os.h"

int
line_columns(const struct line *l)
{
	return l->columns > 0 ? l->columns : os_columns(fileno(l->out));
}

void
line_status(struct line *l, struct str text, bool elide)
{
	struct buf cut = { 0 };
	int columns;

	if (l->locked) {
		buf_clear(&l->kept_line);
		buf_addstr(&l->kept_line, text);
		l->kept_elide = elide;
		return;
	}
	if (l->smart)
		fputc('\r', l->out);
	if (!l->smart || !elide) {
		fwrite(text.p, 1, text.n, l->out);
		fputc('\n', l->out);
		fflush(l->out);
		return;
	}
	columns = line_columns(l);
	if (columns > 0) {
		ansi_elide(&cut, text, (size_t)columns);
		text = buf_str(&cut);
	}
	fwrite(text.p, 1, text.n, l->out);
	fputs("\033[K", l->out);
	fflush(l->out);
	l->half = true;
	buf_release(&cut);
}

static void
line_put(struct line *l, const char *p, size_t n)
{
	if (l->locked)
		buf_add(&l->kept, p, n);
	else
		fwrite(p, 1, n, l->out);
}

void
line_output(struct line *l, struct str text)
{
	if (l->locked && l->kept_line.n) {
		buf_addstr(&l->kept, buf_str(&l->kept_line));
		buf_addc(&l->kept, '\n');
		buf_clear(&l->kept_line);
	}
	if (l->half)
		line_put(l, "\n", 1);
	if (text.n)
		line_put(l, text.p, text.n);
	l->half = text.n && text.p[text.n - 1] != '\n';
	if (!l->locked)
		fflush(l->out);
}

void
line_break(struct line *l)
{
	line_output(l, (struct str){ "", 0 });
}

void
line_lock(struct line *l, bool locked)
{
	struct buf kept, status;

	if (locked == l->locked)
		return;
	if (locked) {
		line_break(l);
		l->locked = true;
		return;
	}
	l->locked = false;
	kept = l->kept;
	status = l->kept_line;
	l->kept = l->kept_line = (struct buf){ 0 };
	line_output(l, buf_str(&kept));
	if (status.n)
		line_status(l, buf_str(&status), l->kept_elide);
	buf_release(&kept);
	buf_release(&status);
}

void
line_release(struct line *l)
{
	buf_release(&l->kept);
	buf_release(&l->kept_line);
}
