/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "state/variables.h"
#include "store/internal.h"
#include "text/shell.h"
#include "util/mem.h"

enum { MAX_NESTED = 16 };

static const char ACTION_TAG[] = "tgraph action 1";

/* ---- which words of a command name programs ---- */

static bool
is_assignment(const struct buf *word)
{
	const char *p = word->n ? word->p : "";

	while (*p == '_' || (*p >= 'a' && *p <= 'z') ||
	       (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9'))
		p++;
	return *p == '=' && p != word->p;
}

/* ---- what they are ---- */

static bool
is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       access(path, X_OK) == 0;
}

/* Finds a name without slash as execvp does; NULL: nowhere. */
static const char *
search(struct store *st, const char *name)
{
	struct buf b = { 0 };
	const char *found = NULL;
	struct str path = STR("PATH");
	const char *dir = env_value(path);

	while (dir && !found) {
		size_t n = strcspn(dir, ":");

		buf_clear(&b);
		buf_add(&b, n ? dir : ".", n ? n : 1);
		buf_addc(&b, '/');
		buf_adds(&b, name);
		if (is_program(b.p))
			found = arena_strdup(&st->arena, b.p);
		dir = dir[n] ? dir + n + 1 : NULL;
	}
	buf_release(&b);
	return found;
}

static struct program *
program_named(struct store *st, const struct buf *name)
{
	struct map_slot *slot = map_get(&st->names, buf_str(name));
	struct program *p;

	if (slot)
		return &st->programs[slot->value];
	slot = map_put(&st->names, arena_dup(&st->arena, buf_str(name)), NULL);
	slot->value = (uint32_t)st->nprograms;
	st->programs = vec_grow(st->programs, &st->programs_cap,
	                        st->nprograms + 1, sizeof(*st->programs));
	p = &st->programs[st->nprograms++];
	*p = (struct program){ 0 };
	if (strchr(name->p, '/'))
		p->path = arena_strdup(&st->arena, name->p);
	else
		p->path = search(st, name->p);
	return p;
}

/* none: it is no program (a word of the shell). */
static struct digest
program_digest(struct store *st, const struct buf *name)
{
	struct program *p = program_named(st, name);
	struct file_sig sig;

	if (!p->path || file_sig(AT_FDCWD, p->path, &sig) != 1 ||
	    !S_ISREG(sig.mode))
		return (struct digest){ 0 };
	if (!file_sig_eq(&sig, &p->sig)) {
		if (digest_file(AT_FDCWD, p->path, &p->digest, NULL, NULL) != 1)
			return (struct digest){ 0 };
		p->sig = sig;
	}
	return p->digest;
}

static void
add_program(struct store *st, struct digester *d, const struct buf *word)
{
	struct digest p;

	if (word->n == 0)
		return;
	p = program_digest(st, word);
	digest_add_field(d, word->p, word->n);
	digest_add(d, p.b, sizeof(p.b));
}

/* Of commands, and of those in them whose output is taken as words. */
static void
add_programs(struct store *st, struct digester *d, struct str commands,
	unsigned depth)
{
	struct shell sh = { .rest = commands };
	bool first = true, file = false;
	enum shell_token t;

	while (depth && (t = shell_next(&sh)) != SHELL_END) {
		if (t == SHELL_OPERATOR)
			first = true;
		if (t == SHELL_WORD && first && !file &&
		    !is_assignment(&sh.word)) {
			first = false;
			add_program(st, d, &sh.word);
		}
		for (size_t i = 0; t == SHELL_WORD && i < sh.nsubs; i++)
			add_programs(st, d, sh.subs[i], depth - 1);
		file = t == SHELL_REDIRECT;
	}
	shell_release(&sh);
}

void
store_action(struct store *st, const struct state *s, uint32_t step,
	const struct digest *static_key, struct digest *action)
{
	struct buf command = { 0 };
	struct digester d;
	struct utsname u;

	digest_begin(&d);
	digest_add_field(&d, ACTION_TAG, strlen(ACTION_TAG));
	digest_add(&d, static_key->b, sizeof(static_key->b));
	if (uname(&u) == 0) {
		digest_add_field(&d, u.sysname, strlen(u.sysname));
		digest_add_field(&d, u.machine, strlen(u.machine));
	}
	if (!graph_flag(s->g, step, SYM_TG_KEY) &&
	    graph_binding(s->g, step, SYM_COMMAND, GRAPH_SHELL, &command, NULL)
	    == 1)
		add_programs(st, &d, buf_str(&command), MAX_NESTED);
	*action = digest_end(&d);
	buf_release(&command);
}
