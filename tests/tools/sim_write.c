// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a simulated world leaves behind: the truth as JSON, and its trace.dat files. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim_random.h"
#include "sim_state.h"

#define TSC_MULT 825955249 /* with TSC_SHIFT: 1 / 2.6 */
#define TSC_SHIFT 31

static void truth_point(const struct world *w, FILE *f, const struct thread *t, double ns,
			bool first)
{
	fprintf(f, "%s[%" PRId64 ", %.1f]", first ? "" : ", ",
		sim_guest_raw(&w->clock, &t->clock, ns), sim_offset(&w->clock, &t->clock, ns));
}

/* One line from point to point, of one era: guest time and offset. */
static void truth_piece(const struct world *w, FILE *f, const struct thread *t, unsigned int i,
			double to_ns)
{
	const struct sim_era *era = &t->clock.eras[i];
	double ns;

	fprintf(f,
		"%s\n      {\"tid\": %d, \"from\": %" PRId64 ", \"to\": %" PRId64 ", \"points\": [",
		i ? "," : "", era->tid, sim_host_raw(&w->clock, era->from_ns),
		sim_host_raw(&w->clock, to_ns));
	for (ns = era->from_ns; ns < to_ns; ns = sim_clock_bend(&w->clock, ns, to_ns))
		truth_point(w, f, t, ns, ns == era->from_ns);
	truth_point(w, f, t, nextafter(to_ns, 0.0), false);
	fprintf(f, "]}");
}

static void truth_vcpu(const struct world *w, FILE *f, const struct thread *t)
{
	const struct sim_vcpu_clock *c = &t->clock;
	unsigned int i;

	fprintf(f, "%s\n     \"%u\": [", t->vcpu ? "," : "", t->vcpu);
	for (i = 0; i < c->eras_nr && c->eras[i].from_ns < w->end_ns; i++)
		truth_piece(w, f, t, i,
			    i + 1 < c->eras_nr ? fmin(c->eras[i + 1].from_ns, w->end_ns)
					       : w->end_ns);
	fprintf(f, "]");
}

/* TIME_SHIFT of a vCPU: guest time and offset. */
static void truth_samples(const struct world *w, FILE *f, unsigned int g, unsigned int v)
{
	const struct sim_sample *s = w->samples[g] + (size_t)v * w->o->samples_nr;
	unsigned int i;

	fprintf(f, "%s\"%u\": [", v ? ", " : "", v);
	for (i = 0; i < w->o->samples_nr; i++)
		fprintf(f, "%s[%" PRId64 ", %" PRId64 "]", i ? ", " : "", s[i].time, s[i].offset);
	fprintf(f, "]");
}

static void truth_guest(const struct world *w, FILE *f, const char *base, unsigned int g)
{
	const struct sim_opts *o = w->o;
	const struct thread *threads = w->threads + (size_t)g * o->vcpus;
	unsigned int v;

	fprintf(f, "   {\"name\": \"vm%u\", \"file\": \"%s-vm%u.dat\", \"vcpu_tids\": {", g + 1,
		base, g + 1);
	for (v = 0; v < o->vcpus; v++)
		fprintf(f, "%s\"%u\": %d", v ? ", " : "", v, threads[v].clock.eras[0].tid);
	fprintf(f, "},\n    \"recorded\": {");
	for (v = 0; w->samples[g] && v < o->vcpus; v++)
		truth_samples(w, f, g, v);
	fprintf(f,
		"},\n    \"truth\": {\"unit\": \"%s\", \"uncertainty\": %d, \"pieces_per_vcpu\": {",
		o->tsc ? "tick" : "ns", !sim_clock_is_exact(&w->clock));
	for (v = 0; v < o->vcpus; v++)
		truth_vcpu(w, f, &threads[v]);
	fprintf(f, "}}}%s\n", g + 1 < o->guests ? "," : "");
}

static void truth_hole(const struct world *w, FILE *f, const char *kind, double from_ns,
		       double to_ns, int cpu, bool first)
{
	fprintf(f, "%s\n  {\"kind\": \"%s\", \"from\": %" PRId64 ", \"to\": %" PRId64 ", \"cpu\": ",
		first ? "" : ",", kind, sim_host_raw(&w->clock, from_ns),
		sim_host_raw(&w->clock, fmin(to_ns, w->end_ns)));
	fprintf(f, cpu < 0 ? "null}" : "%d}", cpu);
}

/* Host times for which events are missing, of a CPU or of all. */
static void truth_holes(const struct world *w, FILE *f)
{
	const struct sim_opts *o = w->o;
	const struct sim_missing *m;
	bool first = true;
	unsigned int i;
	size_t k;

	for (i = 0; i < o->holes_nr; i++, first = false)
		truth_hole(w, f, o->holes[i].marked ? "marked" : "hole", o->holes[i].from_s * 1e9,
			   o->holes[i].to_s * 1e9, o->holes[i].cpu, first);
	for (i = 0; o->mask && i < o->pcpus; i++)
		if (!(o->mask >> (i & 63) & 1)) {
			truth_hole(w, f, "mask", 0.0, w->end_ns, (int)i, first);
			first = false;
		}
	for (i = 0; i < o->drops_nr; i++, first = false)
		truth_hole(w, f, sim_drop_names[o->drops[i].kind], o->drops[i].from_s * 1e9,
			   o->drops[i].to_s * 1e9, -1, first);
	for (k = 0; k < w->host.losses_nr; k++) {
		m = &w->host.losses[k];
		if (m->from_ns >= w->end_ns)
			continue;
		truth_hole(w, f, "lost", m->from_ns, m->to_ns, (int)m->cpu, first);
		first = false;
	}
}

bool sim_truth_write(const struct world *w, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	char name[4096];
	FILE *f;
	unsigned int g;

	(void)snprintf(name, sizeof(name), "%s.truth.json", path);
	f = fopen(name, "w");
	if (!f)
		return false;
	fprintf(f,
		"{\"relation\": \"host_time = guest_time + offset\", \"recordings\": [\n "
		"{\"name\": \"%s\", \"files\": {\"host\": \"%s.dat\"}, \"holes\": [",
		base, base);
	truth_holes(w, f);
	fprintf(f, "], \"guests\": [\n");
	for (g = 0; g < w->o->guests; g++)
		truth_guest(w, f, base, g);
	fprintf(f, "  ]}\n]}\n");
	return !fclose(f);
}

static struct sim_sample sample_at(struct world *w, const struct thread *t, double ns,
				   unsigned int i)
{
	const struct sim_opts *o = w->o;
	const double noise =
		o->sync == SIM_SYNC_PTP ? sim_normal(&w->rng) * 2000.0 * w->clock.unit : 0.0;
	const bool scaled = w->clock.ratio && o->sync == SIM_SYNC_KVM;

	return (struct sim_sample){
		.time = sim_guest_raw(&w->clock, &t->clock, ns),
		.offset = (scaled ? -sim_tsc_offset(&w->clock, &t->clock, ns)
				  : llround(sim_offset(&w->clock, &t->clock, ns) + noise)) +
			  o->sync_error_raw,
		.scaling = scaled ? w->clock.ratio : (uint64_t)o->scaling + (o->fraction ? i : 0),
		.fraction = o->fraction
	};
}

static struct sim_sample *make_samples(struct world *w, const struct thread *threads)
{
	const struct sim_opts *o = w->o;
	struct sim_sample *s = calloc((size_t)o->vcpus * o->samples_nr + 1, sizeof(*s));
	unsigned int v, i;

	for (v = 0; s && v < o->vcpus; v++)
		for (i = 0; i < o->samples_nr; i++)
			s[v * o->samples_nr + i] =
				sample_at(w, &threads[v],
					  o->samples_nr > 1 ? w->end_ns * i / (o->samples_nr - 1)
							    : w->end_ns / 2,
					  i);
	return s;
}

static struct sim_meta common_meta(const struct world *w, unsigned int file)
{
	const struct sim_opts *o = w->o;

	return (struct sim_meta){ .version = o->version,
				  .clock = o->tsc	 ? "x86-tsc"
					   : o->slews_nr ? "mono"
							 : "local",
				  .trace_id = w->ids[file],
				  .tsc2nsec = o->tsc && o->tsc2nsec,
				  .mult = TSC_MULT,
				  .shift = TSC_SHIFT,
				  .ts_offset = file ? o->guest_ts_offset : o->host_ts_offset,
				  .date = file ? o->guest_date : o->host_date,
				  .arm = o->isa == SIM_ARM64 };
}

static bool write_guest(struct world *w, const char *path, unsigned int g)
{
	const struct sim_opts *o = w->o;
	struct sim_meta m = common_meta(w, g + 1);
	char name[4096];

	if (o->sync != SIM_SYNC_NONE)
		w->samples[g] = make_samples(w, w->threads + (size_t)g * o->vcpus);
	m.peer_id = w->ids[0];
	m.shift_flags = o->sync == SIM_SYNC_PTP;
	m.samples_nr = w->samples[g] ? o->samples_nr : 0;
	m.samples = w->samples[g];
	(void)snprintf(name, sizeof(name), "%s-vm%u.dat", path, g + 1);
	return sim_file_write(&w->guest[g], name, &m);
}

/* Every thread that a vCPU ever had has a name; option GUEST knows the first. */
static bool write_host(struct world *w, const char *path)
{
	const struct sim_opts *o = w->o;
	const size_t room = (size_t)w->threads_nr * (SIM_TURNS_MAX + 1);
	int32_t *firsts = calloc(w->threads_nr, sizeof(*firsts));
	int32_t *tids = calloc(room, sizeof(*tids));
	char(*comms)[16] = calloc(room, sizeof(*comms));
	struct sim_meta m = common_meta(w, 0);
	char name[4096];
	unsigned int i, k;
	bool good = false;

	for (i = 0; firsts && tids && comms && i < w->threads_nr; i++) {
		const struct sim_vcpu_clock *c = &w->threads[i].clock;

		firsts[i] = c->eras[0].tid;
		for (k = 0; k < c->eras_nr; k++) {
			if (k && c->eras[k].tid == c->eras[k - 1].tid)
				continue;
			tids[m.comms_nr] = c->eras[k].tid;
			(void)snprintf(comms[m.comms_nr++], sizeof(comms[0]), "CPU %u/KVM",
				       c->vcpu % 1000);
		}
	}
	if (m.comms_nr) {
		m.guests_nr = o->guest_option ? o->guests : 0;
		m.vcpus_nr = o->vcpus;
		m.guest_ids = w->ids + 1;
		m.tids = firsts;
		m.comm_tids = tids;
		m.comms = (const char(*)[16])comms;
		(void)snprintf(name, sizeof(name), "%s.dat", path);
		good = sim_file_write(&w->host.file, name, &m);
	}
	free(firsts);
	free(tids);
	free(comms);
	return good;
}

bool sim_files_write(struct world *w, const char *path)
{
	unsigned int g;

	for (g = 0; g < w->o->guests; g++)
		if (!write_guest(w, path, g))
			return false;
	return write_host(w, path);
}
