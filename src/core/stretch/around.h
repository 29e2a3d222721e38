/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which host events of a vCPU's thread lie around the entry or exit of a stretch. */
#ifndef VMS_AROUND_H
#define VMS_AROUND_H

#include <vmsync/stretch.h>

/** struct vms_around - a host stream, made ready for looking around */
struct vms_around {
	const struct vms_stream *host;
	const bool *recorded;	      /* by type: the table of formats names more */
	bool *own;		      /* that, where nobody had it */
	const struct vms_field **pid; /* by type: its thread, or NULL */
	unsigned int entry_type;      /* kvm_entry */
};

/**
 * vms_around_open - the caller clears also after a failure. -VMS_ENOMEM
 * @recorded: vms_stretches.recorded, or NULL: then all events are looked at
 */
int vms_around_open(struct vms_around *around, const struct vms_stream *host, const bool *recorded);
void vms_around_clear(struct vms_around *a);

/** vms_around_type - a type that the host really recorded, by name; 0 = none */
uint16_t vms_around_type(const struct vms_around *a, const char *name);

/** vms_field_named - the first field there is of "vector|irq"; a '?' at the end is no part of it */
const struct vms_field *vms_field_named(const struct vms_event_type *type, const char *names);

/** struct vms_vicinity - where to look: in ring buffer order away from an exit or entry */
struct vms_vicinity {
	const struct vms_cpu *cpu;
	int64_t idx;
	/* what is before belongs to another stretch: the thread came from elsewhere */
	int64_t from_raw;
	int32_t tid;
	int8_t step;
	uint8_t left;
};

/** vms_vicinity_of - from the exit of a stretch on, or from its entry back; it must have one */
struct vms_vicinity vms_vicinity_of(const struct vms_around *around,
				    const struct vms_thread *thread, uint32_t stretch,
				    bool at_exit);
/**
 * vms_vicinity_next - the next event of the thread
 * @type: of this type alone; 0: of any
 * Return: its index; -1 at the thread's next entry, or last one, and when it is too far away.
 */
int64_t vms_vicinity_next(const struct vms_around *around, struct vms_vicinity *at, uint16_t type);

#endif
