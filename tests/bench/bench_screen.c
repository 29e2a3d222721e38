// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From the files to the verdict, the first screen and everything; and key to frame: every command
 * that moves, looks or selects, each followed by a frame as a person
 * would see it, with the worker beside it as in the program.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/start.h"
#include "app/commands/app_keys.h"
#include "app/state/app.h"
#include "app/worker.h"
#include "app/state/loop.h"
#include "bench.h"
#include "ui/cells/cells.h"
#include "ui/screen.h"

#define ROUNDS 2
#define SLOWEST 5
#define FRAMES_MAX 65536

/*
 * One step a line: what it is called, and the keys; a step that begins with ':' is a line typed
 * into the prompt key by key, Enter included. Each key is one frame.
 */
static const char *const steps[][2] = {
	{ "down, up", "jjjjjjkkk" },
	{ "pages", "\004\004\025\006\006" },
	{ "last", "G" },
	{ "first", "g" },
	{ "sideways", "lllhhh" },
	{ "zoom in", "++++++" },
	{ "pan", "HHLLHLHL" },
	{ "zoom out", "---------" },
	{ "whole", "W" },
	{ "fit", "f" },
	{ "centre", "z" },
	{ "view back and forward", "<<<>>" },
	{ "next, previous", "]]]][[" },
	{ "next undecided", "}}}{{" },
	{ "next outlier", ")))((" },
	{ "next violation", "vvv\026\026" },
	{ "binding", "BBBB" },
	{ "accept", "a" },
	{ "accept, next", "a}" },
	{ "reject", "x" },
	{ "clear", "c" },
	{ "undo", "uuuu" },
	{ "redo", "UUUU" },
	{ "undo", "uuuu" },
	{ "explain", "i" },
	{ "explain: down, close", "jjj\033" },
	{ "lanes: focus", "\t\t" },
	{ "lanes: down, up", "jjjjjjkkkkkk" },
	{ "lanes: time cursor", "llllhhhh" },
	{ "lanes: next event", "....,,,," },
	{ "lanes: next event while whole", "W....,,,," },
	{ "lanes: nearest pair", "\r" },
	{ "lanes: zoom", "f++++----" },
	{ "lanes: pan", "LLLLHHHH" },
	{ "lanes: ends", "GgG" },
	{ "lanes: pin", "pp" },
	{ "time base", "TTTT" },
	{ "density", "DDD" },
	{ "connectors", "CCC" },
	{ "delay strip", "rr" },
	{ "follow", "FF" },
	{ "marks", "mallmbllma'a'b''" },
	{ "lanes picker", "V\033" },
	{ "lanes in view", ":lanes view\r" },
	{ "lanes all", ":lanes all\r" },
	{ "back to the list", "\t" },
	{ "maximise", "OO" },
	{ "details", "dd" },
	{ "event numbers", "##" },
	{ "go to start", ":goto start\r" },
	{ "go to end", ":goto end\r" },
	{ "go to a pair", ":goto #1000\r" },
	{ "screen candidates", "2" },
	{ "candidates: down", "jjjjjjGg" },
	{ "sort by delay", "s" },
	{ "sort by residual", "s" },
	{ "sort by sequence", "s" },
	{ "sort by information", "s" },
	{ "reverse", "S" },
	{ "sorted: down, up, ends", "jjjkGkkgj" },
	{ "sorted: next", "]]}})))" },
	{ "reverse back", "S" },
	{ "sorted: next violation", "vvBB" },
	{ "sort by time", "s" },
	{ "mark rows", "   " },
	{ "drop marks", "\033" },
	{ "filter typed", "&seq==timer-program && delay>2000tk\r" },
	{ "filtered: down, ends", "jjjGgj" },
	{ "filtered: sort", "ss" },
	{ "filtered: next", "]]}}))" },
	{ "filtered: decide", "axu" },
	{ "filter changed", "&state==undecided\r" },
	{ "filter by state: decide", "aaxuuu" },
	{ "filter of events", "&event~MSR\r" },
	{ "filter nothing", "&delay>9000000000tk\r" },
	{ "filter cleared", ":filter\r" },
	{ "search typed", "/hrtimer\r" },
	{ "search next", "nnnNN" },
	{ "search expression", "/delay>20000tk\r" },
	{ "search next", "nnNN" },
	{ "search nothing", "/delay>9000000000tk\r" },
	{ "sort by time", ":sort time\r" },
	{ "screen plots", "3" },
	{ "plots: down", "jjjjjjjj" },
	{ "plots: range", "sssss" },
	{ "plots: pan, zoom", "++LLHH--" },
	{ "screen sequences", "4" },
	{ "sequences: down", "jjjk" },
	{ "sequences: open", "\r" },
	{ "filter cleared", ":filter\r" },
	{ "screen events", "5" },
	{ "events: down", "jjjjj\006\006\004\025kkk" },
	{ "events: ends", "GkkgjG" },
	{ "events: search", "/kvm_exit\rnnnN" },
	{ "screen models", "6" },
	{ "models: down", "jjjjkk" },
	{ "screen log", "7" },
	{ "log: ends", "gGkk" },
	{ "screen main", "1" },
	{ "help", "?" },
	{ "help typed", "zoom" },
	{ "help closed", "\033" },
	{ "model picker", "M" },
	{ "picker: down, close", "jjj\033" },
	{ "model in force", ":model band\r" },
	{ "model: moves meanwhile", ":model median\rjjjkkjjjGg]]" },
	{ "model: taken back", "uu" },
	{ "model: lanes meanwhile", ":model mean\r1\t+++LLL---W" },
	{ "model: decided meanwhile", ":model band\r\ta}x}u" },
	{ "muted", ":mute timer-program\r" },
	{ "muted: moves", "jjjjkkGg" },
	{ "muted: taken back", "u" },
	{ "aligned anew", ":align again\r" },
	{ "aligned anew: moves", "jjjjkkGg2jjj1" },
	{ "computed again", "R" },
	{ "computed again: moves", "jjjkk" },
	{ "options", "o" },
	{ "options closed", "jj\033" },
	{ "save asked", "w\033" },
	{ "repaint", "\014" },
};

#define STEPS_NR (sizeof(steps) / sizeof(steps[0]))

/** struct times - of frames [s]; what is beyond the room is not kept */
struct times {
	double s[FRAMES_MAX];
	size_t nr;
};

struct keys_run {
	struct app *app;
	struct screen *screen;
	struct worker *worker;
	struct cells cells;
	/* from a key to its frame: all, and those while the worker had a job; from a result or a
	 * piece of idle work to its frame, for which a key that comes then waits */
	struct times keys, busy, idle;
	double worst_s[STEPS_NR];      /* of its keys */
	double idle_worst_s[STEPS_NR]; /* of what came between and after them */
	/* longest time until nothing was left to compute after a key */
	double settled_s;
};

static bool busy(const struct keys_run *r)
{
	int kind;

	for (kind = 0; kind < WORKER_NR; kind++)
		if (worker_busy(r->worker, (enum worker_kind)kind))
			return true;
	return false;
}

static void keep(struct times *times, double taken, double *worst_s)
{
	if (times->nr < FRAMES_MAX)
		times->s[times->nr++] = taken;
	if (taken > *worst_s)
		*worst_s = taken;
}

/* As the program's loop has it: results first, then the frame. */
static void frame(struct keys_run *r)
{
	(void)worker_collect(r->worker);
	screen_settle(r->screen, r->app, r->cells.rows, r->cells.cols);
	screen_draw(r->screen, &r->cells);
	app_frame_drawn(r->app);
}

static void press(struct keys_run *r, size_t step, uint32_t key)
{
	const double t0 = bench_now_s();
	const bool beside = busy(r);
	double taken, unused = 0.0;

	(void)app_keys(r->app, &key, 1);
	frame(r);
	taken = bench_now_s() - t0;
	keep(&r->keys, taken, &r->worst_s[step]);
	if (beside)
		keep(&r->busy, taken, &unused);
	loop_served(r->app, ~0u);
}

/*
 * Nobody types: pieces of idle work, and results of the worker as they come, each with its frame.
 * @whole: until nothing is left; else one of them, when there is one, as between two keys
 */
static void rest(struct keys_run *r, size_t step, bool whole)
{
	struct pollfd fd = { .fd = worker_fd(r->worker), .events = POLLIN };
	const double begin = bench_now_s();

	do {
		double t0 = bench_now_s();

		if (!app_idle(r->app)) {
			if (!busy(r))
				break;
			if (poll(&fd, 1, whole ? -1 : 0) <= 0)
				continue;
			t0 = bench_now_s();
		}
		frame(r);
		keep(&r->idle, bench_now_s() - t0, &r->idle_worst_s[step]);
	} while (whole);
	if (bench_now_s() - begin > r->settled_s)
		r->settled_s = bench_now_s() - begin;
}

/* @patient: waits after each step until all is there; else types on while the worker is busy */
static void run_steps(struct keys_run *r, bool patient)
{
	size_t i, k;

	for (i = 0; i < STEPS_NR; i++) {
		for (k = 0; steps[i][1][k]; k++) {
			press(r, i, (unsigned char)steps[i][1][k]);
			rest(r, i, false);
		}
		rest(r, i, patient);
	}
}

static void say_slowest(double *worst_s, const char *what)
{
	unsigned int n;

	for (n = 0; n < SLOWEST; n++) {
		size_t i, worst = 0;
		char name[96];

		for (i = 1; i < STEPS_NR; i++)
			if (worst_s[i] > worst_s[worst])
				worst = i;
		(void)snprintf(name, sizeof(name), "%s: %s", what, steps[worst][0]);
		bench_say(name, worst_s[worst] * 1e3, "ms");
		worst_s[worst] = 0.0;
	}
}

/* A key's way to its frame, over all steps. */
static void measure_keys(struct keys_run *r)
{
	int round;

	for (round = 0; round < ROUNDS; round++)
		run_steps(r, round % 2 == 0);
	bench_say("keys", (double)r->keys.nr, "");
	bench_say("keys_busy", (double)r->busy.nr, "");
	bench_say_times("frame", r->keys.s, r->keys.nr);
	bench_say_times("busy", r->busy.s, r->busy.nr);
	bench_say_times("idle", r->idle.s, r->idle.nr);
	bench_say("settled", r->settled_s * 1e3, "ms");
	say_slowest(r->worst_s, "slow");
	say_slowest(r->idle_worst_s, "slow idle");
}

int bench_screen(char **paths, bool keys)
{
	struct app_opts ao = { .no_journal = true };
	struct keys_run *r = calloc(1, sizeof(*r));
	struct vms_session *s;
	struct vms_trace *t;
	struct vms_err err;
	const double t0 = bench_now_s();
	double screen_s;

	(void)bench_peak();
	if (!r || bench_open(paths, true, &t, &s))
		return 1;
	bench_say("verdict", bench_now_s() - t0, "s");
	bench_say("verdict_cpu", bench_cpu_s(), "s");
	screen_s = bench_now_s();
	r->screen = screen_new();
	if (!r->screen || worker_new(&r->worker, &err))
		return bench_fail(&err);
	ao.worker = r->worker;
	if (app_new(&r->app, s, &ao, &err) || cells_resize(&r->cells, 50, 200, &err))
		return bench_fail(&err);
	frame(r);
	bench_say("first_frame", (bench_now_s() - screen_s) * 1e3, "ms");
	bench_say("first_screen", bench_now_s() - t0, "s");
	rest(r, 0, true);
	bench_say("everything", bench_now_s() - t0, "s");
	bench_say("candidates", (double)vms_session_candidates_nr(s), "");
	bench_say("events", (double)vms_trace_events_nr(t), "");
	bench_say("peak_per_event", bench_peak() / (double)vms_trace_events_nr(t), "B");
	if (keys)
		measure_keys(r);
	cells_free(&r->cells);
	screen_free(r->screen);
	app_free(r->app);
	worker_free(r->worker);
	vms_session_free(s);
	vms_trace_free(t);
	free(r);
	return 0;
}
