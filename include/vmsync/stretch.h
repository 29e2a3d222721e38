/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stretches: the intervals of host time in which a vCPU's thread may run guest code. */
#ifndef VMSYNC_STRETCH_H
#define VMSYNC_STRETCH_H

#include <vmsync/err.h>
#include <vmsync/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum vms_isa - whose exit reasons a kvm_exit speaks of */
enum vms_isa { VMS_ISA_NONE, VMS_ISA_VMX, VMS_ISA_SVM, VMS_ISA_ARM64, VMS_ISA_RISCV, VMS_ISA_NR };

/** struct vms_exit - what a kvm_exit said */
struct vms_exit {
	/*
	 * VMX: low 16 bits; SVM: exit code; arm64: ESR exception class, or 0x100 + ret when no
	 * trap; riscv: scause of an exception, 0x100 + that of an interrupt, or 0x200 for WFI
	 */
	uint32_t reason;
	uint8_t isa;  /* enum vms_isa */
	bool written; /* info1 is not 0: of an SVM MSR exit, a write */
} __attribute__((packed, aligned(2)));

/** struct vms_short_ref - names one event of a stream, in 6 bytes */
struct vms_short_ref {
	uint32_t idx;
	int16_t cpu; /* < 0 = no event */
} __attribute__((packed, aligned(2)));

#define VMS_SHORT_REF_NONE ((struct vms_short_ref){ .idx = 0, .cpu = -1 })

static inline struct vms_ref vms_ref_of(struct vms_short_ref ref)
{
	struct vms_ref full = { -1, 0 };

	if (ref.cpu >= 0) {
		full.cpu = ref.cpu;
		full.idx = ref.idx;
	}
	return full;
}

enum vms_stretch_flag {
	/* enter_raw is certain: no guest code of this stretch before it */
	VMS_STRETCH_ENTER_KNOWN = 1,
	/* leave_raw is certain: no guest code of this stretch after it */
	VMS_STRETCH_LEAVE_KNOWN = 2,
	/* not a stretch but a shadow of lost events: guest code may run in it */
	VMS_STRETCH_UNKNOWN = 4,
	VMS_STRETCH_TIGHTENED = 8, /* leave_raw comes from an event before kvm_exit */
	/* enter_raw comes from an event after kvm_entry (kvm_wait_lapic_expire) */
	VMS_STRETCH_RAISED = 16,
	/* exit without an entry before it: guest may have been re-entered in the fast path */
	VMS_STRETCH_REENTERED = 32,
	/* VMS_HOLE_KVM_SILENT follows: nothing is known until the next stretch */
	VMS_STRETCH_SILENT = 64,
};

/**
 * struct vms_stretch - guest code of the thread may run in [enter_raw, leave_raw]
 *
 * There is one for a few events: it has no byte to spare.
 */
struct vms_stretch {
	/* [raw host units]; an unknown side is the nearest certain time outside */
	int64_t enter_raw, leave_raw;
	/*
	 * kvm_entry and kvm_exit; none where there is none, or it is uncertain which. Without an
	 * entry its cpu is ~ of the host CPU's: vms_stretch_pcpu()
	 */
	struct vms_short_ref entry, exit;
	struct vms_short_ref enter_by, leave_by; /* the host events that fix the two sides */
	struct vms_exit why; /* of exit; isa VMS_ISA_NONE when there is no exit */
	uint16_t flags;	     /* enum vms_stretch_flag */
};

/** vms_stretch_pcpu - index of its host CPU in vms_stream.cpus */
static inline unsigned int vms_stretch_pcpu(const struct vms_stretch *s)
{
	return (unsigned int)(s->entry.cpu < 0 ? ~s->entry.cpu : s->entry.cpu);
}

#define VMS_INSIDE_STEP 32u

/** struct vms_thread_part - one of the threads that ran a vCPU one after another */
struct vms_thread_part {
	int32_t tid;
	uint32_t from; /* its first stretch */
};

/**
 * struct vms_thread - a host thread that runs a vCPU, or several joined: one after another, as a
 * migrated vCPU's; see vms_threads_join()
 */
struct vms_thread {
	int32_t tid; /* of several: the one of which most is known */
	/* from kvm_entry.vcpu_id, -1 when the event has none (arm64) */
	int32_t vcpu_id;
	/* ascending by enter_raw, not overlapping, shadows included */
	struct vms_stretch *stretches;
	uint32_t stretches_nr;
	/* in-guest time before each VMS_INSIDE_STEP-th stretch [raw host units] */
	int64_t *inside_before;
	int64_t unknown_raw; /* in which its whereabouts are unknown [raw host units] */
	/* of several: those, in the order of time; NULL, 0 of one */
	struct vms_thread_part *parts;
	unsigned int parts_nr;
};

/** enum vms_inside_class - host events that lie between entry and exit; doc/METHOD.md 5.2 */
enum vms_inside_class {
	/* known to precede guest code (kvm_wait_lapic_expire): raises enter */
	VMS_INSIDE_PRECEDES,
	/* known to follow it (IRQ, softirq, sched on late-exit hosts): lowers leave */
	VMS_INSIDE_FOLLOWS,
	VMS_INSIDE_AMBIGUOUS, /* NMI, MSR, FPU: proves nothing */
	VMS_INSIDE_OTHER,     /* not expected there: the thesis' "host event inside" */
	VMS_INSIDE_NR
};

/**
 * struct vms_inside_count - how often events of a type lie between entry and exit
 * One row a type and class: whatever comes after the guest has left is FOLLOWS, also of types
 * that prove nothing.
 */
struct vms_inside_count {
	uint16_t type; /* host event type */
	uint8_t kind;  /* enum vms_inside_class */
	uint64_t nr;
};

/** enum vms_hole_kind - how it is known that host events are missing, though no loss was marked */
enum vms_hole_kind {
	VMS_HOLE_NO_DATA, /* threads were woken on a CPU that shows nothing, or nothing ever */
	VMS_HOLE_SWITCH_MISSING, /* another thread runs, and no sched_switch says so */
	VMS_HOLE_TRACING_OFF,	 /* silent while events of another CPU are missing */
	VMS_HOLE_ENTRIES,	 /* many exits follow exits: kvm_entry is filtered */
	VMS_HOLE_EXITS,		 /* many entries follow entries: kvm_exit is filtered */
	VMS_HOLE_COUNTED,    /* CPUSTAT counts events that the file neither has nor marks as lost */
	VMS_HOLE_UNMARKED,   /* CPUSTAT counts more lost events than the file marks */
	VMS_HOLE_KVM_SILENT, /* guest events lie where no kvm_entry says that the guest ran */
};

/** struct vms_loss - a time in which events of KVM may be missing */
struct vms_loss {
	int64_t from_raw, to_raw;
};

#define VMS_CPU_ALL UINT32_MAX

/** struct vms_hole - a time in which a host CPU's events are missing */
struct vms_hole {
	unsigned int cpu; /* index into the stream's cpus, VMS_CPU_ALL */
	int64_t from_raw, to_raw;
	/* events that are missing, where that is known; of KVM_SILENT the guest's that lie there */
	uint64_t nr;
	uint8_t kind; /* enum vms_hole_kind */
};

/** struct vms_stretches - all vCPU threads of a host */
struct vms_stretches {
	struct vms_thread *threads; /* ascending by tid */
	unsigned int threads_nr;
	struct vms_inside_count *inside;
	unsigned int inside_nr;
	bool *recorded;		/* by type of the host: there are such events */
	struct vms_hole *holes; /* ascending by CPU and time */
	unsigned int holes_nr;
	struct vms_loss *losses; /* of all CPUs together: ascending, apart */
	size_t losses_nr;
	/* host time covered: guest events outside are not checkable */
	int64_t first_raw, last_raw;
	uint8_t isa; /* of most exits */
	/* kvm_exit comes after host work (SVM before 6.5, arm64): evidence in this trace */
	bool late_exit;
};

/**
 * vms_stretches_build - find the stretches of every vCPU thread
 * @host: host stream; borrowed by nothing in the result
 *
 * Follows doc/METHOD.md 5: tightens by host events, opens shadows for lost events, leaves out
 * entries that did not reach the guest. O(events).
 * Return: 0; -VMS_ENODATA when the host has no kvm_entry or no kvm_exit events; -VMS_ENOMEM.
 */
int vms_stretches_build(struct vms_stretches **out, const struct vms_stream *host,
			struct vms_err *err);
void vms_stretches_free(struct vms_stretches *stretches);

/**
 * vms_exit_name - "MSR_WRITE", "HLT", "EXTERNAL_INTERRUPT", ...; a number as text for others, into
 * buf. Never NULL
 */
const char *vms_exit_name(const struct vms_exit *why, char *buf, size_t size);
/** vms_exit_of - what a host event says of an exit; isa is VMS_ISA_NONE when it is no kvm_exit */
struct vms_exit vms_exit_of(const struct vms_stream *host, struct vms_ref ref);
/** vms_exit_is_idle - the guest's CPU had nothing to do: HLT, WFI */
bool vms_exit_is_idle(const struct vms_exit *why);
/** vms_isa_name - the word for it in vmsync-sequences(5); "" for none */
const char *vms_isa_name(unsigned int isa);

#ifdef __cplusplus
}
#endif

#endif
