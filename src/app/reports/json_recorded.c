// SPDX-License-Identifier: LGPL-2.1-or-later
/* The recorded synchronisation in the JSON report: its verdict, and what speaks against it. */
#include "app/reports/report_impl.h"

#include <math.h>

/* One event or fact that speaks against what is recorded, by name. */
static void witness(json *j, const char *key, const struct vms_session *session,
		    const struct vms_track *t, const struct vms_witness *w)
{
	const struct vms_stream *guest = report_guest(session, t);
	const struct vms_ref ref = { .cpu = (int32_t)t->cpu_idx, .idx = w->index };

	json_open(j, key, '{');
	json_put(j, "guest_time", json_integer(report_time(guest, w->guest_raw)));
	json_put(j, "guest_cpu", json_count(t->vcpu));
	json_put(j, "event",
		 json_text(w->is_fact ? "clock fact" : vms_event_type(guest, ref)->name));
	json_put(j, "host_time", json_integer(w->host_raw));
	json_put(j, "depth_ns",
		 json_real(fabs(vms_clock_ns(vms_session_clock(session), w->depth_raw))));
	json_close(j, '}');
}

static void evidence(json *j, const char *key, const struct vms_session *session,
		     const struct vms_track *track)
{
	const struct vms_evidence *e = &track->evidence;

	json_open(j, key, '{');
	json_put(j, "n", json_count(vms_evidence_nr(e)));
	json_put(j, "gaps", json_count(e->gaps_nr));
	json_put(j, "facts", json_count(e->facts_nr));
	json_put(j, "order", json_count(e->order_nr));
	if (vms_evidence_nr(e)) {
		json_put(j, "deepest_ns",
			 json_real(fabs(
				 vms_clock_ns(vms_session_clock(session), e->deepest.depth_raw))));
		witness(j, "first", session, track, &e->first);
		witness(j, "deepest", session, track, &e->deepest);
	}
	json_close(j, '}');
}

void json_recorded(json *j, const char *key, const struct vms_session *session, unsigned int track)
{
	const struct vms_model_result *result =
		vms_session_result(session, track, VMS_BY_RECORDED, VMS_OVER_ACCEPTED);
	const struct vms_stream *guest = report_guest(session, vms_session_track(session, track));

	json_open(j, key, '{');
	json_put(j, "present", json_bool(result->available));
	json_put(j, "at",
		 result->available ? json_integer(report_time(guest, result->at_raw))
				   : json_null());
	json_put(j, "offset",
		 result->available
			 ? json_offset(report_offset(guest, result->at_raw, result->offset_raw),
				       result->offset_frac)
			 : json_null());
	json_put(j, "verdict", json_text(vms_verdict_name(result->verdict)));
	json_put(j, "outside_by_ns",
		 json_real(result->available ? fabs(result->outside_by_ns) : NAN));
	json_put(j, "outside_at",
		 vms_verdict_refutes(result->verdict)
			 ? json_integer(report_time(guest, result->outside_at_raw))
			 : json_null());
	json_put(j, "why",
		 result->verdict == VMS_VERDICT_CANNOT_JUDGE ? json_text(result->why)
							     : json_null());
	json_put(j, "assumption",
		 result->verdict == VMS_VERDICT_OUTSIDE_BAND ? json_text(result->why)
							     : json_null());
	evidence(j, "evidence", session, vms_session_track(session, track));
	json_close(j, '}');
}
