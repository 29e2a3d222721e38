// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The tree of the lane picker: on a real recording against its stretches, and with hundreds of CPUs
 * made up.
 */
#include "demo_fixture.h"

#include <vmsync/stretch.h>

#include "app/state/lane_list.h"
#include "app/commands/command.h"
#include "app/commands/app_keys.h"
#include "app/state/lane_tree.h"
#include "app/state/view.h"
#include "core/base/util.h"

#define SWITCHES 3 /* rows above the groups */
#define HOSTS 300
#define VCPUS 130

static void press(struct app *a, uint32_t key)
{
	assert_int_equal(app_keys(a, &key, 1), 1);
}

/* Moves the selection of the picker to the row with a name. */
static uint32_t go(struct app *a, const char *name)
{
	struct app_lane_row_text t;
	uint32_t i;

	for (i = 0; i < app_shown(a)->over.nr; i++) {
		app_lane_row_text(a, i, &t);
		if (!strcmp(t.name, name)) {
			shown_over_row(a)->sel = i;
			return i;
		}
	}
	fail_msg("no row '%s'", name);
	return 0;
}

static char check_of(struct app *a, const char *name)
{
	struct app_lane_row_text t;

	app_lane_row_text(a, go(a, name), &t);
	return t.check;
}

static uint32_t shown_of(const struct app *a, int guest)
{
	uint32_t i, nr = 0;

	for (i = 0; i < app_lanes(a)->shown_nr; i++)
		nr += app_lanes(a)->lane[app_lanes(a)->shown[i]].guest == guest;
	return nr;
}

static int open_picker(void **state)
{
	(void)open_demo(state);
	fixture_keys(f.app, "V");
	return 0;
}

TEST(groups_hold_their_lanes)
{
	struct app_lane_row_text t;
	uint32_t vm, host, hosts = f.trace->host->cpus_nr,
			   vcpus = f.trace->guests[0].stream->cpus_nr;

	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_LANES);
	assert_int_equal(app_shown(f.app)->over.nr, SWITCHES + 1 + vcpus + 1 + hosts);
	vm = go(f.app, f.trace->guests[0].stream->name);
	host = go(f.app, "host");
	assert_int_equal(vm, SWITCHES);
	assert_int_equal(host, vm + vcpus + 1);
	app_lane_row_text(f.app, host, &t);
	assert_int_equal(t.check, 'x');
	/* Space hides all of a group, and shows all of it */
	press(f.app, ' ');
	assert_int_equal(shown_of(f.app, -1), 0);
	assert_int_equal(shown_of(f.app, 0), vcpus);
	assert_int_equal(check_of(f.app, "host"), ' ');
	press(f.app, ' ');
	assert_int_equal(shown_of(f.app, -1), hosts);
	/* of a group with some hidden, all are shown first */
	(void)go(f.app, "pCPU1");
	press(f.app, ' ');
	assert_int_equal(shown_of(f.app, -1), hosts - 1);
	assert_int_equal(check_of(f.app, "host"), '-');
	press(f.app, ' ');
	assert_int_equal(shown_of(f.app, -1), hosts);
	/* folded, its lanes leave the tree and stay on the screen */
	(void)go(f.app, "host");
	press(f.app, APP_KEY_LEFT);
	assert_int_equal(app_shown(f.app)->over.nr, SWITCHES + 1 + vcpus + 1);
	assert_int_equal(app_shown(f.app)->over.sel, go(f.app, "host"));
	assert_int_equal(shown_of(f.app, -1), hosts);
	press(f.app, APP_KEY_ENTER);
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_LANES);
	assert_int_equal(app_shown(f.app)->over.nr, SWITCHES + 1 + vcpus + 1 + hosts);
	/* from a lane the way back leads to its group */
	(void)go(f.app, "pCPU1");
	press(f.app, APP_KEY_LEFT);
	assert_int_equal(app_shown(f.app)->over.sel, host);
}

/* The thread of a vCPU stands for the host CPUs of its stretches, and for no other. */
TEST(threads_stand_for_their_cpus)
{
	const struct vms_thread *thread;
	struct app_lane_row_text t;
	char name[32];
	uint32_t i, j, k, row, on, hosts_from;

	hosts_from = app_lanes(f.app)->nr - f.trace->host->cpus_nr;
	for (i = 0; i < hosts_from; i++) {
		thread = vms_session_track(f.session, (unsigned int)app_lanes(f.app)->lane[i].track)
				 ->thread;
		assert_non_null(thread);
		(void)go(f.app, app_lanes(f.app)->lane[i].label);
		press(f.app, APP_KEY_RIGHT);
		(void)snprintf(name, sizeof(name), "thread %d", thread->tid);
		row = go(f.app, name);
		app_lane_row_text(f.app, row, &t);
		assert_int_equal(t.depth, 2);
		press(f.app, ' ');
		for (k = 0, on = 0; k < f.trace->host->cpus_nr; k++) {
			bool ran = false;

			for (j = 0; j < thread->stretches_nr; j++)
				ran = ran || vms_stretch_pcpu(&thread->stretches[j]) == k;
			assert_int_equal(lane_is_shown(f.app, hosts_from + k), !ran);
			on += ran;
		}
		assert_true(on > 0);
		press(f.app, ' ');
		assert_int_equal(shown_of(f.app, -1), f.trace->host->cpus_nr);
		press(f.app, APP_KEY_LEFT); /* to the vCPU */
		press(f.app, APP_KEY_LEFT); /* which folds it */
	}
	assert_int_equal(app_shown(f.app)->over.nr, SWITCHES + 2 + app_lanes(f.app)->nr);
}

TEST(typing_narrows_it)
{
	fixture_keys(f.app, "pcpu1");
	assert_int_equal(app_shown(f.app)->over.nr, 2); /* the group and the lane */
	assert_int_equal(app_shown(f.app)->over.sel, 1);
	/* the group's Space is about what was found */
	press(f.app, APP_KEY_UP);
	press(f.app, ' ');
	assert_int_equal(shown_of(f.app, -1), f.trace->host->cpus_nr - 1);
	press(f.app, ' ');
	press(f.app, APP_CTRL('U'));
	fixture_keys(f.app, "nosuchlane");
	assert_int_equal(app_shown(f.app)->over.nr, 0);
	press(f.app, ' '); /* on no row nothing happens */
	press(f.app, APP_CTRL('U'));
	assert_int_equal(app_shown(f.app)->over.nr, SWITCHES + 2 + app_lanes(f.app)->nr);
	/* Enter on a lane goes to it */
	fixture_keys(f.app, "vcpu1");
	press(f.app, APP_KEY_ENTER);
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_NONE);
	assert_string_equal(app_lanes(f.app)->lane[lanes_selected(f.app)].label, "vCPU1");
}

/*
 * "Only lanes of this pair" goes along with the selection and gives back what was hidden by hand.
 */
TEST(lanes_of_the_pair)
{
	const struct vms_candidate *c;
	uint32_t i, seen = 0, before = 0;
	int last = -1;

	(void)app_run(f.app, "lanes pCPU0", NULL);
	before = app_lanes(f.app)->shown_nr;
	fixture_keys(f.app, "V");
	(void)go(f.app, "only lanes of this pair");
	press(f.app, ' ');
	press(f.app, APP_KEY_ESC);
	for (i = 0; i < app_list(f.app)->nr && i < 200; i++) {
		press(f.app, ']');
		c = app_selected(f.app);
		assert_int_equal(app_lanes(f.app)->shown_nr, 2);
		assert_int_equal(app_lanes(f.app)->lane[app_lanes(f.app)->shown[0]].cpu_idx,
				 c->pair.guest_ev.cpu);
		assert_int_equal(app_lanes(f.app)->lane[app_lanes(f.app)->shown[1]].cpu_idx,
				 c->pair.host_ev.cpu);
		seen += last >= 0 && last != c->pair.guest_ev.cpu;
		last = c->pair.guest_ev.cpu;
		app_frame_drawn(f.app);
	}
	assert_true(seen > 0);
	fixture_keys(f.app, "V");
	assert_int_equal(check_of(f.app, "only lanes of this pair"), 'x');
	press(f.app, ' ');
	assert_int_equal(app_lanes(f.app)->shown_nr, before);
	assert_int_equal(check_of(f.app, "pCPU0"), ' ');
	/* a lane toggled meanwhile: what is seen stays, with that lane changed */
	(void)go(f.app, "only lanes of this pair");
	press(f.app, ' ');
	(void)go(f.app, "host");
	press(f.app, ' ');
	assert_int_equal(shown_of(f.app, -1), f.trace->host->cpus_nr);
	assert_int_equal(shown_of(f.app, 0), 1);
	assert_int_equal(check_of(f.app, "only lanes of this pair"), ' ');
	(void)go(f.app, "only lanes with something in view");
	press(f.app, ' ');
	assert_true(app_lanes(f.app)->in_view_only);
	press(f.app, ' ');
	assert_false(app_lanes(f.app)->in_view_only);
	press(f.app, APP_KEY_ESC);
	assert_int_equal(app_run(f.app, "lanes all", NULL), 0);
	assert_int_equal(app_lanes(f.app)->shown_nr, app_lanes(f.app)->nr);
}

/* Host threads stand below vCPUs that move among host CPUs or share too few; and by choice. */
TEST(threads_where_vcpus_move)
{
	static const struct {
		const char *recording;
		bool threads;
	} rows[] = { { "01-demo.dat", false },
		     { "07-overcommit.dat", true },
		     { "90-intel.dat", true } };
	struct fixture g;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(rows); i++) {
		if (!fixture_try(&g, rows[i].recording, NULL))
			continue;
		assert_int_equal(app_lanes(g.app)->threads, rows[i].threads);
		assert_int_equal(app_run(g.app, "lanes threads", NULL), 0);
		assert_int_equal(app_lanes(g.app)->threads, !rows[i].threads);
		fixture_close(&g);
	}
}

/*
 * A machine with 300 CPUs and two guests of 130 vCPUs: no session is asked for lanes that have no
 * track.
 */
TEST(hundreds_of_lanes)
{
	struct vms_cpu cpus[HOSTS] = { { 0 } };
	struct vms_stream host = { .name = "host", .cpus = cpus, .cpus_nr = HOSTS },
			  vm[2] = { { .name = "vm1", .cpus = cpus, .cpus_nr = VCPUS },
				    { .name = "vm2", .cpus = cpus, .cpus_nr = VCPUS } };
	struct vms_guest guests[2] = { { .stream = &vm[0] }, { .stream = &vm[1] } };
	const struct vms_trace trace = { .host = &host, .guests = guests, .guests_nr = 2 };
	struct app *a = calloc(1, sizeof(*a));
	uint32_t i;

	assert_non_null(a);
	for (i = 0; i < HOSTS; i++)
		cpus[i].cpu = i;
	a->trace = &trace;
	a->geo.text_rows = 5;
	assert_int_equal(shown_new(a, NULL), 0);
	assert_int_equal(prompt_new(a, NULL), 0);
	shown_over(a, APP_OVERLAY_LANES);
	assert_int_equal(lanes_new(a, NULL), 0);
	assert_int_equal(lane_tree_new(a, NULL), 0);
	lane_tree_open(a);
	/* large groups are folded: all of the tree is in sight */
	assert_int_equal(app_shown(a)->over.nr, SWITCHES + 3);
	lane_tree_toggle(a, go(a, "vm2"));
	assert_int_equal(app_lanes(a)->shown_nr, HOSTS + VCPUS);
	assert_int_equal(shown_of(a, 1), 0);
	/* pCPU17 and pCPU170 to 179 */
	prompt_put(a, "pCPU17");
	lane_tree_fill(a);
	assert_int_equal(app_shown(a)->over.nr, 1 + 11);
	assert_int_equal(app_shown(a)->over.sel, 1);
	lane_tree_toggle(a, go(a, "host"));
	assert_int_equal(shown_of(a, -1), HOSTS - 11);
	prompt_cut(a, PROMPT_ALL);
	lane_tree_fill(a);
	assert_int_equal(app_shown(a)->over.nr, SWITCHES + 3);
	lane_tree_unfold(a, go(a, "host"));
	assert_int_equal(app_shown(a)->over.nr, SWITCHES + 3 + HOSTS);
	shown_over_row(a)->sel = app_shown(a)->over.nr - 1;
	lane_tree_fold(a, app_shown(a)->over.sel);
	assert_int_equal(app_shown(a)->over.sel, go(a, "host"));
	lanes_free(a);
	lane_tree_free(a);
	prompt_free(a);
	free(a->shown);
	free(a);
}

UNIT_MAIN(open_picker, close_demo)
