// SPDX-License-Identifier: LGPL-2.1-or-later
/* vmsync-sim: the command line of the simulator; see doc/SIMULATOR.md. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_clock.h"

#define ABOUT_0 2600000 /* what a clock is that has just been reset [raw units] */

static int usage(const char *why)
{
	unsigned int i;

	fprintf(stderr,
		"vmsync-sim: %s\nusage: vmsync-sim [NAME=VALUE]... PATH\n"
		"writes PATH.dat, PATH-vm1.dat, ..., PATH.truth.json and PATH.pairs\n"
		"seed pcpus guests vcpus seconds events stretch_us idle_share idle_us period_us "
		"isa=vmx|svm|svm-late|arm64\n"
		"clock=tsc|ns tsc2nsec=0|1 host_start offset vcpu_skew pcpu_skew ratio drift_ppm "
		"wander_ppb slew=FROM:TO:PPM pll=FROM:OFFSET_NS:SHIFT:PERIOD\n"
		"step=SECONDS:AHEAD[:VCPU] migrate=SECONDS:PAUSE[:AHEAD] "
		"plug=SECONDS:PAUSE:VCPU[:AHEAD] reset=SECONDS:PAUSE restart=SECONDS:PAUSE "
		"tell_steps=0|1\n"
		"facts swapped foreign_waits waits_late=0|1 tsc_reads lost_per_s "
		"hole=FROM:TO[:CPU[:MARKED]] mask=HEX drop=WHAT[:FROM:TO] quiet_share guest_share\n"
		"sync=none|kvm|ptp sync_error samples scaling fraction version=6|7 "
		"guest_option=0|1 host_ts_offset guest_ts_offset host_date guest_date\nWHAT:",
		why);
	for (i = 0; i < SIM_DROPS_NR; i++)
		fprintf(stderr, " %s", sim_drop_names[i]);
	fprintf(stderr, "\n");
	return 2;
}

static bool take_turn(struct sim_opts *o, const char *name, const char *v)
{
	static const char *const kinds[] = { "step", "migrate", "plug", "reset", "restart" };
	struct sim_turn *t = &o->turns[o->turns_nr];
	long long ahead = 0;
	unsigned int i;
	int nr = 0;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && strcmp(name, kinds[i]); i++)
		;
	if (i == sizeof(kinds) / sizeof(kinds[0]) || o->turns_nr == SIM_TURNS_MAX)
		return false;
	*t = (struct sim_turn){ .kind = (enum sim_turn_kind)i, .vcpu = -1 };
	switch (t->kind) {
	case SIM_STEP: nr = sscanf(v, "%lf:%lld:%d", &t->at_s, &ahead, &t->vcpu); break;
	case SIM_PLUG:
		nr = sscanf(v, "%lf:%lf:%d:%lld", &t->at_s, &t->pause_s, &t->vcpu, &ahead) - 1;
		break;
	case SIM_MIGRATE:
	case SIM_RESET:
	case SIM_RESTART: nr = sscanf(v, "%lf:%lf:%lld", &t->at_s, &t->pause_s, &ahead); break;
	}
	/* a guest that was moved goes on from where it was; one that was begun anew from about 0 */
	if (t->kind == SIM_MIGRATE && nr < 3)
		ahead = -llround(t->pause_s * 1e9 * (o->tsc ? SIM_TICKS_PER_NS * o->ratio : 1.0));
	if ((t->kind == SIM_RESET || t->kind == SIM_RESTART) && nr < 3)
		ahead = ABOUT_0;
	t->ahead_raw = ahead;
	o->turns_nr++;
	return nr >= 2 && (o->turns_nr == 1 || t->at_s >= t[-1].at_s);
}

static bool take_hole(struct sim_opts *o, const char *v)
{
	struct sim_hole *hole = &o->holes[o->holes_nr];
	int marked = 0;

	if (o->holes_nr++ == SIM_HOLES_MAX)
		return false;
	hole->cpu = -1;
	if (sscanf(v, "%lf:%lf:%d:%d", &hole->from_s, &hole->to_s, &hole->cpu, &marked) < 2)
		return false;
	hole->marked = marked;
	return true;
}

static bool take_drop(struct sim_opts *o, const char *v)
{
	struct sim_drop *d = &o->drops[o->drops_nr];
	const size_t len = strcspn(v, ":");
	unsigned int i;

	if (o->drops_nr++ == SIM_DROPS_MAX)
		return false;
	d->to_s = HUGE_VAL;
	for (i = 0; i < SIM_DROPS_NR; i++)
		if (len == strlen(sim_drop_names[i]) && !strncmp(v, sim_drop_names[i], len)) {
			d->kind = (enum sim_drop_kind)i;
			return !v[len] || sscanf(v + len, ":%lf:%lf", &d->from_s, &d->to_s) == 2;
		}
	return false;
}

static bool take_slew(struct sim_opts *o, const char *v)
{
	struct sim_slew *s = &o->slews[o->slews_nr];

	return o->slews_nr++ < SIM_SLEWS_MAX &&
	       sscanf(v, "%lf:%lf:%lf", &s->from_s, &s->to_s, &s->ppm) == 3;
}

/* As Linux' PLL takes an offset away: in each period a 2^-SHIFT part of what is left. */
static bool take_pll(struct sim_opts *o, const char *v)
{
	double from, left, period;
	int shift;

	if (sscanf(v, "%lf:%lf:%d:%lf", &from, &left, &shift, &period) != 4 || period <= 0.0)
		return false;
	while (o->slews_nr < SIM_SLEWS_MAX && fabs(left) >= 1.0) {
		const double part = ldexp(left, -shift);

		o->slews[o->slews_nr++] = (struct sim_slew){ .from_s = from,
							     .to_s = from + period,
							     .ppm = part / period * 1e-3 };
		from += period;
		left -= part;
	}
	return true;
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
	if (!strcmp(name, "mask"))
		return o->mask = strtoull(v, NULL, 16), o->mask != 0;
	if (!strcmp(name, "hole"))
		return take_hole(o, v);
	if (!strcmp(name, "drop"))
		return take_drop(o, v);
	if (!strcmp(name, "slew"))
		return take_slew(o, v);
	if (!strcmp(name, "pll"))
		return take_pll(o, v);
	return take_turn(o, name, v);
}

static bool take_number(struct sim_opts *o, const char *name, const char *v)
{
	const struct {
		const char *name;
		double *d;
	} reals[] = {
		{ "seconds", &o->seconds },
		{ "stretch_us", &o->stretch_us },
		{ "idle_share", &o->idle_share },
		{ "idle_us", &o->idle_us },
		{ "drift_ppm", &o->drift_ppm },
		{ "wander_ppb", &o->wander_ppb },
		{ "lost_per_s", &o->lost_per_s },
		{ "quiet_share", &o->quiet_share },
		{ "period_us", &o->period_us },
		{ "ratio", &o->ratio },
		{ "facts", &o->facts },
		{ "swapped", &o->swapped },
		{ "tsc_reads", &o->tsc_reads },
		{ "foreign_waits", &o->foreign_waits },
		{ "guest_share", &o->guest_share },
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
		{ "host_start", &o->host_start_raw },
		{ "offset", &o->offset_raw },
		{ "vcpu_skew", &o->vcpu_skew_raw },
		{ "pcpu_skew", &o->pcpu_skew_raw },
		{ "sync_error", &o->sync_error_raw },
		{ "scaling", &o->scaling },
		{ "host_ts_offset", &o->host_ts_offset },
		{ "guest_ts_offset", &o->guest_ts_offset },
		{ "host_date", &o->host_date },
		{ "guest_date", &o->guest_date },
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
	return false;
}

static bool take(struct sim_opts *o, const char *name, const char *v)
{
	const struct {
		const char *name;
		bool *b;
	} switches[] = {
		{ "tsc2nsec", &o->tsc2nsec },
		{ "guest_option", &o->guest_option },
		{ "tell_steps", &o->tell_steps },
		{ "waits_late", &o->waits_late },
	};
	unsigned int i;

	for (i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		if (!strcmp(name, switches[i].name))
			return *switches[i].b = *v == '1', true;
	if (!strcmp(name, "seed"))
		return o->seed = strtoull(v, NULL, 0), true;
	if (!strcmp(name, "events"))
		return o->events_max = strtoull(v, NULL, 0), true;
	return take_number(o, name, v) || take_word(o, name, v);
}

int main(int argc, char **argv)
{
	struct sim_opts o;
	int i;

	sim_opts_default(&o);
	if (argc < 2 || argv[argc - 1][0] == '-')
		return usage("no path");
	for (i = 1; i + 1 < argc; i++) {
		char *eq = strchr(argv[i], '=');

		if (!eq)
			return usage(argv[i]);
		*eq = '\0';
		if (!take(&o, argv[i], eq + 1))
			return usage(argv[i]);
	}
	if (o.ratio != 1.0 && !o.fraction)
		o.fraction = o.isa == SIM_VMX ? 48 : 32;
	if (!o.pcpus || !o.guests || o.guests > SIM_GUESTS_MAX || !o.vcpus || o.seconds <= 0.0 ||
	    o.ratio <= 0.0)
		return usage("nothing to simulate");
	if (!sim_world_write(&o, argv[argc - 1])) {
		fprintf(stderr, "vmsync-sim: %s: %s\n", argv[argc - 1], strerror(errno));
		return 1;
	}
	return 0;
}
