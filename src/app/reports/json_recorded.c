// SPDX-License-Identifier: LGPL-2.1-or-later
/* The recorded synchronisation in the JSON report: its verdict, and what speaks against it. */
#include "app/reports/report_impl.h"

#include <math.h>

/* One event or fact that speaks against what is recorded, by name. */
static void witness(json *out, const char *key, const struct vms_session *session,
		    const struct vms_track *track, const struct vms_witness *seen)
{
	const struct vms_stream *guest = report_guest(session, track);
	const struct vms_ref ref = { .cpu = (int32_t)track->cpu_idx, .idx = seen->index };

	json_open(out, key, '{');
	json_put(out, "guest_time", json_integer(report_time(guest, seen->guest_raw)));
	json_put(out, "guest_cpu", json_count(track->vcpu));
	json_put(out, "event",
		 json_text(seen->is_fact ? "clock fact" : vms_event_type(guest, ref)->name));
	json_put(out, "host_time", json_integer(seen->host_raw));
	json_put(out, "depth_ns",
		 json_real(fabs(vms_clock_ns(vms_session_clock(session), seen->depth_raw))));
	json_close(out, '}');
}

static void evidence(json *out, const char *key, const struct vms_session *session,
		     const struct vms_track *track)
{
	const struct vms_evidence *found = &track->evidence;
	unsigned int i;

	json_open(out, key, '{');
	json_put(out, "n", json_count(vms_evidence_nr(found)));
	json_put(out, "gaps", json_count(found->gaps_nr));
	json_put(out, "facts", json_count(found->facts_nr));
	json_put(out, "order", json_count(found->order_nr));
	if (vms_evidence_nr(found)) {
		json_put(out, "deepest_ns",
			 json_real(fabs(vms_clock_ns(vms_session_clock(session),
						     found->worst[0].depth_raw))));
		witness(out, "first", session, track, &found->first);
		witness(out, "deepest", session, track, &found->worst[0]);
		json_open(out, "worst", '[');
		for (i = 0; i < found->worst_nr; i++)
			witness(out, NULL, session, track, &found->worst[i]);
		json_close(out, ']');
	}
	json_close(out, '}');
}

void json_recorded(json *out, const char *key, const struct vms_session *session,
		   unsigned int track)
{
	const struct vms_model_result *result =
		vms_session_result(session, track, VMS_BY_RECORDED, VMS_OVER_ACCEPTED);
	const struct vms_stream *guest = report_guest(session, vms_session_track(session, track));

	json_open(out, key, '{');
	json_put(out, "present", json_bool(result->available));
	json_put(out, "at",
		 result->available ? json_integer(report_time(guest, result->at_raw))
				   : json_null());
	json_put(out, "offset",
		 result->available
			 ? json_offset(report_offset(guest, result->at_raw, result->offset_raw),
				       result->offset_frac)
			 : json_null());
	json_put(out, "verdict", json_text(vms_verdict_name(result->verdict)));
	json_put(out, "outside_by_ns",
		 json_real(result->available ? fabs(result->outside_by_ns) : NAN));
	json_put(out, "outside_at",
		 vms_verdict_refutes(result->verdict)
			 ? json_integer(report_time(guest, result->outside_at_raw))
			 : json_null());
	json_put(out, "why",
		 result->verdict == VMS_VERDICT_CANNOT_JUDGE ? json_text(result->why)
							     : json_null());
	json_put(out, "assumption",
		 result->verdict == VMS_VERDICT_OUTSIDE_BAND ? json_text(result->why)
							     : json_null());
	evidence(out, "evidence", session, vms_session_track(session, track));
	json_close(out, '}');
}

/* The worst first: what can be shown to be wrong, then what nothing is known of. */
static unsigned int badness(enum vms_verdict verdict)
{
	static const unsigned int order[] = {
		[VMS_VERDICT_IN_BAND] = 0,	[VMS_VERDICT_NONE] = 1,
		[VMS_VERDICT_CANNOT_JUDGE] = 2, [VMS_VERDICT_OUTSIDE_BAND] = 3,
		[VMS_VERDICT_PROVEN_WRONG] = 4,
	};

	return order[verdict];
}

static const struct vms_model_result *recorded(const struct vms_session *session, unsigned int i)
{
	return vms_session_result(session, i, VMS_BY_RECORDED, VMS_OVER_ACCEPTED);
}

static bool worse(const struct vms_model_result *a, const struct vms_model_result *b)
{
	if (badness(a->verdict) != badness(b->verdict))
		return badness(a->verdict) > badness(b->verdict);
	return vms_verdict_refutes(a->verdict) && fabs(a->outside_by_ns) > fabs(b->outside_by_ns);
}

int report_worst(const struct vms_session *session, int guest)
{
	int worst = -1;
	unsigned int i;

	for (i = 0; i < vms_session_tracks_nr(session); i++)
		if ((guest < 0 || vms_session_track(session, i)->guest == (unsigned int)guest) &&
		    (worst < 0 ||
		     worse(recorded(session, i), recorded(session, (unsigned int)worst))))
			worst = (int)i;
	return worst;
}

void json_verdict(json *out, const char *key, const struct vms_session *session)
{
	const unsigned int nr = vms_session_tracks_nr(session);
	const int worst = report_worst(session, -1);
	const struct vms_model_result *result;
	const struct vms_track *track;
	double widest = 0.0;
	unsigned int i;

	if (worst < 0) {
		json_put(out, key, json_null());
		return;
	}
	result = recorded(session, (unsigned int)worst);
	track = vms_session_track(session, (unsigned int)worst);
	for (i = 0; i < nr; i++)
		widest = fmax(widest, report_widest_ns(session, vms_session_track(session, i)));
	json_open(out, key, '{');
	json_put(out, "recorded", json_text(vms_verdict_name(result->verdict)));
	json_put(out, "guest", json_text(report_guest(session, track)->name));
	json_put(out, "vcpu", json_count(track->vcpu));
	json_put(out, "outside_by_ns",
		 json_real(result->available ? fabs(result->outside_by_ns) : NAN));
	json_put(out, "widest_ns", json_real(widest));
	json_close(out, '}');
}
