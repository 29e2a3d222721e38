// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the words of advice on the next recording, and what each piece of evidence is called. */
#include "app/words/advise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/words/format.h"
#include "app/words/holes.h"
#include "app/words/words.h"
#include "core/base/text.h"

/*
 * What recordings with clock facts came to, of which the truth is known: doc/ACCURACY.md. Of hosts
 * that are emulated; of a band that is as narrow already, what simulated hosts came to.
 */
#define EMULATED_NS 1833.0
#define EMULATED "emulated hosts with clock facts have bands of 1.2 to 1.8 us (doc/ACCURACY.md)"
#define SIMULATED "simulated hosts with clock facts have bands of 65 to 156 ns (doc/ACCURACY.md)"

static const char *side(const struct vms_trace *trace, int guest, char *buf, size_t size)
{
	if (guest < 0)
		(void)snprintf(buf, size, "the host");
	else
		(void)fmt_clean(trace->guests[guest].name, buf, size);
	return buf;
}

static const char *hole_what(const struct vms_hole *hole)
{
	switch ((enum vms_hole_kind)hole->kind) {
	case VMS_HOLE_ENTRIES: return "no filter (-f) on kvm:kvm_entry";
	case VMS_HOLE_EXITS: return "no filter (-f) on kvm:kvm_exit";
	case VMS_HOLE_TRACING_OFF: return "leave tracing on until the end";
	case VMS_HOLE_KVM_SILENT: return "leave the events of kvm on until the end";
	case VMS_HOLE_COUNTED: return "let trace-cmd end by itself, and keep its file whole";
	case VMS_HOLE_UNMARKED: return "larger buffers on the host (-b)";
	case VMS_HOLE_NO_DATA:
	case VMS_HOLE_SWITCH_MISSING:
	default: return "record all CPUs of the host: no -M, from the begin to the end";
	}
}

const char *advise_what(const struct vms_trace *trace, const struct vms_advice *advice, char *buf,
			size_t size)
{
	const char *where = side(trace, advice->guest, BUF(64));

	switch (advice->kind) {
	case VMS_ADVICE_CLOCK:
		(void)snprintf(buf, size, "-C %s on the host, which its guests take too",
			       advice->what);
		break;
	case VMS_ADVICE_LOST:
		(void)snprintf(buf, size, "-b %s %s %s", advice->what,
			       advice->guest < 0 ? "on" : "in", where);
		break;
	case VMS_ADVICE_HOLE: (void)snprintf(buf, size, "%s", hole_what(advice->hole)); break;
	case VMS_ADVICE_TOGETHER:
		(void)snprintf(buf, size, "record %s at the same time as the host: -A",
			       advice->guest < 0 ? "the guests" : where);
		break;
	case VMS_ADVICE_LONGER:
		(void)snprintf(buf, size, "record longer, with more going on in %s: sleep %s",
			       where, advice->what);
		break;
	case VMS_ADVICE_FACTS:
	case VMS_ADVICE_SWITCHES:
	case VMS_ADVICE_ANCHORS:
	case VMS_ADVICE_NR:
	default:
		(void)snprintf(buf, size, "record %s %s %s", advice->what,
			       advice->guest < 0 ? "on" : "in", where);
		break;
	}
	return buf;
}

static double band_widest_ns(const struct vms_session *session, unsigned int track)
{
	const struct vms_band_segment *seg =
		vms_band_widest(vms_session_track(session, track)->band, NULL, NULL);

	return seg ? vms_clock_ns(vms_session_clock(session), seg->widest_raw) : NAN;
}

/* How wide the widest band is now, and what it would be at most. */
static const char *gain(const struct vms_session *session, const struct vms_clock *clock,
			const struct vms_advice *advice, char *buf, size_t size)
{
	double now_ns = NAN;
	unsigned int i;

	for (i = 0; session && i < vms_session_tracks_nr(session); i++) {
		const double widest_ns = band_widest_ns(session, i);

		now_ns = isnan(widest_ns) ? now_ns : fmax(now_ns, widest_ns);
	}
	if (isnan(advice->ns))
		(void)snprintf(buf, size, "%s", now_ns < EMULATED_NS ? SIMULATED : EMULATED);
	else if (isnan(now_ns))
		(void)snprintf(buf, size, "the narrowest holds each band to %s",
			       fmt_span(clock, advice->ns, FMT_BUF));
	else
		(void)snprintf(buf, size,
			       "the narrowest holds each band to %s; the widest has %s now",
			       fmt_span(clock, advice->ns, FMT_BUF),
			       fmt_span(clock, now_ns, FMT_BUF));
	return buf;
}

static void facts_why(const struct vms_trace *trace, const struct vms_session *session,
		      const struct vms_advice *advice, char *buf, size_t size)
{
	const struct vms_clock *clock = session ? vms_session_clock(session) : &trace->host->clock;
	const bool waits = !strstr(advice->what, "expire");
	const char *by = gain(session, clock, advice, BUF(160));

	if (advice->kind == VMS_ADVICE_CLOCK && strcmp(advice->what, "x86-tsc"))
		(void)snprintf(buf, size,
			       "clock %s is steered, so that its rate may change as it likes; a "
			       "counter's does not",
			       fmt_clean(trace->host->clock.name, FMT_BUF));
	else if (!advice->nr)
		(void)snprintf(buf, size, "nothing here says what a guest's TSC was; %s", by);
	else if (advice->kind == VMS_ADVICE_CLOCK)
		(void)snprintf(buf, size,
			       "%llu waits for timers say what a guest's TSC was, to which clock "
			       "%s has no relation; %s",
			       (unsigned long long)advice->nr,
			       fmt_clean(trace->host->clock.name, FMT_BUF), by);
	else
		(void)snprintf(buf, size, "%llu %s; %s", (unsigned long long)advice->nr,
			       waits ? "waits for timers are there, and no deadline that they wait "
				       "for"
				     : "deadlines are there, and no wait that says how late they "
				       "were",
			       by);
}

static void lost_why(const struct vms_advice *advice, char *buf, size_t size)
{
	(void)snprintf(buf, size,
		       "%llu events lost at %llu place%s, at most %llu at once, on CPU %u; the "
		       "kernel's own size is 1408",
		       (unsigned long long)advice->nr, (unsigned long long)advice->of,
		       fmt_s(advice->of), (unsigned long long)advice->most, advice->cpu);
}

const char *advise_why(const struct vms_trace *trace, const struct vms_session *session,
		       const struct vms_advice *advice, char *buf, size_t size)
{
	const unsigned long long nr = advice->nr, of = advice->of;
	const struct vms_clock *clock = session ? vms_session_clock(session) : &trace->host->clock;
	char more[48] = "";

	switch (advice->kind) {
	case VMS_ADVICE_CLOCK:
	case VMS_ADVICE_FACTS: facts_why(trace, session, advice, buf, size); break;
	case VMS_ADVICE_LOST: lost_why(advice, buf, size); break;
	case VMS_ADVICE_SWITCHES:
		(void)snprintf(buf, size,
			       "without it no thread is seen to leave its CPU, and holes are not "
			       "found; %llu of %llu guest events are where nothing is known",
			       nr, of);
		break;
	case VMS_ADVICE_ANCHORS:
		(void)snprintf(buf, size,
			       "sequence %s: at most %llu %s here are its ends, and no sequence of "
			       "that direction is a sync point",
			       fmt_clean(advice->seq->name, FMT_BUF), nr,
			       advice->seq->dir == VMS_GUEST_TO_HOST ? "exits" : "entries");
		break;
	case VMS_ADVICE_HOLE:
		if (nr > 1)
			(void)snprintf(more, sizeof(more), "; %llu such places", nr);
		(void)snprintf(buf, size, "%s%s",
			       hole_text(clock, trace->host, advice->hole, BUF(160)), more);
		break;
	case VMS_ADVICE_TOGETHER:
		if (advice->guest < 0)
			(void)snprintf(buf, size,
				       "no guest's file is here: only KVM's own words speak of "
				       "their clocks");
		else
			(void)snprintf(
				buf, size,
				"%s%llu of %llu guest events lie outside the host's recording",
				trace->guests[advice->guest].stream->shift
					? ""
					: "no correction is recorded; ",
				nr, of);
		break;
	case VMS_ADVICE_LONGER:
		(void)snprintf(buf, size,
			       "the alignment of %llu of %llu vCPUs is ambiguous: few events, or "
			       "such as come at even times, fit at other offsets too",
			       nr, of);
		break;
	case VMS_ADVICE_NR:
	default: *buf = '\0'; break;
	}
	return buf;
}

static const char *bound_by(const struct vms_session *session, const struct vms_track *track,
			    const struct vms_point *point, char *buf, size_t size)
{
	const struct vms_stream *guest = vms_session_trace(session)->guests[track->guest].stream;
	const struct vms_ref at = { .cpu = (int32_t)track->cpu_idx, .idx = point->event };

	if (vms_point_is_fact(point))
		(void)snprintf(buf, size, "a clock fact");
	else
		(void)fmt_clean(vms_event_type(guest, at)->name, buf, size);
	return buf;
}

const char *advise_bound(const struct vms_session *session, unsigned int track_idx, char *buf,
			 size_t size)
{
	const struct vms_track *track = vms_session_track(session, track_idx);
	const struct vms_clock *clock = vms_session_clock(session);
	struct vms_point lower, upper;
	int64_t at_raw, lo, hi;
	bool open;
	const struct vms_band_segment *seg = vms_band_widest(track->band, &at_raw, &open);

	*buf = '\0';
	if (!seg)
		return buf;
	if (track->align->ambiguous) {
		(void)snprintf(buf, size, "the alignment is ambiguous: no width is known");
		return buf;
	}
	vms_band_at(seg, at_raw, &lo, &hi);
	vms_band_bind_at(seg, at_raw, &lower, &upper);
	(void)snprintf(buf, size,
		       "band %sat most %s wide, there held by %s from below and by %s from above",
		       open ? "open in part, else " : "",
		       fmt_span(clock, vms_clock_ns(clock, vms_sat_sub_i64(hi, lo)), FMT_BUF),
		       bound_by(session, track, &lower, BUF(64)),
		       bound_by(session, track, &upper, BUF(64)));
	return buf;
}

bool advise_estimate_helps(const struct vms_session *session)
{
	const unsigned int nr = vms_session_tracks_nr(session);
	bool helps = false, refuted = false;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const struct vms_model_result *midpoint =
			vms_session_result(session, i, VMS_BY_MIDPOINT, VMS_OVER_NOT_REJECTED);

		refuted |= vms_verdict_refutes(midpoint->verdict);
		helps |= midpoint->verdict == VMS_VERDICT_IN_BAND;
	}
	return helps || !refuted;
}

/* Quoted where a shell would take a character for more than itself. */
static void add_word(struct text *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./:=,@+%^";
	const char *p;

	if (*word && !word[strspn(word, plain)]) {
		text_add(out, word, strlen(word));
		return;
	}
	text_add(out, "'", 1);
	for (p = word; *p; p++)
		text_add(out, *p == '\'' ? "'\\''" : p, *p == '\'' ? 4 : 1);
	text_add(out, "'", 1);
}

char *advise_line(char *const *argv, unsigned int argc)
{
	struct text out = { 0 };
	unsigned int i;

	for (i = 0; i < argc; i++) {
		if (i)
			text_add(&out, " ", 1);
		add_word(&out, argv[i]);
	}
	if (out.bad) {
		free(out.p);
		return NULL;
	}
	return out.p;
}

int advise_lines(struct lines *lines, const struct vms_trace *trace,
		 const struct vms_session *session, const struct vms_advise *advise)
{
	const unsigned int tracks_nr = session ? vms_session_tracks_nr(session) : 0;
	bool facts = tracks_nr > 0;
	unsigned int i;
	char buf[ADVISE_CHARS];
	int ret = 0;

	for (i = 0; i < tracks_nr && !ret; i++) {
		const struct vms_track *track = vms_session_track(session, i);

		(void)advise_bound(session, i, buf, sizeof(buf));
		facts &= vms_session_facts(session, track).nr > 0;
		ret = lines_add(lines, "%s vCPU %u: %s", trace->guests[track->guest].name,
				track->vcpu, *buf ? buf : "no band");
	}
	for (i = 0; i < advise->nr && !ret; i++) {
		ret = lines_add(lines, "%s", advise_what(trace, &advise->advice[i], BUF(256)));
		if (!ret)
			ret = lines_add(lines, "    %s",
					advise_why(trace, session, &advise->advice[i], buf,
						   sizeof(buf)));
	}
	if (!ret && !advise->nr)
		ret = lines_add(lines, facts ? "nothing that trace-cmd records would narrow it: a "
					       "clock fact is as wide as from kvm_entry to the "
					       "wait behind it"
					     : "nothing is known that would narrow it: no event "
					       "is missing, lost or left out");
	return ret;
}
