// SPDX-License-Identifier: LGPL-2.1-or-later
/* vmsync-sim: the command line of the simulator; see doc/SIMULATOR.md. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_world.h"

static int usage(const char *why)
{
	fprintf(stderr,
		"vmsync-sim: %s\nusage: vmsync-sim [NAME=VALUE]... PATH\n"
		"writes PATH.dat, PATH-vm1.dat, ..., PATH.truth.json and PATH.pairs\n"
		"seed pcpus guests vcpus seconds events stretch_us idle_share idle_us "
		"isa=vmx|svm|svm-late|arm64\n"
		"clock=tsc|ns tsc2nsec=0|1 host_start offset vcpu_skew pcpu_skew drift_ppm "
		"wander_ppb step=SECONDS:AHEAD[:VCPU]\n"
		"lost_per_s quiet_share sync=none|kvm|ptp sync_error samples scaling fraction "
		"version=6|7 guest_option=0|1\n",
		why);
	return 2;
}

static bool take_word(struct sim_opts *o, const char *name, const char *v)
{
	static const char *const isa[] = { "vmx", "svm", "svm-late", "arm64" }, *const sync[] = {
		"none", "kvm", "ptp"
	};
	unsigned int i;

	if (!strcmp(name, "isa"))
		for (i = 0; i < 4; i++)
			if (!strcmp(v, isa[i])) {
				o->isa = (enum sim_isa)i;
				return true;
			}
	if (!strcmp(name, "sync"))
		for (i = 0; i < 3; i++)
			if (!strcmp(v, sync[i])) {
				o->sync = (enum sim_sync)i;
				return true;
			}
	if (!strcmp(name, "clock")) {
		o->tsc = !strcmp(v, "tsc");
		return o->tsc || !strcmp(v, "ns");
	}
	if (!strcmp(name, "step") && o->steps_nr < SIM_STEPS_MAX) {
		struct sim_step *s = &o->steps[o->steps_nr];
		long long ahead;

		s->vcpu = -1;
		if (sscanf(v, "%lf:%lld:%d", &s->at_s, &ahead, &s->vcpu) < 2)
			return false;
		s->guest_ahead_raw = ahead;
		o->steps_nr++;
		return true;
	}
	return false;
}

static bool take(struct sim_opts *o, const char *name, const char *v)
{
	const struct {
		const char *name;
		double *d;
	} reals[] = {
		{ "seconds", &o->seconds },	  { "stretch_us", &o->stretch_us },
		{ "idle_share", &o->idle_share }, { "idle_us", &o->idle_us },
		{ "drift_ppm", &o->drift_ppm },	  { "wander_ppb", &o->wander_ppb },
		{ "lost_per_s", &o->lost_per_s }, { "quiet_share", &o->quiet_share },
	};
	const struct {
		const char *name;
		unsigned int *u;
	} counts[] = {
		{ "pcpus", &o->pcpus },	    { "guests", &o->guests },
		{ "vcpus", &o->vcpus },	    { "samples", &o->samples_nr },
		{ "version", &o->version }, { "fraction", &o->fraction },
	};
	const struct {
		const char *name;
		int64_t *i;
	} raws[] = {
		{ "host_start", &o->host_start_raw }, { "offset", &o->offset_raw },
		{ "vcpu_skew", &o->vcpu_skew_raw },   { "pcpu_skew", &o->pcpu_skew_raw },
		{ "sync_error", &o->sync_error_raw }, { "scaling", &o->scaling },
	};
	unsigned int i;

	for (i = 0; i < sizeof(reals) / sizeof(reals[0]); i++)
		if (!strcmp(name, reals[i].name))
			return *reals[i].d = strtod(v, NULL), true;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (!strcmp(name, counts[i].name))
			return *counts[i].u = (unsigned int)strtoul(v, NULL, 0), true;
	for (i = 0; i < sizeof(raws) / sizeof(raws[0]); i++)
		if (!strcmp(name, raws[i].name))
			return *raws[i].i = strtoll(v, NULL, 0), true;
	if (!strcmp(name, "seed"))
		return o->seed = strtoull(v, NULL, 0), true;
	if (!strcmp(name, "events"))
		return o->events_max = strtoull(v, NULL, 0), true;
	if (!strcmp(name, "tsc2nsec"))
		return o->tsc2nsec = *v == '1', true;
	if (!strcmp(name, "guest_option"))
		return o->guest_option = *v == '1', true;
	return take_word(o, name, v);
}

int main(int argc, char **argv)
{
	struct sim_opts o;
	int i;

	sim_opts_default(&o);
	if (argc < 2)
		return usage("no path");
	for (i = 1; i + 1 < argc; i++) {
		char *eq = strchr(argv[i], '=');

		if (!eq)
			return usage(argv[i]);
		*eq = '\0';
		if (!take(&o, argv[i], eq + 1))
			return usage(argv[i]);
	}
	if (!o.pcpus || !o.guests || o.guests > SIM_GUESTS_MAX || !o.vcpus || o.seconds <= 0.0)
		return usage("nothing to simulate");
	if (!sim_world_write(&o, argv[argc - 1])) {
		fprintf(stderr, "vmsync-sim: %s: %s\n", argv[argc - 1], strerror(errno));
		return 1;
	}
	return 0;
}
