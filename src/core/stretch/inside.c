// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which host events between kvm_entry and kvm_exit come before guest code, which after, and which
 * prove nothing.
 */
#include "core/stretch/inside.h"

#include <string.h>

#include "core/base/util.h"

/*
 * The events of system kvm that were looked at and follow the guest: written by its exit path, by
 * what handles exits, by ioctls, or before the kvm_entry that comes next. Of any other, as of one
 * that a newer kernel has between kvm_entry and the guest, nobody knows. Each has a space behind.
 */
static const char kvm_after[] =
	"kvm_access_fault kvm_ack_irq kvm_age_hva kvm_age_page kvm_apic kvm_apic_accept_irq "
	"kvm_apic_ipi kvm_apicv_accept_irq kvm_apicv_inhibit_changed "
	"kvm_apicv_update_request kvm_arm_clear_debug kvm_async_pf_completed "
	"kvm_async_pf_doublefault kvm_async_pf_not_present kvm_async_pf_ready "
	"kvm_async_pf_repeated_fault kvm_avic_doorbell kvm_avic_ga_log "
	"kvm_avic_incomplete_ipi kvm_avic_kick_vcpu_slowpath kvm_avic_unaccelerated_access "
	"kvm_cpuid kvm_cr kvm_dirty_ring_exit kvm_dirty_ring_push kvm_dirty_ring_reset "
	"kvm_emulate_insn kvm_enter_smm kvm_entry kvm_eoi kvm_exit kvm_fast_mmio "
	"kvm_guest_fault kvm_halt_poll_ns kvm_handle_sys_reg kvm_hv_flush_tlb "
	"kvm_hv_flush_tlb_ex kvm_hv_hypercall kvm_hv_hypercall_done kvm_hv_notify_acked_sint "
	"kvm_hv_send_ipi kvm_hv_send_ipi_ex kvm_hv_stimer_callback kvm_hv_stimer_cleanup "
	"kvm_hv_stimer_expiration kvm_hv_stimer_set_config kvm_hv_stimer_set_count "
	"kvm_hv_stimer_start_one_shot kvm_hv_stimer_start_periodic kvm_hv_syndbg_get_msr "
	"kvm_hv_syndbg_set_msr kvm_hv_synic_send_eoi kvm_hv_synic_set_irq "
	"kvm_hv_synic_set_msr kvm_hv_timer_state kvm_hvc_arm64 kvm_hypercall "
	"kvm_inj_exception kvm_inj_virq kvm_invlpga kvm_ioapic_delayed_eoi_inj "
	"kvm_ioapic_set_irq kvm_irq_line kvm_mmio kvm_mmio_emulate kvm_msi_set_irq kvm_msr "
	"kvm_nested_intercepts kvm_nested_intr_vmexit kvm_nested_vmenter "
	"kvm_nested_vmenter_failed kvm_nested_vmexit kvm_nested_vmexit_inject "
	"kvm_nested_vmrun kvm_page_fault kvm_pi_irte_update kvm_pic_set_irq kvm_pio "
	"kvm_ple_window kvm_ple_window_update kvm_pml_full kvm_pv_eoi kvm_pv_tlb_flush "
	"kvm_pvclock_update kvm_rmp_fault kvm_set_guest_debug kvm_set_irq kvm_set_spte_hva "
	"kvm_set_way_flush kvm_skinit kvm_smm_transition kvm_sys_access kvm_test_age_hva "
	"kvm_timer_emulate kvm_timer_hrtimer_expire kvm_timer_save_state "
	"kvm_timer_update_irq kvm_toggle_cache kvm_track_tsc kvm_try_async_get_page "
	"kvm_unmap_hva kvm_unmap_hva_range kvm_update_master_clock kvm_userspace_exit "
	"kvm_vcpu_wakeup kvm_vm_set_mem_attributes kvm_vmgexit_enter kvm_vmgexit_exit "
	"kvm_vmgexit_msr_protocol_enter kvm_vmgexit_msr_protocol_exit kvm_wfx_arm64 "
	"kvm_write_tsc_offset kvm_xen_hypercall trap_reg vcpu_match_mmio "
	"vgic_update_irq_pending ";

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
	{ "kvm", NULL, VMS_INSIDE_AMBIGUOUS }, /* but for kvm_after */
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

static bool is_kvm_after(const char *name)
{
	const size_t length = strlen(name);
	const char *at = kvm_after;

	while (strncmp(at, name, length) != 0 || at[length] != ' ') {
		at = strchr(at, ' ');
		if (!at || !*++at)
			return false;
	}
	return true;
}

enum vms_inside_class vms_inside_class_of(const struct vms_event_type *t)
{
	size_t i;

	if (!t->system || !t->name)
		return VMS_INSIDE_OTHER;
	if (!strcmp(t->system, "kvm") && is_kvm_after(t->name))
		return VMS_INSIDE_FOLLOWS;
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
		list[nr].kind = (uint8_t)(i % VMS_INSIDE_NR);
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
