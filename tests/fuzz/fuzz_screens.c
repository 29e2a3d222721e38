// SPDX-License-Identifier: LGPL-2.1-or-later
/* Any bytes as what a person does on a screen: keys, commands, sizes, scripts, a configuration. */
#include "fuzz.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/app_keys.h"
#include "app/commands/command.h"
#include "app/commands/script.h"
#include "app/commands/start.h"
#include "app/state/app.h"
#include "app/state/list.h"
#include "app/state/loop.h"
#include "app/state/shown.h"
#include "app/worker.h"
#include "core/base/printable.h"
#include "ui/cells/cells.h"
#include "ui/screen.h"

static struct {
	const uint8_t *p, *end;
} input;

/* A number that the next bytes of the input choose; 0 behind its end. */
static unsigned int below(unsigned int n)
{
	unsigned int v = 0, left;

	for (left = n - 1; left && input.p < input.end; left /= 256)
		v = v << 8 | *input.p++;
	return v % n;
}

struct world {
	struct vms_session *session;
	struct worker *worker; /* lists, searches and fits beside the keys */
	struct app *app;
	struct screen *screen;
	struct cells cells;
};

static void world_begin(struct world *w, struct vms_session *session, bool beside,
			const char *config)
{
	struct app_opts o = { .output_path = "fuzz.anchors",
			      .state_dir = ".",
			      .config_path = config };
	struct vms_err err = { 0 };

	*w = (struct world){ .session = session };
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	if (beside && worker_new(&w->worker, &err))
		fuzz_fault(err.msg);
	o.worker = w->worker;
	if (app_new(&w->app, w->session, &o, &err) || cells_resize(&w->cells, 24, 80, &err))
		fuzz_fault(err.msg);
	w->app->opts.headless = true;
	if (beside)
		list_at_once(w->app, 0);
	w->screen = screen_new();
	if (!w->screen || screen_size(w->app, 24, 80, &err))
		fuzz_fault("no screen");
}

static void world_open(struct world *w, bool beside, const char *config)
{
	const struct vms_session_opts so = { .align = { .drift_max = 500e-6 } };

	world_begin(w, fuzz_session(&so), beside, config);
}

static void world_end(struct world *w)
{
	cells_free(&w->cells);
	app_free(w->app);
	screen_free(w->screen);
	worker_free(w->worker);
}

static void world_close(struct world *w)
{
	world_end(w);
	vms_session_free(w->session);
	fuzz_sweep();
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
		fuzz_fault("an error without a word");
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
	/* a line that is typed names no file elsewhere */
	for (i = 0; i < nr && (i || app_shown(w->app)->overlay != APP_OVERLAY_NONE); i++)
		keys[i] = keys[i] == '/' ? '.' : keys[i];
	while (at < nr) {
		const size_t took = app_keys(w->app, keys + at, nr - at);

		if (!took)
			fuzz_fault("keys are not taken");
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
		fuzz_fault("the cursor is outside of the screen");
	if (cells_text(c, &text, NULL))
		fuzz_fault("no text of the screen");
	for (i = 0; text[i]; i++) {
		if ((unsigned char)text[i] < 0x20 && text[i] != '\n')
			fuzz_fault("a control byte is on the screen");
		nr += text[i] == '\n';
	}
	free(text);
	if (nr != (size_t)c->rows)
		fuzz_fault("the screen has not its rows");
	vms_session_counts(w->session, &a, &r, &u);
	if (a + r + u != vms_session_candidates_nr(w->session))
		fuzz_fault("accepted, rejected and undecided are not all pairs");
}

static void frame(struct world *w)
{
	loop_served(w->app, ~0u);
	screen_settle(w->screen, w->app, w->cells.rows, w->cells.cols);
	screen_draw(w->screen, &w->cells);
	app_frame_drawn(w->app);
	check(w);
}

void fuzz_screens(const uint8_t *data, size_t size)
{
	struct vms_err err = { 0 };
	struct world w;

	input.p = data;
	input.end = data + size;
	world_open(&w, below(2), NULL);
	while (input.p < input.end) {
		if (!below(6))
			random_command(&w);
		else
			random_keys(&w);
		if (!below(5) &&
		    cells_resize(&w.cells, 1 + (int)below(60), 1 + (int)below(260), &err))
			fuzz_fault(err.msg);
		if (!below(4))
			(void)app_idle(w.app);
		if (!below(3))
			(void)worker_collect(w.worker);
		frame(&w);
	}
	world_close(&w);
}

/* The session as it ends, on every screen. */
static void all_screens(struct world *w)
{
	uint32_t key;

	for (key = '1'; key <= '7'; key++) {
		(void)app_keys(w->app, &key, 1);
		frame(w);
	}
}

void fuzz_draw(struct vms_session *session)
{
	struct world w;

	world_begin(&w, session, false, NULL);
	all_screens(&w);
	world_end(&w);
	fuzz_sweep();
}

void fuzz_config(const uint8_t *data, size_t size)
{
	struct world w;
	char *text = fuzz_text(data, size);

	if (!text)
		return;
	free(text);
	fuzz_write("config", data, size);
	world_open(&w, false, "config");
	frame(&w);
	world_close(&w);
}

void fuzz_script(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct vms_err err = { 0 };
	struct world w;

	if (!text)
		return;
	world_open(&w, false, NULL);
	if (app_script_text(w.app, "script", text, &err) && !*err.msg)
		fuzz_fault("an error without a word");
	all_screens(&w);
	world_close(&w);
	free(text);
}

/* Lines typed at the prompt; a tab completes. */
void fuzz_command(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	const uint32_t open = ':', escape = APP_KEY_ESC;
	struct world w;
	size_t at, len, end = text ? strlen(text) : 0;
	uint32_t key;

	if (!text)
		return;
	world_open(&w, false, NULL);
	for (at = 0; at < end; at += len) {
		if (app_shown(w.app)->overlay != APP_OVERLAY_COMMAND) {
			(void)app_keys(w.app, &escape, 1);
			(void)app_keys(w.app, &open, 1);
		}
		len = utf8_get(text + at, end - at, &key);
		if (key == '\n')
			frame(&w); /* with what the line would do */
		key = key == '\n' ? APP_KEY_ENTER : key == '\t' ? APP_KEY_TAB : key;
		(void)app_keys(w.app, &key, 1);
	}
	frame(&w);
	world_close(&w);
	free(text);
}
