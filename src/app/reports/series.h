/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a track's offset does over time, as numbers: the band, the drift, the pairs, events outside.
 * Plots draw them, exports write them.
 */
#ifndef APP_SERIES_H
#define APP_SERIES_H

#include <vmsync/session.h>

/* state of a point: enum vms_state, or an undecided pair that no offset of the band allows */
#define SERIES_IMPOSSIBLE 3

/** struct series_of - all that the computations may look at; each is a function of this alone */
struct series_of {
	const struct vms_session *s;
	const struct vms_track *tr;
	const struct vms_clock *clock;
	const struct vms_model *recorded; /* NULL: nothing is */
	unsigned int track;
	int64_t first_raw, last_raw; /* what is looked at */
	enum vms_basis basis;
};

/**
 * series_host_s, series_s - seconds from the first event of the host, as every plot, picture and
 * table counts them (10^9 ticks when the rate is unknown)
 */
double series_host_s(const struct vms_stream *host, const struct vms_clock *clock,
		     int64_t host_raw);
double series_s(const struct series_of *of, int64_t host_raw);

/** struct series_band - the band at a time, around the model in force */
struct series_band {
	int64_t guest_raw, host_raw; /* host time under the model in force */
	double lo_ns, hi_ns;	     /* less the model; NAN where the band has no side */
	/* as in reports: of the file's own time; INT64_MIN, INT64_MAX: no side */
	int64_t stored_raw, lo_raw, hi_raw;
	bool fact; /* a clock fact bounds it there */
};

/** series_band - at a host time. The track's guest has a map */
struct series_band series_band(const struct series_of *of, int64_t host_raw);

/** struct series_point - a pair */
struct series_point {
	double t_s;
	double delay_ns;    /* under the model in force */
	double error_ns;    /* host - map(guest): a delay with the sign of its direction */
	double residual_ns; /* error less the median of its sequence */
	uint8_t state, dir;
};

struct series_point series_point(const struct series_of *of, const struct vms_candidate *pair);

/** struct series_window - a part of the recording; all drifts in ppm, NAN where there is none */
struct series_window {
	double from_s, to_s;
	double lo, hi;	    /* least and greatest that the band leaves possible */
	double fit, fit_se; /* of the pairs in it alone */
	double in_force, recorded;
	/* what the whole segment of the band around it leaves possible */
	double piece_lo, piece_hi;
};

/** series_drifts - there can be drift: false where both sides count the same TSC */
bool series_drifts(const struct vms_track *track);
/** series_window - the i-th of so many windows of the recording */
struct series_window series_window(const struct series_of *of, int i, int nr);

/** struct series_marks - offsets relative to the model in force [raw host units] */
struct series_marks {
	bool band, recorded;
	/* band: no extra offset outside of this is possible at any time looked at */
	int64_t lo_raw, hi_raw;
	int64_t rec_lo_raw, rec_hi_raw; /* recorded: one offset, or all that it takes over time */
	int64_t width_raw;		/* of the band, or a guess */
};

/**
 * series_outside - V(o), and where the band and what is recorded lie on it
 * @widths: so many widths of the band on each side; @far: as far as recorded, too, and so far that
 * twice as many events are not to be seen by looking further
 * Return: NULL where no thread is known
 */
struct vms_sweep *series_outside(const struct series_of *of, unsigned int widths, bool far,
				 uint32_t half_nr, struct series_marks *marks);

#endif
