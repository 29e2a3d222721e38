// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which host events between kvm_entry and kvm_exit come before guest code, which after, and which
 * prove nothing.
 */
#include "core/stretch/inside.h"

#include <string.h>

#include "core/base/util.h"

struct rule {
	const char *system;
	const char *name; /* NULL = every event of the system that has no row above */
	enum vms_inside_class class;
};

/*
 * From kvm_entry to the hardware entry interrupts are off, on every version and vendor that was
 * looked at. So what only an interrupt, the scheduler or KVM's exit path emits follows the guest.
 *
 * Not so: NMI and machine check handlers, which nothing keeps away; accessors that the world switch
 * itself uses on both ways (MSR, FPU, page tables, context tracking, RCU); and ipi_raise, by which
 * arm64 asks for an irq_work, because writing kvm_entry into the ring buffer may queue one.
 */
static const struct rule rules[] = {
	{ "kvm", "kvm_wait_lapic_expire", VMS_INSIDE_PRECEDES },
	{ "kvm", "kvm_fpu", VMS_INSIDE_AMBIGUOUS },
	{ "kvm", "kvm_arm_setup_debug", VMS_INSIDE_AMBIGUOUS },
	{ "kvm", "kvm_arm_set_dreg32", VMS_INSIDE_AMBIGUOUS },
	{ "kvm", "kvm_arm_set_regset", VMS_INSIDE_AMBIGUOUS },
	{ "kvm", "kvm_timer_restore_state", VMS_INSIDE_AMBIGUOUS },
	{ "kvm", "kvm_get_timer_map", VMS_INSIDE_AMBIGUOUS },
	{ "kvm", NULL, VMS_INSIDE_FOLLOWS },
	{ "irq", NULL, VMS_INSIDE_FOLLOWS },
	{ "irq_vectors", NULL, VMS_INSIDE_FOLLOWS },
	{ "sched", NULL, VMS_INSIDE_FOLLOWS },
	{ "timer", NULL, VMS_INSIDE_FOLLOWS },
	{ "workqueue", NULL, VMS_INSIDE_FOLLOWS },
	{ "syscalls", NULL, VMS_INSIDE_FOLLOWS },
	{ "raw_syscalls", NULL, VMS_INSIDE_FOLLOWS },
	{ "ipi", "ipi_entry", VMS_INSIDE_FOLLOWS },
	{ "ipi", "ipi_exit", VMS_INSIDE_FOLLOWS },
	{ "ipi", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "msr", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "x86_fpu", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "nmi", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "mce", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "ras", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "exceptions", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "context_tracking", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "rcu", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "lock", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "preemptirq", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "tlb", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "hyperv", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "xen", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "ftrace", NULL, VMS_INSIDE_AMBIGUOUS },
	{ "kprobes", NULL, VMS_INSIDE_AMBIGUOUS },
};

enum vms_inside_class vms_inside_class_of(const struct vms_event_type *t)
{
	size_t i;

	if (!t->system || !t->name)
		return VMS_INSIDE_OTHER;
	for (i = 0; i < VMS_ARRAY_NR(rules); i++) {
		if (strcmp(t->system, rules[i].system))
			continue;
		if (!rules[i].name || !strcmp(t->name, rules[i].name))
			return rules[i].class;
	}
	return VMS_INSIDE_OTHER;
}

int vms_inside_list(const struct vms_inside_tally *inside_tally, struct vms_inside_count **rows,
		    unsigned int *rows_nr)
{
	const size_t cells_nr = (size_t)inside_tally->types_nr * VMS_INSIDE_NR;
	struct vms_inside_count *list;
	size_t i, nr = 0;

	for (i = 0; i < cells_nr; i++)
		nr += inside_tally->nr[i] != 0;
	if (!nr) {
		*rows = NULL;
		*rows_nr = 0;
		return 0;
	}
	list = vms_calloc(nr, sizeof(*list));
	if (!list)
		return -VMS_ENOMEM;
	for (i = 0, nr = 0; i < cells_nr; i++) {
		if (!inside_tally->nr[i])
			continue;
		list[nr].type = (uint16_t)(i / VMS_INSIDE_NR);
		list[nr].class = (uint8_t)(i % VMS_INSIDE_NR);
		list[nr++].nr = inside_tally->nr[i];
	}
	*rows = list;
	*rows_nr = (unsigned int)nr;
	return 0;
}

bool vms_exits_come_late(const struct vms_stretches *st)
{
	uint64_t exits = 0, early = 0;
	unsigned int i;
	uint32_t k;

	for (i = 0; i < st->threads_nr; i++) {
		for (k = 0; k < st->threads[i].stretches_nr; k++) {
			const struct vms_stretch *s = &st->threads[i].stretches[k];

			exits += s->exit.cpu >= 0;
			early += s->exit.cpu >= 0 && (s->flags & VMS_STRETCH_TIGHTENED);
		}
	}
	/* A stray event or two on a host that is not late do not make it so. */
	return early && early >= exits / 1000;
}
