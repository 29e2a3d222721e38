// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the words of the screens, and the line by which a result is cited. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/commands/command.h"
#include "app/state/loop.h"
#include "app/state/messages.h"
#include "app/state/settings.h"
#include "app/state/text.h"
#include "app/words/format.h"
#include "app/words/verdict.h"
#include "app/words/words.h"
#include "core/base/printable.h"
#include "core/base/util.h"

int cmd_glossary(struct app *app, struct vms_err *err)
{
	static const char *const words[] = {
		"guest run   from a kvm_entry to the next kvm_exit of a vCPU's thread (a",
		"            stretch): [ to ] with =; guest code runs in these, nowhere else",
		"pair        a guest event and the entry or exit that it goes with",
		"G>exit      guest event, then exit: the offset is at most so much",
		"entry>G     entry, then guest event: the offset is at least so much",
		"delay       between both ends by the model in use; negative: impossible",
		"state       ? undecided  + accepted  x rejected  ! impossible",
		"            b bounds the band  * marked  % on no disk",
		"in lanes    A accepted pair, G H both ends of the selected one",
		"V           violation: a guest event where its vCPU did not run; key v",
		"offset      host time minus guest time",
		"band        all offsets that no event excludes: certain without any pair",
		"band-middle the clock model in the middle of it",
		"in use      the model of lanes, delays, first line and :apply; keys M, b",
		"recorded    the model that trace-cmd stored in the file",
		"+/- sure    the offset is wrong by so much at most: the band guarantees it",
		"exact       no other offset is possible: events say what the clock was set to",
		"early, late guest events stand before, or after, where they can have been",
		"verdicts    in band, outside band, PROVEN WRONG, cannot be judged, no band",
		"bound       a fit to pairs of one direction: a limit, no estimate",
		"3/2 acc     accepted pairs of the vCPU: G>exit / entry>G",
		"se          standard error of a fit: how it scatters, not how late it is",
		"residual    delay of a pair less the median of its sequence and vCPU",
		"MAD         median distance to the median: outliers do not move it",
		"slack       each constraint is weakened by it: clocks count in steps",
		"follow      on: lanes follow the selected pair; held: not until the next",
		"density     . : + * # are 1, 2-3, 4-7, 8-15, 16 and more events in a cell;",
		"            where one in view has 32, they are fifths of the most",
		"            counts: 1 to 9, then ^; ~ lost events, _ nothing recorded",
	};
	struct lines lines = { 0 };
	size_t i;

	(void)err;
	for (i = 0; i < VMS_ARRAY_NR(words); i++)
		(void)lines_add(&lines, "%s", words[i]);
	text_show(app, APP_OVERLAY_TEXT, "words of the screens", &lines);
	return 0;
}

int cmd_cite(struct app *app, struct vms_err *err)
{
	const unsigned int idx = app_track(app);
	const struct vms_track *track;
	const struct vms_model_result *result;
	char line[700], error[80], se[120] = "", outside[OUTSIDE_CHARS];
	const char *path = app->trace->host->path, *slash = strrchr(path, '/');
	struct lines lines = { 0 };
	const char *at;

	if (idx >= vms_session_tracks_nr(app->session))
		return vms_fail(err, VMS_ENODATA, "no vCPU could be tied to a host thread");
	track = vms_session_track(app->session, idx);
	result = result_shown(track, vms_session_model(app->session));
	if (!result->available)
		return vms_fail(err, VMS_ENODATA, "%s: %s", vms_by_name(result->by),
				result->why_not);
	if (isfinite(result->se_raw))
		(void)snprintf(se, sizeof(se), ", %s", app_result_se(app, result, BUF(100)));
	(void)snprintf(line, sizeof(line),
		       "%.200s, guest %.60s vCPU %u, model %s; offset %s %s%s%s; %s, %s; "
		       "vmsync-tui " VMSYNC_VERSION,
		       fmt_clean(slash ? slash + 1 : path, BUF(256)),
		       fmt_clean(app->trace->guests[track->guest].stream->name, BUF(64)),
		       track->vcpu, vms_by_name(result->by),
		       fmt_offset(vms_session_clock(app->session), result->offset_raw, FMT_BUF),
		       error_text(app->session, track, result, error, sizeof(error)), se,
		       bound_text(result), verdict_word(result),
		       outside_text(app->session, track, &track->in_force, outside));
	app_say(app, APP_NOTE, "%s", line);
	app_hint(app, APP_NOTE, "a line to cite is in the log (7)");
	for (at = line; *at; at += strcspn(at, ";") + strspn(at + strcspn(at, ";"), "; "))
		(void)lines_add(&lines, "%.*s", (int)strcspn(at, ";"), at);
	text_show(app, APP_OVERLAY_TEXT,
		  app_prefs(app)->osc52 ? "copied to the terminal's clipboard"
					: "to cite: in the log (7), too; :set osc52 on copies it",
		  &lines);
	return loop_copy(app, line, err);
}
