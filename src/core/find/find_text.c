// SPDX-License-Identifier: LGPL-2.1-or-later
/* A proposal as people read it: its name, and its block in the format of vmsync-sequences(5). */
#include "core/find/find_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

static const char *type_name(const struct find *find, const struct find_cell *cell)
{
	return find->stream->types[cell->type].name;
}

/* "cpu_idle-to-HLT", "MSR_WRITE-0x6e0-to-write_msr" */
static char *name_of(const struct vms_found *found, const char *event)
{
	const bool out = found->dir == VMS_GUEST_TO_HOST;
	struct text name = { 0 };
	char *p;

	text_printf(&name, "%s-to-%s", out ? event : found->cause, out ? found->cause : event);
	for (p = name.p; p && *p; p++)
		if (*p == ' ')
			*p = '-';
	if (name.bad) {
		free(name.p);
		return NULL;
	}
	return name.p;
}

static void guest_line(struct text *out, const struct find *find, const struct find_cell *cell)
{
	text_printf(out, "\tguest %s", type_name(find, cell));
	if (cell->cond.field)
		text_printf(out, cell->cond.value > 9 ? " %s%s=0x%" PRIx64 : " %s%s=%" PRIu64,
			    cell->cond.field->name, cell->cond.negate ? "!" : "", cell->cond.value);
	text_add(out, "\n", 1);
}

static void help_line(struct text *out, const struct vms_found *found)
{
	const bool out_of_guest = found->dir == VMS_GUEST_TO_HOST;
	unsigned int i;

	text_printf(out, "\thelp %s%s%s", out_of_guest ? "" : "entry after ",
		    out_of_guest ? "" : found->cause, out_of_guest ? "" : ", then ");
	for (i = 0; i < found->guest_events_nr; i++)
		text_printf(out, "%s%s", i ? " or " : "", found->guest_events[i]);
	text_printf(out, "%s%s\n", out_of_guest ? ", then exit by " : "",
		    out_of_guest ? found->cause : "");
}

int find_texts(const struct find *find, struct vms_found *found,
	       const struct find_cell *const *cells, unsigned int nr)
{
	const struct find_cell *first = cells[0];
	const struct vms_cause *cause = &find->causes.c[first->cause];
	struct text text = { 0 }, key = { 0 };
	char buf[96];
	unsigned int i;

	found->guest_events = vms_calloc(nr, sizeof(*found->guest_events));
	found->cause = vms_strdup(vms_cause_name(cause, buf, sizeof(buf)));
	if (!found->guest_events || !found->cause)
		return -VMS_ENOMEM;
	for (i = 0; i < nr; i++)
		found->guest_events[found->guest_events_nr++] = type_name(find, cells[i]);
	found->name = name_of(found, found->guest_events[0]);
	if (!found->name)
		return -VMS_ENOMEM;
	text_printf(&text, "sequence %s\n", found->name);
	help_line(&text, found);
	text_printf(&text, "\tdirection %s\n\ttake outermost\n",
		    found->dir == VMS_GUEST_TO_HOST ? "guest-to-host" : "host-to-guest");
	for (i = 0; i < nr; i++)
		guest_line(&text, find, cells[i]);
	text_printf(&text, "\thost %s", found->dir == VMS_GUEST_TO_HOST ? "kvm_exit" : "kvm_entry");
	vms_cause_conds(&text, cause);
	text_add(&text, "\n", 1);
	if (first->key_guest) {
		text_printf(&key, "%s = %s.%s", first->key_guest->name,
			    find->host->types[first->key_type].name, first->key_host->name);
		text_printf(&text, "\tkey %s\n", key.p ? key.p : "");
	}
	found->key = key.p;
	found->text = text.p;
	return text.bad || key.bad ? -VMS_ENOMEM : 0;
}
