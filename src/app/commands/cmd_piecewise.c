// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how the offset is cut by words: marks, times, and what is fitted between them. */
#include <stdio.h>
#include <string.h>

#include "app/commands/cmd_piecewise.h"
#include "app/state/times.h"
#include "app/state/settings.h"
#include "app/state/messages.h"
#include "app/commands/preview.h"
#include "app/commands/cmd_change.h"
#include "app/words/format.h"
#include "app/words/verdict.h"

/* Pairs up to which a fit can be tried at each key. */
#define TRY_NR 50000u

/* The estimator in force, or the one that the pieces have already. */
static enum vms_est usual_estimator(const struct app *a)
{
	const struct vms_cuts *now = vms_session_cuts(a->session);
	const enum vms_by by = vms_session_model(a->session);

	if (vms_by_is_estimator(by))
		return (enum vms_est)(by - VMS_BY_ESTIMATOR);
	return now->nr ? now->estimator : VMS_EST_MIDPOINT;
}

static int cut_add(const struct app *app, const char *word, struct vms_cuts *out,
		   struct vms_err *err)
{
	char mark[3] = "'?";

	if (out->nr == VMS_CUTS_MAX)
		return vms_fail(err, VMS_EUSAGE, "at most %d cuts", VMS_CUTS_MAX);
	if (word[0] && !word[1] && word[0] >= 'a' && word[0] <= 'z') {
		mark[1] = word[0];
		word = mark;
	}
	return view_parse_time(app, word, &out->at_raw[out->nr++], NULL, err);
}

/*
 * The words behind "piecewise": marks and times, and perhaps an estimator; "none" takes the cuts
 * away.
 */
static int cuts_parse(const struct app *app, const struct app_args *args, struct vms_cuts *out,
		      struct vms_err *err)
{
	int i, ret = 0;

	memset(out, 0, sizeof(*out));
	out->estimator = usual_estimator(app);
	if (args->argc == 2 && !strcmp(args->argv[1], "none"))
		return 0;
	for (i = 1; i < args->argc && !ret; i++) {
		const enum vms_by by = vms_by_find(args->argv[i]);

		if (vms_by_is_estimator(by))
			out->estimator = (enum vms_est)(by - VMS_BY_ESTIMATOR);
		else
			ret = cut_add(app, args->argv[i], out, err);
	}
	if (!ret && !out->nr)
		ret = vms_fail(err, VMS_EUSAGE,
			       "cut where? ma and mb set marks, then :model piecewise a b");
	return ret;
}

static const char *verdict_of(const struct vms_model_result *r)
{
	return r && r->available ? verdict_word(r) : "no pairs to fit";
}

static void piecewise_said(struct app *app, const struct vms_effect *effect, uint64_t before)
{
	const struct vms_cuts *now = vms_session_cuts(app->session);
	const struct vms_model_result *result;

	(void)effect;
	(void)before;
	if (!now->nr) {
		app_say(app, APP_NOTE,
			"the offset is not cut any more; using model %s; u takes it back",
			vms_by_name(vms_session_model(app->session)));
		return;
	}
	result = result_shown(vms_session_track(app->session, app_track(app)), VMS_BY_PIECEWISE);
	app_say(app, APP_NOTE, "model piecewise: %s, cut at %u time%s, %s; u takes it back",
		vms_estimators()[now->estimator].name, now->nr, fmt_s(now->nr), verdict_of(result));
}

int piecewise_set(struct app *app, const struct app_args *args, struct vms_err *err)
{
	struct change_ask ask = { .change = { .kind = VMS_CHANGE_CUTS }, .said = piecewise_said };
	const int ret = cuts_parse(app, args, &ask.change.cuts, err);

	if (ret)
		return ret;
	if (!ask.change.cuts.nr && !vms_session_cuts(app->session)->nr) {
		app_hint(app, APP_NOTE, "the offset is not cut");
		return 0;
	}
	return change_ask(app, &ask, "cutting the offset", err);
}

int piecewise_preview(struct app *app, const struct app_args *args, char *buf, size_t size,
		      struct vms_err *err)
{
	enum vms_basis basis = (enum vms_basis)app_prefs(app)->basis;
	unsigned int track = app_track(app), pieces_nr = 0;
	struct vms_model_result result;
	struct vms_cuts cuts;
	bool instead;
	int ret;

	ret = cuts_parse(app, args, &cuts, err);
	if (ret)
		return ret;
	if (!cuts.nr) {
		(void)snprintf(buf, size, "would take the cuts away: %u now",
			       vms_session_cuts(app->session)->nr);
		return 0;
	}
	if (!vms_session_tracks_nr(app->session) ||
	    vms_session_candidates_nr(app->session) > TRY_NR) {
		(void)snprintf(buf, size, "would cut the offset at %u time%s, %s between them",
			       cuts.nr, fmt_s(cuts.nr), vms_estimators()[cuts.estimator].name);
		return 0;
	}
	ret = vms_session_try_cuts(app->session, track, basis, &cuts, &result, &pieces_nr, err);
	instead = !ret && !result.available;
	if (instead)
		ret = vms_session_try_cuts(app->session, track, VMS_OVER_NOT_REJECTED, &cuts,
					   &result, &pieces_nr, err);
	if (!ret)
		(void)snprintf(buf, size, "%u piece%s of %s, %s%s", pieces_nr, fmt_s(pieces_nr),
			       vms_estimators()[cuts.estimator].name,
			       instead && result.available ? "not rejected: " : "",
			       model_text(app, &result, BUF(120)));
	return ret;
}
