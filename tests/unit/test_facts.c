// SPDX-License-Identifier: LGPL-2.1-or-later
/* Clock facts: which deadline a wait speaks of, when nobody knows, and what a fact then bounds. */
#include "unit.h"

#include <math.h>
#include <stdio.h>

#include <vmsync/band.h>
#include <vmsync/evidence.h>

#include "core/base/util.h"
#include "world.h"

/* The guest's TSC is the host's less 1000: the offset, host minus guest, is 1000. */
#define OFFSET 1000

struct fixture {
	struct world *w;
	struct vms_stretches *st;
	struct vms_facts *facts;
};

static void build(struct fixture *f, const char *events)
{
	f->w = world_new(2);
	world_play(f->w, 100, events);
	assert_int_equal(vms_stretches_build(&f->st, world_stream(f->w), NULL), 0);
	assert_int_equal(vms_facts_build(&f->facts, world_stream(f->w), f->st, NULL, NULL, 0, NULL),
			 0);
}

static void done(struct fixture *f)
{
	vms_facts_free(f->facts);
	vms_stretches_free(f->st);
	world_free(f->w);
}

#define HLT "kvm_exit exit_reason=12 isa=1"
#define DEADLINE "kvm_msr write=1 ecx=0x6e0 data="
#define WAIT "kvm_wait_lapic_expire delta="

/*
 * Each row: events, and what they say as "guest in [from, to]"; "> n" where it needs a greater
 * offset
 */
/* A second fact that agrees with the rows' first, as one alone does not count. */
#define SECOND "; 6900 " DEADLINE "7000; 8100 kvm_entry; 8108 " WAIT "103; 8200 " HLT
#define SECOND_TSC 7103

TEST(test_facts_of_events)
{
	static const struct {
		const char *events, *facts;
		unsigned int unknown_nr;
	} rows[] = {
		/* the deadline was 5000; at an instant of [6100, 6110] the guest's TSC was 5105 */
		{ "2000 kvm_entry; 2010 " HLT "; 2020 " DEADLINE "5000; 6100 kvm_entry; 6110 " WAIT
		  "105; 6200 " HLT,
		  "5105 in [6100, 6110]", 0 },
		/* nobody saw the deadline being written */
		{ "2000 kvm_entry; 2010 " HLT "; 6100 kvm_entry; 6110 " WAIT "105; 6200 " HLT, "",
		  1 },
		/* a wait uses the deadline up */
		{ "2000 kvm_entry; 2010 " HLT "; 2020 " DEADLINE "5000; 6100 kvm_entry; 6110 " WAIT
		  "105; 6200 " HLT "; 6300 kvm_entry; 6310 " WAIT "300; 6400 " HLT,
		  "5105 in [6100, 6110]", 1 },
		/*
		 * what replaced a deadline is meant only if that was still to come: 1000 > 2100 -
		 * 3000
		 */
		{ "2000 kvm_entry; 2010 " HLT "; 2020 " DEADLINE "3000; 2100 " DEADLINE
		  "5000; 6100 kvm_entry; 6110 " WAIT "105; 6200 " HLT,
		  "5105 in [6100, 6110] > -900", 0 },
		/* disarmed: the next wait speaks of a deadline from before */
		{ "2000 kvm_entry; 2010 " HLT "; 2020 " DEADLINE "3000; 2100 " DEADLINE
		  "0; 6100 kvm_entry; 6110 " WAIT "105; 6200 " HLT,
		  "", 1 },
		/* an exit without the entry before it: a write may be missing too */
		{ "2000 kvm_entry; 2010 " HLT "; 2020 " DEADLINE
		  "5000; 3000 kvm_entry; 3100 kvm_entry; "
		  "3110 " HLT "; 6100 kvm_entry; 6110 " WAIT "105; 6200 " HLT,
		  "", 1 },
		/* lost events */
		{ "2000 kvm_entry; 2010 " HLT "; 2020 " DEADLINE
		  "5000; lost; 6100 kvm_entry; 6110 " WAIT "105; 6200 " HLT,
		  "", 1 },
		/* another MSR, a read of the deadline, and the TSC itself */
		{ "2000 kvm_entry; 2010 " HLT
		  "; 2020 kvm_msr write=1 ecx=0x830 data=5000; 2030 kvm_msr "
		  "ecx=0x6e0 data=7; 2040 kvm_msr ecx=0x10 data=1035; 6100 kvm_entry; 6110 " WAIT
		  "105; 6200 " HLT,
		  "1035 in [2000, 2040]", 1 },
	};
	unsigned int k;
	uint32_t i;

	for (k = 0; k < VMS_ARRAY_NR(rows); k++) {
		struct fixture f;
		char got[256] = "";
		size_t n = 0;

		char events[512];

		(void)snprintf(events, sizeof(events), "%s" SECOND, rows[k].events);
		build(&f, events);
		for (i = 0; i < f.facts->threads[0].facts_nr; i++) {
			const struct vms_fact *x = &f.facts->threads[0].facts[i];

			if (x->guest_raw == SECOND_TSC)
				continue;
			n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%lld in [%lld, %lld]",
					      n ? "; " : "", (long long)x->guest_raw,
					      (long long)x->from_raw, (long long)x->to_raw);
			if (x->above_raw != INT64_MIN)
				n += (size_t)snprintf(got + n, sizeof(got) - n, " > %lld",
						      (long long)x->above_raw);
		}
		if (strcmp(got, rows[k].facts) != 0 ||
		    f.facts->threads[0].unknown_nr != rows[k].unknown_nr)
			fail_msg("%s\n gives \"%s\", %u unknown\n not   \"%s\", %u", rows[k].events,
				 got, f.facts->threads[0].unknown_nr, rows[k].facts,
				 rows[k].unknown_nr);
		done(&f);
	}
}

/*
 * The guest's own word for its deadlines: in the stretch after the exit that wrote it. A wait in
 * that stretch came before it; after a loss, or an event outside every stretch, none is known.
 */
TEST(test_deadlines_by_the_guest)
{
	static const char host[] = "2000 kvm_entry; 2400 " HLT "; 2500 kvm_entry; 2600 " HLT
				   "; 6100 kvm_entry; 6110 " WAIT "105; 6500 " HLT
				   "; 8100 kvm_entry; 8108 " WAIT "103; 8500 " HLT;
	static const struct {
		const char *events;
		unsigned int facts_nr;
	} rows[] = {
		{ "1500 write_msr msr=0x6e0 val=5000; 5120 write_msr msr=0x6e0 val=7000", 2 },
		/* another MSR, and a deadline of which the wait does not speak */
		{ "1500 write_msr msr=0x830 val=5000; 5120 write_msr msr=0x6e0 val=7000", 0 },
		/* a loss after the first wait, and one before the second */
		{ "1500 write_msr msr=0x6e0 val=5000; 5112 cpu_idle; lost; "
		  "5120 write_msr msr=0x6e0 val=7000",
		  2 },
		{ "1500 write_msr msr=0x6e0 val=5000; 5120 write_msr msr=0x6e0 val=7000; lost; "
		  "7050 cpu_idle",
		  0 },
		{ "1450 write_msr msr=0x6e0 val=5000; 5120 write_msr msr=0x6e0 val=7000", 0 },
	};
	const struct vms_piece right = { .line = { .offset_raw = OFFSET } };
	unsigned int i;

	for (i = 0; i < VMS_ARRAY_NR(rows); i++) {
		struct world *guest = world_new(1);
		struct vms_model *m = NULL;
		struct vms_facts *facts = NULL;
		struct vms_facts_guest help = { .guest = NULL };
		struct fixture f;

		build(&f, host);
		assert_true(vms_facts_lack_deadlines(f.facts));
		world_play(guest, 1, rows[i].events);
		help.guest = world_stream(guest);
		assert_int_equal(vms_model_new(&m, VMS_MODEL_PIECES, help.guest, NULL), 0);
		assert_int_equal(vms_model_set(m, 0, &right, 1, NULL), 0);
		help.model = m;
		help.thread = &f.st->threads[0];
		assert_int_equal(
			vms_facts_build(&facts, world_stream(f.w), f.st, NULL, &help, 1, NULL), 0);
		assert_int_equal(facts->threads[0].facts_nr, rows[i].facts_nr);
		vms_facts_free(facts);
		vms_model_free(m);
		world_free(guest);
		done(&f);
	}
}

/* A guest whose TSC runs at 0.8 of the host's: no offset fits, a line does, and says so. */
TEST(test_a_scaled_clock_shows_its_rate)
{
	char events[8192] = "", *at = events;
	struct fixture f;
	int i;

	for (i = 1; i <= 40; i++) {
		const int host = 100000 * i + 731 * (i % 7), deadline = host * 4 / 5 - 1000;

		at += sprintf(at,
			      "%s%d kvm_entry; %d " HLT "; %d " DEADLINE
			      "%d; %d kvm_entry; %d " WAIT "5; %d " HLT,
			      i > 1 ? "; " : "", host - 900, host - 800, host - 790, deadline,
			      host - 10, host + 10, host + 100);
	}
	build(&f, events);
	assert_int_equal(f.facts->threads[0].facts_nr, 0);
	assert_true(fabs(f.facts->threads[0].rate - 0.8) < 1e-4);
	done(&f);
}

#define WRITTEN "kvm_write_tsc_offset previous_tsc_offset=18446744073709551"

/*
 * What KVM adds is said of a stretch in the middle between two writes: before the first, and after
 * the last as far as nothing is missing; where two writes contradict each other one was missed.
 */
TEST(test_offsets_written)
{
	static const struct {
		const char *events, *offsets;
	} rows[] = {
		{ "1000 kvm_entry; 1010 " HLT "; 2000 kvm_entry; 2010 " HLT "; 2020 " WRITTEN
		  "516 next_tsc_offset=18446744073709551416; 3000 kvm_entry; 3010 " HLT,
		  "2000:100 3000:200" },
		{ "1000 kvm_entry; 1010 " HLT "; 1020 " WRITTEN
		  "516 next_tsc_offset=18446744073709551416; 2000 kvm_entry; 2010 " HLT
		  "; lost; 3000 kvm_entry; 3010 " HLT "; 3020 " WRITTEN
		  "316 next_tsc_offset=18446744073709551216; 4000 kvm_entry; 4010 " HLT,
		  "1000:100 2000:200 3000:300 4000:400" },
		{ "1000 kvm_entry; 1010 " HLT "; 1020 " WRITTEN
		  "516 next_tsc_offset=18446744073709551416; 2000 kvm_entry; 2010 " HLT
		  "; 3020 " WRITTEN
		  "316 next_tsc_offset=18446744073709551216; 4000 kvm_entry; 4010 " HLT,
		  "1000:100 4000:400" },
		{ "1000 kvm_entry; 1010 " HLT "; 1020 kvm_write_tsc_offset vcpu_id=1 "
		  "previous_tsc_offset=5 next_tsc_offset=6; 2000 kvm_entry; 2010 " HLT,
		  "" },
	};
	unsigned int k;
	uint32_t i;

	for (k = 0; k < VMS_ARRAY_NR(rows); k++) {
		struct fixture f;
		char got[256] = "";
		size_t n = 0;

		build(&f, rows[k].events);
		for (i = 0; i < f.facts->threads[0].facts_nr; i++) {
			const struct vms_fact *x = &f.facts->threads[0].facts[i];

			assert_int_equal(x->from_raw, x->to_raw);
			n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%lld:%lld", n ? " " : "",
					      (long long)x->to_raw,
					      (long long)(x->to_raw - x->guest_raw));
		}
		assert_string_equal(got, rows[k].offsets);
		done(&f);
	}
}

/* A wait for another vCPU's timer in this thread says nothing of this one. */
TEST(test_wait_of_another_vcpu)
{
	struct fixture f;

	build(&f, "2000 kvm_entry; 2010 " HLT "; 2020 " DEADLINE "5000; 6100 kvm_entry; 6110 "
		  "kvm_wait_lapic_expire vcpu_id=1 delta=7; 6200 " HLT);
	assert_int_equal(f.facts->threads[0].facts_nr, 0);
	assert_int_equal(f.st->threads[0].stretches[1].enter_raw, 6100);
	done(&f);
	/* in an interrupt: of another VM's vCPU of the same number */
	build(&f, "2000 kvm_entry; 2010 " HLT "; 2020 " DEADLINE "5000; 6100 kvm_entry; 6110 "
		  "kvm_wait_lapic_expire common_flags=9 vcpu_id=0 delta=7; 6200 " HLT);
	assert_int_equal(f.facts->threads[0].facts_nr, 0);
	assert_int_equal(f.st->threads[0].stretches[1].enter_raw, 6100);
	done(&f);
}

static struct vms_band *band_of(const struct vms_constraints *c)
{
	const struct vms_band_opts o = { .constant = true, .step_penalty = 8 };
	struct vms_band *b = NULL;

	assert_int_equal(vms_band_build(&b, c, &o, NULL), 0);
	return b;
}

/*
 * Facts bound both sides where the guest's events leave the offset open by a stretch, and are
 * witnesses against a model that no guest event contradicts.
 */
TEST(test_facts_bound_and_testify)
{
	struct world *guest = world_new(1);
	struct vms_constraints *c = NULL;
	struct vms_model *m = NULL, *wrong = NULL;
	struct vms_piece right = { .line = { .offset_raw = OFFSET } };
	struct vms_piece off = { .line = { .offset_raw = OFFSET + 40 } };
	struct vms_judged judged;
	struct vms_evidence e;
	struct vms_band *b;
	struct fixture f;

	build(&f, "2000 kvm_entry; 2400 " HLT "; 2420 " DEADLINE "5000; 6100 kvm_entry; 6110 " WAIT
		  "105; 6500 " HLT "; 6520 " DEADLINE "7000; 8100 kvm_entry; 8108 " WAIT
		  "103; 8500 " HLT);
	world_play(guest, 1, "1200 cpu_idle; 5300 cpu_idle; 7300 cpu_idle");
	assert_int_equal(vms_model_new(&m, VMS_MODEL_PIECES, world_stream(guest), NULL), 0);
	assert_int_equal(vms_model_set(m, 0, &right, 1, NULL), 0);
	assert_int_equal(vms_constraints_build(&c, &world_stream(guest)->cpus[0], &f.st->threads[0],
					       f.st, m, 0, NULL),
			 0);
	b = band_of(c);
	assert_int_equal(b->segs[0].lo_raw, 810); /* 6110 - 5300 */
	assert_int_equal(b->segs[0].hi_raw, 1200);
	vms_band_free(b);
	assert_int_equal(vms_facts_bound(c, f.facts, &f.facts->threads[0], m, 0), 0);
	assert_int_equal(c->facts_nr, 2);
	b = band_of(c);
	assert_int_equal(b->segs[0].lo_raw, 997);  /* 8100 - 7103 */
	assert_int_equal(b->segs[0].hi_raw, 1005); /* 6110 - 5105, and 8108 - 7103 */
	judged = (struct vms_judged){ .cons = c, .band = b, .thread = &f.st->threads[0] };
	vms_evidence_of(&e, &judged, m, 0);
	assert_int_equal(vms_evidence_nr(&e), 0);
	assert_int_equal(vms_model_new(&wrong, VMS_MODEL_PIECES, world_stream(guest), NULL), 0);
	assert_int_equal(vms_model_set(wrong, 0, &off, 1, NULL), 0);
	vms_evidence_of(&e, &judged, wrong, 0);
	assert_int_equal(e.gaps_nr, 0);
	assert_int_equal(e.facts_nr, 2);
	assert_true(e.worst[0].is_fact);
	assert_int_equal(e.worst[0].depth_raw, -35); /* 1040 is 35 above 1005 */
	assert_int_equal(e.first.guest_raw, 5105);
	vms_model_free(m);
	vms_model_free(wrong);
	vms_constraints_free(c);
	vms_band_free(b);
	done(&f);
	world_free(guest);
}

/*
 * Events of one gap are one witness, however many: they may have run in a stretch nobody recorded.
 */
TEST(test_a_gap_testifies_once)
{
	struct world *guest = world_new(1);
	struct vms_constraints *c = NULL;
	struct vms_model *m = NULL, *late = NULL;
	struct vms_piece right = { .line = { .offset_raw = OFFSET } };
	struct vms_piece off = { .line = { .offset_raw = OFFSET + 150 } };
	struct vms_judged judged;
	struct vms_evidence e;
	struct vms_band *b;
	struct fixture f;

	build(&f, "2000 kvm_entry; 2100 " HLT "; 3000 kvm_entry; 3100 " HLT
		  "; 4000 kvm_entry; 4100 " HLT "; 5000 kvm_entry; 5100 " HLT);
	world_play(guest, 1,
		   "1010 cpu_idle; 1020 cpu_idle; 1090 cpu_idle; 2050 cpu_idle; 3050 cpu_idle");
	assert_int_equal(vms_model_new(&m, VMS_MODEL_PIECES, world_stream(guest), NULL), 0);
	assert_int_equal(vms_model_set(m, 0, &right, 1, NULL), 0);
	assert_int_equal(vms_constraints_build(&c, &world_stream(guest)->cpus[0], &f.st->threads[0],
					       f.st, m, 0, NULL),
			 0);
	b = band_of(c);
	judged = (struct vms_judged){ .cons = c, .band = b, .thread = &f.st->threads[0] };
	assert_int_equal(vms_model_new(&late, VMS_MODEL_PIECES, world_stream(guest), NULL), 0);
	assert_int_equal(vms_model_set(late, 0, &off, 1, NULL), 0);
	vms_evidence_of(&e, &judged, late, 0);
	assert_int_equal(e.gaps_nr, 3);
	assert_false(e.worst[0].is_fact);
	assert_int_equal(e.worst[0].index, 2);
	assert_int_equal(e.worst[0].depth_raw, -140); /* 2240 is 140 past 2100 */
	vms_model_free(m);
	vms_model_free(late);
	vms_constraints_free(c);
	vms_band_free(b);
	done(&f);
	world_free(guest);
}

UNIT_MAIN(NULL, NULL)
