// SPDX-License-Identifier: LGPL-2.1-or-later
/* Discovery on recordings in the tree: what must be found, what must not, and what it is worth. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/find.h>
#include <vmsync/io/open.h>

#include "core/base/util.h"

struct fixture {
	struct vms_trace *trace;
	struct vms_session *session;
	struct vms_finds *finds;
};

static struct fixture opened(const char *name, const char *sequences)
{
	const char *dir = getenv("VMSYNC_TEST_DATA");
	struct fixture f = { 0 };
	struct vms_err err = { 0 };
	struct vms_session_opts so = { .sequence_texts = &sequences,
				       .sequence_texts_nr = sequences != NULL,
				       .no_builtin = true };
	const struct vms_open_how how = { 0 };
	char host[512], guest[512];
	const char *paths[] = { host, guest };

	(void)snprintf(host, sizeof(host), "%s/%s.dat", dir ? dir : "", name);
	(void)snprintf(guest, sizeof(guest), "%s/%s-vm1.dat", dir ? dir : "", name);
	if (vms_trace_open(&f.trace, paths, 2, &how, NULL, &err) ||
	    vms_session_new(&f.session, f.trace, &so, &err))
		fail_msg("%s: %s", name, err.msg);
	return f;
}

static void search(struct fixture *f, uint64_t shuffle)
{
	const struct vms_find_opts opts = { .shuffle = shuffle };
	struct vms_err err = { 0 };

	vms_finds_free(f->finds);
	f->finds = NULL;
	if (vms_find(&f->finds, f->session, &opts, &err))
		fail_msg("%s", err.msg);
}

static void closed(struct fixture *f)
{
	vms_finds_free(f->finds);
	vms_session_free(f->session);
	vms_trace_free(f->trace);
}

/* The proposal of an event and a cause, or NULL. */
static const struct vms_found *found(const struct fixture *f, enum vms_dir dir, const char *event,
				     const char *cause)
{
	unsigned int i, k;

	for (i = 0; i < f->finds->nr; i++) {
		const struct vms_found *p = &f->finds->found[i];

		for (k = 0; p->dir == dir && !strcmp(p->cause, cause) && k < p->guest_events_nr;
		     k++)
			if (!strcmp(p->guest_events[k], event))
				return p;
	}
	return NULL;
}

static void expect(const struct fixture *f, enum vms_dir dir, const char *event, const char *cause,
		   unsigned int rank, const char *key)
{
	const struct vms_found *p = found(f, dir, event, cause);

	if (!p || p->few)
		fail_msg("%s and %s: not found", event, cause);
	if (p->rank > rank)
		fail_msg("%s and %s: rank %u", event, cause, p->rank);
	if (key)
		assert_string_equal(p->key, key);
	assert_true(p->fitness.pairs_nr >= 20);
	assert_true(p->fitness.precision >= 0.5 || p->fitness.recall >= 0.5);
}

/* What the two sequences of the thesis and the timer's sandwich rest on needs no catalogue. */
TEST(test_known_ones_are_found)
{
	struct fixture f = opened("01-demo", NULL);

	search(&f, 0);
	expect(&f, VMS_GUEST_TO_HOST, "cpu_idle", "HLT", 5, NULL);
	expect(&f, VMS_GUEST_TO_HOST, "hrtimer_start", "MSR_WRITE 0x6e0", 5, NULL);
	expect(&f, VMS_HOST_TO_GUEST, "write_msr", "MSR_WRITE 0x6e0", 3, "val = kvm_msr.data");
	expect(&f, VMS_HOST_TO_GUEST, "write_msr", "MSR_WRITE 0x830", 5, NULL);
	expect(&f, VMS_HOST_TO_GUEST, "local_timer_entry", "HLT inj 0xec", 5, NULL);
	closed(&f);
}

/* A family is one proposal; a value of a field splits an event. */
TEST(test_families_and_conditions)
{
	struct fixture f = opened("01-demo", NULL);
	const struct vms_found *p;

	search(&f, 0);
	p = found(&f, VMS_GUEST_TO_HOST, "hrtimer_start", "MSR_WRITE 0x6e0");
	assert_ptr_equal(p, found(&f, VMS_GUEST_TO_HOST, "hrtimer_expire_exit", "MSR_WRITE 0x6e0"));
	assert_non_null(strstr(found(&f, VMS_GUEST_TO_HOST, "cpu_idle", "HLT")->text,
			       "guest cpu_idle state=1\n"));
	assert_non_null(strstr(found(&f, VMS_HOST_TO_GUEST, "write_msr", "MSR_WRITE 0x6e0")->text,
			       "guest write_msr msr=0x6e0\n"));
	closed(&f);
}

/* With causes that changed places nothing goes together, whatever else is as it was. */
TEST(test_nothing_in_shuffled_causes)
{
	static const char *const names[] = { "01-demo", "n08e-exit-vcpu0", "13-per-vcpu-offset" };
	uint64_t seed;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(names); i++) {
		struct fixture f = opened(names[i], NULL);

		for (seed = 1; seed <= 100; seed++) {
			search(&f, seed);
			if (f.finds->nr)
				fail_msg("%s, seed %d: %s", names[i], (int)seed,
					 f.finds->found[0].name);
		}
		closed(&f);
	}
}

/* Events of which nobody ever heard are found as those that the program knows by name. */
TEST(test_names_of_guest_events_mean_nothing)
{
	struct fixture f = opened("01-demo", NULL), g = opened("01-demo", NULL);
	struct vms_stream *guest = g.trace->guests[0].stream;
	static char names[4096][16];
	unsigned int i;

	for (i = 1; i < guest->types_nr && i < VMS_ARRAY_NR(names); i++) {
		(void)snprintf(names[i], sizeof(names[i]), "own_%u", i);
		guest->types[i].name = names[i];
	}
	search(&f, 0);
	search(&g, 0);
	assert_int_equal(f.finds->nr, g.finds->nr);
	for (i = 0; i < f.finds->nr; i++) {
		assert_string_equal(f.finds->found[i].cause, g.finds->found[i].cause);
		assert_int_equal(f.finds->found[i].fitness.pairs_nr,
				 g.finds->found[i].fitness.pairs_nr);
	}
	closed(&f);
	closed(&g);
}

/* A proposal as a sequence of the catalogue has the pairs that it came with, and is known. */
TEST(test_a_proposal_is_a_sequence)
{
	struct fixture f = opened("01-demo", NULL), g;
	unsigned int i;

	search(&f, 0);
	for (i = 0; i < f.finds->nr; i++) {
		const struct vms_found *p = &f.finds->found[i];
		struct vms_fitness_list *list = NULL;
		const struct vms_found *again;

		assert_null(p->known);
		if (p->few)
			continue;
		g = opened("01-demo", p->text);
		assert_int_equal(vms_fitness_session(&list, g.session, true, NULL, NULL), 0);
		assert_int_equal(list->seqs_nr, 1);
		assert_int_equal(list->of_guest[0].pairs_nr, p->fitness.pairs_nr);
		assert_int_equal(list->of_guest[0].fit, p->fitness.fit);
		vms_fitness_list_free(list);
		search(&g, 0);
		again = found(&g, p->dir, p->guest_events[0], p->cause);
		assert_non_null(again);
		assert_string_equal(again->known, p->name);
		closed(&g);
	}
	closed(&f);
}

/* It ends when it is not wanted any more, and says how far it is. */
static unsigned int told_nr;

static void told(void *user, const char *what, uint64_t done, uint64_t total, uint64_t events)
{
	(void)what;
	(void)events;
	assert_true(done < total);
	told_nr++;
	if (user && told_nr == 2)
		__atomic_store_n((bool *)user, true, __ATOMIC_RELAXED);
}

TEST(test_cancelled)
{
	struct fixture f = opened("01-demo", NULL);
	bool cancel = false;
	const struct vms_progress p = { .update = told, .cancel = &cancel, .user = &cancel };
	const struct vms_find_opts opts = { .progress = &p };
	struct vms_err err = { 0 };

	assert_int_equal(vms_find(&f.finds, f.session, &opts, &err), -VMS_ECANCEL);
	assert_null(f.finds);
	assert_int_equal(told_nr, 4);
	closed(&f);
}

TEST(test_no_memory)
{
	struct fixture f = opened("01-demo", NULL);
	struct vms_err err;
	unsigned long n = 1;
	int ret;

	do {
		struct vms_finds *finds = NULL;

		vms_alloc_fail_at(n);
		ret = vms_find(&finds, f.session, NULL, &err);
		vms_alloc_fail_at(0);
		assert_true(!ret || ret == -VMS_ENOMEM);
		vms_finds_free(finds);
		n += 1 + n / 8;
	} while (ret);
	closed(&f);
}

UNIT_MAIN(NULL, NULL)
