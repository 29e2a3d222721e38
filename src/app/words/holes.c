// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the words for host events that are missing without a mark. */
#include "app/words/holes.h"

#include <stdio.h>

#include "app/words/format.h"

const char *hole_kind(const struct vms_hole *hole)
{
	switch ((enum vms_hole_kind)hole->kind) {
	case VMS_HOLE_TRACING_OFF: return "tracing-off";
	case VMS_HOLE_ENTRIES:
	case VMS_HOLE_EXITS: return "filter";
	case VMS_HOLE_COUNTED:
	case VMS_HOLE_UNMARKED: return "counted";
	case VMS_HOLE_KVM_SILENT: return "kvm-silent";
	case VMS_HOLE_NO_DATA:
	case VMS_HOLE_SWITCH_MISSING:
	default: return "no-data";
	}
}

const char *hole_event(const struct vms_hole *hole)
{
	return hole->kind == VMS_HOLE_ENTRIES ? "kvm_entry"
	       : hole->kind == VMS_HOLE_EXITS ? "kvm_exit"
					      : NULL;
}

const char *hole_text(const struct vms_clock *clock, const struct vms_stream *host,
		      const struct vms_hole *hole, char *buf, size_t size)
{
	static const char *const why[] = {
		[VMS_HOLE_NO_DATA] = "was not recorded",
		[VMS_HOLE_SWITCH_MISSING] = "events are missing",
		[VMS_HOLE_TRACING_OFF] = "tracing was off",
	};

	if (hole_event(hole))
		(void)snprintf(buf, size,
			       "%s is missing %llu times where there must have been one: filtered?",
			       hole_event(hole), (unsigned long long)hole->nr);
	else if (hole->kind == VMS_HOLE_KVM_SILENT)
		(void)snprintf(
			buf, size,
			"kvm events are missing for %s from host time %lld: %llu guest "
			"events lie there",
			fmt_span(clock,
				 vms_clock_ns(clock, vms_sat_sub_i64(hole->to_raw, hole->from_raw)),
				 FMT_BUF),
			(long long)hole->from_raw, (unsigned long long)hole->nr);
	else if (hole->kind == VMS_HOLE_COUNTED || hole->kind == VMS_HOLE_UNMARKED)
		(void)snprintf(buf, size, "host CPU %u: the kernel %s %llu events that %s",
			       host->cpus[hole->cpu].cpu,
			       hole->kind == VMS_HOLE_COUNTED ? "recorded" : "lost",
			       (unsigned long long)hole->nr,
			       hole->kind == VMS_HOLE_COUNTED ? "are not in the file"
							      : "nothing in the file marks");
	else
		(void)snprintf(
			buf, size, "host CPU %u: %s for %s from host time %lld",
			host->cpus[hole->cpu].cpu, why[hole->kind],
			fmt_span(clock,
				 vms_clock_ns(clock, vms_sat_sub_i64(hole->to_raw, hole->from_raw)),
				 FMT_BUF),
			(long long)hole->from_raw);
	return buf;
}
