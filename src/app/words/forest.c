// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the scale that shows a band and what is far outside of it at once. */
#include "app/words/forest.h"

#include <math.h>

#include "app/words/verdict.h"
#include "core/base/util.h"

/* Room at both ends, in places. */
#define PAD 0.15

static double place(const struct forest *axis, double ns)
{
	const double far = fabs(ns) / axis->half_ns;

	return copysign(far <= 1.0 ? far : 1.0 + log10(far), ns);
}

void forest_begin(struct forest *axis, double half_ns)
{
	*axis = (struct forest){
		.band_ns = half_ns, .half_ns = fmax(half_ns, 1.0), .lo = -1.0, .hi = 1.0
	};
}

void forest_add(struct forest *axis, double ns)
{
	axis->lo = fmin(axis->lo, place(axis, ns));
	axis->hi = fmax(axis->hi, place(axis, ns));
}

struct forest_row forest_row(const struct forest *axis, const struct vms_session *session,
			     const struct vms_track *track, const struct vms_model_result *result)
{
	const double se_ns = result->se_raw * vms_clock_ns(vms_session_clock(session), 1);
	struct forest_row row = { 0 };
	double min_ns, max_ns;

	if (!result->available || !vms_session_bias(session, track, result, &min_ns, &max_ns))
		return row;
	row.shown = true;
	/* within the band as far from its middle as it is there, outside as far from its edge */
	row.at_ns = min_ns > 0.0   ? axis->band_ns + min_ns
		    : max_ns < 0.0 ? max_ns - axis->band_ns
				   : (min_ns + max_ns) / 2.0;
	row.lo_ns = row.at_ns - (isfinite(se_ns) ? 2.0 * se_ns : 0.0);
	row.hi_ns = row.at_ns + (isfinite(se_ns) ? 2.0 * se_ns : 0.0);
	row.worst_ns = row.at_ns;
	if (vms_verdict_refutes(result->verdict) && isfinite(result->outside_by_ns))
		row.worst_ns =
			result->outside_by_ns + copysign(axis->band_ns, result->outside_by_ns);
	row.lo_ns = fmin(row.lo_ns, row.worst_ns);
	row.hi_ns = fmax(row.hi_ns, row.worst_ns);
	return row;
}

bool forest_of(struct forest *axis, const struct vms_session *session,
	       const struct vms_track *track)
{
	const struct vms_model_result *band = result_shown(track, VMS_BY_BAND);
	const int64_t worst_raw = VMS_MAX(band->early_raw, band->late_raw);
	double min_ns, max_ns;
	unsigned int i;

	if (!vms_session_bias(session, track, band, &min_ns, &max_ns))
		return false;
	forest_begin(axis, worst_raw == INT64_MAX
				   ? (max_ns - min_ns) / 2.0
				   : vms_clock_ns(vms_session_clock(session), worst_raw));
	for (i = 0; i < vms_session_models_nr(session); i++) {
		const struct forest_row row =
			forest_row(axis, session, track, result_shown(track, i));

		forest_add(axis, row.lo_ns);
		forest_add(axis, row.hi_ns);
	}
	return true;
}

double forest_at(const struct forest *axis, double ns)
{
	return (place(axis, ns) - axis->lo + PAD) / (axis->hi - axis->lo + 2.0 * PAD);
}

unsigned int forest_ticks(const struct forest *axis, double ns[FOREST_TICKS_MAX])
{
	const int from = (int)floor(log10(axis->half_ns)) + 1;
	const double most = fmax(axis->hi, -axis->lo);
	const int to = (int)(log10(axis->half_ns) + most - 1.0);
	const int step = (to - from) / 6 + 1;
	unsigned int nr = 0;
	int i;

	ns[nr++] = -axis->half_ns;
	ns[nr++] = axis->half_ns;
	for (i = from; i <= to && nr + 2 <= FOREST_TICKS_MAX; i += step) {
		const double at = pow(10.0, i);

		/* beside an edge of the band there is no room */
		if (at < 3.0 * axis->half_ns)
			continue;
		if (place(axis, at) <= axis->hi + PAD)
			ns[nr++] = at;
		if (-place(axis, at) >= axis->lo - PAD)
			ns[nr++] = -at;
	}
	return nr;
}
