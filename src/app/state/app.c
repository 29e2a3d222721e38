// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how the application starts and ends, speaks, and answers what views ask. */
#include "app/state/app.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/state/events.h"
#include "app/state/lane_list.h"
#include "app/state/list.h"
#include "app/state/shown.h"
#include "app/words/format.h"
#include "core/base/printable.h"
#include "app/words/verdict.h"
#include "core/base/util.h"
#include "app/state/view.h"

int64_t app_guest_host_raw(const struct app *a, const struct vms_candidate *c)
{
	return vms_session_host_time(a->session, c->pair.guest, c->pair.guest_ev);
}

unsigned int app_track(const struct app *a)
{
	const struct vms_candidate *c = app_selected(a);
	const uint32_t lane = lanes_selected(a);

	if (app_miss(a))
		return app_miss(a)->track;
	if (c)
		return c->track;
	if (lane < app_lanes(a)->nr && app_lanes(a)->lane[lane].track >= 0)
		return (unsigned int)app_lanes(a)->lane[lane].track;
	return 0;
}

const char *app_verdict(const struct app *app, unsigned int track_idx, char *buf, size_t size)
{
	const struct vms_clock *clock = vms_session_clock(app->session);
	const struct vms_model_result *result;
	const struct vms_track *track;
	char by[80];

	if (track_idx >= vms_session_tracks_nr(app->session)) {
		(void)snprintf(buf, size, "no vCPU could be tied to a host thread");
		return buf;
	}
	track = vms_session_track(app->session, track_idx);
	result =
		vms_session_result(app->session, track_idx, VMS_BY_RECORDED, VMS_OVER_NOT_REJECTED);
	if (track->align->start == VMS_ALIGN_NONE)
		(void)snprintf(buf, size, "NOT ALIGNED: A, then pair, offset or threads");
	else if (track->align->ambiguous)
		(void)snprintf(buf, size,
			       "alignment AMBIGUOUS, confidence %.2f: A, then second or pair",
			       track->align->confidence);
	else if (!result || !result->available)
		(void)snprintf(buf, size, "no recorded sync; alignment %s%s",
			       track->align->pieces_nr ? "found by " : "",
			       track->align->pieces_nr ? track->align->how : "not found");
	else
		(void)snprintf(buf, size, "recorded sync: %s",
			       verdict_fit(clock, track, result, (int)sizeof(by), by, sizeof(by)));
	return buf;
}

const char *app_result_se(const struct app *a, const struct vms_model_result *result, char *buf,
			  size_t size)
{
	if (!result)
		(void)snprintf(buf, size, "se: no such model");
	else if (!result->available)
		(void)snprintf(buf, size, "se: %s",
			       result->why_not[0] ? result->why_not : "not available");
	else if (!isfinite(result->se_raw))
		(void)snprintf(buf, size, "se: %s",
			       result->se_why[0] ? result->se_why : "not defined");
	else
		(void)snprintf(buf, size, "se %s",
			       fmt_se(vms_session_clock(a->session), result->se_raw, FMT_BUF));
	return buf;
}

void app_set_geometry(struct app *app, const struct app_geometry *g)
{
	const uint32_t lane = lanes_selected(app);
	uint32_t *left = app_shown(app)->overlay != APP_OVERLAY_NONE
				 ? &shown_over_row(app)->left
				 : &shown_row(app, app_shown(app)->focus)->left;

	app->geo = *g;
	list_sideways(app, VMS_MIN(app_list(app)->left, g->list_left_max));
	*left = VMS_MIN(*left, g->text_left_max);
	view_cols(app, g->lane_cols);
	list_scroll(app);
	lanes_select(app, lane);
}

const char *app_vcpu_words(const struct app *a, const struct vms_track *track, char *buf,
			   size_t size)
{
	char name[64];

	if (a->trace->guests_nr > 1)
		(void)snprintf(buf, size, "%s vCPU %u",
			       fmt_cut(fmt_clean(a->trace->guests[track->guest].stream->name, name,
						 sizeof(name)),
				       12, BUF(64)),
			       track->vcpu);
	else
		(void)snprintf(buf, size, "vCPU %u", track->vcpu);
	return buf;
}

#define GUEST_COLS 8

/* One word of few columns; names of a kind differ at their ends. */
static void guest_word(const struct app *app, unsigned int guest, char *buf, size_t size)
{
	char name[64];
	const char *end = fmt_clean(app->trace->guests[guest].stream->name, name, sizeof(name));
	uint32_t cp;
	int cols = 0;
	char *p;

	for (p = name; *p; p++)
		if (*p == ' ' || *p == '/')
			*p = '_';
	for (p = name; *p; p += utf8_get(p, strlen(p), &cp), cols += glyph_width(cp))
		;
	while (cols > GUEST_COLS - (end > name)) {
		end += utf8_get(end, strlen(end), &cp);
		cols -= glyph_width(cp);
	}
	(void)snprintf(buf, size, "%s%s", end > name ? "~" : "", end);
}

const char *app_guest_short(const struct app *app, unsigned int guest, char *buf, size_t size)
{
	char other[APP_SHORT_CHARS - 12];
	unsigned int i;

	guest_word(app, guest, buf, size);
	for (i = 0; i < app->trace->guests_nr; i++) {
		if (i != guest)
			guest_word(app, i, other, sizeof(other));
		if (!*buf || (i != guest && !strcmp(other, buf)))
			(void)snprintf(buf, size, "g%u", guest);
	}
	return buf;
}

const char *app_vcpu_short(const struct app *a, const struct vms_track *t, char *buf, size_t size)
{
	if (a->trace->guests_nr > 1)
		(void)snprintf(buf, size, "%s/v%u",
			       app_guest_short(a, t->guest, BUF(APP_SHORT_CHARS - 12)), t->vcpu);
	else
		(void)snprintf(buf, size, "v%u", t->vcpu);
	return buf;
}
