// SPDX-License-Identifier: LGPL-2.1-or-later
/* Bands of clock facts for each vCPU thread of a host, and why there are none. */
#include <vmsync/host_only.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

#define MSR_TSC_DEADLINE 0x6e0u

/* How many events of a type there are, of those whose field has a value if one is asked for. */
static uint64_t count(const struct vms_stream *host, const char *name, const char *field,
		      uint64_t want)
{
	const unsigned int type = vms_type_find(host, "kvm", name);
	uint64_t nr = 0, val = 0;
	unsigned int c;
	uint32_t i;

	for (c = 0; c < host->cpus_nr && type; c++) {
		for (i = 0; i < host->cpus[c].nr; i++) {
			const struct vms_ref ref = { .cpu = (int32_t)c, .idx = i };

			nr += host->cpus[c].type[i] == type &&
			      (!field ||
			       (vms_field_by_name(host, ref, field, &val) && val == want));
		}
	}
	return nr;
}

static const char *why_no_facts(const struct vms_stream *host, const struct vms_facts *facts)
{
	unsigned int i;

	if (!vms_counts_tsc(host))
		return "its clock is not x86-tsc, and KVM speaks of the TSC alone";
	for (i = 0; i < facts->threads_nr; i++)
		if (facts->threads[i].rate > 0.0)
			return "a guest's TSC seems to be scaled, and only its file says by how "
			       "much";
	if (!count(host, "kvm_msr", NULL, 0))
		return "it has no kvm_msr events, which say what deadlines its guests' timers have";
	if (!count(host, "kvm_wait_lapic_expire", NULL, 0))
		return "it has no kvm_wait_lapic_expire events, which say what a guest's TSC is";
	if (!count(host, "kvm_msr", "ecx", MSR_TSC_DEADLINE))
		return "its guests' timers count down and have no deadlines (LAPIC one-shot mode)";
	return "no two of its events agree on a guest's TSC";
}

static int no_facts(const struct vms_trace *t, const struct vms_facts *facts, struct vms_err *err)
{
	return vms_fail(err, VMS_ENODATA,
			"%s: %s, and it says nothing of its guests' clocks "
			"by itself: %s; record host and guests together with trace-cmd record -A, "
			"the host with -C x86-tsc -e kvm, or name the guest's file too",
			t->host->path, vms_trace_no_guest(t), why_no_facts(t->host, facts));
}

static void name_vcpu(struct vms_host_vcpu *vcpu, const struct vms_stream *host)
{
	unsigned int d;
	uint32_t i;

	vcpu->vcpu = vcpu->thread->vcpu_id < 0 ? 0 : (uint32_t)vcpu->thread->vcpu_id;
	for (d = 0; d < host->decls_nr; d++) {
		for (i = 0; i < host->decls[d].vcpus_nr; i++) {
			if (host->decls[d].tid[i] != vcpu->thread->tid)
				continue;
			vcpu->decl = &host->decls[d];
			vcpu->vcpu = host->decls[d].vcpu[i];
		}
	}
}

static int by_guest(const void *a, const void *b)
{
	const struct vms_host_vcpu *x = a, *y = b;

	if (x->decl != y->decl)
		return x->decl < y->decl ? -1 : 1;
	return (x->thread > y->thread) - (x->thread < y->thread);
}

/* A segment of a band of facts is as wide everywhere: its first fact stands for all. */
static void set_widest(struct vms_band *band)
{
	unsigned int i;

	for (i = 0; i < band->segs_nr; i++) {
		struct vms_band_segment *seg = &band->segs[i];

		seg->widest_raw = vms_sat_sub_i64(seg->hi_raw, seg->lo_raw);
		seg->widest_at_raw = seg->from_raw;
	}
}

static int solve_all(struct vms_host_only *only, const struct vms_stream *host, struct vms_err *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < only->st->threads_nr && !ret; i++) {
		struct vms_host_vcpu *vcpu = &only->vcpus[only->vcpus_nr];
		uint32_t doubtful = 0;

		if (!only->facts->threads[i].facts_nr)
			continue;
		vcpu->thread = &only->st->threads[i];
		vcpu->facts = &only->facts->threads[i];
		name_vcpu(vcpu, host);
		only->vcpus_nr++;
		ret = vms_facts_band(&vcpu->band, vcpu->facts, 0, false, &doubtful, err);
		if (!ret)
			set_widest(vcpu->band);
		vcpu->facts_nr = vcpu->facts->facts_nr - doubtful;
	}
	if (only->vcpus_nr)
		qsort(only->vcpus, only->vcpus_nr, sizeof(*only->vcpus), by_guest);
	return ret;
}

int vms_host_only_new(struct vms_host_only **out, const struct vms_trace *trace,
		      struct vms_err *err)
{
	struct vms_host_only *only;
	int ret = 0;

	if (!vms_counts_tsc(trace->host))
		return no_facts(trace, NULL, err);
	only = vms_calloc(1, sizeof(*only));
	if (!only)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	ret = vms_stretches_build(&only->st, trace->host, err);
	if (!ret)
		ret = vms_facts_build(&only->facts, trace->host, only->st, NULL, NULL, 0, err);
	if (!ret) {
		only->vcpus = vms_calloc(only->st->threads_nr, sizeof(*only->vcpus));
		ret = only->vcpus ? solve_all(only, trace->host, err)
				  : vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	if (!ret && !only->vcpus_nr)
		ret = no_facts(trace, only->facts, err);
	if (ret)
		vms_host_only_free(only);
	else
		*out = only;
	return ret;
}

void vms_host_only_free(struct vms_host_only *only)
{
	unsigned int i;

	if (!only)
		return;
	for (i = 0; i < only->vcpus_nr; i++)
		vms_band_free(only->vcpus[i].band);
	free(only->vcpus);
	vms_facts_free(only->facts);
	vms_stretches_free(only->st);
	free(only);
}
