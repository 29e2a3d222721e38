// SPDX-License-Identifier: LGPL-2.1-or-later
/* Names of exit reasons, as the kernel's tracepoints print them, without their common prefix. */
#include <vmsync/stretch.h>

#include <stdio.h>

#include "core/base/util.h"

struct exit_name {
	uint32_t reason;
	const char *name;
};

/* Rows of several entries each: */
/* clang-format off */
/* arch/x86/include/uapi/asm/vmx.h */
static const struct exit_name vmx[] = {
	{ 0, "EXCEPTION_NMI" }, { 1, "EXTERNAL_INTERRUPT" }, { 2, "TRIPLE_FAULT" },
	{ 3, "INIT_SIGNAL" }, { 4, "SIPI_SIGNAL" }, { 6, "OTHER_SMI" }, { 7, "INTERRUPT_WINDOW" },
	{ 8, "NMI_WINDOW" }, { 9, "TASK_SWITCH" }, { 10, "CPUID" }, { 12, "HLT" }, { 13, "INVD" },
	{ 14, "INVLPG" }, { 15, "RDPMC" }, { 16, "RDTSC" }, { 18, "VMCALL" }, { 19, "VMCLEAR" },
	{ 20, "VMLAUNCH" }, { 21, "VMPTRLD" }, { 22, "VMPTRST" }, { 23, "VMREAD" },
	{ 24, "VMRESUME" }, { 25, "VMWRITE" }, { 26, "VMOFF" }, { 27, "VMON" }, { 28, "CR_ACCESS" },
	{ 29, "DR_ACCESS" }, { 30, "IO_INSTRUCTION" }, { 31, "MSR_READ" }, { 32, "MSR_WRITE" },
	{ 33, "INVALID_STATE" }, { 34, "MSR_LOAD_FAIL" }, { 36, "MWAIT_INSTRUCTION" },
	{ 37, "MONITOR_TRAP_FLAG" }, { 39, "MONITOR_INSTRUCTION" }, { 40, "PAUSE_INSTRUCTION" },
	{ 41, "MCE_DURING_VMENTRY" }, { 43, "TPR_BELOW_THRESHOLD" }, { 44, "APIC_ACCESS" },
	{ 45, "EOI_INDUCED" }, { 46, "GDTR_IDTR" }, { 47, "LDTR_TR" }, { 48, "EPT_VIOLATION" },
	{ 49, "EPT_MISCONFIG" }, { 50, "INVEPT" }, { 51, "RDTSCP" }, { 52, "PREEMPTION_TIMER" },
	{ 53, "INVVPID" }, { 54, "WBINVD" }, { 55, "XSETBV" }, { 56, "APIC_WRITE" },
	{ 57, "RDRAND" }, { 58, "INVPCID" }, { 59, "VMFUNC" }, { 60, "ENCLS" }, { 61, "RDSEED" },
	{ 62, "PML_FULL" }, { 63, "XSAVES" }, { 64, "XRSTORS" }, { 67, "UMWAIT" }, { 68, "TPAUSE" },
	{ 74, "BUS_LOCK" }, { 75, "NOTIFY" }, { 76, "SEAMCALL" }, { 77, "TDCALL" },
	{ 84, "MSR_READ_IMM" }, { 85, "MSR_WRITE_IMM" },
};

/* arch/x86/include/uapi/asm/svm.h; registers and exceptions are made up below */
static const struct exit_name svm[] = {
	{ 0x60, "INTR" }, { 0x61, "NMI" }, { 0x62, "SMI" }, { 0x63, "INIT" }, { 0x64, "VINTR" },
	{ 0x65, "CR0_SEL_WRITE" }, { 0x66, "IDTR_READ" }, { 0x67, "GDTR_READ" },
	{ 0x68, "LDTR_READ" }, { 0x69, "TR_READ" }, { 0x6a, "IDTR_WRITE" }, { 0x6b, "GDTR_WRITE" },
	{ 0x6c, "LDTR_WRITE" }, { 0x6d, "TR_WRITE" }, { 0x6e, "RDTSC" }, { 0x6f, "RDPMC" },
	{ 0x70, "PUSHF" }, { 0x71, "POPF" }, { 0x72, "CPUID" }, { 0x73, "RSM" }, { 0x74, "IRET" },
	{ 0x75, "SWINT" }, { 0x76, "INVD" }, { 0x77, "PAUSE" }, { 0x78, "HLT" }, { 0x79, "INVLPG" },
	{ 0x7a, "INVLPGA" }, { 0x7b, "IOIO" }, { 0x7c, "MSR" }, { 0x7d, "TASK_SWITCH" },
	{ 0x7e, "FERR_FREEZE" }, { 0x7f, "SHUTDOWN" }, { 0x80, "VMRUN" }, { 0x81, "VMMCALL" },
	{ 0x82, "VMLOAD" }, { 0x83, "VMSAVE" }, { 0x84, "STGI" }, { 0x85, "CLGI" },
	{ 0x86, "SKINIT" }, { 0x87, "RDTSCP" }, { 0x88, "ICEBP" }, { 0x89, "WBINVD" },
	{ 0x8a, "MONITOR" }, { 0x8b, "MWAIT" }, { 0x8c, "MWAIT_COND" }, { 0x8d, "XSETBV" },
	{ 0x8e, "RDPRU" }, { 0x8f, "EFER_WRITE_TRAP" }, { 0xa2, "INVPCID" }, { 0xa5, "BUS_LOCK" },
	{ 0xa6, "IDLE_HLT" }, { 0x400, "NPF" }, { 0x401, "AVIC_INCOMPLETE_IPI" },
	{ 0x402, "AVIC_UNACCELERATED_ACCESS" }, { 0x403, "VMGEXIT" },
};

/* arch/arm64/include/asm/esr.h, and kvm_arm_exception_type above 0x100 */
static const struct exit_name arm64[] = {
	{ 0x00, "UNKNOWN" }, { 0x01, "WFx" }, { 0x03, "CP15_32" }, { 0x04, "CP15_64" },
	{ 0x05, "CP14_MR" }, { 0x06, "CP14_LS" }, { 0x07, "FP_ASIMD" }, { 0x08, "CP10_ID" },
	{ 0x09, "PAC" }, { 0x0c, "CP14_64" }, { 0x0d, "BTI" }, { 0x0e, "ILL" }, { 0x11, "SVC32" },
	{ 0x12, "HVC32" }, { 0x13, "SMC32" }, { 0x15, "SVC64" }, { 0x16, "HVC64" },
	{ 0x17, "SMC64" }, { 0x18, "SYS64" }, { 0x19, "SVE" }, { 0x1a, "ERET" }, { 0x1c, "FPAC" },
	{ 0x1d, "SME" }, { 0x20, "IABT_LOW" }, { 0x21, "IABT_CUR" }, { 0x22, "PC_ALIGN" },
	{ 0x24, "DABT_LOW" }, { 0x25, "DABT_CUR" }, { 0x26, "SP_ALIGN" }, { 0x28, "FP_EXC32" },
	{ 0x2c, "FP_EXC64" }, { 0x2f, "SERROR" }, { 0x30, "BREAKPT_LOW" }, { 0x31, "BREAKPT_CUR" },
	{ 0x32, "SOFTSTP_LOW" }, { 0x33, "SOFTSTP_CUR" }, { 0x34, "WATCHPT_LOW" },
	{ 0x35, "WATCHPT_CUR" }, { 0x38, "BKPT32" }, { 0x3c, "BRK64" }, { 0x100, "IRQ" },
	{ 0x101, "SERROR" }, { 0x103, "ILLEGAL" },
};

/* arch/riscv/include/asm/csr.h; interrupts from 0x100 on */
static const struct exit_name riscv[] = {
	{ 0, "INST_MISALIGNED" }, { 1, "INST_ACCESS" }, { 2, "INST_ILLEGAL" }, { 3, "BREAKPOINT" },
	{ 4, "LOAD_MISALIGNED" }, { 5, "LOAD_ACCESS" }, { 6, "STORE_MISALIGNED" },
	{ 7, "STORE_ACCESS" }, { 8, "SYSCALL" }, { 9, "HYPERVISOR_SYSCALL" },
	{ 10, "SUPERVISOR_SYSCALL" }, { 12, "INST_PAGE_FAULT" }, { 13, "LOAD_PAGE_FAULT" },
	{ 15, "STORE_PAGE_FAULT" }, { 20, "INST_GUEST_PAGE_FAULT" },
	{ 21, "LOAD_GUEST_PAGE_FAULT" }, { 22, "VIRTUAL_INST_FAULT" },
	{ 23, "STORE_GUEST_PAGE_FAULT" }, { 0x101, "IRQ_SOFT" }, { 0x102, "IRQ_VS_SOFT" },
	{ 0x105, "IRQ_TIMER" }, { 0x106, "IRQ_VS_TIMER" }, { 0x109, "IRQ_EXT" },
	{ 0x10a, "IRQ_VS_EXT" }, { 0x10c, "IRQ_GEXT" }, { 0x10d, "IRQ_PMU_OVF" }, { 0x200, "WFI" },
};

/* clang-format on */

static const char *find(const struct exit_name *table, size_t nr, uint32_t reason)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (table[i].reason == reason)
			return table[i].name;
	return NULL;
}

/* The ranges of SVM: reads and writes of control and debug registers, and exceptions. */
static const char *svm_range(uint32_t reason, char *buf, size_t size)
{
	static const char *const kind[] = { "READ_CR", "WRITE_CR", "READ_DR", "WRITE_DR" };

	if (reason < 0x40)
		(void)snprintf(buf, size, "%s%u", kind[reason / 16], (unsigned int)(reason % 16));
	else
		(void)snprintf(buf, size, "EXCP_%u", (unsigned int)(reason - 0x40));
	return buf;
}

const char *vms_exit_name(const struct vms_exit *why, char *buf, size_t size)
{
	const char *name = NULL;

	switch (why->isa) {
	case VMS_ISA_VMX: name = find(vmx, VMS_ARRAY_NR(vmx), why->reason); break;
	case VMS_ISA_SVM:
		if (why->reason == 0x7c)
			return why->written ? "MSR_WRITE" : "MSR_READ";
		name = find(svm, VMS_ARRAY_NR(svm), why->reason);
		if (!name && why->reason < 0x60)
			return svm_range(why->reason, buf, size);
		break;
	case VMS_ISA_ARM64: name = find(arm64, VMS_ARRAY_NR(arm64), why->reason); break;
	case VMS_ISA_RISCV: name = find(riscv, VMS_ARRAY_NR(riscv), why->reason); break;
	default: break;
	}
	if (name)
		return name;
	(void)snprintf(buf, size, "0x%x", (unsigned int)why->reason);
	return buf;
}

bool vms_exit_is_idle(const struct vms_exit *why)
{
	return (why->isa == VMS_ISA_VMX && why->reason == 12) ||
	       (why->isa == VMS_ISA_SVM && (why->reason == 0x78 || why->reason == 0xa6)) ||
	       (why->isa == VMS_ISA_ARM64 && why->reason == 0x01) ||
	       (why->isa == VMS_ISA_RISCV && why->reason == 0x200);
}

const char *vms_isa_name(unsigned int isa)
{
	static const char *const names[VMS_ISA_NR] = { "", "vmx", "svm", "arm64", "riscv" };

	return isa < VMS_ISA_NR ? names[isa] : "";
}
