// SPDX-License-Identifier: LGPL-2.1-or-later
/* The recorded synchronisation in the JSON report: its verdict, and what speaks against it. */
#include "app/reports/report.h"

#include <math.h>

#include "app/reports/report_impl.h"

/* One event or fact that speaks against what is recorded, by name. */
static json *witness(const struct vms_session *session, const struct vms_track *t,
		     const struct vms_witness *w)
{
	const struct vms_stream *guest = report_guest(session, t);
	const struct vms_ref ref = { .cpu = (int32_t)t->cpu_idx, .idx = w->index };
	json *o = json_object_new_object();

	json_put(o, "guest_time", json_integer(report_time(guest, w->guest_raw)));
	json_put(o, "guest_cpu", json_count(t->vcpu));
	json_put(o, "event",
		 json_text(w->is_fact ? "clock fact" : vms_event_type(guest, ref)->name));
	json_put(o, "host_time", json_integer(w->host_raw));
	json_put(o, "depth_ns",
		 json_real(fabs(vms_clock_ns(vms_session_clock(session), w->depth_raw))));
	return o;
}

static json *evidence(const struct vms_session *session, const struct vms_track *track)
{
	const struct vms_evidence *e = &track->evidence;
	json *obj = json_object_new_object();

	json_put(obj, "n", json_count(vms_evidence_nr(e)));
	json_put(obj, "gaps", json_count(e->gaps_nr));
	json_put(obj, "facts", json_count(e->facts_nr));
	json_put(obj, "order", json_count(e->order_nr));
	if (!vms_evidence_nr(e))
		return obj;
	json_put(obj, "deepest_ns",
		 json_real(fabs(vms_clock_ns(vms_session_clock(session), e->deepest.depth_raw))));
	json_put(obj, "first", witness(session, track, &e->first));
	json_put(obj, "deepest", witness(session, track, &e->deepest));
	return obj;
}

json *json_recorded(const struct vms_session *session, unsigned int track)
{
	const struct vms_model_result *result =
		vms_session_result(session, track, VMS_BY_RECORDED, VMS_OVER_ACCEPTED);
	const struct vms_stream *guest = report_guest(session, vms_session_track(session, track));
	json *obj = json_object_new_object();

	json_put(obj, "present", json_object_new_boolean(result->available));
	json_put(obj, "at",
		 result->available ? json_integer(report_time(guest, result->at_raw)) : NULL);
	json_put(obj, "offset",
		 result->available
			 ? json_offset(report_offset(guest, result->at_raw, result->offset_raw),
				       result->offset_frac)
			 : NULL);
	json_put(obj, "verdict", json_object_new_string(vms_verdict_name(result->verdict)));
	json_put(obj, "outside_by_ns",
		 json_real(result->available ? fabs(result->outside_by_ns) : NAN));
	json_put(obj, "outside_at",
		 vms_verdict_refutes(result->verdict)
			 ? json_integer(report_time(guest, result->outside_at_raw))
			 : NULL);
	json_put(obj, "why",
		 result->verdict == VMS_VERDICT_CANNOT_JUDGE ? json_object_new_string(result->why)
							     : NULL);
	json_put(obj, "assumption",
		 result->verdict == VMS_VERDICT_OUTSIDE_BAND ? json_object_new_string(result->why)
							     : NULL);
	json_put(obj, "evidence", evidence(session, vms_session_track(session, track)));
	return obj;
}
