/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SCHED_INTERNAL_H
#define TG_SCHED_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "decide/decide.h"
#include "decide/deps.h"
#include "exec/executors.h"
#include "exec/loop.h"
#include "observe/read.h"
#include "plan/affinity.h"
#include "plan/plan.h"
#include "sched/aside.h"
#include "sched/sched.h"

/* How often a step was run again, and: */
enum tries {
	TRIED_COUNT  = 0x1f,
	TRIED_ALONE  = 0x20,    /* its result in company did not count: now
	                         * alone */
	TRIED_LOST   = 0x40,    /* what ran it was lost: now by its command */
	TRIED_ONCE   = 0x80,    /* it was told of */
	TRIED_ASIDE  = 0x100,   /* it runs when nothing else does */
	TRIED_TURN   = 0x200,   /* it has waited for its turn */
	TRIED_BEHIND = 0x400,   /* it failed behind others in one process */
};

/* One build, shared by the files of this folder. */

/* A place in a pool, see places.h. */
struct slot_place {
	uint32_t pool, number;
};

/* A step that runs. */
struct slot {
	struct build *b;
	uint32_t step;
	struct execution *run;  /* NULL: a dry run */
	struct digest static_key;
	int64_t start, start_wall;
	int64_t start_file;     /* as files have it: state_clock */
	int64_t limit;          /* nanoseconds it may take; 0: any */
	struct loop_timer timer;        /* the end of that; or if asked: KILL */
	bool timed_out;
	bool stopped;           /* ended by us because the build ends */
	bool warned;            /* of its time, URG was sent: its end comes */
	bool asked;             /* TERM was sent */
	bool killed;            /* KILL was sent */
	bool met;               /* other tests ran at the same time */
	bool beside;            /* another run ran the step at the same time */
	bool waits;             /* another runs it: for its end; run is NULL */
	bool turn;              /* ... beside us: see turns.c */
	bool taken;             /* it is taken, there */
	int64_t over;           /* when its tests were over; 0: not yet */
	bool lingers;           /* they are, and it waits for its end */
	bool settled;           /* that was asked for */
	unsigned more;          /* processes that it may run in besides one */
	bool split;             /* it was given some */
	bool ended;             /* to be finished: */
	struct exec_end end;
	struct buf output;
	struct slot_place *places;      /* those that it was told of */
	size_t nplaces;
	struct observe_log log; /* what it reads is noted there; or none */
};

/* What is known of a file that may be an input; zero: nothing. */
struct input_node {
	uint32_t since;         /* when it was first known what it is like */
	uint32_t changed;       /* when it was last seen to be another */
	uint32_t written;       /* the same, at the end of the step that makes
	                         * it */
	uint32_t round;         /* when it was last looked at */
	bool content, moved;    /* it ever changed its content; became another
	                         * file, with times that tell nothing of when */
};

/* See inputs.c. */
struct inputs {
	uint32_t now, round;
	struct input_node *nodes;
	uint32_t nnodes;
	uint32_t *decided;      /* by step: now when it was decided on */
	uint32_t *walked, walk; /* by step: the walk that met it last */
	struct buf cwd;         /* empty: not asked for */
	bool strange;           /* a step has run that may have written what
	                         * others have made */
};

/* See outside.c. */
struct outside {
	struct outside_step *v;
	size_t n, cap;
	int64_t due;            /* when to look again */
	bool changed, told;
};

struct build {
	struct state *s;
	struct graph *g;
	struct store *store;
	const struct sched_opts *o;
	const struct build_events *ev;
	void *ctx;
	const uint32_t *targets;
	uint32_t ntargets;

	struct plan plan;
	struct decide decide;
	uint32_t npending;      /* steps that the scan left waiting */
	uint32_t *dyn;          /* dyndep files that are to be read */
	size_t ndyn, dyn_cap;
	uint32_t *weight;       /* by step, see estimate.c */
	struct digest *keys;    /* by step: static key, once it was decided */
	uint16_t *tries;        /* by step: see enum tries */
	unsigned char *known;   /* by step: see build_known; or NULL */
	struct deps deps;
	struct inputs inputs;
	struct outside outside;
	struct aside aside;
	bool durations;         /* some are known */

	struct executors *ex;   /* opts.executors, or our own */
	struct affinity affinity;       /* filled only if there are workers */
	uint32_t sym_worker_command, sym_worker_args;
	struct loop *loop;
	struct loop_fd signals, token;
	int claim;              /* of guests_hold, see running_claim */
	uint32_t *pool_turns;   /* by pool: how many have it taken; or NULL */
	bool said_waiting;
	struct slot **slots;
	size_t nslots, slots_cap;
	size_t slots_before;    /* places before slots that are free again */
	size_t nlinger;         /* slots that linger */
	size_t nturns;          /* slots that wait for their turn: they take up
	                         * no place */
	size_t nmore;           /* sum of what slots have more */
	struct fetch **fetches;
	size_t nfetches, fetches_cap;

	struct build_counts counts;
	uint32_t failed_items;  /* of tests */
	uint32_t told_total;    /* as events.planned was last called */
	int64_t told_tick, left_at;
	bool token_wait;        /* a step could start but for a token */
	bool gate_wait;         /* ... but for load or memory */
	bool said_observe;      /* that it cannot be */
	int failed_exit;        /* exit code of the last failure */
	int signal;             /* that interrupts the build; 0: none */
	bool stop;              /* nothing new starts */
	struct err *err;        /* first error that ends the build */
	bool broken;            /* there is one */
};

/* ---- prepare.c ---- */

/* Plans the targets anew: wants, looks, finds what is up to date, reads dyndep
 * files whose makers are done. -1: error. */
int build_prepare(struct build *b, struct err *err);
/* Reads the dyndep files noted in dyn and plans anew; -1 error. */
int build_dyndeps(struct build *b, struct err *err);
/* Notes the dyndep files that a step which is final makes. */
void build_note_dyndep(struct build *b, uint32_t step);

/* ---- missing.c ---- */

/* A source file that is needed and missing: the first on the way from the
 * targets; -1 with ninja's message, 0 none. */
int build_missing(const struct build *b, struct err *err);

/* ---- estimate.c ---- */

/* Fills weight from recorded durations and, where there is none, from tg_guess
 * if that is more than is typical. */
void build_estimate(struct build *b);
/* All that is to be done, or runs and is not over, in microseconds of one
 * process; longest: of what is to be done one after the other. */
uint64_t build_work(const struct build *b, uint64_t *longest);
/* How long that takes, in microseconds; UINT64_MAX: unknown. */
uint64_t build_left(const struct build *b);

/* ---- room.c: how many may run at once ---- */

/* Is there room for one process more? If there is, it is taken, by a token. */
bool room_take(struct build *b);
/* Some have ended: gives back the tokens that are held for none. */
void room_balance(struct build *b);

/* ---- split.c: files that run in several processes ---- */

/* The slot's step is about to run, by a worker. Takes room for more processes
 * if its items may run in several (tg_split), and all is done sooner so. */
void split_take(struct build *b, struct slot *slot);
/* Notes in the step's new result r if it is not to be split again. */
void split_note(const struct build *b, uint32_t step, struct result *r);
/* Gives it up. */
void split_give(struct build *b, struct slot *slot);

/* ---- run.c ---- */

/* Runs all that is to be run. */
void build_run(struct build *b);
/* Sets up what running needs; -1 error. */
int build_open(struct build *b, struct err *err);
void build_close(struct build *b);

/* ---- fetch.c ---- */

enum fetched { FETCH_NONE, FETCH_MISS, FETCH_HIT, FETCH_LATER };

/* May the store be asked for the result of a step that is not up to date? */
bool fetch_may(struct build *b, uint32_t step);
/* Asks the store for the result of the next step that waits for it. FETCH_NONE:
 * no step does, or enough is on its way, or nothing new starts. */
enum fetched fetch_one(struct build *b);
/* Misses cost little: then the best of all steps starts. What is restored is
 * let in between others, unless there is nothing beside it. True: there may be
 * more. */
bool fetch_some(struct build *b);
/* Does one that is to be asked for come before those that are ready? */
bool fetch_first(struct build *b);
/* Takes what has come from the store. */
void fetch_ended(struct build *b);
/* Ends what is on its way. */
void fetch_stop(struct build *b);

/* ---- slot.c ---- */

/* A slot for a step, added to b->slots. */
struct slot *build_new_slot(struct build *b, uint32_t step);
/* Gives its step to an executor (job: command, console, warm), which has this
 * many seconds (0: any) for it. From then on ended says when it is over. -1: it
 * cannot be started. */
int build_run_slot(struct slot *slot, struct exec_job *job, double limit,
	struct err *err);
/* How many processes those may have that do not linger. */
static inline size_t
build_running(const struct build *b)
{
	return b->nslots - b->nlinger - b->nturns + b->nmore;
}
/* Asks for the end of all that lingers; it has as long as the step had. */
void build_settle(struct build *b);
/* It is in b->slots no more, and its step has ended or never began. */
void build_free_slot(struct slot *slot);

/* ---- inputs.c: what steps have read ---- */

/* What a step that has ended has read, compared with the nodes as they were when
 * it was decided on. */
enum inputs_seen {
	INPUTS_SAME,
	INPUTS_BEFORE,  /* some changed before it started: they are what the
	                 * state has of them now, but its key was found before */
	INPUTS_TOUCHED, /* some were written while it ran, but are as they were,
	                 * or not by the step that makes them: it may have read
	                 * something else, or done it itself */
	INPUTS_MEANWHILE,       /* some changed while it ran */
};

/* Files are about to be looked at; have been: those of the plan are known. */
void inputs_begin(struct build *b);
void inputs_known(struct build *b);
/* The step is about to be decided on. */
void inputs_decided(struct build *b, uint32_t step);
/* It is about to start: when, as files have it. */
int64_t inputs_start(struct build *b, uint32_t step);
/* Looks at nodes anew: what a step has written. */
void inputs_look(struct build *b, const uint32_t *nodes, uint32_t n);
/* The step has succeeded, and its observed inputs are set. Looks at its inputs
 * once more; the state has them as they are now. start: of inputs_start. */
enum inputs_seen inputs_check(struct build *b, uint32_t step, int64_t start);
/* The outputs of a step have been replaced, and looked at, by the store. */
void inputs_replaced(struct build *b, uint32_t step);
/* Looks at a node that is known, once in each round. */
void inputs_look_again(struct build *b, uint32_t node);
/* Has somebody else written the node since the step that makes it did? */
bool inputs_rewritten(struct build *b, uint32_t node);
/* Does a step write the node? */
bool inputs_made(const struct graph *g, uint32_t node);
void inputs_release(struct inputs *in);

/* ---- left.c: what steps have made, as others leave it ---- */

/* Before the step is decided on: looks once more at what others have made for
 * it, if somebody may have written that since. */
void left_look(struct build *b, uint32_t step);
/* The step may have written its inputs, and they are right. */
void left_by(struct build *b, uint32_t step);
/* The build has ended, and nothing failed: all is right that steps have made. */
void left_settle(struct build *b);

/* ---- elsewhere.c ---- */

/* A number for the step that all runs in the directory have for it. */
uint64_t elsewhere_id(const struct graph *g, uint32_t step);
/* Is a run above us, or below, at work on the step? */
bool elsewhere_runs(const struct build *b, uint32_t step);
/* The slot, which waits for that, is to look again after a while. */
void elsewhere_wait(struct slot *s);

/* ---- guests.c ---- */

/* Takes over what runs that steps have started, in the same directory, have
 * done. */
void build_guests(struct build *b);
/* Is a run above us, or below, at work on the step? Then a slot that waits for
 * the end of that is added. */
bool guests_hold(struct build *b, uint32_t step);
/* The step that was not held has been started, or cannot be. */
void guests_started(struct build *b);
/* The slot has waited, and its step is up to date or runs now. */
void guests_waited(struct build *b, struct slot *s);
/* Is the step, which is about to run, up to date by what was learned? Then that
 * is told. */
bool guests_did(struct build *b, uint32_t step);

/* ---- turns.c ---- */

/* Takes the step, so that no run beside us is at it, nor at what must not run at
 * the same time. False: one is, pid (may be NULL; 0: not known). */
bool turn_take(struct build *b, uint32_t step, long *pid);
void turn_give(struct build *b, uint32_t step);

/* ---- beside.c ---- */

/* Is a run beside us at the step, or has one done it? Then a slot is added that
 * waits, or it is told of. Else the step is taken. */
bool beside_hold(struct build *b, uint32_t step);

/* ---- outside.c ---- */

/* Does the result of a step that has passed (key and all) wait until it is known
 * that what lies outside was the same? Then it and the output are kept. */
bool outside_waits(struct build *b, struct slot *slot,
	const struct result *r, struct str output);
/* Looks outside, if it is time to or all must be settled, and records what
 * waited. */
void outside_settle(struct build *b, bool all);
/* When it is time to (os_now); INT64_MAX: nothing waits. */
int64_t outside_due(const struct build *b);
void outside_release(struct outside *out);

/* ---- made.c: what outputs stand for ---- */

/* What is known of what the step leaves: flags of enum known. */
unsigned build_known(struct build *b, uint32_t step);
/* When the outputs were written, to be compared with when they are; owned by
 * the caller. */
int64_t *made_times(const struct build *b, uint32_t step);
/* The step has run (was: of made_times), or its outputs were restored (NULL);
 * they have been looked at. key: what they were made from. */
void made_tell(struct build *b, uint32_t step, const struct digest *key,
	const int64_t *was);

/* ---- observe.c ---- */

/* Gets ready to have the step's processes note what they read: env becomes the
 * variables for that, to be freed, and a NULL. Just that if it is not wanted; if
 * it cannot be, a warning is given, once. */
enum { OBSERVE_VARIABLES = 3 };
void observe_begin(struct build *b, struct slot *slot, char **env);
/* Has workers observed that are started from now on; before executors are
 * opened. */
void observe_workers(struct build *b);
/* The step has succeeded, b->deps has its depfile: adds what was seen. */
void observe_end(struct build *b, struct slot *slot);
/* Tells of what was not seen, if somebody wants to know. */
void observe_tell(struct build *b, uint32_t step);

/* ---- start.c ---- */

/* Starts a step that is PLAN_RUN; a slot is added, or the step has failed
 * already. */
void build_start(struct build *b, uint32_t step);

/* ---- record.c ---- */

/* Puts the result of a step that has passed into the store, if it is of a kind
 * that is kept there. slot: its step and static_key. */
void finish_keep(struct build *b, const struct slot *slot,
	const struct result *r, struct str output);
/* Records a result. current: the inputs are known as its key has them. */
void finish_record(struct build *b, uint32_t step, struct result *r,
	bool current);

/* ---- finish.c ---- */

/* What ran in the slot has ended: records and tells. */
void build_finish(struct build *b, struct slot *slot);
/* The step has failed, and that counts: records and tells. */
void build_failed(struct build *b, uint32_t step,
	const struct digest *static_key, struct result *r, bool timed_out,
	struct str output);
/* The step could not even be started. */
void build_fail(struct build *b, uint32_t step, struct str output);
/* The store had the step's result; text: what it had written. */
void build_fetched(struct build *b, uint32_t step, struct result *r,
	struct str text);

/* ---- stop.c ---- */

/* A signal, or what amounts to one: the first ends all that runs with it, the
 * second kills. */
void build_interrupt(struct build *b, int sig);
/* b->err has been set: nothing more can be done. */
void build_break(struct build *b);
/* What tests leave cannot be written at place (NULL: why says it): breaks the
 * build off. */
void build_unwritten(struct build *b, const char *place, const char *why);
/* Has a test's log or result not been written? Then there is nothing to judge,
 * and others will fare no better: the build is broken off. */
bool build_is_unwritten(struct build *b, struct slot *s);

/* ---- tell.c ---- */

/* Tells why the step is not up to date, if that is wanted. */
void build_explain(struct build *b, uint32_t step);
/* Tells of the plan and of progress, if there is something to tell. */
void build_tick(struct build *b, bool changed);
void build_planned(struct build *b);

#endif
