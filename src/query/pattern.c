/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "query/pattern.h"

#include <pcre2.h>
#include <stdint.h>
#include <stdlib.h>

#include "config.h"
#include "util/dynlib.h"
#include "util/mem.h"

struct pcre2 {
	__typeof__(pcre2_compile) *compile;
	__typeof__(pcre2_jit_compile) *jit_compile;
	__typeof__(pcre2_match_data_create_from_pattern) *match_data;
	__typeof__(pcre2_match) *match;
	__typeof__(pcre2_get_error_message) *message;
	__typeof__(pcre2_match_data_free) *match_data_free;
	__typeof__(pcre2_code_free) *code_free;
};

#define FUNCTION(name, at) DYNLIB_SYM(name, offsetof(struct pcre2, at))

static const struct dynlib_sym syms[] = {
	FUNCTION(pcre2_compile_8, compile),
	FUNCTION(pcre2_jit_compile_8, jit_compile),
	FUNCTION(pcre2_match_data_create_from_pattern_8, match_data),
	FUNCTION(pcre2_match_8, match),
	FUNCTION(pcre2_get_error_message_8, message),
	FUNCTION(pcre2_match_data_free_8, match_data_free),
	FUNCTION(pcre2_code_free_8, code_free),
};

struct pattern {
	struct pcre2 lib;
	pcre2_code *code;
	pcre2_match_data *data;
};

static int
bad_regex(const struct pattern *p, int code, struct err *err)
{
	PCRE2_UCHAR text[256];

	p->lib.message(code, text, sizeof(text));
	return err_set(err, "%s", (const char *)text);
}

/* Paths are bytes; those that are UTF-8 are matched as such. */
struct pattern *
pattern_new(struct str text, bool nocase, size_t *at, struct err *err)
{
	struct pattern *p = xcalloc(1, sizeof(*p));
	uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF |
		(nocase ? PCRE2_CASELESS : 0);
	int code;

	*at = SIZE_MAX;
	if (dynlib_load(TG_LIB_PCRE2, "regular expressions", syms,
	                countof(syms), &p->lib, err) < 0)
		goto bad_regex;
	p->code = p->lib.compile((PCRE2_SPTR)text.p, text.n, options, &code,
	                         at, NULL);
	if (!p->code) {
		bad_regex(p, code, err);
		goto bad_regex;
	}
	/* without it, matching is only slower */
	p->lib.jit_compile(p->code, PCRE2_JIT_COMPLETE);
	p->data = p->lib.match_data(p->code, NULL);
	return p;
bad_regex:
	free(p);
	return NULL;
}

int
pattern_match(struct pattern *p, struct str text, struct err *err)
{
	int r = p->lib.match(p->code, (PCRE2_SPTR)text.p, text.n, 0, 0,
	                     p->data, NULL);

	return r == PCRE2_ERROR_NOMATCH ? 0 : r < 0 ? bad_regex(p, r, err) : 1;
}

void
pattern_free(struct pattern *p)
{
	if (!p)
		return;
	p->lib.match_data_free(p->data);
	p->lib.code_free(p->code);
	free(p);
}
