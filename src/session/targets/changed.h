/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_TARGETS_CHANGED_H
#define TG_SESSION_TARGETS_CHANGED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decide/seen.h"
#include "query/nodes.h"
#include "repo/repo.h"
#include "session/session.h"
#include "util/err.h"
#include "util/hash.h"

/* Which runs of tests could come out differently because of changed files, in a
 * Python repository. Errs on the side of too much: no run that the decision
 * would let run because of these files is left out, whatever the files held
 * before, as far as that is not known.
 *
 * Of a run whose last result speaks for now (decide/seen.h) counts what it was
 * seen to use, of the others what is assumed. */
struct changed {
	struct session *s;
	struct arena arena;
	struct repo *repo;      /* or NULL */
	struct repo_change *v;  /* owned */
	size_t n, cap;
	bool since;             /* they are all that is new since a revision */
	/* The answer. */
	bool all;               /* every run */
	struct str why;         /* then: the file that is the reason, from the
	                         * root */
	struct seen_steps seen;
	struct nodes used;      /* of those that were seen: what is made from what has
	                         * changed, by what was seen */
	struct nodes reached;   /* of the others: the same, by what is
	                         * assumed */
	bool rest;              /* all others */
	/* While it is looked for. */
	struct map fresh;       /* paths that were added */
	struct map stable;      /* directories with a module below them that was
	                         * there before */
	struct map testing;     /* directories of test files and conftests that
	                         * were there before */
	struct map how;         /* paths that have changed: bits of enum
	                         * repo_how */
	struct map dirs;        /* directories that came or went, or in which
	                         * something did: enum changed_dir */
};

enum changed_dir {
	DIR_LISTED = 1u << 0, DIR_ITSELF = 1u << 1,
	DIR_INSTALLED = 1u << 2,        /* by its name, a distribution did */
};

/* The files that differ from where HEAD and a revision parted, and those that
 * git does not track. After session_open. -1: err says what to do. */
int changed_since(struct session *s, const char *rev, struct changed *c,
	struct err *err);
/* Files and directories that the user names, from where they are. One that is
 * not there was removed; notice (may be NULL) is told of it. */
int changed_files(struct session *s, char *const *words, int n,
	struct changed *c, void (*notice)(void *ctx, const char *word),
	void *ctx, struct err *err);
/* Finds the answer. It may make another graph (session_reload): nodes that were
 * found before mean nothing after it. */
int changed_reach(struct changed *c, struct err *err);
/* Could the run that makes a node come out differently? */
bool changed_has(const struct changed *c, uint32_t node);
/* Does changed_has know it by what the run was seen to use? */
bool changed_by_seen(const struct changed *c, uint32_t node);
void changed_release(struct changed *c);

/* --- changed_rules.c --- */

/* Adds all nodes that count as changed because of the i-th file, but those that
 * are made from others. May set all, or rest. */
void changed_apply(struct changed *c, size_t i);
/* Adds the runs of files below a directory, or of what it is in. */
void changed_take_runs_below(struct changed *c, struct str dir,
	struct nodes *to);
/* Notes what was there before, once the list is complete. */
void changed_index(struct changed *c);

/* --- changed_seen.c --- */

/* Finds used, for the steps that were seen. */
void changed_find_used(struct changed *c);

#endif
