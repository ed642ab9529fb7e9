/* SPDX-License-Identifier: Apache-2.0 */
#include "python/scan/internal.h"

#include "util/mem.h"

void
scan_push_block(struct scanner *s, const struct block *b)
{
	if (s->nblocks == countof(s->blocks)) {
		scan_fail(s, "too many blocks");
		return;
	}
	s->blocks[s->nblocks++] = *b;
	s->owner = b->owner;
}

void
scan_pop_block(struct scanner *s)
{
	struct block *b = scan_top(s), *outer;

	if (s->nblocks == 1)
		return;
	s->nblocks--;
	outer = scan_top(s);
	s->owner = outer->owner;
	if (b->kind == BLOCK_DEF)
		s->out.defs[b->owner].end_line = s->last_line;
	if (b->kind == BLOCK_TRY) {
		outer->try_from = b->from;
		outer->try_to = s->out.nimports;
	}
}

/* From the : of a header on: the block or what stands on the same line. */
void
scan_suite(struct scanner *s, const struct block *b)
{
	struct token *t = &s->in.tok;

	if (!token_op(t, ':')) {
		scan_fail(s, "expected ':'");
		while (t->kind != TOK_NEWLINE && t->kind != TOK_EOF) {
			scan_expr(s, 0);
			if (t->kind != TOK_NEWLINE && t->kind != TOK_EOF)
				scan_next(s);
		}
	} else {
		scan_next(s);
	}
	scan_push_block(s, b);
	if (t->kind != TOK_NEWLINE) {
		scan_simple_line(s);
		scan_pop_block(s);
		return;
	}
	scan_next(s);
	if (t->kind == TOK_INDENT) {
		scan_next(s);
		return;
	}
	scan_fail(s, "expected an indented block");
	scan_pop_block(s);
}
