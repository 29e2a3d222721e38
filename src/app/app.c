// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how the application starts, takes keys, speaks, and answers what views ask. */
#include "app.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/clocks.h>

#include "candidates.h"
#include "command.h"
#include "decide.h"
#include "filter.h"
#include "format.h"
#include "list_make.h"
#include "move.h"
#include "persist.h"
#include "search.h"
#include "util.h"
#include "view.h"

#define LOG_MAX 10000u

/* Up to here a list is made within a frame. */
#define LIST_AT_ONCE 50000u

/* Above this many candidates the first order is by time: judging them all would delay the first frame. */
#define BEST_FIRST_MAX 200000u

static void log_add(struct app *a, enum app_severity sev, const char *clean)
{
	size_t cap = a->log_cap;
	struct app_log_line *l;
	char *copy = vms_strdup(clean);

	if (!copy)
		return;
	if (a->log_nr == LOG_MAX) {
		free(a->log[0].text);
		memmove(a->log, a->log + 1, (LOG_MAX - 1) * sizeof(*a->log));
		a->log_nr--;
	}
	if (vms_grow(&a->log, &cap, (size_t)a->log_nr + 1, sizeof(*a->log), LOG_MAX)) {
		free(copy);
		return;
	}
	a->log_cap = (uint32_t)cap;
	l = &a->log[a->log_nr++];
	memset(l, 0, sizeof(*l));
	l->severity = sev;
	l->text = copy;
	if (a->opts.time_of_day)
		a->opts.time_of_day(a->opts.user, l->at);
	l->at[8] = '\0';
	/* The log screen stays at its end when it stands there. */
	if (a->log_row.sel + 1 >= a->log_row.nr)
		a->log_row.sel = a->log_nr - 1;
	a->log_row.nr = a->log_nr;
}

static void say(struct app *a, enum app_severity sev, bool log, const char *fmt, va_list ap)
{
	char raw[1024], clean[1024];

	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	(void)fmt_clean(raw, clean, sizeof(clean));
	(void)fmt_clean(raw, a->message, sizeof(a->message));
	a->severity = sev;
	a->dirty |= APP_DIRTY_MESSAGE;
	if (log)
		log_add(a, sev, clean);
}

void app_say(struct app *a, enum app_severity sev, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(a, sev, true, fmt, ap);
	va_end(ap);
}

void app_hint(struct app *a, enum app_severity sev, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(a, sev, false, fmt, ap);
	va_end(ap);
}

const struct vms_candidate *app_candidate(const struct app *a, uint32_t id)
{
	uint32_t i = id == VMS_ID_NONE ? VMS_ID_NONE : vms_session_index_of(a->session, id);

	return i == VMS_ID_NONE ? NULL : vms_session_candidate(a->session, i);
}

const struct vms_candidate *app_selected(const struct app *a)
{
	return app_candidate(a, a->sel);
}

bool app_marked(const struct app *a, uint32_t id)
{
	return id < a->marked_cap && a->marked[id];
}

int64_t app_guest_host_raw(const struct app *a, const struct vms_candidate *c)
{
	return vms_session_host_time(a->session, c->pair.guest, c->pair.guest_ev);
}

const char *app_lane_name(const struct app *a, int guest, unsigned int cpu_idx)
{
	const int lane = lanes_find(a, guest, cpu_idx);

	return lane < 0 ? "?" : a->lanes[lane].label;
}

bool app_lanes_drawn(const struct app *a)
{
	return a->screen == APP_SCREEN_MAIN && (!a->prefs.maximised || a->focus == APP_PANE_LANES);
}

unsigned int app_track(const struct app *a)
{
	const struct vms_candidate *c = app_selected(a);

	if (c)
		return c->track;
	if (a->lane_sel < a->shown_nr && a->lanes[a->shown[a->lane_sel]].track >= 0)
		return (unsigned int)a->lanes[a->shown[a->lane_sel]].track;
	return 0;
}

/* As the session's own choice for the effect of a decision, so that both speak of one number. */
const char *app_shown_model(const struct app *a)
{
	const char *in_force = vms_session_model(a->session);
	const char *names[] = { vms_estimator_find(in_force) ? in_force : "midpoint", "median", "mean", "band" };
	const struct vms_model_result *r;
	size_t i;

	if (!vms_session_tracks_nr(a->session))
		return names[0];
	for (i = 0; i < VMS_ARRAY_NR(names); i++) {
		r = vms_session_result(a->session, app_track(a), names[i], VMS_OVER_ACCEPTED);
		if (r && r->available)
			return names[i];
	}
	return names[0];
}

const char *app_verdict(const struct app *a, unsigned int track, char *buf, size_t size)
{
	const struct vms_clock *c = vms_session_clock(a->session);
	const struct vms_model_result *r = NULL;
	const struct vms_track *t;
	char by[FMT_SIZE];

	if (track >= vms_session_tracks_nr(a->session)) {
		(void)snprintf(buf, size, "no vCPU could be tied to a host thread");
		return buf;
	}
	t = vms_session_track(a->session, track);
	r = vms_session_result(a->session, track, "recorded", VMS_OVER_NOT_REJECTED);
	if (t->align->start == VMS_ALIGN_NONE)
		(void)snprintf(buf, size, "NOT ALIGNED: A, then pair, offset or threads");
	else if (t->align->ambiguous)
		(void)snprintf(buf, size, "alignment AMBIGUOUS, confidence %.2f: A, then second or pair",
			       t->align->confidence);
	else if (!r || !r->available)
		(void)snprintf(buf, size, "no recorded sync; alignment %s%s", t->align && t->align->pieces_nr ? "found by " : "",
			       t->align && t->align->pieces_nr ? t->align->how : "not found");
	else if (r->verdict == VMS_VERDICT_PROVEN_WRONG)
		(void)snprintf(buf, size, "recorded sync: PROVEN WRONG, %s outside the band",
			       fmt_span(c, fabs(r->outside_by_ns), by, sizeof(by)));
	else if (r->verdict == VMS_VERDICT_IN_BAND)
		(void)snprintf(buf, size, "recorded sync: inside the band");
	else if (t->band && t->band->violations)
		(void)snprintf(buf, size, "recorded sync: no band: %u contradiction%s", t->band->violations,
			       fmt_s(t->band->violations));
	else
		(void)snprintf(buf, size, "recorded sync: no band to judge it by");
	return buf;
}

const char *app_result_se(const struct app *a, const struct vms_model_result *r, char *buf, size_t size)
{
	const struct vms_clock *c = vms_session_clock(a->session);
	char se[FMT_SIZE];

	if (!r)
		(void)snprintf(buf, size, "se: no such model");
	else if (!r->available)
		(void)snprintf(buf, size, "se: %s", r->why_not[0] ? r->why_not : "not available");
	else if (!isfinite(r->se_raw))
		(void)snprintf(buf, size, "se: %s", r->se_why[0] ? r->se_why : "not defined");
	else
		(void)snprintf(buf, size, "se %s",
			       fmt_span(c, r->se_raw * (c->ns_per_unit > 0 ? c->ns_per_unit : 1), se, sizeof(se)));
	return buf;
}

void app_set_geometry(struct app *a, const struct app_geometry *g)
{
	bool cols = g->lane_cols != a->view.cols;
	uint32_t lane = a->shown_nr ? a->shown[a->lane_sel] : 0;

	a->geo = *g;
	a->list_left = VMS_MIN(a->list_left, g->list_left_max);
	if (text_left(a))
		*text_left(a) = VMS_MIN(*text_left(a), g->text_left_max);
	if (cols) {
		a->view.cols = g->lane_cols;
		if (a->view_fresh)
			view_first(a);
		else if (a->view_whole)
			view_init(a);
		else
			view_move(a, a->view.t0_raw, a->view.w_raw);
		/* The cursor stays on the screen when that shrinks. */
		if (!a->view_whole)
			view_cursor(a, a->cursor_raw, false);
	}
	list_scroll(a);
	if (a->shown_nr)
		lanes_select(a, lane);
}

/* Where a frame shows the selected pair. */
static bool draws_pair(const struct app *a)
{
	return a->screen == APP_SCREEN_MAIN || a->screen == APP_SCREEN_CANDIDATES || a->screen == APP_SCREEN_EVENTS;
}

void app_frame_drawn(struct app *a)
{
	a->frame++;
	if (draws_pair(a))
		a->drawn_sel = a->sel;
	a->hold_decisions = false;
	a->dirty = 0;
}

bool app_idle(struct app *a)
{
	/* What a person waits for comes first. */
	if (list_idle(a) || search_idle(a))
		return true;
	if (a->unfinished) {
		a->unfinished = false;
		return true;
	}
	if (!vms_session_refresh(a->session))
		return false;
	a->dirty |= APP_DIRTY_STATS | APP_DIRTY_LIST | APP_DIRTY_DETAILS;
	if (!vms_session_stale(a->session) && filter_follows_decisions(a->filter))
		(void)list_rebuild(a, NULL);
	return true;
}

/* The key after m or ': a letter, or anything else to leave. */
static void pending_key(struct app *a, uint32_t key)
{
	int cmd = bindings_find(a->bindings, app_context(a), a->pending_key);
	char letter[2] = { (char)key, '\0' };
	struct app_args args = { .text = letter, .argc = 1, .argv = { letter }, .repeat = 1, .key = key };

	a->pending_key = 0;
	a->dirty |= APP_DIRTY_MESSAGE;
	a->message[0] = '\0';
	if (cmd < 0 || key == APP_KEY_ESC || key == APP_CTRL('g'))
		return;
	if (cmd == COMMAND_go_mark && key == APP_KEY_ENTER)
		args.argc = 0;
	else
	if (key <= 32 || key >= 127) {
		app_hint(a, APP_WARN, "a mark is one letter, a to z");
		return;
	}
	(void)command_run(a, cmd, &args, NULL);
}

/* A key that is at home in another pane says so: it is not broken, the focus is elsewhere. */
static void unbound_key(struct app *a, unsigned int ctx, uint32_t key)
{
	unsigned int other = ctx == CTX_C ? CTX_L : ctx == CTX_L ? CTX_C : 0;
	int cmd = other ? bindings_find(a->bindings, other, key) : -1;
	const char *way = a->screen != APP_SCREEN_MAIN ? "screen 1" :
			  a->focus == APP_PANE_LIST ? "Shift-Tab goes there" : "Tab goes there";
	char name[24];

	if (ctx == CTX_P && app_key_printable(key)) {
		prompt_insert(a, key);
		return;
	}
	(void)app_key_name(key, name, sizeof(name));
	if (cmd >= 0) {
		app_hint(a, APP_NOTE, "%s works in the %s (%s): %s", name, context_name(other), way, commands[cmd].help);
		/* half a sentence helps nobody */
		if (strlen(a->message) + 1 > a->geo.cols)
			app_hint(a, APP_NOTE, "%s works in the %s (%s)", name, context_name(other), way);
	} else if (ctx != CTX_P) {
		app_hint(a, APP_NOTE, ctx == CTX_K ? "%s does nothing here; Enter takes the row, Esc closes" :
			 "%s does nothing here; ? shows the keys", name);
	}
}

/* What the next key, a letter, may be. */
static void ask_letter(struct app *a, bool set)
{
	char marks[27];
	int i, nr = 0;

	for (i = 0; i < 26; i++)
		if (a->mark[i].set)
			marks[nr++] = (char)('a' + i);
	marks[nr] = '\0';
	if (set)
		app_hint(a, APP_NOTE, "set mark: a letter, a to z; a and b measure; Esc cancels");
	else if (nr)
		app_hint(a, APP_NOTE, "go to mark: %s; ' jumps back, Enter lists, Esc cancels", marks);
	else
		app_hint(a, APP_NOTE, "go to mark: none is set; ' jumps back, Esc cancels");
}

enum step { STEP_DONE, STEP_DRAW_FIRST };

/* What can take seconds says so in a frame before: a screen that does not answer must not look broken. */
static bool announce(struct app *a, int cmd)
{
	char rest[APP_PROMPT_BYTES] = "";
	int what = -1;

	if (a->headless || a->job[0])
		return false;
	if (cmd == COMMAND_prompt_enter && a->overlay == APP_OVERLAY_COMMAND)
		(void)command_parse(a->prompt.text, &what, rest, sizeof(rest), &(struct vms_err){ 0 });
	if (cmd == COMMAND_repeat && a->last_command == COMMAND_align) {
		what = COMMAND_align;
		(void)snprintf(rest, sizeof(rest), "%s", a->last_args);
	}
	if (what != COMMAND_align || !rest[0])
		return false;
	(void)snprintf(a->job, sizeof(a->job), "aligning anew; this can take some seconds ...");
	(void)snprintf(a->prompt.preview, sizeof(a->prompt.preview), "%s", a->job);
	a->dirty |= APP_DIRTY_ALL;
	return true;
}

static enum step run_key(struct app *a, uint32_t key, unsigned int repeat)
{
	unsigned int ctx = app_context(a);
	int cmd = bindings_find(a->bindings, ctx, key);
	struct app_args args = { .text = "", .repeat = repeat, .key = key };
	char name[24];

	if (cmd < 0) {
		unbound_key(a, ctx, key);
		return STEP_DONE;
	}
	if ((commands[cmd].flags & DECIDES) && !a->headless) {
		/* Typed ahead of the frame that shows the next pair: nobody has seen it (B7). */
		if (a->hold_decisions)
			return STEP_DONE;
		if (a->drawn_sel != a->sel && !a->marked_nr && draws_pair(a))
			return STEP_DRAW_FIRST;
		if (a->drawn_sel != a->sel && !a->marked_nr) {
			app_hint(a, APP_WARN, "pair %u has not been on the screen yet; 1 shows it", a->sel);
			return STEP_DONE;
		}
	}
	if (announce(a, cmd))
		return STEP_DRAW_FIRST;
	a->job[0] = '\0';
	if (commands[cmd].flags & LETTER) {
		a->pending_key = key;
		ask_letter(a, cmd == COMMAND_set_mark);
		return STEP_DONE;
	}
	if (commands[cmd].flags & KEYARG) {
		args.text = app_key_name(key, name, sizeof(name));
		args.argc = 1;
		args.argv[0] = name;
	}
	a->message[0] = '\0';
	a->dirty |= APP_DIRTY_MESSAGE;
	(void)command_run(a, cmd, &args, NULL);
	/* a key that goes to another pair is about that pair: so is what is read */
	if (a->overlay == APP_OVERLAY_EXPLAIN && a->explained != a->sel && app_selected(a))
		(void)cmd_explain(a, &(struct app_args){ .text = "", .repeat = 1 }, NULL);
	return STEP_DONE;
}

/* How many of the keys from here are one and may be one call (B19). */
static unsigned int foldable(const struct app *a, const uint32_t *keys, size_t nr)
{
	int cmd = bindings_find(a->bindings, app_context(a), keys[0]);
	unsigned int n = 1;

	if (cmd < 0 || !(commands[cmd].flags & FOLDS))
		return 1;
	while (n < nr && keys[n] == keys[0])
		n++;
	return n;
}

size_t app_keys(struct app *a, const uint32_t *keys, size_t nr)
{
	size_t i = 0;
	unsigned int n;

	while (i < nr) {
		if (a->overlay == APP_OVERLAY_CONFIRM) {
			(void)confirm_answer(a, keys[i++]);
		} else if (a->pending_key) {
			pending_key(a, keys[i++]);
		} else {
			n = foldable(a, keys + i, nr - i);
			if (run_key(a, keys[i], n) == STEP_DRAW_FIRST)
				return i;
			i += n;
		}
		/* What was typed before a question appeared is no answer to it (B12). */
		if (a->overlay == APP_OVERLAY_CONFIRM && !a->headless)
			return nr;
		if (a->request & (APP_REQUEST_QUIT | APP_REQUEST_SUSPEND))
			return i;
	}
	return nr;
}

static void select_best(struct app *a)
{
	uint32_t nr = vms_session_candidates_nr(a->session), i;
	double best = -HUGE_VAL, v;

	for (i = 0; i < nr; i++) {
		v = candidate_information(a->session, vms_session_candidate(a->session, i));
		if (v > best) {
			best = v;
			a->sel = vms_session_candidate(a->session, i)->id;
		}
	}
}

const char *app_vcpu_words(const struct app *a, const struct vms_track *t, char *buf, size_t size)
{
	char name[64], cut[64];

	if (a->trace->guests_nr > 1)
		(void)snprintf(buf, size, "%s vCPU %u", fmt_cut(fmt_clean(a->trace->guests[t->guest].stream->name, name,
									 sizeof(name)), 12, cut, sizeof(cut)), t->vcpu);
	else
		(void)snprintf(buf, size, "vCPU %u", t->vcpu);
	return buf;
}

/* Which vCPU, as the lanes name it, and a space. */
static void track_words(const struct app *a, const struct vms_track *t, char *buf, size_t size)
{
	if (a->trace->guests_nr > 1)
		(void)snprintf(buf, size, "g%uv%u ", t->guest, t->vcpu);
	else
		(void)snprintf(buf, size, "vCPU %u ", t->vcpu);
}

/* From so many steps on it is asked whether they are a vCPU's moves between host CPUs whose clocks differ. */
#define MANY_STEPS 8u

static bool differ(struct app *a, const struct vms_clocks *c, unsigned int track)
{
	const struct vms_clock_meet m = vms_clocks_pcpus(c, track);
	const struct vms_cpu *cpus = a->trace->host->cpus;
	char by[FMT_SIZE];

	if (m.lo_raw <= m.hi_raw)
		return false;
	(void)snprintf(a->host_clocks, sizeof(a->host_clocks), "host clocks DIFFER: pCPU %u and %u by %s or more; see :plot clocks",
		       cpus[c->parts[m.lo_by].pcpu].cpu, cpus[c->parts[m.hi_by].pcpu].cpu,
		       fmt_span(vms_session_clock(a->session),
				vms_clock_ns(vms_session_clock(a->session), vms_sat_sub_i64(m.lo_raw, m.hi_raw)), by, sizeof(by)));
	return true;
}

/* Most steps of a guest's vCPUs. */
static unsigned int steps_of(const struct app *a, unsigned int guest)
{
	unsigned int i, most = 0;

	for (i = 0; i < vms_session_tracks_nr(a->session); i++)
		if (vms_session_track(a->session, i)->guest == guest)
			most = VMS_MAX(most, vms_band_steps(vms_session_track(a->session, i)->band));
	return most;
}

static void note_host_clocks(struct app *a)
{
	unsigned int g, k;

	a->host_clocks[0] = '\0';
	for (g = 0; g < a->trace->guests_nr && !a->host_clocks[0]; g++) {
		struct vms_clocks *c = NULL;

		if (steps_of(a, g) < MANY_STEPS || vms_clocks_build(&c, a->session, g, NULL, NULL))
			continue;
		for (k = 0; k < c->parts_nr; k++)
			if (c->parts[k].step_free && differ(a, c, c->parts[k].track))
				break;
		vms_clocks_free(c);
	}
}

/* The first sentence: the answer to the main question, then where to begin. */
static void greet(struct app *a)
{
	unsigned int i, worst = 0, seqs = 0;
	const struct vms_track *doubtful = NULL;
	char verdict[128], how[200];
	const struct vms_model_result *r;
	double most = 0;
	char whose[24] = "", tail[40] = "";

	for (i = 0; i < a->trace->log_nr; i++)
		log_add(a, APP_NOTE, a->trace->log[i]);
	for (i = 0; i < vms_session_tracks_nr(a->session); i++) {
		r = vms_session_result(a->session, i, "recorded", VMS_OVER_NOT_REJECTED);
		if (r && r->verdict == VMS_VERDICT_PROVEN_WRONG && fabs(r->outside_by_ns) > most) {
			most = fabs(r->outside_by_ns);
			worst = i;
		}
	}
	for (i = 0; i < vms_session_catalogue(a->session)->seqs_nr; i++)
		seqs += vms_session_catalogue(a->session)->seqs[i].enabled;
	app_say(a, APP_NOTE, "%u candidate%s from %u sequence%s%s. a:accept x:reject u:undo ?:help",
		vms_session_candidates_nr(a->session), fmt_s(vms_session_candidates_nr(a->session)), seqs, fmt_s(seqs),
		a->sort == APP_SORT_INFORMATION ? ", best first" : "");
	for (i = 0; i < vms_session_tracks_nr(a->session); i++) {
		const struct vms_track *t = vms_session_track(a->session, i);

		app_say(a, APP_NOTE, "%s vCPU%u: %s", a->trace->guests[t->guest].stream->name, t->vcpu,
			app_verdict(a, i, verdict, sizeof(verdict)));
		if (t->align->start != VMS_ALIGN_RECORDED || t->align->ambiguous)
			app_say(a, t->align->ambiguous ? APP_WARN : APP_NOTE, "%s vCPU%u: %s",
				a->trace->guests[t->guest].stream->name, t->vcpu, align_text(a, t, how, sizeof(how)));
		if (t->align->ambiguous || t->align->start == VMS_ALIGN_NONE)
			doubtful = t;
	}
	note_host_clocks(a);
	if (a->host_clocks[0]) {
		app_say(a, APP_WARN, "%s", a->host_clocks);
		return;
	}
	if (doubtful) {
		app_hint(a, APP_WARN, "%s vCPU%u: %s", a->trace->guests[doubtful->guest].stream->name, doubtful->vcpu,
			 align_text(a, doubtful, how, sizeof(how)));
		return;
	}
	/* of another vCPU than the selected pair's: the same words would contradict the first line */
	if (most > 0 && worst != app_track(a))
		track_words(a, vms_session_track(a->session, worst), whose, sizeof(whose));
	/* what tells most; all of it is longer than 80 columns */
	if (worst < vms_session_tracks_nr(a->session) && vms_band_steps(vms_session_track(a->session, worst)->band))
		(void)snprintf(tail, sizeof(tail), "; offset steps");
	else if (a->config_mistakes_nr)
		(void)snprintf(tail, sizeof(tail), "; config has mistakes, see 7");
	else if (!whose[0])
		(void)snprintf(tail, sizeof(tail), "; %u candidate%s", vms_session_candidates_nr(a->session),
			       fmt_s(vms_session_candidates_nr(a->session)));
	app_hint(a, strstr(app_verdict(a, worst, verdict, sizeof(verdict)), "WRONG") ? APP_BAD : APP_NOTE,
		 "%s%s%s", whose, verdict, tail);
}

/* Mistakes of the configuration file in the one line that is seen at the start; never in the place of bad news. */
static void greet_config(struct app *a)
{
	char what[sizeof(a->config_mistake)], nr[48] = "";

	if (!a->config_mistakes_nr || a->severity == APP_BAD || a->severity == APP_WARN)
		return;
	if (a->config_mistakes_nr > 1)
		(void)snprintf(nr, sizeof(nr), "; %u mistakes, see 7", a->config_mistakes_nr);
	app_hint(a, APP_WARN, "config: %s%s", fmt_cut(a->config_mistake, nr[0] ? 50 : 70, what, sizeof(what)), nr);
}

static int start(struct app *a, struct vms_err *err)
{
	int ret;

	settings_defaults(a);
	ret = bindings_new(&a->bindings, err);
	if (!ret)
		ret = lanes_init(a, err);
	if (ret)
		return ret;
	events_forget(a);
	view_init(a);
	a->cursor_raw = a->first_raw;
	if (vms_session_candidates_nr(a->session) <= BEST_FIRST_MAX)
		a->sort = APP_SORT_INFORMATION;
	ret = files_open(a, err);
	if (ret)
		return ret;
	if (a->sort == APP_SORT_INFORMATION)
		select_best(a);
	ret = list_rebuild(a, err);
	if (ret)
		return ret;
	list_finish(a);
	view_first(a);
	a->steps_seen = vms_session_steps(a->session);
	a->saved_steps = a->steps_seen;
	settings_load(a);
	history_load(a);
	return 0;
}

int app_new(struct app **out, struct vms_session *s, const struct app_opts *o, struct vms_err *err)
{
	struct app *a = vms_calloc(1, sizeof(*a));
	int ret;

	if (!a)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	a->session = s;
	a->trace = vms_session_trace(s);
	a->opts = *o;
	a->screen = a->screen_back = APP_SCREEN_MAIN;
	a->focus = APP_PANE_LIST;
	a->follow = APP_FOLLOW_ON;
	a->view_fresh = true;
	a->list_at_once = LIST_AT_ONCE;
	a->view.cols = 64;
	a->geo = (struct app_geometry){ .rows = 24, .cols = 80, .lane_cols = 64, .lane_rows = 5, .list_rows = 5,
					.details = true, .text_rows = 10 };
	a->sel = a->sel_row = a->drawn_sel = VMS_ID_NONE;
	a->event_sel.ref.cpu = -1;
	a->last_command = -1;
	if (o->output_path)
		(void)snprintf(a->save_path, sizeof(a->save_path), "%s", o->output_path);
	else
		(void)snprintf(a->save_path, sizeof(a->save_path), "%s.anchors", a->trace->host->path);
	ret = start(a, err);
	if (ret) {
		app_free(a);
		return ret;
	}
	greet(a);
	greet_config(a);
	*out = a;
	return 0;
}

void app_free(struct app *a)
{
	uint32_t i;

	if (!a)
		return;
	history_save(a);
	files_close(a);
	bindings_free(a->bindings);
	filter_free(a->filter);
	events_free(a);
	text_free(a);
	for (i = 0; i < a->log_nr; i++)
		free(a->log[i].text);
	for (i = 0; i < a->history_nr; i++)
		free(a->history[i]);
	free(a->log);
	free(a->history);
	free(a->views);
	free(a->lanes);
	free(a->shown);
	search_forget(a);
	list_make_free(a->list_make);
	free(a->list);
	free(a->marked);
	free(a->prompt.comp);
	free(a->help);
	free(a->ran_on);
	free(a->lane_rows);
	free(a->lane_groups_folded);
	free(a->pick_rows);
	free(a->copy_text);
	free(a);
}
