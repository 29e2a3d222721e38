// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How the rate of a vCPU's clock may change, and what its band would be if only the drift were
 * limited.
 */
#include "core/session/session_solve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A counter's own rate: heat changes it by less than 50 ppb a second. */
#define TIGHT_WANDER 50e-18
/* chrony sets a new rate once a second and more seldom, and by less than this. */
#define STEPPED_WANDER 1e-15
#define STEPPED_JUMP 1e-6
/* A drift that comes so near to its limit is held by the limit and not by events. */
#define LIMIT_NEAR 0.999

static const char *const names[VMS_RATE_NR] = { "auto", "tight", "stepped", "drift" };

const char *vms_rate_name(enum vms_rate rate)
{
	return names[rate];
}

enum vms_rate vms_rate_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < VMS_RATE_NR && strcmp(names[i], name) != 0; i++)
		;
	return (enum vms_rate)i;
}

/*
 * ktime_get_mono_fast_ns() and those beside it follow the clock that NTP steers; sched_clock(),
 * which local, global and perf are, and mono_raw count with one rate.
 */
static bool is_steered(const struct vms_stream *s)
{
	static const char *const steered[] = { "mono", "boot", "tai" };
	unsigned int i;

	for (i = 0; i < VMS_ARRAY_NR(steered); i++)
		if (!strcmp(s->clock.name, steered[i]))
			return true;
	return false;
}

static enum vms_rate rate_of(const struct vms_session *s, const struct vms_track *t)
{
	if (s->rate != VMS_RATE_AUTO)
		return s->rate;
	return is_steered(s->trace->host) || is_steered(s->trace->guests[t->guest].stream)
		       ? VMS_RATE_DRIFT
		       : VMS_RATE_TIGHT;
}

struct vms_rate_limit session_rate_limit(const struct vms_session *s, const struct vms_track *t)
{
	switch (rate_of(s, t)) {
	case VMS_RATE_DRIFT: return (struct vms_rate_limit){ .any = true };
	case VMS_RATE_STEPPED:
		return (struct vms_rate_limit){ .wander = STEPPED_WANDER, .jump = STEPPED_JUMP };
	case VMS_RATE_AUTO:
	case VMS_RATE_TIGHT:
	case VMS_RATE_NR:
	default: return (struct vms_rate_limit){ .wander = TIGHT_WANDER };
	}
}

static int64_t width_of(const struct vms_band *band)
{
	const struct vms_band_segment *seg = session_main_segment(band);

	return !seg || seg->lo_raw == INT64_MIN || seg->hi_raw == INT64_MAX
		       ? INT64_MAX
		       : vms_sat_sub_i64(seg->hi_raw, seg->lo_raw);
}

void session_limits_say(const struct vms_session *session, struct vms_track *track,
			const struct session_track *priv)
{
	const struct session_steps alone = { .coarse = true, .drift_only = true };
	const struct vms_band_segment *seg = session_main_segment(track->band);
	struct vms_band *band = NULL;

	track->limits = (struct vms_limits){
		.rate = rate_of(session, track),
		.narrow = seg && (seg->squeezed || vms_band_is_narrow(seg, track->cons))
	};
	if (priv->constant || !seg)
		return;
	track->limits.drift_max = SESSION_DRIFT_MAX;
	track->limits.drift_reached =
		fmax(fabs(seg->drift_lo), fabs(seg->drift_hi)) > LIMIT_NEAR * SESSION_DRIFT_MAX &&
		track->limits.rate != VMS_RATE_DRIFT;
	track->limits.alone_raw = width_of(track->band);
	if (track->limits.rate != VMS_RATE_DRIFT &&
	    !session_band_of(&band, session, track, priv, track->cons, &alone, NULL))
		track->limits.alone_raw = width_of(band);
	vms_band_free(band);
}
