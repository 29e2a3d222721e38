// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the commands of clock models and of sequences left out. */
#include "app/commands/cmd_model.h"
#include "app/state/sequences.h"
#include "app/state/shown.h"

#include <stdio.h>
#include <string.h>

#include "app/words/verdict.h"
#include "app/words/format.h"
#include "app/state/view.h"
#include "app/state/messages.h"
#include "app/state/list.h"
#include "app/commands/overlays.h"
#include "app/commands/cmd_piecewise.h"
#include "app/commands/cmd_change.h"
#include "app/commands/command.h"
#include "core/base/printable.h"

static void model_said(struct app *app, const struct vms_effect *effect, uint64_t before)
{
	const enum vms_by by = vms_session_model(app->session);
	const struct vms_model_result *result =
		vms_session_tracks_nr(app->session)
			? result_shown(vms_session_track(app->session, app_track(app)), by)
			: NULL;
	char verdict[128];

	(void)effect;
	(void)before;
	(void)snprintf(verdict, sizeof(verdict), "%s%s", result && result->available ? ": " : "",
		       result && result->available ? verdict_word(result) : "");
	app_say(app, APP_NOTE, "using model %s%s; pairs formed anew; u undoes", vms_by_name(by),
		verdict);
}

int cmd_use_band(struct app *app, struct vms_err *err)
{
	const bool band = vms_session_model(app->session) == VMS_BY_BAND;
	char name[32];
	const struct app_args args = { .argc = 1, .argv = { name } };

	(void)snprintf(name, sizeof(name), "%s", vms_by_name(band ? VMS_BY_RECORDED : VMS_BY_BAND));
	return cmd_model(app, &args, err);
}

int cmd_model(struct app *app, const struct app_args *args, struct vms_err *err)
{
	struct change_ask ask = { .change = { .kind = VMS_CHANGE_MODEL }, .said = model_said };
	char doing[64];
	enum vms_by by;

	if (!args->argc) {
		overlay_open(app, APP_OVERLAY_MODEL, "");
		return 0;
	}
	by = vms_by_find(args->argv[0]);
	if (by == VMS_BY_PIECEWISE && (args->argc > 1 || !vms_session_cuts(app->session)->nr))
		return piecewise_set(app, args, err);
	/*
	 * These do not depend on decisions: to put them in force again would only cost a step of
	 * undo.
	 */
	if (by == vms_session_model(app->session) && !vms_by_is_estimator(by)) {
		app_hint(app, APP_NOTE, "model %s is in use already", vms_by_name(by));
		return 0;
	}
	if (by >= vms_session_models_nr(app->session))
		return vms_fail(err, VMS_EUSAGE, "no clock model '%s'; M lists them",
				args->argv[0]);
	ask.change.model = by;
	(void)snprintf(doing, sizeof(doing), "using model %s", vms_by_name(by));
	return change_ask(app, &ask, doing, err);
}

/*
 * The sequence a command names; without a name that of screen 4, elsewhere that of the selected
 * pair.
 */
static const struct vms_sequence *sequence_of(const struct app *app, const struct app_args *args,
					      struct vms_err *err)
{
	const struct vms_catalogue *cat = vms_session_catalogue(app->session);
	const struct vms_candidate *c = app_selected(app);
	int seq;

	if (args->argc)
		seq = vms_sequence_find(cat, args->argv[0]);
	else if (app_shown(app)->screen == APP_SCREEN_SEQUENCES)
		seq = app_sequence(app, app_shown(app)->row[APP_PANE_SEQUENCES].sel).number;
	else
		seq = c ? c->pair.seq : -1;
	if (seq >= 0 && (unsigned int)seq < cat->seqs_nr)
		return &cat->seqs[seq];
	(void)vms_fail(err, VMS_EUSAGE,
		       args->argc ? "there is no sequence '%s'"
				  : "no pair is selected: mute <sequence>%s",
		       args->argc ? args->argv[0] : "");
	return NULL;
}

int mute_preview(const struct app *app, const struct app_args *args, char *buf, size_t size,
		 struct vms_err *err)
{
	const struct vms_sequence *muted = sequence_of(app, args, err);
	uint32_t i, nr = 0, decided_nr = 0;
	unsigned int t;
	int seq;

	if (!muted)
		return -VMS_EUSAGE;
	seq = vms_sequence_find(vms_session_catalogue(app->session), muted->name);
	for (t = 0; muted->enabled && t < vms_session_tracks_nr(app->session); t++) {
		const struct vms_seq_result *has = &vms_session_track(app->session, t)->seqs[seq];

		nr += has->pairs;
		decided_nr += has->accepted + has->rejected;
	}
	for (i = 0; !muted->enabled && i < vms_session_parked_nr(app->session); i++) {
		const struct vms_candidate *c = vms_session_parked(app->session, i);

		decided_nr +=
			c->pair.seq == seq && vms_session_state(app->session, c) != VMS_UNDECIDED;
	}
	if (muted->enabled)
		(void)snprintf(buf, size, "would leave out %s: %u pair%s, %u of them decided",
			       muted->name, nr, fmt_s(nr), decided_nr);
	else
		(void)snprintf(buf, size, "would hear %s again: %u decision%s come%s back",
			       muted->name, decided_nr, fmt_s(decided_nr),
			       decided_nr == 1 ? "s" : "");
	return 0;
}

static void mute_said(struct app *app, const struct vms_effect *effect, uint64_t before)
{
	const struct vms_sequence *seq =
		&vms_session_catalogue(app->session)->seqs[effect->change->mute.seq];

	app_say(app, APP_NOTE, "%s is %s: %u -> %u pairs; u takes it back", seq->name,
		seq->enabled ? "heard again" : "muted", (unsigned int)before,
		vms_session_candidates_nr(app->session));
}

int cmd_mute(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const struct vms_sequence *seq = sequence_of(app, args, err);
	struct change_ask ask = { .change = { .kind = VMS_CHANGE_MUTE },
				  .before = vms_session_candidates_nr(app->session),
				  .said = mute_said };
	char doing[128];

	if (!seq)
		return -VMS_EUSAGE;
	ask.change.mute.seq = (unsigned int)(seq - vms_session_catalogue(app->session)->seqs);
	ask.change.mute.muted = seq->enabled;
	(void)snprintf(doing, sizeof(doing), "%s %s", seq->enabled ? "muting" : "hearing",
		       fmt_cut(seq->name, 60, BUF(61)));
	return change_ask(app, &ask, doing, err);
}

int cmd_compare(struct app *app, const struct app_args *args, struct vms_err *err)
{
	enum vms_by by;

	if (!args->argc || !strcmp(args->argv[0], "off")) {
		view_compare(app, false, 0);
		app_hint(app, APP_NOTE, "no model is compared");
		return 0;
	}
	by = vms_by_find(args->argv[0]);
	if (by >= vms_session_models_nr(app->session))
		return vms_fail(err, VMS_EUSAGE, "no clock model '%s'; M lists them",
				args->argv[0]);
	view_compare(app, true, by);
	app_hint(app, APP_NOTE, "g shows where %s would put the guest end", vms_by_name(by));
	return 0;
}
