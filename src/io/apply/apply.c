// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Corrected copies: samples of TIME_SHIFT that put libtracecmd's arithmetic where a clock model
 * says.
 */
#include "io/apply/apply.h"
#include "io/files/files.h"
#include "io/files/unchanged.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/util.h"

#define SHIFT_INTERPOLATE 1u
#define TOLERANCE 1 /* [raw units] */
#define SAMPLES_MAX ((size_t)1 << 26)

/* Where the model wants an event: the correction is taken modulo 2^64, as libtracecmd does. */
struct point {
	uint64_t time;
	uint64_t correction;
	uint32_t idx;
};

static int64_t as_signed(uint64_t v)
{
	int64_t r;

	memcpy(&r, &v, sizeof(r));
	return r;
}

static int point_cmp(const void *a, const void *b)
{
	const struct point *x = a;
	const struct point *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->idx > y->idx) - (x->idx < y->idx);
}

static void points_add(struct point *point, const struct vms_cpu *cpu, unsigned int cpu_idx,
		       const struct vms_model *model)
{
	uint32_t i;

	for (i = 0; i < cpu->nr; i++) {
		const int64_t t = vms_cpu_stored(cpu)[i];

		point[i].time = (uint64_t)t;
		point[i].correction =
			(uint64_t)vms_model_event(model, cpu_idx, i, cpu->time_raw[i]) -
			(uint64_t)t;
		point[i].idx = i;
	}
}

/* Ascending by time, each time once: of events at one time the last one's wish counts. */
static uint32_t points_sort(struct point *point, uint32_t nr)
{
	uint32_t i, n = 0;

	if (nr)
		qsort(point, nr, sizeof(*point), point_cmp);
	for (i = 0; i < nr; i++) {
		if (n && point[n - 1].time == point[i].time)
			n--;
		point[n++] = point[i];
	}
	return n;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	const uint64_t d = a - b;

	return d <= INT64_MAX ? d : 0 - d;
}

/* Does the line between two samples, as libtracecmd evaluates it, meet all points between? */
static bool pair_fits(struct vms_shift_sample pair[2], const struct point *point, uint32_t first,
		      uint32_t last)
{
	struct vms_shift_cpu cpu = { .samples = pair, .samples_nr = 2 };
	const struct vms_time_shift shift = { .flags = SHIFT_INTERPOLATE,
					      .cpus_nr = 1,
					      .cpus = &cpu };
	uint32_t i;

	for (i = first; i <= last; i++)
		if (distance(vms_recorded_apply(&shift, 0, point[i].time) - point[i].time,
			     point[i].correction) > TOLERANCE)
			return false;
	return true;
}

static struct vms_shift_sample sample(uint64_t time, uint64_t correction)
{
	return (struct vms_shift_sample){ .time = time,
					  .offset = as_signed(correction),
					  .scaling = 1 };
}

/*
 * libtracecmd rounds a falling line towards zero, up to 1.5 units too high: lowered by one it is
 * never more than one unit off. T13 of doc/METHOD.md 3.4.
 */
static bool segment_fits(struct vms_shift_sample pair[2], const struct point *p, uint32_t first,
			 uint32_t last)
{
	uint64_t lower;

	for (lower = 0; lower <= TOLERANCE; lower++) {
		pair[0] = sample(p[first].time, p[first].correction - lower);
		pair[1] = sample(p[last].time, p[last].correction - lower);
		if (first == last || pair_fits(pair, p, first, last))
			return true;
	}
	return false;
}

/*
 * The last point of the longest segment found that begins at @first: all of them, or by doubled and
 * halved steps.
 */
static uint32_t segment_last(const struct point *point, uint32_t nr, uint32_t first)
{
	struct vms_shift_sample pair[2];
	uint32_t last = first, step = 1;

	if (segment_fits(pair, point, first, nr - 1))
		return nr - 1;
	while (step < nr - last && segment_fits(pair, point, first, last + step)) {
		last += step;
		step *= 2;
	}
	for (; step; step /= 2)
		if (step < nr - last && segment_fits(pair, point, first, last + step))
			last += step;
	return last;
}

/* A segment has samples of its own at both ends; between the segments there is no event. */
static int cpu_samples(struct vms_shift_cpu *out, const struct point *point, uint32_t nr)
{
	struct vms_shift_sample *sample = NULL;
	size_t cap = 0, n = 0;
	uint32_t first, last;
	int ret = 0;

	for (first = 0; first < nr && !ret; first = last + 1) {
		struct vms_shift_sample pair[2];

		last = segment_last(point, nr, first);
		ret = vms_grow(&sample, &cap, n + 3, sizeof(*sample), SAMPLES_MAX);
		if (ret)
			break;
		(void)segment_fits(pair, point, first, last);
		sample[n++] = pair[0];
		if (last != first)
			sample[n++] = pair[1];
	}
	if (ret) {
		free(sample);
		return ret;
	}
	/* libtracecmd needs no second sample, but old readers may */
	if (n == 1) {
		sample[1] = sample[0];
		sample[1].time++;
		n = 2;
	}
	out->samples = sample;
	out->samples_nr = (uint32_t)n;
	return 0;
}

/* CPUs without events get a sample as well: libtracecmd reads in front of an empty array. */
static int fill_empty(struct vms_time_shift *shift)
{
	struct vms_shift_sample like = sample(1, 0);
	uint32_t i;

	for (i = shift->cpus_nr; i-- > 0;)
		if (shift->cpus[i].samples_nr)
			like = shift->cpus[i].samples[0];
	for (i = 0; i < shift->cpus_nr; i++) {
		struct vms_shift_cpu *c = &shift->cpus[i];

		if (c->samples_nr)
			continue;
		c->samples = vms_calloc(2, sizeof(*c->samples));
		if (!c->samples)
			return -VMS_ENOMEM;
		c->samples[0] = c->samples[1] = like;
		c->samples[1].time++;
		c->samples_nr = 2;
	}
	return 0;
}

static bool is_constant(const struct vms_time_shift *shift)
{
	uint32_t i, k;

	for (i = 0; i < shift->cpus_nr; i++)
		for (k = 1; k < shift->cpus[i].samples_nr; k++)
			if (shift->cpus[i].samples[k].offset != shift->cpus[i].samples[0].offset)
				return false;
	return true;
}

static void note_worst(int64_t *worst, uint64_t d)
{
	*worst = VMS_MAX(*worst, (int64_t)VMS_MIN(d, (uint64_t)INT64_MAX));
}

/* Events of instances are shown as they were recorded: T15 of doc/METHOD.md 3.4. */
static void count(struct vms_copy *copy, const struct vms_time_shift *shift,
		  const struct vms_cpu *cpu, unsigned int cpu_idx)
{
	uint32_t i;

	copy->samples_nr += shift->cpus[cpu->cpu].samples_nr;
	copy->events_nr += cpu->nr;
	for (i = 0; i < cpu->nr; i++) {
		const uint64_t stored = (uint64_t)vms_cpu_stored(cpu)[i];
		const uint64_t want =
			(uint64_t)vms_model_event(copy->model, cpu_idx, i, cpu->time_raw[i]);
		const uint64_t d = distance(vms_recorded_apply(shift, cpu->cpu, stored), want);

		if (cpu->buffer && cpu->buffer[i]) {
			copy->instances_nr++;
			note_worst(&copy->instances_raw, distance(stored, want));
		}
		if (d <= TOLERANCE)
			continue;
		copy->unequal_nr++;
		note_worst(&copy->unequal_raw, d);
	}
}

/* Samples for CPUs from @first on, alike for all of them: what is rounded is rounded alike. */
static int samples_for(struct vms_time_shift *shift, const struct vms_stream *guest,
		       const struct vms_model *model, unsigned int first, unsigned int nr)
{
	struct vms_shift_cpu cpu = { 0 };
	struct point *point;
	size_t all = 0, at = 0;
	unsigned int i;
	int ret = 0;

	for (i = first; i < first + nr; i++)
		all += guest->cpus[i].nr;
	if (!all)
		return 0;
	if (all > UINT32_MAX)
		return -VMS_ERANGE;
	point = vms_calloc(all, sizeof(*point));
	if (!point)
		return -VMS_ENOMEM;
	for (i = first; i < first + nr; at += guest->cpus[i++].nr)
		points_add(point + at, &guest->cpus[i], i, model);
	ret = cpu_samples(&cpu, point, points_sort(point, (uint32_t)all));
	free(point);
	for (i = first; i < first + nr && !ret; i++) {
		struct vms_shift_cpu *const out = &shift->cpus[guest->cpus[i].cpu];

		out->samples = vms_calloc(cpu.samples_nr, sizeof(*out->samples));
		if (!out->samples)
			ret = -VMS_ENOMEM;
		else
			memcpy(out->samples, cpu.samples, cpu.samples_nr * sizeof(*out->samples));
		out->samples_nr = out->samples ? cpu.samples_nr : 0;
	}
	free(cpu.samples);
	return ret;
}

static int shift_fill(struct vms_time_shift *shift, const struct vms_stream *guest,
		      const struct vms_model *model, bool one)
{
	const unsigned int at_once = one ? guest->cpus_nr : 1;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < guest->cpus_nr && !ret; i += at_once)
		ret = samples_for(shift, guest, model, i, at_once);
	if (!ret)
		ret = fill_empty(shift);
	shift->flags = is_constant(shift) ? 0 : SHIFT_INTERPOLATE;
	return ret;
}

int apply_shift_new(struct vms_time_shift **out, const struct vms_stream *guest,
		    struct vms_copy *copy, struct vms_err *err)
{
	struct vms_time_shift *shift = vms_calloc(1, sizeof(*shift));
	unsigned int i;
	int ret;

	if (!shift)
		return vms_fail(err, VMS_ENOMEM, "out of memory for the time correction");
	for (i = 0; i < guest->cpus_nr; i++)
		shift->cpus_nr = VMS_MAX(shift->cpus_nr, guest->cpus[i].cpu + 1);
	shift->cpus = vms_calloc(shift->cpus_nr, sizeof(*shift->cpus));
	ret = shift->cpus ? shift_fill(shift, guest, copy->model, copy->one) : -VMS_ENOMEM;
	if (ret) {
		apply_shift_free(shift);
		return ret == -VMS_ERANGE
			       ? vms_fail(err, VMS_ERANGE,
					  "the model is too crooked: more than %zu samples",
					  SAMPLES_MAX)
			       : vms_fail(err, -ret, "out of memory for the time correction");
	}
	for (i = 0; i < guest->cpus_nr; i++)
		count(copy, shift, &guest->cpus[i], i);
	*out = shift;
	return 0;
}

void apply_shift_free(struct vms_time_shift *s)
{
	uint32_t i;

	if (!s)
		return;
	for (i = 0; s->cpus && i < s->cpus_nr; i++)
		free(s->cpus[i].samples);
	free(s->cpus);
	free(s);
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return a && b && !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Links and other spellings of a name included. */
static bool of_recording(const struct vms_trace *t, const char *path)
{
	bool own = same_file(path, t->host->path);
	unsigned int i;

	for (i = 0; i < t->guests_nr; i++)
		own = own || same_file(path, t->guests[i].stream->path);
	return own;
}

int vms_recording_spare(const struct vms_trace *t, const char *path, struct vms_err *err)
{
	char *previous = NULL;
	int ret = file_previous(&previous, path, err);

	if (!ret && of_recording(t, path))
		ret = vms_fail(err, VMS_EUSAGE,
			       "never in place: %s is a file of the recording itself", path);
	else if (!ret && previous && of_recording(t, previous))
		ret = vms_fail(err, VMS_EUSAGE,
			       "never in place: %s, a file of the recording itself, would hold the "
			       "old version",
			       previous);
	free(previous);
	return ret;
}

int vms_apply_write(const char *path, const struct vms_trace *trace, unsigned int guest,
		    struct vms_copy *copy, struct vms_err *err)
{
	const struct vms_stream *stream = trace->guests[guest].stream;
	const struct vms_clock *c = &trace->host->clock;
	struct apply_edit edit = { .mult = c->mult,
				   .shift_bits = c->shift,
				   .ts_offset = trace->host->ts_offset };
	struct vms_time_shift *shift = NULL;
	int ret = vms_recording_spare(trace, path, err);

	if (!ret)
		ret = trace_unchanged(trace, err);
	if (ret)
		return ret;
	if (stream->times_corrected || trace->host->times_corrected ||
	    (stream->version != 6 && stream->version != 7))
		return vms_fail(err, VMS_EUNSUP,
				"a corrected copy needs raw times: open the recording with "
				"--reader direct");
	ret = apply_shift_new(&shift, stream, copy, err);
	if (ret)
		return ret;
	shift->peer_id = trace->host->trace_id || !stream->shift ? trace->host->trace_id
								 : stream->shift->peer_id;
	edit.shift = shift;
	ret = apply_file(path, stream, &edit, err);
	apply_shift_free(shift);
	if (!ret)
		copy->path = path;
	return ret;
}

int vms_apply_host_write(const char *path, const struct vms_trace *trace,
			 const struct vms_guest_decl *guests, unsigned int guests_nr,
			 struct vms_err *err)
{
	const struct apply_edit edit = { .guests = guests,
					 .guests_nr = guests_nr,
					 .mult = trace->host->clock.mult,
					 .shift_bits = trace->host->clock.shift,
					 .ts_offset = trace->host->ts_offset };
	int ret = vms_recording_spare(trace, path, err);

	if (!ret)
		ret = trace_unchanged(trace, err);
	if (ret)
		return ret;
	if (trace->host->version != 6 && trace->host->version != 7)
		return vms_fail(err, VMS_EUNSUP, "a copy of the host needs a trace.dat");
	return apply_file(path, trace->host, &edit, err);
}
