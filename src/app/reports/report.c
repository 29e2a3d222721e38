// SPDX-License-Identifier: LGPL-2.1-or-later
/* What text and JSON reports agree on. */

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/clocks.h>
#include <vmsync/time.h>

#include "app/reports/report_impl.h"
#include "core/base/each.h"
#include "core/base/util.h"

int report_take(struct text *t, char **text, size_t *size, struct vms_err *err)
{
	if (t->bad) {
		free(t->p);
		return vms_fail(err, VMS_ENOMEM, "out of memory for the report");
	}
	*text = t->p;
	*size = t->nr;
	return 0;
}

enum app_report app_report_find(const char *word)
{
	static const char *const words[] = { "", "text", "json", "html", "csv", "json-lines" };
	unsigned int i = APP_REPORT_LINES;

	while (i && strcmp(words[i], word) != 0)
		i--;
	return (enum app_report)i;
}

struct measures {
	struct vms_session *session;
	bool by_vcpu;
	struct vms_fitness_list *fitness;
	struct report_thesis thesis;
};

/* What trace-checker measures is one walk: beside it there is room for all that falls apart. */
static int measure(void *user, unsigned int i, struct vms_err *err)
{
	struct measures *of = user;

	if (i)
		return vms_fitness_session(&of->fitness, of->session, of->by_vcpu, NULL, err);
	report_thesis_measure(&of->thesis, vms_session_trace(of->session));
	return 0;
}

int app_report_make(char **text, size_t *size, enum app_report kind, struct vms_session *s,
		    const struct app_report_opts *o, struct vms_err *err)
{
	struct app_report_opts with = *o;
	struct measures of = { .session = s, .by_vcpu = kind == APP_REPORT_JSON };
	struct vms_finds *finds = NULL;
	struct vms_advise *advice = NULL;
	json out = { 0 };
	int ret = vms_each(2, measure, &of, err);

	if (!ret && o->find)
		ret = vms_find(&finds, s, &(struct vms_find_opts){ .shuffle = o->shuffle }, err);
	if (!ret && (o->advise || kind == APP_REPORT_HTML))
		ret = vms_advise(&advice, vms_session_trace(s), vms_session_stretches(s), s,
				 of.fitness, err);
	with.fitness = of.fitness;
	with.thesis = &of.thesis;
	with.finds = finds;
	with.advice = advice;
	if (!ret && kind == APP_REPORT_JSON)
		report_json(&out, s, &with);
	else if (!ret && kind == APP_REPORT_HTML)
		report_html(&out, s, &with);
	else if (!ret)
		report_text(&out, s, &with);
	vms_fitness_list_free(of.fitness);
	free(of.thesis.guests);
	vms_finds_free(finds);
	vms_advise_free(advice);
	if (ret)
		return ret;
	return report_take(&out.text, text, size, err);
}

const char *report_direction(const struct vms_sequence *s)
{
	return s->dir == VMS_GUEST_TO_HOST ? "guest-to-host" : "host-to-guest";
}

bool report_clocks(struct vms_clocks **clocks, const struct vms_session *session,
		   unsigned int guest, const struct app_report_opts *o)
{
	const int ret =
		vms_clocks_build(clocks, session, guest, o->has_at ? &o->at_raw : NULL, NULL);

	if (ret)
		*clocks = NULL;
	return ret == -VMS_ENOMEM;
}

uint32_t report_part_vcpu(const struct vms_session *s, const struct vms_clocks *c,
			  unsigned int part)
{
	return vms_session_track(s, c->parts[part].track)->vcpu;
}

const struct vms_stream *report_guest(const struct vms_session *s, const struct vms_track *t)
{
	return vms_session_trace(s)->guests[t->guest].stream;
}

double report_widest_ns(const struct vms_session *session, const struct vms_track *track)
{
	bool open;
	const struct vms_band_segment *seg = vms_band_widest(track->band, NULL, &open);

	if (open || !seg)
		return INFINITY;
	return vms_clock_ns(vms_session_clock(session), seg->widest_raw);
}

int64_t report_time(const struct vms_stream *guest, int64_t guest_raw)
{
	return vms_ratio_redo(&guest->ratio, guest_raw);
}

int64_t report_offset(const struct vms_stream *guest, int64_t guest_raw, int64_t offset_raw)
{
	if (!guest->ratio.mult || offset_raw == INT64_MIN || offset_raw == INT64_MAX)
		return offset_raw;
	return vms_sat_sub_i64(vms_sat_add_i64(guest_raw, offset_raw),
			       report_time(guest, guest_raw));
}

double report_drift(const struct vms_stream *guest, double drift)
{
	return guest->ratio.mult ? (1.0 + drift) / vms_ratio_value(&guest->ratio) - 1.0 : drift;
}

struct report_band report_band_at(const struct vms_stream *guest, const struct vms_band_segment *g,
				  const struct app_report_opts *o)
{
	const int64_t asked = vms_ratio_undo(&guest->ratio, o->at_raw);
	int64_t at = g->from_raw + (g->to_raw - g->from_raw) / 2;
	struct report_band band;

	if (o->has_at && asked >= g->from_raw && asked <= g->to_raw)
		at = asked;
	vms_band_at(g, at, &band.lo_raw, &band.hi_raw);
	band.lo_raw = report_offset(guest, at, band.lo_raw);
	band.hi_raw = report_offset(guest, at, band.hi_raw);
	band.at_raw = report_time(guest, at);
	return band;
}

void report_stream_line(struct text *out, const char *what, const struct vms_stream *st)
{
	text_printf(out, "%s ", what);
	text_clean(out, st->name);
	text_add(out, ": ", 2);
	text_clean(out, st->path);
	text_add(out, ", clock ", 8);
	text_clean(out, *st->clock.name ? st->clock.name : "unknown");
	if (!st->clock.counts_ns && st->clock.ns_per_unit > 0.0)
		text_printf(out, " (%.6f ns a tick%s)", st->clock.ns_per_unit,
			    st->clock.rate_from == VMS_RATE_ESTIMATED ? ", estimated" : "");
	text_printf(out, ", %u CPUs, %" PRIu64 " events", st->cpus_nr, st->events_nr);
	if (st->lost_nr)
		text_printf(out, ", %" PRIu64 " lost", st->lost_nr);
	text_printf(out, ", read by %s\n", st->source);
}

void report_notes(struct text *out, const struct vms_trace *trace)
{
	unsigned int i;

	for (i = 0; i < trace->log_nr; i++) {
		text_add(out, "note: ", 6);
		text_clean(out, trace->log[i]);
		text_add(out, "\n", 1);
	}
}

int64_t report_align_offset(const struct vms_session *s, const struct vms_track *t)
{
	const struct vms_line *l = &t->align->pieces[0].line;
	const int64_t first = report_guest(s, t)->cpus[t->cpu_idx].time_raw[0];

	return vms_sat_add_i64(l->offset_raw,
			       (int64_t)(l->drift * (double)vms_sat_sub_i64(first, l->ref_raw)));
}

const char *report_start_name(const struct vms_align_vcpu *a)
{
	switch (a->start) {
	case VMS_ALIGN_RECORDED: return "recorded";
	case VMS_ALIGN_FOUND: return "found";
	case VMS_ALIGN_USER: return "user";
	case VMS_ALIGN_NONE:
	default: return "none";
	}
}

const char *report_tid_from(const struct vms_track *t)
{
	return t->tid_inferred ? "inferred" : "file";
}
