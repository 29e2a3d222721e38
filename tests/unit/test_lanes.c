// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lanes against walking everything, on a made-up session: the functions of the session that lanes
 * ask are defined here, so that each time, stretch and candidate is known.
 */
#include "unit.h"

#include "core/lanes/lanes_impl.h"
#include "core/base/order.h"

#define HOST_NR 4000
#define GUEST_NR 3000
#define STRETCHES_NR 300
#define CANDS_NR 2000
#define COLS 37

struct vms_session {
	struct vms_trace trace;
	struct vms_stretches st;
	struct vms_model *map;
	struct vms_candidate cands[CANDS_NR];
	struct vms_track track;
	uint8_t states[CANDS_NR + 1]; /* by id */
	uint64_t generation, formed;
};

const struct vms_trace *vms_session_trace(const struct vms_session *s)
{
	return &s->trace;
}

const struct vms_stretches *vms_session_stretches(const struct vms_session *s)
{
	return &s->st;
}

const struct vms_model *vms_session_map(const struct vms_session *s, unsigned int guest)
{
	(void)guest;
	return s->map;
}

uint64_t vms_session_formed(const struct vms_session *s)
{
	return s->formed;
}

const uint8_t *vms_session_states(const struct vms_session *s)
{
	return s->states;
}

uint64_t vms_session_generation(const struct vms_session *s)
{
	return s->generation;
}

const struct vms_track *vms_session_track(const struct vms_session *s, unsigned int i)
{
	(void)i;
	return &s->track;
}

int vms_session_track_of(const struct vms_session *s, unsigned int guest, unsigned int cpu_idx)
{
	(void)s;
	return guest == 0 && cpu_idx == 0 ? 0 : -1;
}

int vms_session_thread_track(const struct vms_session *s, int32_t tid)
{
	(void)s;
	return tid - 100;
}

uint32_t vms_session_candidates_nr(const struct vms_session *s)
{
	(void)s;
	return CANDS_NR;
}

const struct vms_candidate *vms_session_candidate_in(const struct vms_session *s, uint32_t i,
						     struct vms_candidate *room)
{
	*room = s->cands[i];
	return room;
}

const struct vms_candidate *vms_session_find_in(const struct vms_session *s, uint32_t id,
						struct vms_candidate *room)
{
	return vms_session_candidate_in(s, id - 1, room);
}

int64_t vms_session_host_time(const struct vms_session *s, unsigned int guest, struct vms_ref ev)
{
	const struct vms_cpu *c = &s->trace.guests[guest].stream->cpus[ev.cpu];

	return vms_model_event(s->map, (unsigned int)ev.cpu, ev.idx, c->time_raw[ev.idx]);
}

static struct {
	struct vms_session s;
	struct vms_stream host, guest_stream;
	struct vms_guest guest;
	struct vms_cpu host_cpus[2], guest_cpus[2];
	int64_t host_times[2][HOST_NR], guest_times[2][GUEST_NR];
	struct vms_lost host_lost[3], guest_lost[2];
	struct vms_thread threads[2];
	struct vms_stretch stretches[2][STRETCHES_NR];
	struct vms_lanes *l;
} w;

static int by_enter(const void *a, const void *b)
{
	const int64_t x = ((const struct vms_stretch *)a)->enter_raw;
	const int64_t y = ((const struct vms_stretch *)b)->enter_raw;

	return (x > y) - (x < y);
}

/*
 * Threads take turns: in each slot of four host events thread k runs on CPU (slot + k) % 2, on
 * events 1 and 2.
 */
static void make_stretches(void)
{
	unsigned int k, i;

	for (k = 0; k < 2; k++) {
		for (i = 0; i < STRETCHES_NR; i++) {
			const int cpu = (int)(i + k) % 2;
			const uint32_t first = i * 12 + 1 + k * 4;
			struct vms_stretch *st = &w.stretches[k][i];

			*st = (struct vms_stretch){ .entry = { first, (int16_t)cpu },
						    .exit = { first + 2, (int16_t)cpu },
						    .why = { .isa = VMS_ISA_VMX, .reason = i } };
			st->enter_raw = w.host_times[cpu][first];
			st->leave_raw = w.host_times[cpu][first + 2];
			if (i % 17 == 5)
				st->flags = VMS_STRETCH_UNKNOWN;
			if (i % 13 == 3)
				st->entry.cpu = (int16_t)~cpu;
		}
		qsort(w.stretches[k], STRETCHES_NR, sizeof(*w.stretches[k]), by_enter);
		w.threads[k] = (struct vms_thread){ .tid = 100 + (int32_t)k,
						    .stretches = w.stretches[k],
						    .stretches_nr = STRETCHES_NR };
	}
}

static void make_candidates(uint64_t *seed)
{
	int64_t at = 0;
	uint32_t i;

	for (i = 0; i < CANDS_NR; i++) {
		struct vms_candidate *c = &w.s.cands[i];

		at += (int64_t)(vms_order_random(seed) % 200);
		c->id = i + 1;
		w.s.states[c->id] = (uint8_t)(vms_order_random(seed) % 3);
		c->pair.host_raw = at;
		c->pair.host_ev.cpu = (int32_t)(vms_order_random(seed) % 2);
		c->pair.guest_ev.cpu = (int32_t)(vms_order_random(seed) % 2);
		c->pair.guest_ev.idx = (uint32_t)(vms_order_random(seed) % GUEST_NR);
	}
}

static int setup(void **state)
{
	static const struct vms_piece pieces[] = {
		{ .from_idx = 0, .from_raw = 0, .line = { .offset_raw = 300, .drift = 0.01 } },
		{ .from_idx = 1500,
		  .from_raw = 75000,
		  .line = { .offset_raw = -2000, .drift = 0.01 } },
	};
	uint64_t seed = 42;
	unsigned int c, i;

	(void)state;
	memset(&w, 0, sizeof(w));
	for (c = 0; c < 2; c++) {
		int64_t t = 0;

		for (i = 0; i < HOST_NR; i++)
			w.host_times[c][i] = t += (int64_t)(vms_order_random(&seed) % 100);
		for (t = 0, i = 0; i < GUEST_NR; i++)
			w.guest_times[c][i] = t += (int64_t)(vms_order_random(&seed) % 120);
		w.host_cpus[c] = (struct vms_cpu){
			.cpu = c, .nr = HOST_NR, .sorted = true, .time_raw = w.host_times[c]
		};
		w.guest_cpus[c] = (struct vms_cpu){
			.cpu = c, .nr = GUEST_NR, .sorted = true, .time_raw = w.guest_times[c]
		};
	}
	/* The clock of guest CPU 1 was set back in the middle. */
	for (i = 1000; i < GUEST_NR; i++)
		w.guest_times[1][i] -= 20000;
	w.guest_cpus[1].sorted = false;
	w.host_lost[0] = (struct vms_lost){ .idx = 0 };
	w.host_lost[1] = (struct vms_lost){ .idx = 2000 };
	w.host_lost[2] = (struct vms_lost){ .idx = HOST_NR };
	w.guest_lost[0] = (struct vms_lost){ .idx = 1000 };
	w.guest_lost[1] = (struct vms_lost){ .idx = 2500 };
	w.host_cpus[0].lost = w.host_lost;
	w.host_cpus[0].lost_nr = 3;
	w.guest_cpus[1].lost = w.guest_lost;
	w.guest_cpus[1].lost_nr = 2;
	w.host = (struct vms_stream){ .cpus = w.host_cpus,
				      .cpus_nr = 2,
				      .events_nr = 2 * HOST_NR,
				      .first_raw = 0,
				      .last_raw = w.host_times[0][HOST_NR - 1] };
	w.guest_stream = (struct vms_stream){ .cpus = w.guest_cpus,
					      .cpus_nr = 2,
					      .events_nr = 2 * GUEST_NR,
					      .first_raw = 0,
					      .last_raw = w.guest_times[0][GUEST_NR - 1] };
	w.guest.stream = &w.guest_stream;
	w.s.trace = (struct vms_trace){ .host = &w.host, .guests = &w.guest, .guests_nr = 1 };
	w.s.st = (struct vms_stretches){ .threads = w.threads, .threads_nr = 2 };
	make_stretches();
	make_candidates(&seed);
	w.s.track =
		(struct vms_track){ .thread = &w.threads[0], .in_force = { .guest_outside = 1 } };
	assert_int_equal(vms_model_new(&w.s.map, VMS_MODEL_PIECES, &w.guest_stream, NULL), 0);
	assert_int_equal(vms_model_set(w.s.map, 0, pieces, 2, NULL), 0);
	assert_int_equal(vms_model_set(w.s.map, 1, pieces, 1, NULL), 0);
	return vms_lanes_new(&w.l, &w.s, NULL);
}

static int teardown(void **state)
{
	(void)state;
	vms_lanes_free(w.l);
	vms_model_free(w.s.map);
	return 0;
}

/* Whole trace in a few columns, one unit a column, off both ends, and at the ends of int64. */
static const struct vms_view views[] = {
	{ 0, 10000, COLS },	     { -50000, 9000, COLS },
	{ 1234, 1, COLS },	     { 90000, 7, COLS },
	{ 73000, 100, COLS },	     { 40000, 333, COLS },
	{ INT64_MIN, INT64_MAX, 3 }, { INT64_MAX - 5, 1000, COLS },
	{ INT64_MIN, 1, 5 },	     { 5, 50, 0 },
};

static bool in_column(const struct vms_view *v, unsigned int c, int64_t at)
{
	const vms_i128 from = v->t0_raw + (vms_i128)c * v->w_raw;

	return at >= from && at < from + v->w_raw;
}

static void check_host(const struct vms_view *v, unsigned int cpu, const struct vms_lane_col *cols)
{
	unsigned int c, i, k;

	for (c = 0; c < v->cols; c++) {
		const vms_i128 from = v->t0_raw + (vms_i128)c * v->w_raw, to = from + v->w_raw;
		unsigned int events = 0, entries = 0, exits = 0;
		vms_i128 inside = 0;

		for (i = 0; i < HOST_NR; i++)
			events += in_column(v, c, w.host_times[cpu][i]);
		assert_int_equal(cols[c].events, events);
		if (events)
			assert_true(in_column(v, c, w.host_times[cpu][cols[c].first]));
		for (k = 0; k < 2; k++)
			for (i = 0; i < STRETCHES_NR; i++) {
				const struct vms_stretch *st = &w.stretches[k][i];
				const vms_i128 a = VMS_MAX(from, (vms_i128)st->enter_raw);
				const vms_i128 b = VMS_MIN(to, (vms_i128)st->leave_raw);

				if (vms_stretch_pcpu(st) != cpu)
					continue;
				if (b > a && !(st->flags & VMS_STRETCH_UNKNOWN))
					inside += b - a;
				entries += st->entry.cpu >= 0 &&
					   in_column(v, c, w.host_times[cpu][st->entry.idx]);
				exits += in_column(v, c, w.host_times[cpu][st->exit.idx]);
			}
		assert_int_equal(cols[c].entry, VMS_MIN(entries, 2));
		assert_int_equal(cols[c].exit, VMS_MIN(exits, 2));
		assert_int_equal(cols[c].inside,
				 (int64_t)VMS_MAX((vms_i128)(inside > 0),
						  (inside * 1000 + v->w_raw / 2) / v->w_raw));
		assert_int_equal(cols[c].track >= 0, inside > 0);
		assert_int_equal(cols[c].why.isa != VMS_ISA_NONE, exits > 0);
	}
}

TEST_IN(test_host_columns_are_exact, setup, teardown)
{
	struct vms_lane_col cols[COLS];
	unsigned int cpu;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(views); i++)
		for (cpu = 0; cpu < 2; cpu++) {
			assert_int_equal(vms_lane_host(w.l, cpu, &views[i], cols, NULL), 0);
			check_host(&views[i], cpu, cols);
			/* Again, and with another view between: what is kept is the same. */
			assert_int_equal(vms_lane_host(w.l, cpu, &views[0], cols, NULL), 0);
			check_host(&views[0], cpu, cols);
			assert_int_equal(vms_lane_host(w.l, cpu, &views[i], cols, NULL), 0);
			check_host(&views[i], cpu, cols);
		}
}

static bool outside(int64_t at)
{
	return vms_place_of(&w.threads[0], at, NULL, NULL) == VMS_PLACE_OUTSIDE;
}

static void check_guest(const struct vms_view *v, unsigned int cpu)
{
	struct vms_lane_col cols[COLS];
	unsigned int c, i;

	assert_int_equal(vms_lane_guest(w.l, 0, cpu, v, cols, NULL), 0);
	for (c = 0; c < v->cols; c++) {
		unsigned int events = 0, lost_out = 0;

		for (i = 0; i < GUEST_NR; i++) {
			const int64_t at =
				vms_session_host_time(&w.s, 0, (struct vms_ref){ (int32_t)cpu, i });

			events += in_column(v, c, at);
			lost_out += cpu == 0 && in_column(v, c, at) && outside(at);
		}
		assert_int_equal(cols[c].events, events);
		assert_int_equal(cols[c].outside, lost_out > 0);
	}
}

TEST_IN(test_guest_columns_are_exact, setup, teardown)
{
	const struct vms_piece back = { .line = { .offset_raw = 77, .drift = -0.2 } };
	unsigned int cpu;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(views); i++)
		for (cpu = 0; cpu < 2; cpu++)
			check_guest(&views[i], cpu);
	/* Another map: lanes notice by the session's generation. */
	assert_int_equal(vms_model_set(w.s.map, 0, &back, 1, NULL), 0);
	w.s.generation++;
	for (i = VMS_ARRAY_NR(views); i > 0; i--)
		check_guest(&views[i - 1], 0);
}

/* A thread's columns: what its stretches say, on whichever CPU, and the CPU where it ran most. */
TEST_IN(test_thread_columns_are_exact, setup, teardown)
{
	struct vms_lane_col cols[COLS];
	unsigned int c, i, k;
	size_t v;

	for (v = 0; v < VMS_ARRAY_NR(views); v++)
		for (k = 0; k < 2; k++) {
			assert_int_equal(vms_lane_thread(w.l, k, &views[v], cols, NULL), 0);
			for (c = 0; c < views[v].cols; c++) {
				const vms_i128 from =
					views[v].t0_raw + (vms_i128)c * views[v].w_raw;
				const vms_i128 to = from + views[v].w_raw;
				vms_i128 inside[2] = { 0, 0 };
				unsigned int exits = 0;

				for (i = 0; i < STRETCHES_NR; i++) {
					const struct vms_stretch *st = &w.stretches[k][i];
					const vms_i128 a = VMS_MAX(from, (vms_i128)st->enter_raw);
					const vms_i128 b = VMS_MIN(to, (vms_i128)st->leave_raw);

					if (b > a && !(st->flags & VMS_STRETCH_UNKNOWN))
						inside[vms_stretch_pcpu(st)] += b - a;
					exits += in_column(
						&views[v], c,
						w.host_times[vms_stretch_pcpu(st)][st->exit.idx]);
				}
				assert_int_equal(cols[c].exit, VMS_MIN(exits, 2));
				assert_int_equal(cols[c].inside > 0, inside[0] + inside[1] > 0);
				assert_int_equal(cols[c].track, !(inside[0] + inside[1]) ? -1
								: inside[1] > inside[0]	 ? 1
											 : 0);
			}
		}
}

/* The same events under another model, beside those of the session's. */
TEST_IN(test_columns_under_another_model, setup, teardown)
{
	const struct vms_piece piece = { .line = { .offset_raw = 4321, .drift = 0.001 } };
	struct vms_lane_col cols[COLS];
	struct vms_model *other = NULL;
	unsigned int c, i, k, shown = 0;

	assert_int_equal(vms_model_dup(&other, w.s.map, NULL), 0);
	for (k = 0; k < 2; k++) {
		for (c = 0; c < COLS; c++)
			cols[c].events = 0;
		assert_int_equal(vms_lane_guest_under(w.l, 0, other, &views[0], cols, NULL), 0);
		for (c = 0; c < COLS; c++) {
			unsigned int events = 0, lost_out = 0;

			for (i = 0; i < GUEST_NR; i++) {
				const int64_t at =
					vms_model_event(other, 0, i, w.guest_times[0][i]);

				events += in_column(&views[0], c, at);
				lost_out += in_column(&views[0], c, at) && outside(at);
			}
			assert_int_equal(cols[c].events, events);
			assert_int_equal(cols[c].outside, lost_out > 0);
			shown += lost_out > 0;
		}
		check_guest(&views[0], 0);
		assert_int_equal(vms_model_set(other, 0, &piece, 1, NULL), 0);
	}
	assert_true(shown > 0);
	vms_model_free(other);
}

/* Sum over the columns of any partition is the number of events, whatever the pan. */
TEST_IN(test_counts_sum_to_the_window, setup, teardown)
{
	struct vms_lane_col cols[COLS];
	int64_t t0, width;
	uint32_t sum, wide;
	unsigned int c, cpu;

	for (cpu = 0; cpu < 2; cpu++)
		for (width = 1; width < 20000; width = width * 5 + 2)
			for (t0 = -3000; t0 < 200000; t0 += width * COLS + 17 * width) {
				const struct vms_view one = { t0, width * COLS, 1 },
						      v = { t0, width, COLS };

				assert_int_equal(vms_lane_guest(w.l, 0, cpu, &one, cols, NULL), 0);
				wide = cols[0].events;
				assert_int_equal(vms_lane_guest(w.l, 0, cpu, &v, cols, NULL), 0);
				for (sum = 0, c = 0; c < COLS; c++)
					sum += cols[c].events;
				assert_int_equal(sum, wide);
			}
}

TEST_IN(test_lost_and_covered, setup, teardown)
{
	const int64_t a = w.host_times[0][1999], b = w.host_times[0][2000],
		      last = w.host_times[0][HOST_NR - 1];
	const struct vms_view ends[] = { { a - 10, 1, COLS }, { b - 10, 1, COLS } },
			      all = { -1000, last + 2000, 3 };
	struct vms_lane_col cols[COLS];
	unsigned int c, k;

	for (k = 0; k < 2; k++) {
		assert_int_equal(vms_lane_host(w.l, 0, &ends[k], cols, NULL), 0);
		for (c = 0; c < COLS; c++) {
			const int64_t at = ends[k].t0_raw + c;

			assert_int_equal(cols[c].lost, at >= a && at <= b);
			assert_true(cols[c].covered);
		}
	}
	assert_int_equal(vms_lane_host(w.l, 0, &all, cols, NULL), 0);
	assert_true(cols[0].lost && cols[0].covered && !cols[1].lost && !cols[1].covered &&
		    !cols[2].covered);
	/*
	 * The gap of the guest whose clock was set back lies between the mapped ends, whichever
	 * comes first.
	 */
	assert_int_equal(vms_lane_guest(w.l, 0, 1,
					&(struct vms_view){ INT64_MIN / 2, INT64_MAX, 1 }, cols,
					NULL),
			 0);
	assert_true(cols[0].lost);
}

static void check_marks(const struct vms_view *v, bool host, unsigned int cpu)
{
	static const uint8_t order[] = { VMS_UNDECIDED, VMS_ACCEPTED, VMS_REJECTED };
	struct vms_mark_col cols[COLS];
	unsigned int c, k;
	uint32_t i;

	if (host)
		assert_int_equal(vms_lane_marks_host(w.l, cpu, v, cols, NULL), 0);
	else
		assert_int_equal(vms_lane_marks_guest(w.l, 0, cpu, v, cols, NULL), 0);
	for (c = 0; c < v->cols; c++) {
		int64_t first_at[3] = { INT64_MAX, INT64_MAX, INT64_MAX }, found = INT64_MAX;
		unsigned int nr[3] = { 0 };

		for (i = 0; i < CANDS_NR; i++) {
			const struct vms_candidate *d = &w.s.cands[i];
			const int64_t at = host ? d->pair.host_raw
						: vms_session_host_time(&w.s, 0, d->pair.guest_ev);

			if ((host ? d->pair.host_ev.cpu : d->pair.guest_ev.cpu) != (int32_t)cpu ||
			    !in_column(v, c, at))
				continue;
			nr[w.s.states[d->id]]++;
			first_at[w.s.states[d->id]] = VMS_MIN(first_at[w.s.states[d->id]], at);
			if (d->id == cols[c].id)
				found = at;
		}
		assert_int_equal(cols[c].nr, nr[0] + nr[1] + nr[2]);
		for (k = 0; k < 3 && !nr[order[k]]; k++)
			;
		assert_int_equal(cols[c].id == VMS_ID_NONE, k == 3);
		if (k < 3) {
			assert_int_equal(cols[c].state, order[k]);
			assert_int_equal(found, first_at[order[k]]);
		}
	}
}

TEST_IN(test_marks_show_the_strongest, setup, teardown)
{
	const struct vms_piece moved = { .line = { .offset_raw = -500 } };
	unsigned int round, cpu;
	size_t i;
	uint32_t k;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < VMS_ARRAY_NR(views); i++)
			for (cpu = 0; cpu < 2; cpu++) {
				check_marks(&views[i], true, cpu);
				check_marks(&views[i], false, cpu);
			}
		/* Decisions, then another map. */
		for (k = 1; k <= CANDS_NR; k += 3)
			w.s.states[k] = (uint8_t)((w.s.states[k] + 1) % 3);
		if (round == 1)
			assert_int_equal(vms_model_set(w.s.map, 1, &moved, 1, NULL), 0);
		w.s.generation++;
	}
}

/* Prepared over what the session is now, and of no use over what it was. */
TEST_IN(test_prepared_lanes_serve, setup, teardown)
{
	const struct vms_piece moved = { .line = { .offset_raw = -500 } };
	struct vms_lanes *prepared;
	unsigned int late, i;

	for (late = 0; late < 2; late++) {
		check_marks(&views[0], true, 0);
		w.s.formed++;
		w.s.generation++;
		assert_int_equal(vms_model_set(w.s.map, late, &moved, 1, NULL), 0);
		assert_int_equal(vms_lanes_new(&prepared, &w.s, NULL), 0);
		assert_int_equal(vms_lanes_prepare(prepared, NULL), 0);
		w.s.formed += late;
		vms_lanes_adopt(w.l, prepared);
		for (i = 0; i < VMS_ARRAY_NR(views); i++) {
			check_marks(&views[i], true, i % 2);
			check_marks(&views[i], false, i % 2);
		}
	}
}

TEST_IN(test_bad_requests_are_refused, setup, teardown)
{
	const struct vms_view none = { 0, 0, COLS }, good = { 0, 1, COLS };
	struct vms_lane_col cols[COLS];
	struct vms_mark_col marks[COLS];

	assert_int_equal(vms_lane_host(w.l, 0, &none, cols, NULL), -VMS_EUSAGE);
	assert_int_equal(vms_lane_host(w.l, 2, &good, cols, NULL), -VMS_EUSAGE);
	assert_int_equal(vms_lane_guest(w.l, 1, 0, &good, cols, NULL), -VMS_EUSAGE);
	assert_int_equal(vms_lane_marks_host(w.l, 2, &good, marks, NULL), -VMS_EUSAGE);
	assert_int_equal(vms_lane_marks_guest(w.l, 0, 2, &good, marks, NULL), -VMS_EUSAGE);
}

TEST_IN(test_out_of_memory, setup, teardown)
{
	const struct vms_view v = { 0, 10000, COLS };
	struct vms_lane_col cols[COLS];
	struct vms_mark_col marks[COLS];
	unsigned long n;
	int ret = -1;

	for (n = 1; ret && n < 200; n++) {
		struct vms_lanes *l = NULL;

		vms_alloc_fail_at(n);
		ret = vms_lanes_new(&l, &w.s, NULL);
		if (!ret)
			ret = vms_lane_host(l, 0, &v, cols, NULL);
		if (!ret)
			ret = vms_lane_guest(l, 0, 1, &v, cols, NULL);
		if (!ret)
			ret = vms_lane_guest(l, 0, 0, &v, cols, NULL);
		if (!ret)
			ret = vms_lane_marks_guest(l, 0, 1, &v, marks, NULL);
		vms_alloc_fail_at(0);
		assert_true(ret == 0 || ret == -VMS_ENOMEM);
		vms_lanes_free(l);
	}
	assert_int_equal(ret, 0);
}

UNIT_MAIN(NULL, NULL)
