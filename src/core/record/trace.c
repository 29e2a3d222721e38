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
	free(s);
}

void vms_trace_free(struct vms_trace *t)
{
	unsigned int i;

	if (!t)
		return;
	vms_stream_free(t->host);
	for (i = 0; i < t->guests_nr; i++) {
		vms_stream_free(t->guests[i].stream);
		free(t->guests[i].name);
	}
	free(t->guests);
	for (i = 0; i < t->log_nr; i++)
		free(t->log[i]);
	free(t->log);
	free(t);
}
