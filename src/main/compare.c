// SPDX-License-Identifier: LGPL-2.1-or-later
/* What two recordings say of each vCPU, and what two anchors files decide, side by side. */
#include "main/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/io/anchors.h>

#include "app/reports/report_impl.h"
#include "app/words/format.h"
#include "app/words/verdict.h"
#include "core/base/util.h"
#include "main/batch.h"
#include "main/load.h"

/* A vCPU of one of the recordings; without one: track NULL. */
struct side {
	const struct vms_session *session;
	const struct vms_track *track;
};

static const char *name_of(const struct side *side)
{
	return vms_session_trace(side->session)->guests[side->track->guest].name;
}

static struct side side_at(const struct app_loaded *loaded, unsigned int i)
{
	return (struct side){ loaded->session, vms_session_track(loaded->session, i) };
}

/* The vCPU of that number, of the guest of that name. */
static struct side side_like(const struct app_loaded *loaded, const struct side *like)
{
	struct side side = { .session = loaded->session };
	unsigned int i;

	for (i = 0; i < vms_session_tracks_nr(loaded->session); i++) {
		side = side_at(loaded, i);
		if (side.track->vcpu == like->track->vcpu && !strcmp(name_of(&side), name_of(like)))
			return side;
	}
	side.track = NULL;
	return side;
}

static void side_text(struct text *out, const struct side *side)
{
	const struct vms_clock *clock = vms_session_clock(side->session);
	char verdict[160];
	double width;

	if (!side->track) {
		text_printf(out, "none");
		return;
	}
	width = report_widest_ns(side->session, side->track);
	text_printf(out, "recorded %s, ",
		    verdict_text(clock, side->track, result_shown(side->track, VMS_BY_RECORDED),
				 verdict, sizeof(verdict)));
	if (isfinite(width))
		text_printf(out, "band at most %s wide", fmt_span(clock, width, FMT_BUF));
	else
		text_printf(out, "the band's width not known everywhere");
}

static void side_json(json *out, const char *key, const struct side *side)
{
	const struct vms_model_result *recorded;
	double width;

	if (!side->track) {
		json_put(out, key, json_null());
		return;
	}
	recorded = result_shown(side->track, VMS_BY_RECORDED);
	width = report_widest_ns(side->session, side->track);
	json_open(out, key, '{');
	json_put(out, "recorded", json_text(vms_verdict_name(recorded->verdict)));
	json_put(out, "outside_by_ns", json_real(recorded->outside_by_ns));
	json_put(out, "width_ns", json_real(isfinite(width) ? width : NAN));
	json_close(out, '}');
}

static void put_vcpu(json *out, bool as_json, const struct side *a, const struct side *b)
{
	const struct side *known = a->track ? a : b;

	if (as_json) {
		json_open(out, NULL, '{');
		json_put(out, "guest", json_text(name_of(known)));
		json_put(out, "vcpu", json_integer(known->track->vcpu));
		side_json(out, "a", a);
		side_json(out, "b", b);
		json_close(out, '}');
		return;
	}
	text_clean(&out->text, name_of(known));
	text_printf(&out->text, " vCPU %u\n  a: ", known->track->vcpu);
	side_text(&out->text, a);
	text_printf(&out->text, "\n  b: ");
	side_text(&out->text, b);
	text_add(&out->text, "\n", 1);
}

static int recordings(json *out, const struct app_options *options, struct vms_err *err)
{
	const bool as_json = options->report == APP_REPORT_JSON;
	struct app_loaded loaded[2] = { { 0 }, { 0 } };
	unsigned int i, k;
	int ret = 0;

	for (i = 0; i < 2 && !ret; i++) {
		struct app_options one = *options;

		one.paths = &options->paths[i];
		one.paths_nr = 1;
		ret = app_load(&loaded[i], &one, false, NULL, err);
		if (!ret && loaded[i].host)
			ret = vms_fail(err, VMS_ENODATA, "%s: %s", options->paths[i],
				       vms_trace_no_guest(loaded[i].trace));
		if (!ret)
			app_say_unread(loaded[i].trace);
	}
	if (!ret && as_json)
		json_open(out, "vcpus", '[');
	for (k = 0; k < 2 && !ret; k++)
		for (i = 0; i < vms_session_tracks_nr(loaded[k].session); i++) {
			const struct side here = side_at(&loaded[k], i),
					  there = side_like(&loaded[!k], &here);

			if (!k)
				put_vcpu(out, as_json, &here, &there);
			else if (!there.track)
				put_vcpu(out, as_json, &there, &here);
		}
	if (!ret && as_json)
		json_close(out, ']');
	app_loaded_free(&loaded[0]);
	app_loaded_free(&loaded[1]);
	return ret;
}

/* Pairs that are said one by one; more with --compare=all. */
#define ROWS_SAID 20u

/* Ways in which a file has a pair: VMS_UNDECIDED to VMS_REJECTED, or not. */
#define KINDS (VMS_REJECTED + 2)

static int by_pair(const void *a, const void *b)
{
	const struct vms_anchor *x = a, *y = b;
	int order;

	if (!x->verbatim != !y->verbatim)
		return x->verbatim ? 1 : -1;
	if (x->verbatim)
		return strcmp(x->verbatim, y->verbatim);
	order = strcmp(x->guest, y->guest);
	order = order ? order : (x->guest_raw > y->guest_raw) - (x->guest_raw < y->guest_raw);
	order = order ? order : (x->host_raw > y->host_raw) - (x->host_raw < y->host_raw);
	order = order ? order : (x->guest_cpu > y->guest_cpu) - (x->guest_cpu < y->guest_cpu);
	order = order ? order : (x->host_cpu > y->host_cpu) - (x->host_cpu < y->host_cpu);
	order = order ? order : (x->guest_nth > y->guest_nth) - (x->guest_nth < y->guest_nth);
	order = order ? order : (x->host_nth > y->host_nth) - (x->host_nth < y->host_nth);
	return order ? order : strcmp(x->sequence, y->sequence);
}

static const char *const kinds[KINDS] = { [VMS_UNDECIDED] = "undecided",
					  [VMS_ACCEPTED] = "accepted",
					  [VMS_REJECTED] = "rejected",
					  [KINDS - 1] = "none" };

static unsigned int kind_of(const struct vms_anchor *row)
{
	return row ? row->state : KINDS - 1u;
}

static void put_row(json *out, bool as_json, const struct vms_anchor *a, const struct vms_anchor *b)
{
	const struct vms_anchor *known = a ? a : b;

	if (as_json) {
		json_open(out, NULL, '{');
		json_put(out, "guest", json_text(known->guest));
		json_put(out, "sequence", json_text(known->sequence));
		json_put(out, "guest_time", json_integer(known->guest_raw));
		json_put(out, "host_time", json_integer(known->host_raw));
		json_put(out, "a", json_text(kinds[kind_of(a)]));
		json_put(out, "b", json_text(kinds[kind_of(b)]));
		json_close(out, '}');
		return;
	}
	text_clean(&out->text, known->guest);
	text_add(&out->text, " ", 1);
	text_clean(&out->text, known->sequence);
	text_printf(&out->text, " at %" PRId64 " and %" PRId64 ": a %s, b %s\n", known->guest_raw,
		    known->host_raw, kinds[kind_of(a)], kinds[kind_of(b)]);
}

/** struct walk - through two sorted files, a pair of events at a time */
struct walk {
	const struct vms_anchors *of[2];
	uint32_t at[2];
	const struct vms_anchor *row[2]; /* NULL: that file has no such row */
};

static bool walk_next(struct walk *walk)
{
	const struct vms_anchor **row = walk->row;
	unsigned int i;
	int order;

	do {
		for (i = 0; i < 2; i++)
			row[i] = walk->at[i] < walk->of[i]->rows_nr
					 ? &walk->of[i]->rows[walk->at[i]]
					 : NULL;
		if (!row[0] && !row[1])
			return false;
		order = !row[0] ? 1 : !row[1] ? -1 : by_pair(row[0], row[1]);
		if (order)
			row[order < 0] = NULL;
		for (i = 0; i < 2; i++)
			walk->at[i] += row[i] != NULL;
	} while ((row[0] ? row[0] : row[1])->verbatim);
	return true;
}

static bool alike(const struct walk *walk)
{
	return kind_of(walk->row[0]) == kind_of(walk->row[1]);
}

/* How many pairs differ, and in which way: a comparison of thousands is read from here. */
static void put_summary(json *out, bool as_json, uint32_t (*nr)[KINDS])
{
	uint32_t same_nr = 0, other_nr = 0;
	unsigned int i, k;

	for (i = 0; i < KINDS; i++)
		for (k = 0; k < KINDS; k++)
			*(i == k ? &same_nr : &other_nr) += nr[i][k];
	if (as_json) {
		json_put(out, "alike", json_count(same_nr));
		json_put(out, "otherwise", json_count(other_nr));
		return;
	}
	text_printf(&out->text, "%u pair%s decided alike, %u otherwise\n", same_nr, fmt_s(same_nr),
		    other_nr);
	for (i = 0; i < KINDS; i++)
		for (k = 0; k < KINDS; k++)
			if (i != k && nr[i][k])
				text_printf(&out->text, "  %8u  a: %s, b: %s\n", nr[i][k], kinds[i],
					    kinds[k]);
}

static void put_rows(json *out, const struct app_options *options, struct vms_anchors *const of[2])
{
	const bool as_json = options->report == APP_REPORT_JSON;
	struct walk walk = { .of = { of[0], of[1] } };
	uint32_t nr[KINDS][KINDS] = { { 0 } }, said = 0, more = 0;
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (of[i]->rows_nr)
			qsort(of[i]->rows, of[i]->rows_nr, sizeof(*of[i]->rows), by_pair);
	while (walk_next(&walk))
		nr[kind_of(walk.row[0])][kind_of(walk.row[1])]++;
	if (as_json)
		json_open(out, "anchors", '[');
	else
		put_summary(out, false, nr);
	walk = (struct walk){ .of = { of[0], of[1] } };
	while (walk_next(&walk)) {
		if (alike(&walk))
			continue;
		if (as_json || options->compare_all || said < ROWS_SAID) {
			put_row(out, as_json, walk.row[0], walk.row[1]);
			said++;
		} else {
			more++;
		}
	}
	if (as_json) {
		json_close(out, ']');
		put_summary(out, true, nr);
	}
	if (more)
		text_printf(&out->text, "and %u more: --compare=all\n", more);
}

int app_compare(const struct app_options *options, struct vms_err *err)
{
	const bool as_json = options->report == APP_REPORT_JSON;
	struct vms_anchors *anchors[2] = { NULL, NULL };
	json out = { 0 };
	char *text = NULL;
	size_t size = 0;
	int ret;

	if (as_json) {
		json_open(&out, NULL, '{');
		json_put(&out, "vmsync_compare", json_integer(1));
		json_put(&out, "a", json_text(options->paths[0]));
		json_put(&out, "b", json_text(options->paths[1]));
	}
	ret = vms_anchors_load(&anchors[0], options->paths[0], NULL);
	if (!ret)
		ret = vms_anchors_load(&anchors[1], options->paths[1], err);
	else
		ret = recordings(&out, options, err);
	if (!ret && anchors[1])
		put_rows(&out, options, anchors);
	vms_anchors_free(anchors[0]);
	vms_anchors_free(anchors[1]);
	if (as_json) {
		json_close(&out, '}');
		text_add(&out.text, "\n", 1);
	}
	if (ret)
		free(out.text.p);
	else
		ret = report_take(&out.text, &text, &size, err);
	if (!ret)
		ret = app_print(text, size, "comparison", err);
	free(text);
	return ret;
}
