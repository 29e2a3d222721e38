// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a sequence is written in the format of vmsync-sequences(5). */
#include "core/pair/sequence_text.h"

#include <inttypes.h>

static void cond_text(struct text *out, const struct vms_seq_cond *cond)
{
	text_printf(out, " %s%s=", cond->field, cond->negate ? "!" : "");
	if (cond->none)
		text_add(out, "none", 4);
	else
		text_printf(out, cond->value > 9 ? "0x%" PRIx64 : "%" PRIu64, cond->value);
}

static void event_text(struct text *out, const char *word, const struct vms_seq_event *event)
{
	unsigned int i;

	text_printf(out, "\t%s %s", word, event->name);
	if (event->isa)
		text_printf(out, " isa=%s", vms_isa_name(event->isa));
	for (i = 0; i < event->conds_nr; i++)
		cond_text(out, &event->conds[i]);
	text_add(out, "\n", 1);
}

void vms_sequence_text(struct text *out, const struct vms_sequence *seq)
{
	static const char *const which[] = { [VMS_SEQ_LAST] = "last",
					     [VMS_SEQ_FIRST] = "first",
					     [VMS_SEQ_OUTERMOST] = "outermost" };
	unsigned int i;

	text_printf(out, "sequence %s\n", seq->name);
	if (seq->help && *seq->help)
		text_printf(out, "\thelp %s\n", seq->help);
	text_printf(out, "\tdirection %s\n\ttake %s\n",
		    seq->dir == VMS_GUEST_TO_HOST ? "guest-to-host" : "host-to-guest",
		    which[seq->which]);
	for (i = 0; i < seq->guest_nr; i++)
		event_text(out, "guest", &seq->guest[i]);
	for (i = 0; i < seq->host_nr; i++)
		event_text(out, "host", &seq->host[i]);
	if (seq->key_guest)
		text_printf(out, "\tkey %s = %s.%s\n", seq->key_guest, seq->key_host_event,
			    seq->key_host);
	if (seq->after_idle)
		text_printf(out, "\tafter idle\n");
	if (seq->delay_hi_ns)
		text_printf(out, "\tdelay %" PRId64 "..%" PRId64 "\n", seq->delay_lo_ns,
			    seq->delay_hi_ns);
	if (!seq->enabled)
		text_printf(out, "\toff\n");
}
