/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_PROJECT_INTERNAL_H
#define TG_PYTHON_PROJECT_INTERNAL_H

#include "python/project/project.h"
#include "text/ini.h"
#include "text/toml.h"

/* A package while it is read. */
struct manifest {
	struct arena *a;
	const struct discovery *d;
	const char *profile;            /* of [tool.tgraph], or NULL */
	struct package *pkg;
	struct warnings *warn;
	struct err *err;
	const struct toml *toml;        /* pyproject.toml or NULL */
	struct str toml_path;           /* from the root */
	struct ini *ini;                /* setup.cfg or NULL */
	struct str ini_path;
	unsigned includes;              /* of dependency groups so far */
	size_t cap_deps, cap_sources, cap_roots, cap_classifiers;
};

/* Reads what the manifests say: names, versions, dependencies, settings. -1:
 * err of the manifest is set, with its path. */
int manifest_read(struct manifest *m);
/* Finds the package's source roots. */
void manifest_roots(struct manifest *m);
/* The package's dir joined with rel, folded; in the arena. */
struct str manifest_below(struct manifest *m, struct str rel);

/* "^3.9" and the like of poetry as PEP 440 specifiers. false: there is no
 * single set for it ("||"). */
bool poetry_constraint(struct arena *a, struct str text, struct str *out);

/* --- config_values.c --- */

/* Gives err the place of a value; -1. */
int config_place(struct err *err, const struct toml *v);
/* The string called name in the table, one of words (NULL-terminated): its
 * number; -1 with the words as all has them. */
int config_word(const struct toml *table, const char *name,
	const char *const *words, const char *all, struct err *err);

/* --- config_index.c --- */

/* The keys that say what environments are made of. */
int config_read_environment(const struct toml *table,
	enum config_environment *out, struct err *err);
int config_read_url(const struct toml *table, const char *name,
	struct str *out, struct err *err);
int config_read_urls(const struct toml *table, const char *name,
	struct arena *a, struct config_list *out, struct err *err);
int config_read_strategy(const struct toml *table, struct str *out,
	struct err *err);

/* --- project_build.c --- */

/* Finds out how the package is installed, and which groups and extras it
 * has. */
int manifest_build(struct manifest *m);
/* A requirement of poetry's as other tools have it: its name and constraint (a
 * string or a table). */
struct str poetry_requirement(struct arena *a, struct str name,
	const struct toml *v);

/* --- config_tables.c --- */

/* The key isolation of a table. */
int config_read_isolation(const struct toml *table,
	enum config_isolation *out, struct err *err);
/* The array of tables called path in [tool.tgraph]. */
int config_read_paths(const struct toml *table, struct arena *a,
	struct config_paths *out, struct err *err);
/* The one called group. */
int config_read_groups(const struct toml *table, struct arena *a,
	struct config_groups *out, struct err *err);

#endif
