// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the words of a verdict: the same on every screen and in every report. */
#include "app/words/verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/words/format.h"
#include "core/base/util.h"

const struct vms_model_result *result_shown(const struct vms_track *track, enum vms_by by)
{
	const struct vms_model_result *accepted = &track->models[VMS_OVER_ACCEPTED][by];

	return accepted->available ? accepted : &track->models[VMS_OVER_NOT_REJECTED][by];
}

const char *verdict_word(const struct vms_model_result *r)
{
	switch (r->verdict) {
	case VMS_VERDICT_IN_BAND: return "in band";
	case VMS_VERDICT_OUTSIDE_BAND: return "outside band";
	case VMS_VERDICT_PROVEN_WRONG: return "PROVEN WRONG";
	case VMS_VERDICT_CANNOT_JUDGE: return "cannot be judged";
	case VMS_VERDICT_NONE:
	default: return "no band";
	}
}

/* All pairs have one direction, and the offset lies to the side of the truth that they leave. */
static bool bound_holds(const struct vms_model_result *result)
{
	return result->bound > 0 ? result->outside_by_ns >= 0.0
				 : result->bound < 0 && result->outside_by_ns <= 0.0;
}

const char *verdict_text(const struct vms_clock *clock, const struct vms_track *track,
			 const struct vms_model_result *result, char *buf, size_t size)
{
	const uint32_t violations = track && track->band ? track->band->violations : 0;
	char by[FMT_SIZE];

	if (!result || !result->available)
		(void)snprintf(buf, size, "%s",
			       result && result->why_not[0] ? result->why_not : "not available");
	else if (vms_verdict_refutes(result->verdict))
		(void)snprintf(buf, size, bound_holds(result) ? "%s%s past the band" : "%s by %s",
			       bound_holds(result) ? "" : verdict_word(result),
			       fmt_span(clock, fabs(result->outside_by_ns), by, sizeof(by)));
	else if (result->verdict != VMS_VERDICT_NONE || !track)
		(void)snprintf(buf, size, "%s", verdict_word(result));
	else if (violations)
		(void)snprintf(buf, size, "%s: %u contradiction%s", verdict_word(result),
			       violations, fmt_s(violations));
	else
		(void)snprintf(buf, size, "%s: no guest event bounds the offset",
			       verdict_word(result));
	return buf;
}

const char *verdict_side(const struct vms_model_result *r)
{
	return r && r->available && vms_verdict_refutes(r->verdict) && !bound_holds(r)
		       ? r->outside_by_ns < 0.0 ? "early" : "late"
		       : NULL;
}

const char *verdict_fit(const struct vms_clock *clock, const struct vms_track *track,
			const struct vms_model_result *result, int cols, char *buf, size_t size)
{
	const char *side = verdict_side(result);
	const char *word = side && result->verdict == VMS_VERDICT_PROVEN_WRONG ? "WRONG"
			   : side					       ? "outside"
									       : NULL;

	(void)snprintf(buf, size, side ? "%s (%s)" : "%s",
		       verdict_text(clock, track, result, BUF(80)), side);
	if (word && (int)strlen(buf) > cols)
		(void)snprintf(buf, size, "%s: %s %s", word,
			       fmt_span(clock, fabs(result->outside_by_ns), FMT_BUF), side);
	if (word && (int)strlen(buf) > cols)
		(void)snprintf(buf, size, "%s", word);
	return buf;
}

bool copy_helps(const struct vms_session *session, unsigned int track_idx)
{
	const struct vms_model_result *recorded =
		vms_session_result(session, track_idx, VMS_BY_RECORDED, VMS_OVER_NOT_REJECTED);

	if (!recorded)
		return false;
	return recorded->available ? vms_verdict_refutes(recorded->verdict)
				   : !vms_session_track(session, track_idx)->align->ambiguous;
}

const char *error_text(const struct vms_session *session, const struct vms_track *track,
		       const struct vms_model_result *result, char *buf, size_t size)
{
	const struct vms_clock *clock = vms_session_clock(session);
	const int64_t worst = VMS_MAX(result->early_raw, result->late_raw);

	if (verdict_side(result))
		(void)snprintf(buf, size, "%s: %s %s",
			       result->verdict == VMS_VERDICT_PROVEN_WRONG ? "WRONG"
									   : "outside band",
			       fmt_span(clock, fabs(result->outside_by_ns), FMT_BUF),
			       verdict_side(result));
	else if (!track->band ||
		 (result->verdict != VMS_VERDICT_IN_BAND && !vms_verdict_refutes(result->verdict)))
		(void)snprintf(buf, size, "%s", verdict_word(result));
	else if (worst == INT64_MAX)
		(void)snprintf(buf, size, "in band, open in part");
	else if (worst > 0)
		(void)snprintf(buf, size, "+/-%s sure",
			       fmt_span(clock, vms_clock_ns(clock, worst), FMT_BUF));
	else
		/* KVM recorded what it set the guest's clock to */
		(void)snprintf(buf, size, "exact to a tick");
	return buf;
}

uint32_t accepted_of(const struct vms_session *session, const struct vms_track *track,
		     enum vms_dir dir)
{
	const struct vms_catalogue *cat = vms_session_catalogue(session);
	uint32_t nr = 0;
	unsigned int i;

	for (i = 0; i < cat->seqs_nr && track->seqs; i++)
		nr += cat->seqs[i].dir == dir ? track->seqs[i].accepted : 0;
	return nr;
}

const char *bias_text(const struct vms_session *session, const struct vms_track *track,
		      const struct vms_model_result *result, char *buf, size_t size)
{
	const struct vms_clock *clock = vms_session_clock(session);
	const double min = 0.0 - vms_clock_ns(clock, result->early_raw);
	const double max = vms_clock_ns(clock, result->late_raw);

	(void)snprintf(buf, size, "-");
	if (result->available && track->band && result->verdict != VMS_VERDICT_NONE &&
	    VMS_MIN(result->early_raw, result->late_raw) != INT64_MIN &&
	    VMS_MAX(result->early_raw, result->late_raw) != INT64_MAX) {
		const struct fmt_unit *unit = fmt_unit_at(fmax(fabs(min), fabs(max)), 1000.0);
		const int decimals = unit->scale > 1.0;

		(void)snprintf(buf, size, "%+.*f to %+.*f %s", decimals, min / unit->scale,
			       decimals, max / unit->scale,
			       clock->ns_per_unit > 0.0 ? unit->name : unit->ticks);
	}
	return buf;
}

const char *bound_text(const struct vms_model_result *r)
{
	return r->bound > 0   ? " (upper bound, no estimate)"
	       : r->bound < 0 ? " (lower bound, no estimate)"
			      : "";
}

static const char *rate_text(enum vms_rate rate)
{
	switch (rate) {
	case VMS_RATE_DRIFT: return "rate: anything up to 500 ppm (drift)";
	case VMS_RATE_STEPPED: return "rate: at most 1 ppm at once and 1 ppm a second (stepped)";
	case VMS_RATE_AUTO:
	case VMS_RATE_TIGHT:
	case VMS_RATE_NR:
	default: return "rate: at most 50 ppb a second (tight)";
	}
}

const char *evidence_text(const struct vms_evidence *evidence, char *buf, size_t size)
{
	char gaps[64] = "", facts[64] = "", order[64] = "";

	if (evidence->gaps_nr)
		(void)snprintf(gaps, sizeof(gaps),
			       ", events in %u gap%s where the vCPU did not run", evidence->gaps_nr,
			       fmt_s(evidence->gaps_nr));
	if (evidence->facts_nr)
		(void)snprintf(facts, sizeof(facts), ", %u clock fact%s that exclude it",
			       evidence->facts_nr, fmt_s(evidence->facts_nr));
	if (evidence->order_nr)
		(void)snprintf(order, sizeof(order),
			       ", %u event%s put before one that came earlier", evidence->order_nr,
			       fmt_s(evidence->order_nr));
	(void)snprintf(buf, size, "%s%s%s", gaps, facts, order);
	return buf + (buf[0] == ',' ? 2 : 0);
}

const char *jump_text(const struct vms_clock *clock, const struct vms_band_segment *before,
		      const struct vms_band_segment *after, char *buf, size_t size)
{
	const int64_t at = after->from_raw;
	int64_t lo[2], hi[2];
	char least[FMT_SIZE], most[FMT_SIZE];

	vms_band_at(before, at, &lo[0], &hi[0]);
	vms_band_at(after, at, &lo[1], &hi[1]);
	if (lo[0] == INT64_MIN || lo[1] == INT64_MIN || hi[0] == INT64_MAX || hi[1] == INT64_MAX) {
		(void)snprintf(buf, size, "a jump that one side leaves open");
		return buf;
	}
	(void)fmt_signed(clock, vms_clock_ns(clock, vms_sat_sub_i64(lo[1], hi[0])), least,
			 sizeof(least));
	(void)fmt_signed(clock, vms_clock_ns(clock, vms_sat_sub_i64(hi[1], lo[0])), most,
			 sizeof(most));
	(void)snprintf(buf, size, "jump %s%s%s", least, strcmp(least, most) ? " to " : "",
		       strcmp(least, most) ? most : "");
	return buf;
}

const char *segment_doubt_text(const struct vms_band_segment *seg)
{
	return seg->squeezed ? "half of what single stretches allow, or less: a small step or a "
			       "wrong event is in it"
			     : "too few events here to tell a step from missing host events";
}

const char *limits_text(const struct vms_session *session, const struct vms_track *track, char *buf,
			size_t size)
{
	const struct vms_clock *clock = vms_session_clock(session);
	const struct vms_limits *limits = &track->limits;
	static const char narrow[] =
		"far narrower than any one stretch allows: an event that bounds it may "
		"be wrong, see B";
	char width[FMT_SIZE], alone[80] = "";

	if (!(limits->drift_max > 0.0)) {
		(void)snprintf(buf, size, "%s", narrow);
		return limits->narrow ? buf : NULL;
	}
	if (limits->rate != VMS_RATE_DRIFT && limits->alone_raw != INT64_MAX)
		(void)snprintf(alone, sizeof(alone), "; under drift alone the width would be %s",
			       fmt_span(clock, vms_clock_ns(clock, limits->alone_raw), width,
					sizeof(width)));
	(void)snprintf(buf, size, "%s%s%s%s%s", rate_text(limits->rate), alone,
		       limits->drift_reached ? "; the drift is at its limit: no event bounds it"
					     : "",
		       limits->narrow ? "; " : "", limits->narrow ? narrow : "");
	return buf;
}

const char *outside_text(const struct vms_session *session, const struct vms_track *track,
			 const struct vms_violations *violations, char *buf)
{
	const uint32_t all = vms_session_coverage(session, track).events_nr;
	const uint32_t rest = VMS_MAX(all, violations->guest_events) - violations->guest_events;
	const uint32_t beyond = VMS_MIN(violations->guest_beyond, rest);
	int used = snprintf(buf, OUTSIDE_CHARS, "%u of %u %sguest events outside",
			    violations->guest_outside, violations->guest_events,
			    rest ? "checkable " : "");

	if (beyond)
		used += snprintf(
			buf + used, OUTSIDE_CHARS - (size_t)used, ", %u beyond the %s", beyond,
			vms_session_trace(session)->is_part ? "range" : "host's recording");
	if (rest > beyond)
		(void)snprintf(buf + used, OUTSIDE_CHARS - (size_t)used,
			       ", %u where nothing is known", rest - beyond);
	return buf;
}

const char *checked_text(const struct vms_session *session, const struct vms_track *track,
			 char *buf, size_t size)
{
	const struct vms_coverage coverage = vms_session_coverage(session, track);

	(void)snprintf(buf, size, "; checked %u of %u", coverage.checkable_nr, coverage.events_nr);
	return buf;
}

const char *coverage_text(const struct vms_session *session, const struct vms_track *track,
			  char *buf, size_t size)
{
	const struct vms_coverage coverage = vms_session_coverage(session, track);
	const struct {
		uint32_t nr;
		const char *why;
	} rest[] = {
		{ coverage.outside_recording_nr, vms_session_trace(session)->is_part
							 ? "outside the range"
							 : "outside the host's recording" },
		{ coverage.thread_unknown_nr, "while no thread of it was seen" },
		{ coverage.whereabouts_unknown_nr, "where host events are missing" },
		{ coverage.lost_nr, "where host events were lost" },
	};
	int used = snprintf(buf, size, "%u of %u guest events, %.2f s", coverage.checkable_nr,
			    coverage.events_nr, coverage.seconds);
	unsigned int i;

	for (i = 0; i < VMS_ARRAY_NR(rest); i++)
		if (rest[i].nr && used > 0 && (size_t)used < size)
			used += snprintf(buf + used, size - (size_t)used, "; %u %s", rest[i].nr,
					 rest[i].why);
	return buf;
}

const char *moves_text(const struct vms_clock *clock, const struct vms_effect *effect, char *buf,
		       size_t size)
{
	char se[80] = "", by[FMT_SIZE];

	buf[0] = '\0';
	if (!isfinite(effect->offset_change_ns))
		return buf;
	if (isfinite(effect->se_before_ns) && isfinite(effect->se_after_ns))
		(void)snprintf(se, sizeof(se), ", se %s",
			       fmt_change(clock, effect->se_before_ns, effect->se_after_ns,
					  BUF(64)));
	else if (isfinite(effect->se_after_ns))
		(void)snprintf(se, sizeof(se), ", se %s",
			       fmt_span(clock, effect->se_after_ns, by, sizeof(by)));
	(void)snprintf(buf, size, "%s %s%s%s", vms_by_name(effect->by),
		       fabs(effect->offset_change_ns) < 0.5 ? "stays" : "moves ",
		       fabs(effect->offset_change_ns) < 0.5
			       ? ""
			       : fmt_signed(clock, effect->offset_change_ns, by, sizeof(by)),
		       se);
	return buf;
}
