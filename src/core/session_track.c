// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a recording to tracks: which vCPU runs on which thread, its alignment, constraints and band. */
#include "session_impl.h"

#include <stdlib.h>
#include <string.h>

/* The greatest rate by which Linux lets a clock be steered (adjtimex): 500 ppm. */
#define DRIFT_MAX 500e-6
/* So many differences of successive times show what a clock counts in. */
#define RESOLUTION_SAMPLE_NR 4096u
/*
 * How fast the rate of an ns clock may change: 50 ppb a second, per ns. NTP steers a good clock more gently;
 * what changes faster shows as soft segments.
 */
#define NS_WANDER 50e-18
/* Assign events to stretches and solve for the band: settles at once when the start is good. */
#define ROUNDS_MAX 6

static bool scaling_is_one(const struct vms_time_shift *shift)
{
	uint32_t c, i;

	if (!shift)
		return true;
	for (c = 0; c < shift->cpus_nr; c++) {
		for (i = 0; i < shift->cpus[c].samples_nr; i++) {
			const struct vms_shift_sample *p = &shift->cpus[c].samples[i];

			if (p->scaling != 1 || p->fraction != 0)
				return false;
		}
	}
	return true;
}

/* trace-cmd names the clock tsc2nsec where it converts when it reads: the raw times are TSC ticks all the same. */
static bool counts_tsc(const struct vms_stream *s)
{
	return !s->times_corrected && (!strcmp(s->clock.name, "x86-tsc") || !strcmp(s->clock.name, "tsc2nsec"));
}

/* The offset between two TSC counts is constant unless the guest's TSC is scaled or written. */
static bool offset_is_constant(const struct vms_stream *host, const struct vms_stream *guest)
{
	return counts_tsc(host) && counts_tsc(guest) && scaling_is_one(guest->shift);
}

static int64_t gcd(int64_t a, int64_t b)
{
	while (b) {
		const int64_t r = a % b;

		a = b;
		b = r;
	}
	return a;
}

/* What all times of a stream are multiples of, from their differences: 16 ns for an arm64 counter of 62.5 MHz. */
static int64_t resolution_raw(const struct vms_stream *s)
{
	int64_t res = 0;
	unsigned int c;
	uint32_t i;

	for (c = 0; c < s->cpus_nr; c++) {
		const struct vms_cpu *cpu = &s->cpus[c];

		for (i = 1; i < cpu->nr && i < RESOLUTION_SAMPLE_NR && res != 1; i++) {
			const int64_t d = vms_sat_sub_i64(cpu->time_raw[i], cpu->time_raw[i - 1]);

			if (d > 0)
				res = gcd(d, res);
		}
	}
	return res ? res : 1;
}

/*
 * Times of a clock are rounded down to what it counts in, so a difference of two clocks is off by less than the
 * coarser step each way. Ticks of one and the same TSC are exact.
 */
static int64_t slack_raw(const struct vms_session *s, const struct vms_track *t, const struct session_track *priv)
{
	const int64_t host = resolution_raw(s->trace->host);
	const int64_t guest = resolution_raw(s->trace->guests[t->guest].stream);

	if (priv->constant)
		return 0;
	return host > guest ? host : guest;
}

static int set_pieces(struct vms_model *m, unsigned int cpu_idx, struct vms_piece *pieces,
		      unsigned int nr, struct vms_err *err)
{
	return nr ? vms_model_set(m, cpu_idx, pieces, nr, err) : 0;
}

static int band_of(struct vms_band **out, const struct vms_session *s, const struct vms_track *t,
		   const struct session_track *priv, const struct vms_constraints *cons, struct vms_err *err)
{
	struct vms_band_opts o = {
		.constant = priv->constant,
		.drift_max = DRIFT_MAX,
		.slack_raw = slack_raw(s, t, priv),
		.wander = priv->constant ? 0.0 : NS_WANDER,
		.step_penalty = 8,
	};
	uint32_t *steps = NULL;
	unsigned int i;
	int ret;

	if (t->align->pieces_nr > 1) {
		steps = vms_calloc(t->align->pieces_nr - 1, sizeof(*steps));
		if (!steps)
			return vms_fail(err, VMS_ENOMEM, "out of memory");
		for (i = 1; i < t->align->pieces_nr; i++)
			steps[i - 1] = t->align->pieces[i].from_idx;
		o.steps = steps;
		o.steps_nr = t->align->pieces_nr - 1;
	}
	ret = vms_band_build(out, cons, &o, err);
	free(steps);
	return ret;
}

/*
 * One round: constraints under the model, band, and the model moved to the band's middle. A round that
 * leaves more events outside than the one before is thrown away, and is the last: *settled.
 */
static int solve_once(struct vms_session *s, struct vms_track *t, const struct session_track *priv,
		      struct vms_model *m, bool *settled, struct vms_err *err)
{
	const struct vms_cpu *cpu = &s->trace->guests[t->guest].stream->cpus[t->cpu_idx];
	struct vms_constraints *cons = NULL;
	struct vms_band *band = NULL;
	struct vms_piece *pieces = NULL;
	unsigned int pieces_nr = 0;
	int ret;

	ret = vms_constraints_build(&cons, cpu, t->thread, s->st, m, t->cpu_idx, err);
	if (ret)
		goto out;
	*settled = t->cons && cons->outside_nr >= t->cons->outside_nr;
	if (t->cons && cons->outside_nr > t->cons->outside_nr)
		goto out;
	ret = band_of(&band, s, t, priv, cons, err);
	if (ret)
		goto out;
	ret = vms_band_middle(band, &pieces, &pieces_nr, err);
	if (ret)
		goto out;
	ret = set_pieces(m, t->cpu_idx, pieces, pieces_nr, err);
	if (ret)
		goto out;
	vms_constraints_free(t->cons);
	vms_band_free(t->band);
	t->cons = cons;
	t->band = band;
	cons = NULL;
	band = NULL;
out:
	free(pieces);
	vms_constraints_free(cons);
	vms_band_free(band);
	return ret;
}

int session_track_solve(struct vms_session *s, struct vms_track *t, const struct session_track *priv,
			struct vms_err *err)
{
	const struct vms_stream *guest = s->trace->guests[t->guest].stream;
	struct vms_model *m = NULL;
	bool settled = false;
	unsigned int round;
	int ret;

	ret = vms_model_new(&m, VMS_MODEL_PIECES, guest, err);
	if (ret)
		return ret;
	ret = set_pieces(m, t->cpu_idx, t->align->pieces, t->align->pieces_nr, err);
	for (round = 0; !ret && !settled && round < ROUNDS_MAX; round++)
		ret = solve_once(s, t, priv, m, &settled, err);
	if (!ret && t->cons) {
		t->at_band.guest_outside = t->cons->outside_nr;
		t->at_band.guest_events = t->cons->checkable_nr;
		t->at_band.depth_max_raw = t->cons->depth_max_raw;
		t->at_band.host_inside = s->host_inside;
	}
	vms_model_free(m);
	return ret;
}

static int track_init(struct vms_session *s, unsigned int guest, unsigned int cpu_idx, struct vms_err *err)
{
	const struct vms_stream *gs = s->trace->guests[guest].stream;
	struct vms_track *t = &s->tracks[s->tracks_nr];
	struct session_track *priv = &s->priv[s->tracks_nr];
	int basis;

	t->guest = guest;
	t->cpu_idx = cpu_idx;
	t->vcpu = gs->cpus[cpu_idx].cpu;
	t->align = &s->align[guest]->vcpus[cpu_idx];
	t->tid_inferred = t->align->tid_inferred;
	if (t->align->thread >= 0)
		t->thread = &s->st->threads[t->align->thread];
	t->models_nr = s->models_nr;
	priv->constant = offset_is_constant(s->trace->host, gs);
	s->tracks_nr++;
	for (basis = 0; basis < VMS_BASIS_NR; basis++) {
		t->models[basis] = vms_calloc(s->models_nr, sizeof(*t->models[basis]));
		if (!t->models[basis])
			return vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	t->seqs = vms_calloc(s->cat.seqs_nr, sizeof(*t->seqs));
	priv->seq_median_ns = vms_calloc(s->cat.seqs_nr, sizeof(double));
	priv->seq_mad_ns = vms_calloc(s->cat.seqs_nr, sizeof(double));
	priv->seq_p99_ns = vms_calloc(s->cat.seqs_nr, sizeof(double));
	if (!t->seqs || !priv->seq_median_ns || !priv->seq_mad_ns || !priv->seq_p99_ns)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!t->thread || !t->align->pieces_nr)
		return 0;
	return session_track_solve(s, t, priv, err);
}

int session_tracks_build(struct vms_session *s, const struct vms_session_opts *o, struct vms_err *err)
{
	struct vms_align_opts align = o ? o->align : (struct vms_align_opts){ 0 };
	unsigned int g, c, most = 0;
	int ret;

	if (align.drift_max <= 0.0)
		align.drift_max = DRIFT_MAX;
	s->align = vms_calloc(s->trace->guests_nr, sizeof(*s->align));
	for (g = 0; g < s->trace->guests_nr; g++)
		most += s->trace->guests[g].stream->cpus_nr;
	s->tracks = vms_calloc(most, sizeof(*s->tracks));
	s->priv = vms_calloc(most, sizeof(*s->priv));
	if (!s->align || !s->tracks || !s->priv)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (g = 0; g < s->trace->guests_nr; g++) {
		const struct vms_stream *gs = s->trace->guests[g].stream;

		if (o && o->progress)
			o->progress(o->progress_user, "aligning host and guest");
		ret = vms_align_guest(&s->align[g], s->trace, g, s->st, &align, err);
		if (ret)
			return ret;
		for (c = 0; c < gs->cpus_nr; c++) {
			if (!gs->cpus[c].nr)
				continue;
			ret = track_init(s, g, c, err);
			if (ret)
				return ret;
		}
	}
	return 0;
}

void session_tracks_free(struct vms_session *s)
{
	unsigned int i;
	int basis;

	for (i = 0; i < s->tracks_nr; i++) {
		vms_constraints_free(s->tracks[i].cons);
		vms_band_free(s->tracks[i].band);
		for (basis = 0; basis < VMS_BASIS_NR; basis++)
			free(s->tracks[i].models[basis]);
		free(s->tracks[i].seqs);
		free(s->priv[i].cand);
		free(s->priv[i].accepted);
		free(s->priv[i].seq_median_ns);
		free(s->priv[i].seq_mad_ns);
		free(s->priv[i].seq_p99_ns);
	}
	free(s->tracks);
	free(s->priv);
	for (i = 0; s->align && i < s->trace->guests_nr; i++)
		vms_align_free(s->align[i]);
	free(s->align);
}
