// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows what times people type: of the clock, of a mark, of a pair, of an event. */
#include "app/state/times.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/lane_list.h"
#include "app/state/list.h"
#include "app/state/view.h"
#include "app/words/format.h"
#include "core/base/printable.h"
#include "core/base/util.h"

static int parse_pair(const struct app *a, const char *text, int64_t *raw, uint32_t *id,
		      struct vms_err *err)
{
	const struct vms_candidate *cand;
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (end == text || *end || v >= VMS_ID_NONE)
		return vms_fail(err, VMS_EUSAGE, "expected the number of a pair after #");
	cand = app_candidate(a, (uint32_t)v);
	if (!cand)
		return vms_fail(err, VMS_ENODATA, "there is no pair %lu", v);
	*id = (uint32_t)v;
	*raw = cand->pair.host_raw;
	return 0;
}

/* "pCPU2#90277": the event that details and explanations name so. */
static int parse_event(const struct app *app, const char *text, const char *number, int64_t *raw,
		       struct vms_err *err)
{
	char label[32], *end;
	unsigned long idx = strtoul(number, &end, 10);
	const struct vms_stream *stream;
	const struct app_lane *lane;
	struct vms_ref ref;
	int lane_at;

	(void)snprintf(label, sizeof(label), "%.*s", (int)strcspn(text, " #"), text);
	lane_at = lanes_named(app, label);
	if (lane_at < 0)
		return vms_fail(err, VMS_EUSAGE,
				"no lane '%s' before the #; lanes are named vCPU0, pCPU2", label);
	if (!isdigit((unsigned char)*number) || *end)
		return vms_fail(err, VMS_EUSAGE, "expected the number of an event of %s after #",
				label);
	lane = &app_lanes(app)->lane[lane_at];
	stream = lane->guest < 0 ? app->trace->host : app->trace->guests[lane->guest].stream;
	if (idx >= stream->cpus[lane->cpu_idx].nr)
		return vms_fail(err, VMS_ENODATA, "%s has events #0 to #%u", lane->label,
				stream->cpus[lane->cpu_idx].nr ? stream->cpus[lane->cpu_idx].nr - 1
							       : 0);
	ref = (struct vms_ref){ .cpu = (int)lane->cpu_idx, .idx = (uint32_t)idx };
	*raw = lane->guest < 0
		       ? vms_event_time(stream, ref)
		       : vms_session_host_time(app->session, (unsigned int)lane->guest, ref);
	return 0;
}

static int parse_mark(const struct app *a, const char *text, int64_t *raw, struct vms_err *err)
{
	if (text[0] < 'a' || text[0] > 'z' || text[1])
		return vms_fail(err, VMS_EUSAGE, "a mark is one letter, a to z");
	if (!app_view(a)->mark[text[0] - 'a'].set)
		return vms_fail(err, VMS_ENODATA, "mark %c is not set; m%c sets it", text[0],
				text[0]);
	*raw = app_view(a)->mark[text[0] - 'a'].host_raw;
	return 0;
}

static int parse_clock_time(const struct app *app, const char *text, int64_t *raw,
			    struct vms_err *err)
{
	const struct vms_clock *clock = vms_session_clock(app->session);
	bool relative = text[0] == '+' || text[0] == '-';
	size_t used;
	int64_t ns;
	int ret;

	if (!strpbrk(text, "0123456789"))
		return vms_fail(err, VMS_EUSAGE,
				"'%s' is no time: 12.345 s, +2ms, start, end, 'a, #104, vCPU0#881",
				fmt_clean(text, FMT_BUF));
	ret = parse_time(clock, text, app_view(app)->cursor_raw, &ns, &used, err);
	if (ret)
		return ret;
	while (isspace((unsigned char)text[used]))
		used++;
	if (text[used])
		return vms_fail(err, VMS_EUSAGE, "'%s' is too much after the time",
				fmt_clean(text + used, FMT_BUF));
	if (relative)
		ns = VMS_MAX(VMS_MIN(ns, app_view(app)->last_raw), app_view(app)->first_raw);
	if (ns < app_view(app)->first_raw || ns > app_view(app)->last_raw)
		return vms_fail(err, VMS_ERANGE, "%s is outside the trace: %s to %s",
				fmt_time(clock, ns, FMT_BUF),
				fmt_time(clock, app_view(app)->first_raw, FMT_BUF),
				fmt_time(clock, app_view(app)->last_raw, FMT_BUF));
	*raw = ns;
	return 0;
}

int view_parse_time(const struct app *app, const char *text, int64_t *raw, uint32_t *id,
		    struct vms_err *err)
{
	uint32_t pair = VMS_ID_NONE;
	int64_t value = 0;
	int ret = 0;

	while (isspace((unsigned char)*text))
		text++;
	if (!*text)
		return vms_fail(
			err, VMS_EUSAGE,
			"expected a time: 12.345 s, +2ms, start, end, 'a, #104 or vCPU0#881");
	if (!strcmp(text, "start"))
		value = app_view(app)->first_raw;
	else if (!strcmp(text, "end"))
		value = app_view(app)->last_raw;
	else if (*text == '#' || *text == '@')
		ret = parse_pair(app, text + 1, &value, &pair, err);
	else if (strchr(text, '#'))
		ret = parse_event(app, text, strchr(text, '#') + 1, &value, err);
	else if (*text == '\'')
		ret = parse_mark(app, text + 1, &value, err);
	else
		ret = parse_clock_time(app, text, &value, err);
	if (ret)
		return ret;
	*raw = value;
	if (id)
		*id = pair;
	return 0;
}
