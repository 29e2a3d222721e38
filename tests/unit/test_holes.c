// SPDX-License-Identifier: LGPL-2.1-or-later
/* Missing host events that no mark admits: found by who runs, who was woken, who is silent. */
#include "unit.h"

#include "core/base/util.h"
#include "core/stretch/holes.h"
#include "world.h"

static void describe(const struct vms_gaps *g, char *out, size_t size)
{
	size_t n = 0;
	unsigned int cpu;
	uint32_t i;

	out[0] = '\0';
	for (cpu = 0; cpu < g->cpus_nr; cpu++)
		for (i = 0; i < g->cpus[cpu].nr; i++)
			n += (size_t)snprintf(
				out + n, size - n, "%s%u.%u %s", n ? "; " : "", cpu,
				g->cpus[cpu].g[i].idx,
				(const char *const[]){ "no data", "switch missing",
						       "tracing off" }[g->cpus[cpu].g[i].kind]);
}

#define SWITCHES                                                                                   \
	"1 1:sched_switch prev_pid=1 next_pid=2; 2 2:sched_switch prev_pid=2 next_pid=1; "         \
	"3 1:sched_switch prev_pid=1 next_pid=2; 4 2:sched_switch prev_pid=2 next_pid=1; "         \
	"5 1:sched_switch prev_pid=1 next_pid=2; 6 2:sched_switch prev_pid=2 next_pid=1; "         \
	"7 1:sched_switch prev_pid=1 next_pid=2; 8 2:sched_switch prev_pid=2 next_pid=1; "

TEST(test_holes_of_events)
{
	static const struct {
		const char *events, *holes;
		bool switches_whole;
	} rows[] = {
		{ SWITCHES "9 1:write_msr", "", true },
		/* thread 3 runs, and nothing let it */
		{ SWITCHES "9 3:write_msr; 10 3:sched_switch prev_pid=3 next_pid=1",
		  "0.8 switch missing", true },
		/* an event of the switch itself is still the last thread's ... */
		{ SWITCHES "9 1:sched_switch prev_pid=1 next_pid=2; 10 1:write_msr; 11 2:write_msr",
		  "", true },
		/* ... but it does not enter a guest */
		{ SWITCHES "9 1:sched_switch prev_pid=1 next_pid=2; 10 1:kvm_entry",
		  "0.9 switch missing", true },
		/* what is marked as lost explains itself */
		{ SWITCHES "lost; 9 3:write_msr", "", true },
		/* more threads appear unseen than are switched: sched_switch is filtered */
		{ "1 1:sched_switch prev_pid=1 next_pid=2; 2 3:write_msr; 3 4:write_msr", "",
		  false },
		/* no sched_switch at all */
		{ "1 1:write_msr; 2 3:write_msr", "", false },
		/* woken on a CPU that shows nothing, or only long after, or no more */
		{ "1 1:sched_waking pid=7 target_cpu=1; 900000000 1:write_msr", "1.0 no data",
		  false },
		{ "1 1:sched_waking pid=7 target_cpu=1; 900000000@1 7:write_msr", "1.0 no data",
		  false },
		{ "1@1 7:write_msr; 2 1:sched_waking pid=7 target_cpu=1; 900000000 1:write_msr",
		  "1.1 no data", false },
		/* an answer within a moment */
		{ "1 1:sched_waking pid=7 target_cpu=1; 50000@1 7:write_msr; 900000000@1 "
		  "7:write_msr",
		  "", false },
		/* silent while events of CPU 0 are missing */
		{ SWITCHES "1@1 7:write_msr; 900000000 3:write_msr; 900000001@1 7:write_msr",
		  "0.8 switch missing; 1.1 tracing off", true },
	};
	unsigned int k;

	for (k = 0; k < VMS_ARRAY_NR(rows); k++) {
		struct world *w = world_new(2);
		struct vms_gaps g;
		char got[256];

		world_play(w, 100, rows[k].events);
		assert_int_equal(vms_gaps_find(&g, world_stream(w)), 0);
		describe(&g, got, sizeof(got));
		if (strcmp(got, rows[k].holes) != 0 || g.switches_whole != rows[k].switches_whole)
			fail_msg("%s\n gives \"%s\"%s\n not   \"%s\"", rows[k].events, got,
				 g.switches_whole ? ", whole" : "", rows[k].holes);
		vms_gaps_clear(&g);
		world_free(w);
	}
}

/* One CPU with five events and perhaps a mark, and what the kernel counted of it. */
TEST(test_counts_of_the_kernel)
{
	static const struct {
		uint64_t recorded, lost;
		uint32_t marks_nr, mark;
		const char *holes;
	} rows[] = {
		{ 5, 0, 0, 0, "" },
		{ 4, 0, 0, 0, "" }, /* counted before the end */
		{ 9, 0, 0, 0, "4 not in the file; " },
		{ 9, 0, 1, 4, "" },
		{ 5, 7, 1, 7, "" },
		{ 5, 7, 1, 0, "" }, /* as many as the mark does not say */
		{ 5, 7, 1, 3, "4 not marked; " },
		{ 9, 7, 0, 0, "4 not in the file; 7 not marked; " },
	};
	unsigned int k, i;

	for (k = 0; k < VMS_ARRAY_NR(rows); k++) {
		struct vms_lost mark = { .count = rows[k].mark };
		struct vms_cpu cpu = {
			.cpu = 3, .nr = 5, .lost = &mark, .lost_nr = rows[k].marks_nr
		};
		struct vms_cpu_stat stats[] = {
			{ .cpu = 3, .recorded_nr = rows[k].recorded - 1, .lost_nr = rows[k].lost },
			{ .cpu = 2, .recorded_nr = 99, .lost_nr = 99 },
			{ .cpu = 3, .recorded_nr = 1 }, /* of an instance */
		};
		const struct vms_stream host = {
			.cpus = &cpu, .cpus_nr = 1, .stats = stats, .stats_nr = 3
		};
		struct vms_hole holes[2];
		struct vms_stretches st = { .holes = holes };
		char got[128] = "";

		vms_counts_list(&st, &host);
		for (i = 0; i < st.holes_nr; i++)
			(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
				       "%llu not %s; ", (unsigned long long)holes[i].nr,
				       holes[i].kind == VMS_HOLE_COUNTED ? "in the file"
									 : "marked");
		assert_string_equal(got, rows[k].holes);
	}
}

UNIT_MAIN(NULL, NULL)
