// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Random keys, commands and sizes on recordings: no fault, nothing drawn outside, nothing lost, for
 * as many seconds.
 */
#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <vmsync/io/open.h>

#include "app/commands/start.h"
#include "app/commands/app_keys.h"
#include "app/state/app.h"
#include "app/state/list.h"
#include "app/worker.h"
#include "ui/cells/cells.h"
#include "app/commands/command.h"
#include "app/state/loop.h"
#include "ui/screen.h"

#include "round.h"

#define FRAMES_A_ROUND 600u

static unsigned int below(unsigned int n)
{
	return (unsigned int)(draw() % n);
}

static _Noreturn void fault(const char *why)
{
	printf("not ok 1 - %s: %s\n1..1\n", round_name, why);
	(void)fflush(stdout);
	_exit(1);
}

struct world {
	struct vms_trace *trace;
	struct vms_session *session;
	struct worker *worker; /* every other round: lists, searches and fits beside the keys */
	struct app *app;
	struct screen *screen;
	struct cells cells;
};

static void world_open(struct world *w, const char *path, bool beside)
{
	struct app_opts o = { .output_path = "random.anchors" };
	struct vms_session_opts so = { 0 };
	struct vms_err err = { 0 };

	memset(w, 0, sizeof(*w));
	so.align.drift_max = 500e-6;
	if (vms_trace_open(&w->trace, &path, 1, NULL, NULL, &err) ||
	    vms_session_new(&w->session, w->trace, &so, &err) ||
	    (beside && worker_new(&w->worker, &err)))
		fault(err.msg);
	o.worker = w->worker;
	if (app_new(&w->app, w->session, &o, &err) || cells_resize(&w->cells, 24, 80, &err))
		fault(err.msg);
	w->app->opts.headless = true;
	if (beside)
		list_at_once(w->app, 0);
	w->screen = screen_new();
	if (!w->screen)
		fault("no memory");
	if (screen_size(w->app, 24, 80, &err))
		fault(err.msg);
}

static void world_close(struct world *w)
{
	cells_free(&w->cells);
	app_free(w->app);
	screen_free(w->screen);
	worker_free(w->worker);
	vms_session_free(w->session);
	vms_trace_free(w->trace);
}

/*
 * A word that a command's arguments may be: one of those that the table names, a number, a name,
 * nonsense.
 */
static const char *random_word(const struct command *c, char *buf, size_t size)
{
	static const char *const words[] = {
		"all",
		"filtered",
		"marked",
		"seq==idle",
		"delay>2us",
		"score>.9",
		"vcpu==0",
		"timer-program",
		"sequence",
		"a",
		"b",
		"0",
		"1",
		"-1",
		"99999999999999999999",
		"+2ms",
		"#12",
		"50%",
		"12.5s",
		"none",
		"on",
		"off",
		"theme",
		"mono",
		"x",
		"accept",
		"columns",
		"id,delay,note",
		"guest,st",
		"piecewise",
		"start",
		"end",
		"\"",
		"(",
		"&&",
		"1e308",
		"\xc3\xa9",
		"\xff\xfe",
		"random.txt",
	};
	char args[256];
	unsigned int n = 0, at;
	char *word, *rest = args;

	(void)snprintf(args, sizeof(args), "%s", c->args);
	for (word = args; *word; word++)
		n += *word == '|' || *word == ' ';
	if (!n || below(2)) {
		(void)snprintf(buf, size, "%s", words[below(sizeof(words) / sizeof(words[0]))]);
		return buf;
	}
	at = below(n + 1);
	while ((word = strsep(&rest, "| ")) && at)
		at--;
	(void)snprintf(buf, size, "%s", word ? word : "");
	return buf;
}

static void random_command(struct world *w)
{
	const unsigned int cmd = below(COMMANDS_NR);
	char line[256], verb[32], word[64];
	struct vms_err err = { 0 };
	unsigned int i, n = below(3);
	size_t at;

	at = (size_t)snprintf(line, sizeof(line), "%s",
			      command_verb(&commands[cmd], verb, sizeof(verb)));
	for (i = 0; i < n && at < sizeof(line); i++)
		at += (size_t)snprintf(line + at, sizeof(line) - at, " %s",
				       random_word(&commands[cmd], word, sizeof(word)));
	if (app_run(w->app, line, &err) && !err.msg[0])
		fault("an error without a word");
}

static uint32_t random_key(void)
{
	switch (below(8)) {
	case 0: return APP_KEY_SPECIAL + 1 + below(APP_KEY_END_OF_LIST - APP_KEY_SPECIAL - 1);
	case 1: return below(2) ? APP_KEY_ESC : APP_KEY_ENTER;
	case 2: return 1 + below(31); /* control keys */
	case 3: return below(20) ? 32 + below(95) : 0x80 + below(0x11000);
	default: return 33 + below(94);
	}
}

static void random_keys(struct world *w)
{
	uint32_t keys[12];
	size_t nr = 1 + below(12), at = 0, i;

	for (i = 0; i < nr; i++)
		keys[i] = random_key();
	while (at < nr) {
		const size_t took = app_keys(w->app, keys + at, nr - at);

		if (!took)
			fault("keys are not taken");
		at += took;
		if (at < nr)
			app_frame_drawn(w->app);
	}
}

/* What must hold of every frame. */
static void check(const struct world *w)
{
	const struct cells *c = &w->cells;
	uint32_t a, r, u;
	char *text = NULL;
	size_t i, nr = 0;

	if (c->cursor_row < 0 || c->cursor_row >= c->rows || c->cursor_col < 0 ||
	    c->cursor_col >= c->cols)
		fault("the cursor is outside of the screen");
	if (cells_text(c, &text, NULL))
		fault("no text of the screen");
	for (i = 0; text[i]; i++) {
		if ((unsigned char)text[i] < 0x20 && text[i] != '\n')
			fault("a control byte is on the screen");
		nr += text[i] == '\n';
	}
	free(text);
	if (nr != (size_t)c->rows)
		fault("the screen has not its rows");
	vms_session_counts(w->session, &a, &r, &u);
	if (a + r + u != vms_session_candidates_nr(w->session))
		fault("accepted, rejected and undecided are not all pairs");
}

static void random_frame(struct world *w)
{
	struct vms_err err = { 0 };

	if (!below(6))
		random_command(w);
	else
		random_keys(w);
	loop_served(w->app, ~0u);
	if (!below(5) && cells_resize(&w->cells, 1 + (int)below(60), 1 + (int)below(260), &err))
		fault(err.msg);
	if (!below(4))
		(void)app_idle(w->app);
	if (!below(3))
		(void)worker_collect(w->worker);
	screen_settle(w->screen, w->app, w->cells.rows, w->cells.cols);
	screen_draw(w->screen, &w->cells);
	app_frame_drawn(w->app);
	check(w);
}

static void empty_folder(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		(void)closedir(d);
}

static double now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned int play(const char *path, const char *folder, uint64_t seed)
{
	struct world w;
	unsigned int i;

	(void)snprintf(round_name, sizeof(round_name), "%s, seed %llu",
		       strrchr(path, '/') ? strrchr(path, '/') + 1 : path,
		       (unsigned long long)seed);
	round_state = seed;
	world_open(&w, path, seed % 2);
	for (i = 0; i < FRAMES_A_ROUND; i++)
		random_frame(&w);
	world_close(&w);
	empty_folder(folder);
	return i;
}

/* usage: random_keys SECONDS FILE...; VMSYNC_FUZZ_SEED=N plays only that round, on each file */
int main(int argc, char **argv)
{
	const char *only = getenv("VMSYNC_FUZZ_SEED");
	const double until = now_s() + (argc > 1 ? atof(argv[1]) : 0.0);
	uint64_t seed = only ? strtoull(only, NULL, 0) : 1;
	unsigned int frames = 0, rounds = 0;
	char folder[] = "/tmp/vmsync-keys-XXXXXX";
	static char files[8][PATH_MAX];
	int i, nr = 0;

	if (argc < 3 || !setlocale(LC_CTYPE, "C.UTF-8"))
		return 2;
	for (i = 2; i < argc && nr < 8; i++)
		nr += realpath(argv[i], files[nr]) != NULL;
	if (!nr || !mkdtemp(folder) || chdir(folder))
		return 2;
	/* what the program keeps for its user goes there too */
	(void)setenv("XDG_STATE_HOME", folder, 1);
	(void)setenv("XDG_CONFIG_HOME", folder, 1);
	round_watch();
	do {
		for (i = 0; i < nr && (rounds < (unsigned int)nr || now_s() < until); i++, rounds++)
			frames += play(files[i], folder, seed);
		seed++;
	} while (!only && now_s() < until);
	printf("ok 1 - %u frames in %u rounds on %d recordings\n1..1\n", frames, rounds, nr);
	if (chdir("/"))
		return 2;
	empty_folder(folder);
	(void)rmdir(folder);
	return 0;
}
