/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host event between kvm_entry and kvm_exit proves; internal to the stretches. */
#ifndef VMS_INSIDE_H
#define VMS_INSIDE_H

#include <vmsync/stretch.h>

/** vms_inside_class_of - the class of an event type by its name alone; doc/METHOD.md 5.2 */
enum vms_inside_class vms_inside_class_of(const struct vms_event_type *t);

/** struct vms_inside_tally - counters by type and class while a stream is walked */
struct vms_inside_tally {
	uint64_t *nr; /* types_nr rows of VMS_INSIDE_NR */
	unsigned int types_nr;
};

/** vms_inside_list - the counters that are not 0, as rows; *rows is NULL when there is none */
int vms_inside_list(const struct vms_inside_tally *inside_tally, struct vms_inside_count **rows,
		    unsigned int *rows_nr);

/** vms_exits_come_late - many stretches end before their kvm_exit: this host writes it late */
bool vms_exits_come_late(const struct vms_stretches *st);

#endif
