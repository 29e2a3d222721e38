// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The direct reader: counts of real recordings, ring buffer pages made by hand, and files cut or
 * changed.
 */
#include "unit.h"

#include <endian.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/util.h"
#include "io/direct/direct_impl.h"

static struct vms_stream *load(const char *name)
{
	struct vms_stream *s = NULL;
	struct vms_err err = { 0 };
	char path[512];
	const char *p = unit_recording(name, path, sizeof(path));

	if (!p)
		skip();
	if (vms_source_direct.load(&s, p, NULL, &err))
		fail_msg("%s", err.msg);
	return s;
}

static uint64_t count(const struct vms_stream *s, const char *system, const char *name)
{
	const unsigned int type = name ? vms_type_find(s, system, name) : 0;
	uint64_t nr = 0;
	uint32_t i, k;

	for (i = 0; i < s->cpus_nr; i++)
		for (k = 0; k < s->cpus[i].nr; k++)
			nr += s->cpus[i].type[k] == type;
	return nr;
}

/*
 * numbers from truth.json of the recordings, which trace-cmd counted; 08 has two marks without a
 * number on the host
 */
TEST(counts_equal_truth)
{
	static const struct {
		const char *file;
		unsigned int version;
		const char *compression, *clock;
		uint64_t events, lost;
		int64_t first_raw, last_raw;
	} rows[] = {
		{ "01-demo.dat", 7, "zstd", "x86-tsc", 31373, 0, 345615153049, 352453624471 },
		{ "01-demo-vm1.dat", 7, "zstd", "x86-tsc", 7822, 0, 32798667634, 38844400636 },
		{ "10-zlib.dat", 7, "zlib", "x86-tsc", 31373, 0, 345615153049, 352453624471 },
		{ "08-lost.dat", 7, "zstd", "x86-tsc", 59421, 478 + 574 + 2, 0, 0 },
		{ "08-lost-vm1.dat", 7, "zstd", "x86-tsc", 17565, 137 + 150, 0, 0 },
		{ "09-v6.dat", 6, "none", "x86-tsc", 31373, 0, 345615153049, 352453624471 },
		{ "21-v6-clock-behind-cpu-table-vm1.dat", 6, "none", "x86-tsc", 202, 0, 0, 0 },
		{ "11-nocompress.dat", 7, "none", "x86-tsc", 20884, 0, 0, 0 },
		{ "18-buffers.dat", 7, "zstd", "x86-tsc", 27562, 0, 0, 0 },
		{ "30-arm64.dat", 7, "zstd", "local", 186535, 0, 0, 0 },
		{ "90-intel.dat", 7, "zlib", "tsc2nsec", 11721, 0, 0, 0 },
	};
	size_t i, seen = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vms_stream *s;
		char path[512];

		if (!unit_recording(rows[i].file, path, sizeof(path)))
			continue;
		seen++;
		s = load(rows[i].file);
		assert_int_equal(s->version, rows[i].version);
		assert_string_equal(s->compression, rows[i].compression);
		assert_string_equal(s->clock.name, rows[i].clock);
		assert_int_equal(s->events_nr, rows[i].events);
		assert_int_equal(s->lost_nr, rows[i].lost);
		assert_int_equal(count(s, NULL, NULL), 0);
		if (rows[i].first_raw) {
			assert_int_equal(s->first_raw, rows[i].first_raw);
			assert_int_equal(s->last_raw, rows[i].last_raw);
		}
		vms_stream_free(s);
	}
	if (!seen)
		skip();
}

TEST(types_and_fields)
{
	struct vms_stream *s = load("01-demo.dat");
	const struct vms_event_type *t;
	const struct vms_field *f;
	struct vms_ref r = { 0, 0 };
	uint64_t v;

	assert_int_equal(count(s, "kvm", "kvm_entry"), 3455);
	assert_int_equal(count(s, "sched", "sched_switch"), 1817);
	assert_int_equal(count(s, "timer", "hrtimer_expire_entry"), 1454);
	t = &s->types[vms_type_find(s, "sched", "sched_switch")];
	f = vms_type_field(t, "prev_comm");
	assert_non_null(f);
	assert_true(f->is_array);
	assert_int_equal(f->size, 16);
	f = vms_type_field(t, "prev_state");
	assert_true(f && f->is_signed && f->size == 8);
	assert_true(f->offset + f->size <= t->size_min);
	/* the first events of CPU 0 as trace-cmd report -R shows them */
	assert_string_equal(vms_event_type(s, r)->name, "kvm_pv_tlb_flush");
	r.idx = 2;
	assert_string_equal(vms_event_type(s, r)->name, "kvm_entry");
	assert_int_equal(vms_event_time(s, r), 345615364559);
	assert_true(vms_field_by_name(s, r, "rip", &v));
	assert_int_equal(v, 0xffffffff815446ecULL);
	assert_int_equal(vms_event_tid(s, r), 516);
	vms_stream_free(s);
}

TEST(options)
{
	struct vms_stream *s = load("01-demo.dat");

	assert_true(s->trace_id == 0x90A6372D0E33E8F7ULL);
	assert_int_equal(s->decls_nr, 1);
	assert_string_equal(s->decls[0].name, "vm1");
	assert_int_equal(s->decls[0].vcpus_nr, 2);
	assert_int_equal(s->decls[0].tid[1], 517);
	assert_null(s->shift);
	assert_int_equal(s->stats_nr, 2);
	assert_int_equal(s->stats[0].cpu, 0);
	assert_int_equal(s->stats[0].recorded_nr, 15010 + 105); /* as trace-cmd dump says */
	assert_int_equal(s->stats[0].recorded_nr, s->cpus[0].nr);
	assert_int_equal(s->stats[1].recorded_nr, s->cpus[1].nr);
	assert_int_equal(s->stats[1].lost_nr, 0);
	vms_stream_free(s);
	s = load("08-lost.dat");
	assert_int_equal(s->stats[0].lost_nr, 893);
	assert_int_equal(s->stats[1].lost_nr, 788);
	vms_stream_free(s);
	s = load("01-demo-vm1.dat");
	assert_non_null(s->shift);
	assert_true(s->shift->peer_id == 0x90A6372D0E33E8F7ULL);
	assert_int_equal(s->shift->cpus_nr, 2);
	assert_int_equal(s->shift->cpus[1].samples_nr, 2);
	assert_int_equal(s->shift->cpus[1].samples[0].offset, 312885032349);
	assert_int_equal(s->shift->cpus[1].samples[1].time, 39151010634);
	assert_int_equal(s->shift->cpus[1].samples[1].scaling, 1);
	vms_stream_free(s);
}

TEST(text_and_comm)
{
	struct vms_stream *s = load("01-demo.dat");
	char text[256], tiny[8];

	s->ops->text(s, (struct vms_ref){ 0, 1 }, text, sizeof(text));
	assert_string_equal(text, "IRQ 0xec");
	s->ops->text(s, (struct vms_ref){ 0, 2 }, text, sizeof(text));
	assert_string_equal(text, "vcpu 0, rip 0xffffffff815446ec");
	s->ops->text(s, (struct vms_ref){ 0, 2 }, tiny, sizeof(tiny));
	assert_string_equal(tiny, "vcpu 0,");
	assert_string_equal(s->ops->comm(s, 516), "CPU 0/KVM");
	assert_string_equal(s->ops->comm(s, 0), "<idle>");
	assert_null(s->ops->comm(s, 999999));
	vms_stream_free(s);
}

/* instances of one CPU are merged by time; each keeps its mark */
/*
 * libtraceevent divides by zero or follows NULL on these formats of kvm_exit, while it parses or
 * prints: their events show their fields, marked, and all others their texts.
 */
TEST(a_format_that_kills_costs_its_own_events)
{
	static const char *const names[] = { "damaged/51-fmt-div-zero-const.dat",
					     "damaged/52-fmt-mod-by-field.dat",
					     "damaged/53-fmt-symbolic-unknown-field.dat",
					     "damaged/54-fmt-op-null.dat" };
	char text[300];
	size_t file;

	for (file = 0; file < VMS_ARRAY_NR(names); file++) {
		struct vms_stream *s = load(names[file]);
		const unsigned int bad = vms_type_find(s, "kvm", "kvm_exit");
		uint32_t cpu, i, raw = 0, good = 0;

		for (cpu = 0; cpu < s->cpus_nr; cpu++)
			for (i = 0; i < s->cpus[cpu].nr; i++) {
				const bool is_bad = s->cpus[cpu].type[i] == bad;

				s->ops->text(s, (struct vms_ref){ cpu, i }, text, sizeof(text));
				if (is_bad != !strncmp(text, "raw: exit_reason=0x", 19))
					fail_msg("%s %u/%u: %s", names[file], cpu, i, text);
				raw += is_bad;
				good += !is_bad;
			}
		assert_true(raw > 0 && good > 0);
		vms_stream_free(s);
	}
}

/* A lock that another process may want, as the journal's, ends with the one who took it. */
TEST(the_child_holds_no_lock)
{
	struct vms_stream *s = load("damaged/51-fmt-div-zero-const.dat");
	char path[] = P_tmpdir "/vmsync-lock-XXXXXX", text[300];
	const int fd = mkstemp(path);
	int other;

	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	s->ops->text(s, (struct vms_ref){ 0, 0 }, text, sizeof(text));
	assert_int_equal(close(fd), 0);
	other = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(close(other), 0);
	assert_int_equal(unlink(path), 0);
	vms_stream_free(s);
}

TEST(instances)
{
	struct vms_stream *s = load("18-buffers.dat");
	uint64_t by[8] = { 0 };
	uint32_t i, k;

	assert_int_equal(s->buffers_nr, 3);
	assert_string_equal(s->buffers[0].name, "");
	for (i = 0; i < s->cpus_nr; i++) {
		assert_non_null(s->cpus[i].buffer);
		assert_true(s->cpus[i].sorted);
		for (k = 0; k < s->cpus[i].nr; k++) {
			const struct vms_event_type *t =
				vms_event_type(s, (struct vms_ref){ (int32_t)i, k });
			const char *name = s->buffers[s->cpus[i].buffer[k]].name;

			by[s->cpus[i].buffer[k]]++;
			assert_true(!k || s->cpus[i].time_raw[k - 1] <= s->cpus[i].time_raw[k]);
			if (!strcmp(t->system, "kvm"))
				assert_string_equal(name, "kvmbuf");
		}
	}
	assert_true(by[0] && by[1] && by[2]);
	vms_stream_free(s);
}

/* a page made by hand; see kernel/trace/ring_buffer.c */
struct page {
	uint8_t b[256];
	size_t n;
	bool big;
};

static void put(struct page *p, uint64_t v, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < size; i++)
		p->b[p->n++] = (uint8_t)(v >> 8 * (p->big ? size - 1 - i : i));
}

static void put_head(struct page *p, unsigned int type, uint32_t delta)
{
	put(p, p->big ? type << 27 | delta : delta << 5 | type, 4);
}

static void put_data(struct page *p, uint32_t delta, uint16_t id, unsigned int words)
{
	const size_t end = p->n + 4 + words * 4;

	put_head(p, words, delta);
	put(p, id, 2);
	while (p->n < end)
		put(p, 0, 1);
}

static void page_begin(struct page *p, uint64_t time, bool big, unsigned int commit_size)
{
	memset(p, 0, sizeof(*p));
	p->big = big;
	put(p, time, 8);
	put(p, 0, commit_size);
}

static void page_commit(struct page *p, uint64_t flags, unsigned int commit_size)
{
	const size_t end = p->n;

	p->n = 8;
	put(p, (end - 8 - commit_size) | flags, commit_size);
	p->n = end;
}

static struct direct_formats *formats(unsigned int commit_size)
{
	struct direct_formats *fm = calloc(1, sizeof(*fm));

	fm->checks = calloc(3, sizeof(*fm->checks));
	fm->checks[1].size_min = 8;
	fm->checks[2].size_min = 12;
	fm->checks[2].dynamic_nr = 1;
	fm->checks[2].dynamic[0] = 8;
	fm->by_id[7] = 1;
	fm->by_id[9] = 2;
	fm->layout.commit_size = commit_size;
	fm->layout.data_offset = 8 + commit_size;
	return fm;
}

static void walk(struct direct_run *r, struct page *p, struct direct_formats *fm, size_t page_size)
{
	const uint16_t one = 1;
	const bool host_big = !*(const uint8_t *)&one;
	const struct direct_walk w = { .formats = fm,
				       .page_size = (uint32_t)page_size,
				       .big_endian = p->big,
				       .swap = p->big != host_big };

	assert_int_equal(direct_run_new(r, (struct bytes){ p->b, sizeof(p->b) }, sizeof(p->b)), 0);
	direct_run_pages(r, &w, (struct bytes){ p->b, page_size }, 0);
	direct_run_end(r);
}

static int64_t time_at(const struct direct_run *r, size_t i)
{
	assert_true(i < r->nr);
	return ((const int64_t *)r->time.p)[i];
}

TEST(all_kinds_of_events)
{
	unsigned int kind;

	for (kind = 0; kind < 4; kind++) {
		const bool big = kind & 1;
		const unsigned int commit = kind & 2 ? 4 : 8;
		struct direct_formats *fm = formats(commit);
		struct direct_run r;
		struct page p;

		page_begin(&p, 0xf800000000001000ULL, big, commit);
		put_data(&p, 5, 7, 2);
		put_head(&p, 30, 3); /* extend by 2 << 27 | 3 */
		put(&p, 2, 4);
		put_data(&p, 1, 7, 2);
		put_head(&p, 29, 4); /* discarded, 8 bytes behind its head */
		put(&p, 8, 4);
		put(&p, 0, 4);
		put_head(&p, 0, 2); /* length 4 + 10 in a word of its own */
		put(&p, 14, 4);
		put(&p, 7, 2);
		p.n += 10;
		/* absolute, the top bits are those of the page */
		put_head(&p, 31, 77);
		put(&p, 1, 4);
		put_data(&p, 0, 7, 2);
		put_data(&p, 0, 8, 2); /* no such id */
		put_data(&p, 0, 9, 2); /* too short for its type */
		page_commit(&p, 0, commit);
		walk(&r, &p, fm, sizeof(p.b));
		assert_int_equal(r.nr, 6);
		assert_int_equal(r.damaged_nr, 0);
		assert_true(time_at(&r, 0) == (int64_t)0xf800000000001005ULL);
		assert_true(time_at(&r, 1) == (int64_t)(0xf800000000001005ULL + (2 << 27) + 3 + 1));
		assert_true(time_at(&r, 2) == time_at(&r, 1) + 4 + 2);
		assert_true(time_at(&r, 3) == (int64_t)(0xf800000000000000ULL | 1 << 27 | 77));
		assert_int_equal(((const uint16_t *)r.type.p)[2], 1);
		assert_int_equal(((const uint16_t *)r.type.p)[4], 0);
		assert_int_equal(((const uint16_t *)r.type.p)[5], 0);
		assert_int_equal(r.unknown_nr, 1);
		assert_int_equal(r.short_nr, 1);
		assert_false(r.sorted);
		direct_run_free(&r);
		free(fm->checks);
		free(fm);
	}
}

TEST(losses_and_damage)
{
	struct direct_formats *fm = formats(8);
	struct direct_run r;
	struct page p;

	page_begin(&p, 100, false, 8);
	put_data(&p, 1, 7, 2);
	page_commit(&p, UINT64_C(3) << 30, 8); /* missed, and the number stands behind the data */
	put(&p, 42, 8);
	walk(&r, &p, fm, sizeof(p.b));
	assert_int_equal(r.nr, 1);
	assert_int_equal(r.lost_nr, 1);
	assert_int_equal(r.lost[0].count, 42);
	assert_int_equal(r.lost[0].idx, 0);
	direct_run_free(&r);
	/* no room for the number: some are lost, nobody knows how many */
	walk(&r, &p, fm, p.n - 4);
	assert_int_equal(r.lost_nr, 1);
	assert_int_equal(r.lost[0].count, 0);
	direct_run_free(&r);
	/* an event that is longer than the page: what is before it counts, the loss is marked */
	page_begin(&p, 100, false, 8);
	put_data(&p, 1, 7, 2);
	put_head(&p, 28, 1);
	page_commit(&p, 0, 8);
	walk(&r, &p, fm, sizeof(p.b));
	assert_int_equal(r.nr, 1);
	assert_int_equal(r.damaged_nr, 1);
	assert_int_equal(r.lost_nr, 1);
	assert_int_equal(r.lost[0].idx, 1);
	direct_run_free(&r);
	/* a commit that is larger than the page */
	page_begin(&p, 100, false, 8);
	p.n += 4000;
	page_commit(&p, 0, 8);
	walk(&r, &p, fm, sizeof(p.b));
	assert_int_equal(r.nr, 0);
	assert_int_equal(r.damaged_nr, 1);
	direct_run_free(&r);
	free(fm->checks);
	free(fm);
}

/* a text outside the event makes it an unknown one: nobody may follow it */
TEST(dynamic_fields_stay_inside)
{
	struct direct_formats *fm = formats(8);
	const uint32_t inside = htole32(4 << 16 | 12), outside = htole32(5 << 16 | 12);
	struct direct_run r;
	struct page p;

	page_begin(&p, 1, false, 8);
	put_data(&p, 0, 9, 4);
	memcpy(p.b + 16 + 4 + 8, &inside, 4);
	put_data(&p, 0, 9, 4);
	memcpy(p.b + 16 + 20 + 4 + 8, &outside, 4);
	page_commit(&p, 0, 8);
	walk(&r, &p, fm, sizeof(p.b));
	assert_int_equal(r.nr, 2);
	assert_int_equal(((const uint16_t *)r.type.p)[0], 2);
	assert_int_equal(((const uint16_t *)r.type.p)[1], 0);
	direct_run_free(&r);
	free(fm->checks);
	free(fm);
}

static void take_shift(struct direct_file *f, const uint64_t *words, size_t nr)
{
	assert_int_equal(direct_option_take(f, OPT_TIME_SHIFT,
					    (struct bytes){ (const uint8_t *)words, nr }),
			 0);
}

/* T6, T8 of doc/METHOD.md 3.4: what trace-cmd itself reads wrongly or beyond its end */
TEST(time_shift_must_add_up)
{
	struct direct_file f = { .version = 7 };
	/* peer; flags, 1 CPU; then 32-bit count and 64-bit arrays, unaligned */
	uint8_t b[16 + 4 + 2 * 32] = { 0 };
	const uint32_t one = 1, two = 2, many = 0x10000000;
	const uint64_t times[2] = { 20, 10 };

	memcpy(b + 12, &one, 4);
	memcpy(b + 16, &two, 4);
	memcpy(b + 20, times, 16);
	take_shift(&f, (const uint64_t *)(const void *)b, sizeof(b));
	assert_int_equal(f.opts.shift_opt->cpus_nr, 1);
	assert_int_equal(f.opts.shift_opt->cpus[0].samples_nr, 2);
	assert_int_equal(f.opts.shift_opt->cpus[0].samples[0].time, 10);
	assert_int_equal(f.notes_nr, 0);
	take_shift(&f, (const uint64_t *)(const void *)b, sizeof(b) - 8);
	assert_int_equal(f.opts.shift_opt->cpus_nr, 0);
	assert_int_equal(f.notes_nr, 1);
	memcpy(b + 16, &many, 4);
	take_shift(&f, (const uint64_t *)(const void *)b, sizeof(b));
	assert_int_equal(f.opts.shift_opt->cpus_nr, 0);
	direct_file_close(&f);
}

/* A name that is too long for a line loses whole characters. */
TEST(notes_halve_no_character)
{
	struct direct_file f = { .version = 7 };
	char name[801] = "";
	size_t i;

	for (i = 0; i < 400; i++)
		memcpy(name + 2 * i, "\u00e4", 2);
	direct_note(&f, "%s", name);
	direct_note(&f, "instance \"%s\"", DIRECT_NAME(name));
	assert_int_equal(f.notes_nr, 2);
	assert_int_equal(strlen(f.notes[0]), 254);
	assert_string_equal(f.notes[1],
			    "instance \""
			    "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
			    "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\"");
	direct_file_close(&f);
}

UNIT_MAIN(NULL, NULL)
