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
	const struct vms_stream *guest;
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
			     .first_raw = events->time_raw[0],
			     .last_raw = events->time_raw[events->nr - 1] };
	return true;
}

/* How far libtracecmd's interpolation takes an event from where its samples say. */
static uint64_t error_at(const struct finding *f, const struct probe *p, uint32_t event)
{
	const int64_t raw = p->events->time_raw[event];
	const uint64_t is = vms_recorded_apply(f->guest->shift, p->events->cpu, (uint64_t)raw);
	const uint64_t due = (uint64_t)vms_recorded_exact(f->guest->shift, p->events->cpu, raw);

	return VMS_MIN(is - due, due - is);
}

/*
 * The product that may overflow is greatest at the end of each pair's range, which is the next
 * sample or the last event; how it is rounded shows at almost any event.
 */
static uint64_t worst_error(const struct finding *f, const struct probe *p)
{
	uint64_t worst = error_at(f, p, p->events->nr - 1);
	uint32_t i;

	for (i = 0; i < p->samples_nr; i++) {
		const uint32_t end =
			vms_cpu_lower_bound(p->events, vms_clamp_i64(p->samples[i].time));

		if (end)
			worst = VMS_MAX(worst, error_at(f, p, end - 1));
	}
	for (i = 0; i < p->events->nr && i < ROUNDED_TRIED && !worst; i++)
		worst = error_at(f, p, i);
	return worst;
}

static void find_interpolation(struct finding *f, const struct probe *p)
{
	uint64_t worst;
	char by[SPAN_CHARS];

	if (p->samples_nr < 2 || p->samples[0].scaling > 1)
		return;
	worst = worst_error(f, p);
	if (worst > 1)
		found(f, 1,
		      "the product of interpolation overflows 64 bits: times of CPU %u far from a "
		      "sample are wrong by up to %s",
		      p->events->cpu, span_text(f, vms_clamp_i64(worst), by));
	else if (worst)
		found(f, 13,
		      "interpolation rounds towards zero and not to nearest: times come out one "
		      "unit late");
}

/* With two samples the first is used always, of more the last never. */
static void find_hold(struct finding *f, const struct probe *p)
{
	const struct vms_shift_sample *s = p->samples;
	const uint32_t last = p->samples_nr - 1;
	char by[SPAN_CHARS];
	uint32_t i;

	if (last && s[last].offset != s[last - 1].offset &&
	    p->last_raw > vms_clamp_i64(s[last - 1].time))
		found(f, 2,
		      "the newest sample is never applied: the offset of CPU %u changed by %s "
		      "before it, and times since then keep the old one",
		      p->events->cpu,
		      span_text(f, vms_sat_sub_i64(s[last].offset, s[last - 1].offset), by));
	for (i = 1; i < last; i++)
		if (s[i].offset != s[i - 1].offset && p->first_raw < vms_clamp_i64(s[i].time) &&
		    p->last_raw >= vms_clamp_i64(s[i].time))
			found(f, 14,
			      "times of CPU %u jump by %s at a sample, and not where the offset "
			      "changed: events between the two are wrong",
			      p->events->cpu,
			      span_text(f, vms_sat_sub_i64(s[i].offset, s[i - 1].offset), by));
}

static void find_scaling(struct finding *f, const struct probe *p)
{
	const uint64_t ratio = p->samples[0].scaling;

	if (ratio <= 1)
		return;
	if (p->samples_nr == 1) {
		found(f, 5,
		      "the TSC is scaled, and with one sample the ratio is left out: the guest's "
		      "times have a wrong rate");
		return;
	}
	found(f, 3,
	      "the TSC is scaled, and times are multiplied by the ratio where they should be "
	      "divided: none of them is right");
	if ((uint64_t)p->last_raw > UINT64_MAX / ratio)
		found(f, 4,
		      "the TSC is scaled, and the product with the ratio overflows 64 bits: times "
		      "of CPU %u are meaningless",
		      p->events->cpu);
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

static void find_layout(struct finding *f)
{
	const struct vms_time_shift *s = f->guest->shift;
	uint64_t scaling = 0;
	uint32_t i;

	for (i = 0; i < s->cpus_nr; i++) {
		const struct vms_shift_cpu *c = &s->cpus[i];

		if (!c->samples_nr) {
			found(f, 8,
			      "CPU %u has no sample, and libtracecmd reads outside of its array: "
			      "its times may be anything",
			      i);
			continue;
		}
		if (!scaling)
			scaling = c->samples[0].scaling;
		if (looks_misread(c, scaling))
			found(f, 6,
			      "samples of CPU %u are out of order or of another scaling: written "
			      "with the counts of another CPU, they mean nothing",
			      i);
	}
	for (i = 0; i < f->guest->cpus_nr; i++)
		if (f->guest->cpus[i].nr && f->guest->cpus[i].cpu >= s->cpus_nr)
			found(f, 12,
			      "CPU %u has events and no place in TIME_SHIFT: its times are not "
			      "corrected",
			      f->guest->cpus[i].cpu);
}

unsigned int vms_defects_find(struct vms_defect out[VMS_DEFECTS_MAX],
			      const struct vms_stream *guest)
{
	struct finding f = { .guest = guest };
	struct probe p;
	unsigned int i, nr = 0;

	if (!guest->shift || guest->times_corrected)
		return 0;
	for (i = 0; i < guest->cpus_nr; i++) {
		if (!probe_of(guest, i, &p))
			continue;
		if (guest->shift->flags & SHIFT_INTERPOLATE)
			find_interpolation(&f, &p);
		else
			find_hold(&f, &p);
		find_scaling(&f, &p);
	}
	find_layout(&f);
	f.t[13].slight = true;
	for (i = 1; i <= VMS_DEFECTS_MAX; i++)
		if (f.t[i].id[0])
			out[nr++] = f.t[i];
	return nr;
}
