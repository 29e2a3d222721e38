// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the head of a file says that a library does not hand on, and how times are got as stored. */
#include "io/libs/libs_impl.h"

#include <string.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic" /* an enumerator of the header is beyond int */
#include <trace-cmd.h>
#pragma GCC diagnostic pop

/*
 * Declared in libtracecmd's private header, exported since 1.0, and the same from 1.3 to 1.5: it is
 * what trace-cmd report --raw-ts uses. A library without it gives corrected times.
 */
#define RAW_TS (1 << 3)
void tracecmd_set_flag(struct tracecmd_input *handle, int flag) __attribute__((weak));

/*
 * libtracecmd and libkshark have no public call for the clock, the version, the recorded
 * synchronisation and the list of guests: the file's own head is read for them.
 */
void tep_head_read(struct tep_stream *tep_stream, const char *path)
{
	struct vms_err err;

	tep_stream->s.compression = "none";
	tep_stream->has_head = !direct_file_open(&tep_stream->head, path, &err);
	if (tep_stream->has_head)
		direct_head_take(&tep_stream->s, &tep_stream->head);
}

void tep_stream_raw(struct tep_stream *tep_stream, struct tracecmd_input *in)
{
	struct vms_stream *s = &tep_stream->s;

	if (tep_stream->has_head && tracecmd_set_flag) {
		tracecmd_set_flag(in, RAW_TS);
		s->times_corrected = false;
	} else if (s->clock.mult) { /* the times are converted already */
		s->clock.mult = 0;
		s->clock.counts_ns = true;
		s->clock.ns_per_unit = 1.0;
		s->clock.rate_from = VMS_RATE_NS;
	}
}

int tep_cannot_open(const char *path, struct vms_err *err)
{
	struct direct_file head;
	char how[16];

	if (direct_file_open(&head, path, NULL))
		return vms_fail(err, VMS_EFORMAT, "it cannot open %s", path);
	memcpy(how, head.compression_name, sizeof(how));
	direct_file_close(&head);
	return vms_fail(err, VMS_EFORMAT,
			"it cannot open %s (compression %s; libraries are built "
			"with some alone)",
			path, how);
}
