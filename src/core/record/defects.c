// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which defects of trace-cmd the samples and events of a guest show. */
#include <vmsync/defects.h>

#include <stdarg.h>
#include <stdio.h>

#include <vmsync/model.h>

#include "core/base/util.h"
#include "core/base/wide.h"

#define SHIFT_INTERPOLATE 1u
#define ROUNDED_TRIED 64 /* events at the beginning of a CPU that may show how times are rounded */
enum { SPAN_CHARS = 64 };

/* What was found: one place a number, so that each is named once and in order. */
struct finding {
	const struct vms_stream *guest, *host;
	struct vms_defect t[VMS_DEFECTS_MAX + 1];
};

/* One guest CPU that has samples and events. */
struct probe {
	const struct vms_cpu *events;
	const struct vms_shift_sample *samples;
	uint32_t samples_nr;
	int64_t first_raw, last_raw;
};

static void found(struct finding *f, unsigned int nr, const char *fmt, ...) VMS_PRINTF(3, 4);

static void found(struct finding *f, unsigned int nr, const char *fmt, ...)
{
	struct vms_defect *d = &f->t[nr];
	va_list ap;

	if (d->id[0])
		return;
	(void)snprintf(d->id, sizeof(d->id), "T%u", nr % 100);
	va_start(ap, fmt);
	(void)vsnprintf(d->text, sizeof(d->text), fmt, ap);
	va_end(ap);
}

/* "120000 ticks (50.000 us)" */
static const char *span_text(const struct finding *f, int64_t raw, char buf[SPAN_CHARS])
{
	const struct vms_clock *c = &f->guest->clock;
	const double us = vms_clock_ns(c, raw) / 1000.0;

	if (c->ns_per_unit <= 0.0)
		(void)snprintf(buf, SPAN_CHARS, "%lld units", (long long)raw);
	else if (c->counts_ns)
		(void)snprintf(buf, SPAN_CHARS, "%.3f us", us);
	else
		(void)snprintf(buf, SPAN_CHARS, "%lld ticks (%.3f us)", (long long)raw, us);
	return buf;
}

static bool probe_of(const struct vms_stream *g, unsigned int cpu_idx, struct probe *p)
{
	const struct vms_cpu *events = &g->cpus[cpu_idx];

	if (!events->nr || events->cpu >= g->shift->cpus_nr ||
	    !g->shift->cpus[events->cpu].samples_nr)
		return false;
	*p = (struct probe){ .events = events,
			     .samples = g->shift->cpus[events->cpu].samples,
			     .samples_nr = g->shift->cpus[events->cpu].samples_nr,
			     .first_raw = vms_cpu_stored(events)[0],
			     .last_raw = vms_cpu_stored(events)[events->nr - 1] };
	return true;
}

/* How far libtracecmd's interpolation takes an event from where its samples say. */
static uint64_t error_at(const struct finding *f, const struct probe *p, uint32_t event)
{
	const int64_t raw = vms_cpu_stored(p->events)[event];
	const uint64_t is = vms_recorded_apply(f->guest->shift, p->events->cpu, (uint64_t)raw);
	const uint64_t due = (uint64_t)vms_recorded_exact(f->guest->shift, p->events->cpu, raw);

	return VMS_MIN(is - due, due - is);
}

/*
 * The product that may overflow is greatest at the end of each pair's range, which is the next
 * sample or the last event; how it is rounded shows at almost any event.
 */
static uint64_t worst_error(const struct finding *finding, const struct probe *probe)
{
	uint64_t worst = error_at(finding, probe, probe->events->nr - 1);
	uint32_t i;

	for (i = 0; i < probe->samples_nr; i++) {
		const uint32_t end =
			vms_cpu_lower_bound(probe->events, vms_clamp_i64(probe->samples[i].time));

		if (end)
			worst = VMS_MAX(worst, error_at(finding, probe, end - 1));
	}
	for (i = 0; i < probe->events->nr && i < ROUNDED_TRIED && !worst; i++)
		worst = error_at(finding, probe, i);
	return worst;
}

static void find_interpolation(struct finding *finding, const struct probe *probe)
{
	uint64_t worst;
	char by[SPAN_CHARS];

	if (probe->samples_nr < 2 || probe->samples[0].scaling > 1)
		return;
	worst = worst_error(finding, probe);
	if (worst > 1)
		found(finding, 1,
		      "the product of interpolation overflows 64 bits: times of CPU %u far from a "
		      "sample are wrong by up to %s",
		      probe->events->cpu, span_text(finding, vms_clamp_i64(worst), by));
	else if (worst)
		found(finding, 13,
		      "interpolation rounds towards zero and not to nearest: times come out one "
		      "unit late");
}

/* With two samples the first is used always, of more the last never. */
static void find_hold(struct finding *finding, const struct probe *probe)
{
	const struct vms_shift_sample *sample = probe->samples;
	const uint32_t last = probe->samples_nr - 1;
	char by[SPAN_CHARS];
	uint32_t i;

	if (last && sample[last].offset != sample[last - 1].offset &&
	    probe->last_raw > vms_clamp_i64(sample[last - 1].time))
		found(finding, 2,
		      "the newest sample is never applied: the offset of CPU %u changed by %s "
		      "before it, and times since then keep the old one",
		      probe->events->cpu,
		      span_text(finding,
				vms_sat_sub_i64(sample[last].offset, sample[last - 1].offset), by));
	for (i = 1; i < last; i++)
		if (sample[i].offset != sample[i - 1].offset &&
		    probe->first_raw < vms_clamp_i64(sample[i].time) &&
		    probe->last_raw >= vms_clamp_i64(sample[i].time))
			found(finding, 14,
			      "times of CPU %u jump by %s at a sample, and not where the offset "
			      "changed: events between the two are wrong",
			      probe->events->cpu,
			      span_text(finding,
					vms_sat_sub_i64(sample[i].offset, sample[i - 1].offset),
					by));
}

static void find_scaling(struct finding *finding, const struct probe *probe)
{
	const uint64_t ratio = probe->samples[0].scaling;

	if (ratio <= 1)
		return;
	if (probe->samples_nr == 1) {
		found(finding, 5,
		      "the TSC is scaled, and with one sample the ratio is left out: the guest's "
		      "times have a wrong rate");
		return;
	}
	found(finding, 3,
	      "the TSC is scaled, and times are multiplied by the ratio where they should be "
	      "divided: none of them is right");
	if ((uint64_t)probe->last_raw > UINT64_MAX / ratio)
		found(finding, 4,
		      "the TSC is scaled, and the product with the ratio overflows 64 bits: times "
		      "of CPU %u are meaningless",
		      probe->events->cpu);
}

static bool looks_misread(const struct vms_shift_cpu *c, uint64_t scaling)
{
	uint32_t k;

	for (k = 0; k < c->samples_nr; k++) {
		if (c->samples[k].scaling != scaling || !scaling || c->samples[k].fraction > 63)
			return true;
		if (k && c->samples[k].time <= c->samples[k - 1].time)
			return true;
	}
	return false;
}

static void find_layout(struct finding *finding)
{
	const struct vms_time_shift *shift = finding->guest->shift;
	uint64_t scaling = 0;
	uint32_t i;

	if (!shift->cpus_nr && finding->guest->events_nr)
		found(finding, 12,
		      "TIME_SHIFT is for no CPU at all: no time of this guest is corrected");
	for (i = 0; i < shift->cpus_nr; i++) {
		const struct vms_shift_cpu *shift_cpu = &shift->cpus[i];

		if (!shift_cpu->samples_nr) {
			found(finding, 8,
			      "CPU %u has no sample, and libtracecmd reads outside of its array: "
			      "its times may be anything",
			      i);
			continue;
		}
		if (!scaling)
			scaling = shift_cpu->samples[0].scaling;
		if (looks_misread(shift_cpu, scaling))
			found(finding, 6,
			      "samples of CPU %u are out of order or of another scaling: written "
			      "with the counts of another CPU, they mean nothing",
			      i);
	}
	for (i = 0; i < finding->guest->cpus_nr; i++)
		if (finding->guest->cpus[i].nr && finding->guest->cpus[i].cpu >= shift->cpus_nr)
			found(finding, 12,
			      "CPU %u has events and no place in TIME_SHIFT: its times are not "
			      "corrected",
			      finding->guest->cpus[i].cpu);
}

/* Only the top buffer of a file is corrected. */
static void find_instances(struct finding *finding)
{
	const struct vms_stream *guest = finding->guest;
	uint64_t unshifted_nr = 0, worst = 0;
	char by[SPAN_CHARS];
	unsigned int c;
	uint32_t i;

	for (c = 0; c < guest->cpus_nr; c++) {
		/* of one buffer, as most are */
		if (!guest->cpus[c].buffer && !vms_event_in_instance(guest, c, 0))
			continue;
		for (i = 0; i < guest->cpus[c].nr; i++) {
			const uint64_t raw = (uint64_t)vms_cpu_stored(&guest->cpus[c])[i];
			uint64_t due;

			if (!vms_event_in_instance(guest, c, i))
				continue;
			due = vms_recorded_apply(guest->shift, guest->cpus[c].cpu, raw);
			unshifted_nr += due != raw;
			worst = VMS_MAX(worst, VMS_MIN(raw - due, due - raw));
		}
	}
	if (unshifted_nr)
		found(finding, 15,
		      "TIME_SHIFT is applied to the first buffer alone: %llu of %llu events, those "
		      "of buffer instances, are shown uncorrected, up to %s from where it puts "
		      "them",
		      (unsigned long long)unshifted_nr, (unsigned long long)guest->events_nr,
		      span_text(finding, vms_clamp_i64(worst), by));
}

/* Times that count the same TSC, but become ns by other factors. */
static void find_rates(struct finding *finding)
{
	const struct vms_stream *guest = finding->guest, *host = finding->host;
	const struct vms_clock *guest_clock = &guest->clock, *host_clock = &host->clock;
	char by[SPAN_CHARS];
	int64_t worst = 0;
	unsigned int c;

	if (guest_clock->mult == host_clock->mult && guest_clock->shift == host_clock->shift)
		return;
	for (c = 0; c < guest->cpus_nr; c++) {
		const struct vms_cpu *cpu = &guest->cpus[c];
		uint64_t t;
		int64_t off;

		if (!cpu->nr)
			continue;
		t = vms_recorded_apply(guest->shift, cpu->cpu,
				       (uint64_t)vms_cpu_stored(cpu)[cpu->nr - 1]);
		off = vms_sat_sub_i64(vms_recorded_beside(guest, host, t),
				      vms_sat_add_i64(vms_clamp_i64(t),
						      vms_recorded_moved(guest, host)));
		worst = VMS_MAX(worst, off < 0 ? vms_sat_sub_i64(0, off) : off);
	}
	if (worst > 1 && guest_clock->mult && host_clock->mult)
		found(finding, 16,
		      "TSC2NSEC is %u >> %u, the host's %u >> %u: times of the two files run at "
		      "different rates, and are %s apart at the last event",
		      guest_clock->mult, guest_clock->shift, host_clock->mult, host_clock->shift,
		      span_text(finding, worst, by));
	else if (worst > 1)
		found(finding, 16,
		      "TSC2NSEC is in the %s's file alone: its times are shown in ns, the %s's in "
		      "ticks",
		      guest_clock->mult ? "guest" : "host", guest_clock->mult ? "host" : "guest");
}

unsigned int vms_defects_find(struct vms_defect out[VMS_DEFECTS_MAX],
			      const struct vms_stream *guest, const struct vms_stream *host)
{
	struct finding finding = { .guest = guest, .host = host };
	struct probe probe;
	unsigned int i, nr = 0;

	if (guest->times_corrected)
		return 0;
	find_rates(&finding);
	for (i = 0; guest->shift && i < guest->cpus_nr; i++) {
		if (!probe_of(guest, i, &probe))
			continue;
		if (guest->shift->flags & SHIFT_INTERPOLATE)
			find_interpolation(&finding, &probe);
		else
			find_hold(&finding, &probe);
		find_scaling(&finding, &probe);
	}
	if (guest->shift && guest->shift->refused) {
		found(&finding, 6,
		      "TIME_SHIFT was written with the counts of another CPU and ends early: no "
		      "tool of trace-cmd opens this guest's file");
	} else if (guest->shift) {
		find_layout(&finding);
		find_instances(&finding);
	}
	finding.t[13].slight = true;
	for (i = 1; i <= VMS_DEFECTS_MAX; i++)
		if (finding.t[i].id[0])
			out[nr++] = finding.t[i];
	return nr;
}
