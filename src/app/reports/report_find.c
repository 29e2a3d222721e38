// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sequences that were found, in reports: a row of figures and a block each. */
#include "app/reports/report_impl.h"

#include <stdio.h>

static const struct vms_stream *guest_of(const struct vms_session *s, const struct vms_found *f)
{
	return vms_session_trace(s)->guests[f->guest].stream;
}

void json_found(json *out, const char *key, const struct vms_session *session, unsigned int guest,
		const struct vms_finds *finds)
{
	unsigned int i, k;

	json_open(out, key, '[');
	for (i = 0; i < finds->nr; i++) {
		const struct vms_found *f = &finds->found[i];

		if (f->guest != guest)
			continue;
		json_open(out, NULL, '{');
		json_put(out, "rank", json_count(f->rank));
		json_put(out, "side", json_text(f->dir == VMS_GUEST_TO_HOST ? "exit" : "entry"));
		json_open(out, "guest_events", '[');
		for (k = 0; k < f->guest_events_nr; k++)
			json_put(out, NULL, json_text(f->guest_events[k]));
		json_close(out, ']');
		json_put(out, "cause", json_text(f->cause));
		json_put(out, "name", json_text(f->name));
		json_put(out, "text", json_text(f->text));
		json_put(out, "known", json_text(f->known ? f->known : ""));
		json_put(out, "key", json_text(f->key ? f->key : ""));
		json_put(out, "few", json_bool(f->few));
		json_put(out, "share_bits", json_real(f->share));
		json_fitness(out, vms_session_clock(session), guest_of(session, f), f->dir,
			     &f->fitness, true);
		json_close(out, '}');
	}
	json_close(out, ']');
}

void print_found(struct text *out, const struct vms_session *session, unsigned int guest,
		 const struct vms_finds *finds)
{
	unsigned int i, nr = 0;
	char what[300];

	for (i = 0; i < finds->nr; i++)
		nr += finds->found[i].guest == guest;
	if (!nr) {
		text_printf(out, "  found      no sequence: no guest event goes with an exit or "
				 "entry more than by chance\n");
		return;
	}
	print_fitness_head(out, "found");
	for (i = 0; i < finds->nr; i++) {
		const struct vms_found *f = &finds->found[i];

		if (f->guest != guest)
			continue;
		(void)snprintf(what, sizeof(what), "%s %u%s",
			       f->dir == VMS_GUEST_TO_HOST ? "exit" : "entry", f->rank,
			       f->few ? " few" : "");
		print_fitness_row(out, session, guest, what, f->dir, &f->fitness);
		text_printf(out, "      %s%s%s%s%s\n", f->name, f->key ? ", key " : "",
			    f->key ? f->key : "", f->known ? ", known: " : "",
			    f->known ? f->known : "");
	}
	text_printf(out, "  as text, for --sequences:\n");
	for (i = 0; i < finds->nr; i++)
		if (finds->found[i].guest == guest && !finds->found[i].known &&
		    !finds->found[i].few)
			text_printf(out, "%s\n", finds->found[i].text);
}
