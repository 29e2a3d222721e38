// SPDX-License-Identifier: LGPL-2.1-or-later
/* Corrected copies in reports: what was written, by which model, how sure, and what they keep. */
#include "app/reports/report_impl.h"

#include <math.h>

#include "app/words/copied.h"

void print_copies(struct text *out, const struct vms_session *session,
		  const struct app_report_opts *ro)
{
	unsigned int i;

	for (i = 0; i < vms_session_trace(session)->guests_nr; i++) {
		text_add(out, "copy of ", 8);
		text_clean(out, vms_session_trace(session)->guests[i].name);
		text_add(out, ": ", 2);
		copied_text(out, session, &ro->copies[i]);
		(void)copied_kept(out, session, &ro->copies[i], "\n  keeps      ");
		text_add(out, "\n", 1);
	}
	if (!ro->host_copy)
		return;
	text_printf(out, "copy of the host, with the guests' threads for KernelShark: ");
	text_clean(out, ro->host_copy);
	text_add(out, "\n", 1);
}

static struct json_value length(const struct vms_session *session, int64_t raw)
{
	return json_real(raw == INT64_MAX ? NAN : vms_clock_ns(vms_session_clock(session), raw));
}

void json_copies(json *out, const char *key, const struct vms_session *session,
		 const struct app_report_opts *ro)
{
	unsigned int i;

	json_open(out, key, '[');
	for (i = 0; i < vms_session_trace(session)->guests_nr; i++) {
		const struct vms_copy *copy = &ro->copies[i];

		json_open(out, NULL, '{');
		json_put(out, "guest", json_text(vms_session_trace(session)->guests[i].name));
		json_put(out, "file", copy->path ? json_text(copy->path) : json_null());
		json_put(out, "model", json_text(vms_by_name(copy->by)));
		if (copy->path) {
			json_put(out, "one_for_all_vcpus", json_bool(copy->one));
			json_put(out, "early_at_most_ns", length(session, copy->early_raw));
			json_put(out, "late_at_most_ns", length(session, copy->late_raw));
			json_put(out, "model_wrong_by_ns", json_real(copy->wrong_ns));
			json_put(out, "events", json_count(copy->events_nr));
			json_put(out, "in_instances", json_count(copy->instances_nr));
			json_put(out, "in_instances_off_ns", length(session, copy->instances_raw));
			json_put(out, "beyond_band", json_count(copy->beyond_nr));
			json_put(out, "beyond_band_off_ns", length(session, copy->beyond_raw));
			json_put(out, "beside_steps", json_count(copy->unequal_nr));
			json_put(out, "beside_steps_off_ns", length(session, copy->unequal_raw));
			json_put(out, "wakeups_tied", json_count(copy->ties_nr));
			json_put(out, "wakeups_late", json_count(copy->untied_nr));
		}
		json_close(out, '}');
	}
	json_close(out, ']');
	json_put(out, "host_copy", ro->host_copy ? json_text(ro->host_copy) : json_null());
}
