// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the words for the ends of a guest's runs around a time at which it does not run. */
#include "app/words/edge.h"

#include <stdio.h>

#include "app/words/format.h"

bool edge_of(struct edge *edge, const struct vms_session *session, const struct vms_track *track,
	     int64_t host_raw, bool after)
{
	const struct vms_stream *host = vms_session_trace(session)->host;
	const int64_t at =
		track->thread ? vms_stretch_at(track->thread, host_raw) + (after ? 1 : 0) : -1;
	const struct vms_stretch *run;

	if (at < 0 || at >= track->thread->stretches_nr)
		return false;
	run = &track->thread->stretches[at];
	edge->by_other = run->flags & (after ? VMS_STRETCH_RAISED : VMS_STRETCH_TIGHTENED);
	edge->host_raw = after ? run->enter_raw : run->leave_raw;
	edge->pcpu = host->cpus[vms_stretch_pcpu(run)].cpu;
	if (edge->by_other)
		(void)fmt_clean(vms_event_type(host,
					       vms_ref_of(after ? run->enter_by : run->leave_by))
					->name,
				edge->name, sizeof(edge->name));
	else
		(void)snprintf(edge->name, sizeof(edge->name), "%s%s",
			       after ? "the next entry" : "the last exit ",
			       after ? "" : vms_exit_name(&run->why, BUF(32)));
	return true;
}
