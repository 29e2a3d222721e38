// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a kvm_exit says, by the names of its fields: each machine has others. */
#include "core/stretch/stretch_impl.h"

#include <string.h>

/* arch/riscv/include/asm/csr.h, and what stval then holds: the instruction, here wfi */
enum { RISCV_VIRTUAL_INST = 22, RISCV_WFI = 0x10500073 };

struct vms_exit_fields vms_exit_fields_of(const struct vms_event_type *t)
{
	return (struct vms_exit_fields){
		.reason = vms_type_field(t, "exit_reason"),
		.isa = vms_type_field(t, "isa"),
		.info1 = vms_type_field(t, "info1"),
		.ret = vms_type_field(t, "ret"),
		.esr_ec = vms_type_field(t, "esr_ec"),
		.scause = vms_type_field(t, "scause"),
		.stval = vms_type_field(t, "stval"),
	};
}

static uint64_t field_or_0(const struct vms_stream *s, const struct vms_field *f,
			   const uint8_t *payload)
{
	return f ? vms_field_u64(s, f, payload) : 0;
}

static void read_arm64(struct vms_mark *mark, const struct vms_stream *stream,
		       const struct vms_exit_fields *fields, const uint8_t *payload)
{
	const uint64_t ret = vms_field_u64(stream, fields->ret, payload) & 0xff;

	mark->isa = VMS_ISA_ARM64;
	mark->reason = (uint32_t)(0x100 + ret);
	if (ret == 2) /* ARM_EXCEPTION_TRAP */
		mark->reason = (uint32_t)vms_field_u64(stream, fields->esr_ec, payload);
}

static void read_riscv(struct vms_mark *mark, const struct vms_stream *stream,
		       const struct vms_exit_fields *fields, const uint8_t *payload)
{
	const uint64_t cause = vms_field_u64(stream, fields->scause, payload);

	mark->isa = VMS_ISA_RISCV;
	mark->reason = (uint32_t)(cause & 0xff);
	/* CAUSE_IRQ_FLAG, of a long of either size */
	if (cause >> 63 || (fields->scause->size == 4 && cause >> 31))
		mark->reason += 0x100;
	else if (cause == RISCV_VIRTUAL_INST &&
		 (uint32_t)field_or_0(stream, fields->stval, payload) == RISCV_WFI)
		mark->reason = 0x200;
}

void vms_exit_read(struct vms_mark *mark, const struct vms_stream *stream,
		   const struct vms_exit_fields *fields, const uint8_t *payload)
{
	uint64_t reason;

	mark->isa = VMS_ISA_NONE;
	mark->flags |= VMS_MARK_EXIT;
	if (!fields->reason) {
		if (fields->ret && fields->esr_ec)
			read_arm64(mark, stream, fields, payload);
		else if (fields->scause)
			read_riscv(mark, stream, fields, payload);
		return;
	}
	reason = vms_field_u64(stream, fields->reason, payload);
	mark->reason = (uint32_t)reason;
	if (field_or_0(stream, fields->info1, payload))
		mark->flags |= VMS_MARK_WRITTEN;
	/* x86 before 2.6.3x had no isa, and VMX only. */
	switch (fields->isa ? vms_field_u64(stream, fields->isa, payload) : 1) {
	case 1:
		mark->isa = VMS_ISA_VMX;
		mark->reason &= 0xffff;
		mark->flags |= (reason >> 31) & 1 ? VMS_MARK_FAILED : 0;
		break;
	case 2:
		mark->isa = VMS_ISA_SVM;
		mark->flags |= mark->reason == UINT32_MAX ? VMS_MARK_FAILED : 0;
		break;
	default: break;
	}
}

struct vms_exit vms_exit_of(const struct vms_stream *host, struct vms_ref ref)
{
	const struct vms_event_type *type = vms_event_type(host, ref);
	struct vms_exit_fields fields;
	struct vms_mark mark = { 0 };

	if (!type->name || strcmp(type->name, "kvm_exit") != 0)
		return (struct vms_exit){ 0 };
	fields = vms_exit_fields_of(type);
	vms_exit_read(&mark, host, &fields, vms_payload(&host->cpus[ref.cpu], ref.idx));
	return vms_mark_why(&mark);
}
