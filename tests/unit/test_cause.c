// SPDX-License-Identifier: LGPL-2.1-or-later
/* Causes on each kind of host, and that their conditions pair what they name. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/pairing.h>
#include <vmsync/place.h>

#include "core/base/util.h"
#include "core/stretch/cause.h"
#include "world.h"

/* Types beside those of every world, for hosts that are no x86 with all its events. */
static void arm64(struct world *w)
{
	world_type(w, "kvm", "kvm_entry", "vcpu_pc:8");
	world_type(w, "kvm", "kvm_exit", "ret:4 esr_ec:4 vcpu_pc:8");
	world_type(w, "kvm", "kvm_sys_access",
		   "vcpu_pc:8 is_write:1 name:8 Op0:1 Op1:1 CRn:1 CRm:1 Op2:1");
	world_type(w, "kvm", "vgic_update_irq_pending", "vcpu_id:8 irq:4 level:1");
}

static void riscv(struct world *w)
{
	world_type(w, "kvm", "kvm_entry", "pc:8");
	world_type(w, "kvm", "kvm_exit", "sepc:8 scause:8 stval:8 htval:8 htinst:8");
}

static void devices(struct world *w)
{
	world_type(w, "kvm", "kvm_pio", "rw:4 port:4 size:4 count:4 val:4");
	world_type(w, "kvm", "kvm_mmio", "type:4 len:4 gpa:8 val:8");
	world_type(w, "kvm", "kvm_cpuid", "function:4 index:4 rax:8");
	world_type(w, "kvm", "kvm_hypercall", "nr:8 a0:8");
}

static void newer(struct world *w)
{
	world_type(w, "kvm", "kvm_entry", "vcpu_id:4 rip:8 intr_info:4 error_code:4");
}

static const struct {
	void (*types)(struct world *w);
	/* a stretch of thread 100 from 10 to 20, what is told, and the next from 90 on */
	const char *exit, *between, *cause, *after;
} cases[] = {
	{ devices, "kvm_exit exit_reason=12 isa=1", "", "HLT", "HLT" },
	{ devices, "kvm_exit exit_reason=0x7c isa=2 info1=1",
	  "30 kvm_msr write=1 ecx=0x6e0 data=7; ", "MSR_WRITE 0x6e0", "MSR_WRITE 0x6e0" },
	{ devices, "kvm_exit exit_reason=31 isa=1", "30 kvm_msr ecx=0x10; ", "MSR_READ 0x10",
	  "MSR_READ 0x10" },
	/* of another thread, of no thread any more: not of this exit */
	{ devices, "kvm_exit exit_reason=32 isa=1", "30 7:kvm_msr ecx=0x6e0; ", "MSR_WRITE",
	  "MSR_WRITE" },
	{ devices, "kvm_exit exit_reason=30 isa=1", "30 kvm_pio port=0x3f8; ", "IO 0x3f8",
	  "IO 0x3f8" },
	{ devices, "kvm_exit exit_reason=0x7b isa=2", "", "IOIO", "IOIO" },
	{ devices, "kvm_exit exit_reason=49 isa=1", "30 kvm_mmio gpa=0xfe003000; ",
	  "EPT_MISCONFIG 0xfe003000", "EPT_MISCONFIG 0xfe003000" },
	{ devices, "kvm_exit exit_reason=48 isa=1", "", "EPT_VIOLATION", "EPT_VIOLATION" },
	{ devices, "kvm_exit exit_reason=0x72 isa=2", "30 kvm_cpuid function=0x80000000; ",
	  "CPUID 0x80000000", "CPUID 0x80000000" },
	{ devices, "kvm_exit exit_reason=18 isa=1", "30 kvm_hypercall nr=5; ", "VMCALL 0x5",
	  "VMCALL 0x5" },
	{ devices, "kvm_exit exit_reason=12 isa=1", "80 kvm_inj_virq vector=0xec; ", "HLT",
	  "HLT inj 0xec" },
	{ newer, "kvm_exit exit_reason=1 isa=1", "intr_info=0x800000fd", "EXTERNAL_INTERRUPT",
	  "EXTERNAL_INTERRUPT inj 0xfd" },
	/* an exception is no interrupt */
	{ newer, "kvm_exit exit_reason=1 isa=1", "intr_info=0x80000b0e", "EXTERNAL_INTERRUPT",
	  "EXTERNAL_INTERRUPT" },
	{ arm64, "kvm_exit ret=2 esr_ec=1",
	  "80 vgic_update_irq_pending irq=27 level=1; "
	  "85 vgic_update_irq_pending irq=30; ",
	  "WFx", "WFx inj 0x1b" },
	{ arm64, "kvm_exit ret=2 esr_ec=0x18",
	  "30 kvm_sys_access is_write=1 Op0=3 CRn=12 CRm=11 Op2=5; ", "SYS64 S3_0_C12_C11_5",
	  "SYS64 S3_0_C12_C11_5" },
	{ riscv, "kvm_exit scause=22 stval=0x10500073", "", "WFI", "WFI" },
	{ riscv, "kvm_exit scause=22 stval=0xc0102573", "", "VIRTUAL_INST_FAULT",
	  "VIRTUAL_INST_FAULT" },
	{ riscv, "kvm_exit scause=10", "", "SUPERVISOR_SYSCALL", "SUPERVISOR_SYSCALL" },
	{ riscv, "kvm_exit scause=0x8000000000000005", "", "IRQ_TIMER", "IRQ_TIMER" },
};

static struct world *world_of(size_t i)
{
	struct world *w = world_new(1);
	const bool fields = *cases[i].between && strchr(cases[i].between, ';') == NULL;
	char events[512];

	cases[i].types(w);
	(void)snprintf(events, sizeof(events), "10 kvm_entry; 20 %s; %s90 kvm_entry %s; 99 %s",
		       cases[i].exit, fields ? "" : cases[i].between,
		       fields ? cases[i].between : "", cases[i].exit);
	world_play(w, 100, events);
	return w;
}

TEST(test_causes)
{
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(cases); i++) {
		struct world *w = world_of(i);
		struct vms_stretches *st = NULL;
		struct vms_causes causes;
		struct vms_cause cause;
		char name[64];

		assert_int_equal(vms_stretches_build(&st, world_stream(w), NULL), 0);
		assert_int_equal(vms_causes_open(&causes, world_stream(w)), 0);
		cause = vms_cause_of_exit(&causes, &st->threads[0], 0);
		assert_string_equal(vms_cause_name(&cause, name, sizeof(name)), cases[i].cause);
		vms_cause_inject(&cause, &causes, &st->threads[0], 1);
		assert_string_equal(vms_cause_name(&cause, name, sizeof(name)), cases[i].after);
		vms_causes_clear(&causes);
		vms_stretches_free(st);
		world_free(w);
	}
}

/* Pairs of a sequence whose host side is a cause, on the host of a case. */
static uint32_t pairs_nr(size_t i, const struct vms_cause *cause, bool entry)
{
	const struct vms_piece plus_0 = { .line = { .offset_raw = 0 } };
	struct world *host = world_of(i), *guest = world_new(1);
	struct vms_match_list found = { 0 };
	struct vms_catalogue catalogue = { 0 };
	struct vms_stretches *st = NULL;
	struct vms_model *model = NULL;
	struct text text = { 0 };
	struct vms_pairing p = { .host = world_stream(host), .catalogue = &catalogue };
	uint32_t nr;

	world_play(guest, 0, "12 cpu_idle state=1; 93 sched_switch");
	p.vcpu.guest = world_stream(guest);
	text_printf(&text, "sequence s\n direction %s\n guest *\n host kvm_%s",
		    entry ? "host-to-guest" : "guest-to-host", entry ? "entry" : "exit");
	vms_cause_conds(&text, cause);
	text_add(&text, "\n", 1);
	assert_int_equal(vms_catalogue_parse(&catalogue, text.p, NULL), 0);
	assert_int_equal(vms_stretches_build(&st, p.host, NULL), 0);
	assert_int_equal(vms_model_new(&model, VMS_MODEL_PIECES, p.vcpu.guest, NULL), 0);
	assert_int_equal(vms_model_set(model, 0, &plus_0, 1, NULL), 0);
	p.model = model;
	p.vcpu.thread = &st->threads[0];
	assert_int_equal(vms_pairs_find(&found, &p, NULL), 0);
	nr = found.nr;
	vms_match_list_clear(&found);
	vms_catalogue_clear(&catalogue);
	vms_model_free(model);
	vms_stretches_free(st);
	free(text.p);
	world_free(host);
	world_free(guest);
	return nr;
}

/* What a cause says as conditions holds where it was found, and nowhere where it was not. */
TEST(test_conditions)
{
	size_t i, k;

	for (i = 0; i < VMS_ARRAY_NR(cases); i++) {
		struct world *w = world_of(i);
		struct vms_stretches *st = NULL;
		struct vms_causes causes;
		struct vms_cause exit, entry;

		assert_int_equal(vms_stretches_build(&st, world_stream(w), NULL), 0);
		assert_int_equal(vms_causes_open(&causes, world_stream(w)), 0);
		exit = entry = vms_cause_of_exit(&causes, &st->threads[0], 0);
		vms_cause_inject(&entry, &causes, &st->threads[0], 1);
		for (k = 0; k < VMS_ARRAY_NR(cases); k++) {
			const bool same = !strcmp(cases[k].cause, cases[i].cause);

			/* a reason alone holds for all that refine it */
			if (!exit.rule && k != i)
				continue;
			/* the second stretch has the same exit, but not what follows it */
			assert_int_equal(pairs_nr(k, &exit, false),
					 k == i && !exit.rule ? 2 : same);
		}
		/* what was injected, or that nothing was, is part of an entry's */
		for (k = 0; k < VMS_ARRAY_NR(cases); k++)
			if (k == i || (entry.injects && !strcmp(cases[k].cause, cases[i].cause)))
				assert_int_equal(pairs_nr(k, &entry, true),
						 !strcmp(cases[k].after, cases[i].after));
		vms_causes_clear(&causes);
		vms_stretches_free(st);
		world_free(w);
	}
}

UNIT_MAIN(NULL, NULL)
