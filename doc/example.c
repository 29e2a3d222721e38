// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program on libvmsync: the band of each vCPU, and whether the recorded synchronisation is in it.
 * cc example.c $(pkg-config --cflags --libs vmsync); ./a.out trace.dat
 */
#include <inttypes.h>
#include <stdio.h>

#include <vmsync/io/open.h>
#include <vmsync/session.h>

static void print_track(const struct vms_session *session, unsigned int nr)
{
	const struct vms_track *track = vms_session_track(session, nr);
	const struct vms_trace *trace = vms_session_trace(session);
	const struct vms_model_result *recorded =
		vms_session_result(session, nr, VMS_BY_RECORDED, VMS_OVER_ACCEPTED);
	const struct vms_band_segment *segment;
	int64_t lo, hi; /* host time minus guest time, in units of the host's clock */

	printf("%s vCPU %u: ", trace->guests[track->guest].stream->name, track->vcpu);
	if (!track->band || !track->band->segs_nr) {
		puts("no band");
		return;
	}
	segment = &track->band->segs[0];
	vms_band_at(segment, segment->from_raw + (segment->to_raw - segment->from_raw) / 2, &lo,
		    &hi);
	printf("band [%" PRId64 ", %" PRId64 "], recorded %" PRId64 ": %s\n", lo, hi,
	       recorded->offset_raw, vms_verdict_name(recorded->verdict));
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "trace.dat";
	const struct vms_session_opts opts = { 0 };
	struct vms_session *session = NULL;
	struct vms_trace *trace = NULL;
	struct vms_err err = { 0 };
	unsigned int i;
	int ret;

	ret = vms_trace_open(&trace, &path, 1, NULL, NULL, &err);
	if (!ret)
		ret = vms_session_new(&session, trace, &opts, &err);
	for (i = 0; !ret && i < vms_session_tracks_nr(session); i++)
		print_track(session, i);
	if (ret)
		fprintf(stderr, "%s\n", err.msg);
	vms_session_free(session); /* before the recording that it borrows; NULL is fine */
	vms_trace_free(trace);
	return ret ? 1 : 0;
}
