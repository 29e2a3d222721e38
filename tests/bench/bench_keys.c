// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Key to frame: every command that moves, looks or selects, each followed by a frame as a person
 * would see it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/app.h"
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
	{ "options", "o" },
	{ "options closed", "jj\033" },
	{ "save asked", "w\033" },
	{ "repaint", "\014" },
};

#define STEPS_NR (sizeof(steps) / sizeof(steps[0]))

struct keys_run {
	struct app *app;
	struct screen *screen;
	struct cells cells;
	double frame_s[FRAMES_MAX], idle_s[FRAMES_MAX];
	size_t frames_nr, idle_nr;
	double worst_s[STEPS_NR];      /* of its keys */
	double idle_worst_s[STEPS_NR]; /* of the pieces of idle work after them */
	/* longest time until nothing was left to compute after a key */
	double settled_s;
};

static void frame(struct keys_run *r)
{
	screen_frame(r->screen, r->app, &r->cells);
	app_frame_drawn(r->app);
}

static void press(struct keys_run *r, size_t step, uint32_t key)
{
	const double t0 = bench_now_s();
	double taken;

	(void)app_keys(r->app, &key, 1);
	frame(r);
	taken = bench_now_s() - t0;
	if (r->frames_nr < FRAMES_MAX)
		r->frame_s[r->frames_nr++] = taken;
	if (taken > r->worst_s[step])
		r->worst_s[step] = taken;
	r->app->request = 0;
}

/*
 * What is left is computed in pieces while nobody types; a key that comes then waits for one
 * piece and its frame.
 * Within a step one piece fits between two keys.
 */
static void rest(struct keys_run *r, size_t step, size_t pieces)
{
	const double t0 = bench_now_s();
	bool more = true;

	while (more && pieces--) {
		const double t = bench_now_s();
		double taken;

		more = app_idle(r->app);
		if (more)
			frame(r);
		taken = bench_now_s() - t;
		if (r->idle_nr < FRAMES_MAX)
			r->idle_s[r->idle_nr++] = taken;
		if (taken > r->idle_worst_s[step])
			r->idle_worst_s[step] = taken;
	}
	if (bench_now_s() - t0 > r->settled_s)
		r->settled_s = bench_now_s() - t0;
}

static void run_steps(struct keys_run *r)
{
	size_t i, k;

	for (i = 0; i < STEPS_NR; i++) {
		for (k = 0; steps[i][1][k]; k++) {
			press(r, i, (unsigned char)steps[i][1][k]);
			rest(r, i, 1);
		}
		rest(r, i, SIZE_MAX);
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

int bench_keys(char **paths)
{
	const struct app_opts ao = { .no_journal = true };
	struct keys_run *r = calloc(1, sizeof(*r));
	struct vms_session *s;
	struct vms_trace *t;
	struct vms_err err;
	double t0;
	int round;

	if (!r || bench_open(paths, &t, &s))
		return 1;
	t0 = bench_now_s();
	r->screen = screen_new();
	if (!r->screen || app_new(&r->app, s, &ao, &err) || cells_resize(&r->cells, 50, 200, &err))
		return bench_fail(&err);
	frame(r);
	bench_say("first_frame", (bench_now_s() - t0) * 1e3, "ms");
	rest(r, 0, SIZE_MAX);
	for (round = 0; round < ROUNDS; round++)
		run_steps(r);
	bench_say("keys", (double)r->frames_nr, "");
	bench_say_times("frame", r->frame_s, r->frames_nr);
	bench_say_times("idle", r->idle_s, r->idle_nr);
	bench_say("settled", r->settled_s * 1e3, "ms");
	say_slowest(r->worst_s, "slow");
	say_slowest(r->idle_worst_s, "slow idle");
	cells_free(&r->cells);
	screen_free(r->screen);
	app_free(r->app);
	vms_session_free(s);
	vms_trace_free(t);
	free(r);
	return 0;
}
