// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which event of the host refines which reason of an exit, and which tells what is injected. */
#include "core/stretch/cause.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/assert.h"
#include "core/base/util.h"

enum { REASON_SVM_MSR = 0x7c };

/* Several rules for a reason: the first whose event is there counts. */
struct rule {
	uint8_t isa;
	uint32_t reason;
	const char *name;   /* instead of the reason's; NULL = that */
	const char *event;  /* of the host */
	const char *fields; /* one, or several bytes of one value */
};

static const struct rule rules[] = {
	{ VMS_ISA_VMX, 10, NULL, "kvm_cpuid", "function" },
	{ VMS_ISA_VMX, 18, NULL, "kvm_hypercall", "nr" },
	{ VMS_ISA_VMX, 18, NULL, "kvm_hv_hypercall", "code" },
	{ VMS_ISA_VMX, 28, NULL, "kvm_cr", "cr" },
	{ VMS_ISA_VMX, 30, "IO", "kvm_pio", "port" },
	{ VMS_ISA_VMX, 31, NULL, "kvm_msr", "ecx" },
	{ VMS_ISA_VMX, 32, NULL, "kvm_msr", "ecx" },
	{ VMS_ISA_VMX, 48, NULL, "kvm_mmio", "gpa" },
	{ VMS_ISA_VMX, 49, NULL, "kvm_fast_mmio", "gpa" },
	{ VMS_ISA_VMX, 49, NULL, "kvm_mmio", "gpa" },
	{ VMS_ISA_VMX, 84, NULL, "kvm_msr", "ecx" },
	{ VMS_ISA_VMX, 85, NULL, "kvm_msr", "ecx" },
	{ VMS_ISA_SVM, 0x72, NULL, "kvm_cpuid", "function" },
	{ VMS_ISA_SVM, 0x7b, "IO", "kvm_pio", "port" },
	{ VMS_ISA_SVM, REASON_SVM_MSR, NULL, "kvm_msr", "ecx" },
	{ VMS_ISA_SVM, 0x81, NULL, "kvm_hypercall", "nr" },
	{ VMS_ISA_SVM, 0x81, NULL, "kvm_hv_hypercall", "code" },
	{ VMS_ISA_SVM, 0x400, NULL, "kvm_fast_mmio", "gpa" },
	{ VMS_ISA_SVM, 0x400, NULL, "kvm_mmio", "gpa" },
	{ VMS_ISA_ARM64, 0x16, NULL, "kvm_hvc_arm64", "r0" },
	{ VMS_ISA_ARM64, 0x17, NULL, "kvm_smc_arm64", "r0" },
	{ VMS_ISA_ARM64, 0x18, NULL, "kvm_sys_access", "Op0 Op1 CRn CRm Op2" },
	{ VMS_ISA_ARM64, 0x24, NULL, "kvm_mmio", "gpa" },
	{ VMS_ISA_RISCV, 21, NULL, "kvm_mmio", "gpa" },
	{ VMS_ISA_RISCV, 23, NULL, "kvm_mmio", "gpa" },
};

/* What an entry injects: the field of the event before it, where another says that it is so. */
static const struct {
	const char *event, *field, *level;
} injects[] = {
	{ "kvm_inj_virq", "vector|irq", NULL },
	{ "vgic_update_irq_pending", "irq", "level" },
	{ "kvm_entry", "intr_info", NULL },
};

/* VM_ENTRY_INTR_INFO, EVENTINJ: valid, and an external interrupt. */
static const uint32_t intr_info_mask = 0x80000700, intr_info_external = 0x80000000;

static void take_rule(struct vms_causes *causes, unsigned int rule)
{
	const uint16_t type = vms_around_type(&causes->around, rules[rule].event);
	const char *at = rules[rule].fields;
	unsigned int nr = 0;
	char name[32];

	if (!type)
		return;
	causes->rules[causes->rules_nr].rule = (uint8_t)(rule + 1);
	causes->rules[causes->rules_nr].type = type;
	for (; *at; at += strspn(at, " ")) {
		const size_t len = strcspn(at, " ");

		(void)snprintf(name, sizeof(name), "%.*s", (int)len, at);
		causes->rules[causes->rules_nr].fields[nr] =
			vms_field_named(&causes->around.host->types[type], name);
		if (!causes->rules[causes->rules_nr].fields[nr++])
			return;
		at += len;
	}
	causes->rules_nr++;
}

int vms_causes_open(struct vms_causes *causes, const struct vms_stream *host)
{
	unsigned int i;
	int ret;

	memset(causes, 0, sizeof(*causes));
	ret = vms_around_open(&causes->around, host, NULL);
	if (ret)
		return ret;
	VMS_ASSERT(VMS_ARRAY_NR(rules) <= VMS_CAUSE_RULES);
	for (i = 0; i < VMS_ARRAY_NR(rules); i++)
		take_rule(causes, i);
	for (i = 0; i < VMS_ARRAY_NR(injects) && !causes->inject; i++) {
		const uint16_t type = vms_around_type(&causes->around, injects[i].event);
		const struct vms_event_type *format = &host->types[type];

		if (!type || !vms_field_named(format, injects[i].field))
			continue;
		causes->inject = vms_field_named(format, injects[i].field);
		if (injects[i].level)
			causes->inject_level = vms_field_named(format, injects[i].level);
		causes->inject_type = type == causes->around.entry_type ? 0 : type;
		causes->inject_rule = (uint8_t)(i + 1);
	}
	return 0;
}

void vms_causes_clear(struct vms_causes *c)
{
	vms_around_clear(&c->around);
}

static uint64_t value_of(const struct vms_causes *causes, unsigned int rule, const uint8_t *payload)
{
	const struct vms_field *const *fields = causes->rules[rule].fields;
	uint64_t value = vms_field_u64(causes->around.host, fields[0], payload);
	unsigned int i;

	for (i = 1; i < VMS_CAUSE_FIELDS && fields[i]; i++)
		value = (value << 8) |
			(vms_field_u64(causes->around.host, fields[i], payload) & 0xff);
	return value;
}

struct vms_cause vms_cause_of_exit(const struct vms_causes *causes, const struct vms_thread *thread,
				   uint32_t stretch)
{
	const struct vms_stretch *s = &thread->stretches[stretch];
	struct vms_cause cause = { .isa = s->why.isa, .reason = s->why.reason };
	unsigned int i;

	if (s->exit.cpu < 0 || (s->flags & VMS_STRETCH_UNKNOWN))
		return (struct vms_cause){ .isa = VMS_ISA_NONE };
	cause.written =
		cause.isa == VMS_ISA_SVM && cause.reason == REASON_SVM_MSR && s->why.written;
	for (i = 0; i < causes->rules_nr; i++) {
		const struct rule *rule = &rules[causes->rules[i].rule - 1];
		struct vms_vicinity at;
		int64_t idx;

		if (rule->isa != cause.isa || rule->reason != cause.reason)
			continue;
		at = vms_vicinity_of(&causes->around, thread, stretch, true);
		idx = vms_vicinity_next(&causes->around, &at, causes->rules[i].type);
		if (idx < 0)
			continue;
		cause.rule = causes->rules[i].rule;
		cause.value = value_of(causes, i, vms_payload(at.cpu, (uint32_t)idx));
		break;
	}
	return cause;
}

void vms_cause_inject(struct vms_cause *cause, const struct vms_causes *causes,
		      const struct vms_thread *thread, uint32_t stretch)
{
	const struct vms_stretch *s = &thread->stretches[stretch];
	const struct vms_stream *host = causes->around.host;
	struct vms_vicinity at;
	uint64_t value = 0;
	int64_t idx;

	if (!causes->inject || s->entry.cpu < 0)
		return;
	at = vms_vicinity_of(&causes->around, thread, stretch, false);
	idx = s->entry.idx;
	do {
		if (causes->inject_type)
			idx = vms_vicinity_next(&causes->around, &at, causes->inject_type);
	} while (idx >= 0 && causes->inject_level &&
		 !vms_field_u64(host, causes->inject_level, vms_payload(at.cpu, (uint32_t)idx)));
	if (idx >= 0)
		value = vms_field_u64(host, causes->inject, vms_payload(at.cpu, (uint32_t)idx));
	if (!causes->inject_type && value && (value & intr_info_mask) != intr_info_external)
		return;
	/* an interrupt that is not raised anew may be pending still */
	if (idx < 0 && causes->inject_level)
		return;
	cause->injects = causes->inject_rule;
	cause->none = causes->inject_type ? idx < 0 : !value;
	cause->vector = (uint32_t)(causes->inject_type ? value : value & 0xff);
}

/* The register that five bytes name, as arm64 writes it. */
static void register_name(char *buf, size_t size, uint64_t value)
{
	(void)snprintf(buf, size, " S%u_%u_C%u_C%u_%u", (unsigned int)(value >> 32 & 0xff),
		       (unsigned int)(value >> 24 & 0xff), (unsigned int)(value >> 16 & 0xff),
		       (unsigned int)(value >> 8 & 0xff), (unsigned int)(value & 0xff));
}

const char *vms_cause_name(const struct vms_cause *cause, char *buf, size_t size)
{
	const struct vms_exit why = { .isa = cause->isa,
				      .reason = cause->reason,
				      .written = cause->written };
	const struct rule *rule = cause->rule ? &rules[cause->rule - 1] : NULL;
	char name[32], value[40] = "", vector[24] = "";

	if (rule && strchr(rule->fields, ' '))
		register_name(value, sizeof(value), cause->value);
	else if (rule)
		(void)snprintf(value, sizeof(value), " 0x%" PRIx64, cause->value);
	if (cause->injects && !cause->none)
		(void)snprintf(vector, sizeof(vector), " inj 0x%x", cause->vector);
	(void)snprintf(buf, size, "%s%s%s",
		       rule && rule->name ? rule->name : vms_exit_name(&why, name, sizeof(name)),
		       value, vector);
	return buf;
}

/* A condition for each field of a rule: the last has the lowest byte. */
static void rule_conds(struct text *out, const struct rule *rule, uint64_t value)
{
	const char *at = rule->fields;
	unsigned int left = 0;
	const char *c;

	for (c = at; *c; c++)
		left += *c == ' ';
	if (!left) {
		text_printf(out, " %s.%s=0x%" PRIx64, rule->event, rule->fields, value);
		return;
	}
	for (; *at; at += strspn(at, " "), left--) {
		const size_t len = strcspn(at, " ");

		text_printf(out, " %s.%.*s=%u", rule->event, (int)len, at,
			    (unsigned int)(value >> (8 * left) & 0xff));
		at += len;
	}
}

void vms_cause_conds(struct text *out, const struct vms_cause *cause)
{
	if (cause->isa != VMS_ISA_NONE)
		text_printf(out, " isa=%s", vms_isa_name(cause->isa));
	text_printf(out, " reason=%s%" PRIx32, cause->reason > 9 ? "0x" : "", cause->reason);
	if (cause->isa == VMS_ISA_SVM && cause->reason == REASON_SVM_MSR)
		text_printf(out, " info1=%u", cause->written);
	if (cause->rule)
		rule_conds(out, &rules[cause->rule - 1], cause->value);
	if (!cause->injects)
		return;
	if (!strcmp(injects[cause->injects - 1].event, "kvm_entry"))
		text_printf(out, " %s=0x%x", injects[cause->injects - 1].field,
			    cause->none ? 0 : intr_info_external | cause->vector);
	else if (cause->none)
		text_printf(out, " %s.%s=none", injects[cause->injects - 1].event,
			    injects[cause->injects - 1].field);
	else
		text_printf(out, " %s.%s=0x%x", injects[cause->injects - 1].event,
			    injects[cause->injects - 1].field, cause->vector);
}
