// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From figures to a word: whether a sequence is fit as a synchronisation point, and what decides
 * that.
 */
#include "core/fitness/fitness_impl.h"

#include <math.h>

#include "core/base/util.h"

#define PAIRS_LEAST 30u
#define LIFT_LEAST 1.5
#define SHARE_LEAST 0.9
#define SHARE_LOWER_LEAST 0.8
/* Of the median: farther apart delays are loose, and a level that moves by more is not stable. */
#define SPREAD_MOST 0.25
/* A group speaks from so many pairs on, and only beyond so many standard errors of its median. */
#define GROUP_LEAST 10u
#define GROUP_ERRORS 4.0
/* The standard error of a median, of normal values, by their MAD and the root of their number. */
#define MEDIAN_ERROR 1.858

const char *vms_fit_name(enum vms_fit fit)
{
	static const char *const name[VMS_FIT_NR] = {
		[VMS_FIT_SYNC_POINT] = "sync-point", [VMS_FIT_BOUND_ONLY] = "bound-only",
		[VMS_FIT_TOO_FEW] = "too-few",	     [VMS_FIT_UNSTABLE] = "unstable",
		[VMS_FIT_BY_CHANCE] = "by-chance",   [VMS_FIT_UNFIT] = "unfit",
	};

	return name[fit];
}

/* A share that is high, and surely so. */
static bool is_high(double share, const struct vms_fit_range *interval)
{
	return share >= SHARE_LEAST && interval->lo > SHARE_LOWER_LEAST;
}

/*
 * Which group is at another level than all, and is not merely loose: its own spread is as small as
 * a synchronisation point's. Return: groups_nr: none.
 */
static unsigned int moved_of(const struct vms_fitness *f, const struct vms_fit_group *groups,
			     unsigned int groups_nr)
{
	unsigned int i, farthest = groups_nr;
	double most = SPREAD_MOST * f->median_ns;

	for (i = 0; i < groups_nr; i++) {
		const double away = fabs(groups[i].median_ns - f->median_ns);
		const double error = MEDIAN_ERROR * groups[i].mad_ns / sqrt((double)groups[i].nr);

		if (groups[i].nr < GROUP_LEAST || groups[i].nr == f->delays_nr || away <= most ||
		    away <= GROUP_ERRORS * error ||
		    groups[i].mad_ns >= SPREAD_MOST * groups[i].median_ns)
			continue;
		most = away;
		farthest = i;
	}
	return farthest;
}

static bool decide(struct vms_fitness *f, enum vms_fit fit, enum vms_fit_why why)
{
	f->fit = fit;
	f->why = why;
	return true;
}

static bool moves(struct vms_fitness *f, const struct vms_fit_group *groups, unsigned int groups_nr,
		  enum vms_fit_why why)
{
	const unsigned int moved = moved_of(f, groups, groups_nr);

	if (moved == groups_nr)
		return false;
	f->moved = moved;
	return decide(f, VMS_FIT_UNSTABLE, why);
}

void fit_judge(struct vms_fitness *f, bool any)
{
	if (f->impossible_nr)
		decide(f, VMS_FIT_UNFIT, VMS_FIT_WHY_IMPOSSIBLE);
	else if (f->counts.key_conflicts)
		decide(f, VMS_FIT_UNFIT, VMS_FIT_WHY_CONFLICTS);
	else if (f->delays_nr < PAIRS_LEAST)
		decide(f, VMS_FIT_TOO_FEW, VMS_FIT_WHY_FEW);
	else if (any)
		decide(f, VMS_FIT_BOUND_ONLY, VMS_FIT_WHY_ANY);
	else if (f->lift < LIFT_LEAST)
		decide(f, VMS_FIT_BY_CHANCE, VMS_FIT_WHY_LIFT);
	else if (moves(f, f->thirds, VMS_ARRAY_NR(f->thirds), VMS_FIT_WHY_THIRDS) ||
		 moves(f, f->vcpus, f->vcpus_nr, VMS_FIT_WHY_VCPUS) ||
		 moves(f, f->pcpus, f->pcpus_nr, VMS_FIT_WHY_PCPUS))
		return;
	else if (!is_high(f->precision, &f->precision_95) && !is_high(f->recall, &f->recall_95))
		decide(f, VMS_FIT_BOUND_ONLY, VMS_FIT_WHY_AMBIGUOUS);
	else if (f->mad_ns >= SPREAD_MOST * f->median_ns)
		decide(f, VMS_FIT_BOUND_ONLY, VMS_FIT_WHY_LOOSE);
	else
		decide(f, VMS_FIT_SYNC_POINT, VMS_FIT_WHY_ALL);
}
