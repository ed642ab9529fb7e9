/* SPDX-License-Identifier: Apache-2.0 */
#include "report/text/format.h"

#include <inttypes.h>
#include <string.h>

#include "util/mem.h"

int
format_check(const char *format, const char *name, struct err *err)
{
	const char *p;

	for (p = format; *p; p++) {
		if (*p != '%')
			continue;
		p++;
		if (*p != '\0' && strchr("%stpruofceEwWP", *p))
			continue;
		if (err)
			err->fatal = true;
		return err_code(err, EXIT_USAGE,
			"unknown placeholder '%%%.1s' in $%s", p, name);
	}
	return 0;
}

static void
add_rate(struct buf *out, double rate)
{
	if (rate < 0)
		buf_addc(out, '?');
	else
		buf_addf(out, "%.1f", rate);
}

static void
add_time(struct buf *out, char how, int64_t ms, bool hours)
{
	int64_t s = ms / 1000;

	if (ms < 0)
		buf_addc(out, '?');
	else if (how == 'e' || how == 'E')
		buf_addf(out, "%.3f", (double)ms / 1e3);
	else if (hours)
		buf_addf(out, "%" PRId64 ":%02d:%02d", s / 3600,
			(int)(s % 3600 / 60), (int)(s % 60));
	else
		buf_addf(out, "%02" PRId64 ":%02d", s / 60, (int)(s % 60));
}

/* Part of the expected time that has gone by, in percent. */
static int
time_percent(const struct format_values *v)
{
	int64_t all = v->elapsed_ms + v->left_ms;

	if (v->finished && v->finished >= v->total)
		return 100;
	if (v->left_ms < 0 || all <= 0)
		return 0;
	return (int)(100 * v->elapsed_ms / all);
}

static int
percent(const struct format_values *v)
{
	if (v->finished == 0 || v->total == 0)
		return 0;
	return (int)(100ull * v->finished / v->total);
}

static void
fill_one(struct buf *out, char c, const struct format_values *v)
{
	bool hours = v->elapsed_ms >= 3600000 || v->left_ms >= 3600000;

	switch (c) {
	case '%': buf_addc(out, '%'); break;
	case 's': buf_addf(out, "%" PRIu32, v->started); break;
	case 't': buf_addf(out, "%" PRIu32, v->total); break;
	case 'r': buf_addf(out, "%" PRIu32, v->running); break;
	case 'f': buf_addf(out, "%" PRIu32, v->finished); break;
	case 'u':
		buf_addf(out, "%" PRIu32, v->total > v->started ?
			v->total - v->started : 0);
		break;
	case 'p': buf_addf(out, "%3i%%", percent(v)); break;
	case 'P': buf_addf(out, "%3i%%", time_percent(v)); break;
	case 'o':
		add_rate(out, v->elapsed_ms > 0 ?
			v->finished / ((double)v->elapsed_ms / 1e3) : -1);
		break;
	case 'c': add_rate(out, v->rate); break;
	case 'e':
	case 'w': add_time(out, c, v->elapsed_ms, hours); break;
	case 'E':
	case 'W': add_time(out, c, v->left_ms, hours); break;
	}
}

void
format_fill(struct buf *out, const char *format,
	const struct format_values *v)
{
	const char *p;

	for (p = format; *p; p++) {
		if (*p == '%' && p[1])
			fill_one(out, *++p, v);
		else
			buf_addc(out, *p);
	}
}

void
rate_update(struct rate *r, uint32_t finished, int64_t ms, unsigned window)
{
	double now = (double)ms / 1e3, first;

	if (window > countof(r->times) || window == 0)
		window = countof(r->times);
	if (r->n && r->last == finished)
		return;
	if (r->n == 0)
		r->value = -1;
	r->last = finished;
	if (r->n > window)
		r->n = window;
	if (r->n == window)
		r->n--;
	r->times[r->at] = now;
	r->at = (r->at + 1) % countof(r->times);
	r->n++;
	first = r->times[(r->at + countof(r->times) - r->n) %
		countof(r->times)];
	if (now > first)
		r->value = r->n / (now - first);
}
