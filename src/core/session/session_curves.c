// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Curves of a track for plots: guest events outside as a function of the offset, at a cost that a
 * frame can bear.
 */
#include "core/session/session_impl.h"

#include <stdlib.h>

#include <vmsync/place.h>

#include "core/base/compiler.h"

/* Changes of the exact count that still fit into a frame's time. */
#define EXACT_MAX 300000.0
/* Events looked up at each point of the grid, where the range holds more stretches than that. */
#define SAMPLE_MAX 2048u

/* Host times of every n-th event under the model in force. */
struct sample {
	int64_t *host_raw;
	uint32_t nr, every;
};

/*
 * How many stretches the events meet while they move over the range: the cost of the exact count.
 */
static double exact_cost(const struct vms_thread *t, const struct vms_cpu *c, int64_t span_raw)
{
	const double covered = (double)t->stretches[t->stretches_nr - 1].leave_raw -
			       (double)t->stretches[0].enter_raw;
	const double part = covered > 0.0 ? (double)span_raw / covered : 1.0;

	return (double)c->nr * (2.0 + t->stretches_nr * VMS_MIN(part, 1.0));
}

static int sample_take(struct sample *sample, const struct vms_session *s,
		       const struct vms_track *track, const struct vms_cpu *cpu)
{
	const struct vms_model *m = vms_session_map(s, track->guest);
	uint32_t i;

	sample->every = cpu->nr / SAMPLE_MAX + 1;
	sample->host_raw = vms_calloc(cpu->nr / sample->every + 1, sizeof(*sample->host_raw));
	if (!sample->host_raw)
		return -VMS_ENOMEM;
	for (i = 0; i < cpu->nr; i += sample->every)
		sample->host_raw[sample->nr++] =
			vms_model_event(m, track->cpu_idx, i, cpu->time_raw[i]);
	return 0;
}

/*
 * One event at all offsets: from one to the next it moves by little, so that what it meets is at
 * hand.
 */
static void count_outside(const struct vms_thread *thread, int64_t host_raw,
			  struct vms_sweep *sweep)
{
	const struct vms_stretch *st = thread->stretches;
	const int64_t first = st[0].enter_raw, last = st[thread->stretches_nr - 1].leave_raw;
	uint32_t near = thread->stretches_nr / 2;
	uint32_t i;

	for (i = 0; i < sweep->nr; i++) {
		int64_t h, at;

		if (vms_add_overflow(host_raw, sweep->from_raw + sweep->step_raw * (int64_t)i,
				     &h) ||
		    h < first || h > last)
			continue;
		at = vms_stretch_near(thread, h, near);
		near = (uint32_t)VMS_MAX(at, 0);
		sweep->outside[i] += at < 0 || h > st[at].leave_raw;
	}
}

static int sweep_sampled(struct vms_sweep **out, const struct vms_session *session,
			 const struct vms_track *track, const struct vms_cpu *c,
			 const struct vms_sweep *grid)
{
	struct vms_sweep *sweep = vms_calloc(1, sizeof(*sweep));
	struct sample sample = { 0 };
	uint32_t i;

	if (sweep)
		*sweep = *grid;
	if (!sweep || sample_take(&sample, session, track, c))
		goto nomem;
	sweep->every = sample.every;
	sweep->checkable_nr = sample.nr;
	sweep->outside = vms_calloc(sweep->nr, sizeof(*sweep->outside));
	if (!sweep->outside)
		goto nomem;
	for (i = 0; i < sample.nr; i++)
		count_outside(track->thread, sample.host_raw[i], sweep);
	free(sample.host_raw);
	*out = sweep;
	return 0;
nomem:
	free(sample.host_raw);
	free(sweep);
	return -VMS_ENOMEM;
}

int vms_session_sweep(struct vms_sweep **out, const struct vms_session *session,
		      unsigned int track_idx, int64_t half_raw, uint32_t half_nr,
		      struct vms_err *err)
{
	struct vms_sweep grid = { .nr = 2 * half_nr + 1 };
	const struct vms_model *model;
	const struct vms_track *track;
	const struct vms_cpu *cpu;

	if (track_idx >= session->tracks_nr || !half_nr || half_nr > UINT16_MAX || half_raw < 1 ||
	    half_raw > INT64_MAX / 4)
		return vms_fail(err, VMS_EUSAGE,
				"a sweep needs a track, a range below 2^61 and some points");
	track = &session->tracks[track_idx];
	model = vms_session_map(session, track->guest);
	if (!track->thread || !track->thread->stretches_nr || !model)
		return vms_fail(err, VMS_ENODATA, "no thread is known for vCPU %u", track->vcpu);
	cpu = &session->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	/*
	 * 0, the model as it is, is a point of the grid: between points a narrow dip would be
	 * missed
	 */
	grid.step_raw = VMS_MAX((half_raw + (int64_t)half_nr - 1) / (int64_t)half_nr, 1);
	grid.from_raw = -grid.step_raw * (int64_t)half_nr;
	if (exact_cost(track->thread, cpu, -2 * grid.from_raw) > EXACT_MAX) {
		if (sweep_sampled(out, session, track, cpu, &grid))
			return vms_fail(err, VMS_ENOMEM, "out of memory while sweeping offsets");
		return 0;
	}
	return vms_sweep_build(out, cpu, track->thread, model, track->cpu_idx, grid.from_raw,
			       -grid.from_raw, grid.nr, err);
}
