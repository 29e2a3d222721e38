// SPDX-License-Identifier: LGPL-2.1-or-later
/* Who frees what of a recording. */
#include <vmsync/trace.h>

#include <stdlib.h>

void vms_stream_free(struct vms_stream *s)
{
	if (!s)
		return;
	if (s->ops && s->ops->free_priv)
		s->ops->free_priv(s);
	free(s->unscaled_raw);
	free(s);
}

void vms_trace_free(struct vms_trace *trace)
{
	unsigned int i;

	if (!trace)
		return;
	vms_stream_free(trace->host);
	for (i = 0; i < trace->guests_nr; i++) {
		vms_stream_free(trace->guests[i].stream);
		free(trace->guests[i].name);
	}
	free(trace->guests);
	for (i = 0; i < trace->log_nr; i++)
		free(trace->log[i]);
	free(trace->log);
	for (i = 0; i < trace->unread_nr; i++)
		free(trace->unread[i]);
	free(trace->unread);
	free(trace);
}
