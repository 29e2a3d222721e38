// SPDX-License-Identifier: LGPL-2.1-or-later
/* The geometry of the band: which lines fit between two sets of points, in integers of 128 bits. */
#include "core/bound/hull.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bisect.h"
#include "core/base/util.h"
#include "core/base/wide.h"

#define PPB INT64_C(1000000000)

int vms_slope_cmp(struct vms_slope a, struct vms_slope b)
{
	const vms_i128 l = (vms_i128)a.dy * b.dx, r = (vms_i128)b.dy * a.dx;

	return (l > r) - (l < r);
}

static struct vms_slope slope_of(const struct vms_point *a, const struct vms_point *b)
{
	return (struct vms_slope){ .dy = b->y_raw - a->y_raw, .dx = b->x_raw - a->x_raw };
}

static struct vms_slope negated(struct vms_slope s)
{
	return (struct vms_slope){ .dy = -s.dy, .dx = s.dx };
}

void vms_fit_init(struct vms_fit *f, int64_t drift_ppb)
{
	*f = (struct vms_fit){ .lo_limit = { .dy = drift_ppb < 0 ? -VMS_HULL_RANGE : -drift_ppb,
					     .dx = drift_ppb < 0 ? 1 : PPB } };
	f->hi_limit = negated(f->lo_limit);
	f->lo = f->lo_limit;
	f->hi = f->hi_limit;
}

void vms_fit_clear(struct vms_fit *f)
{
	f->side[VMS_LOWER].nr = 0;
	f->side[VMS_UPPER].nr = 0;
	f->lo = f->lo_limit;
	f->hi = f->hi_limit;
}

void vms_fit_free(struct vms_fit *f)
{
	free(f->side[VMS_LOWER].v);
	free(f->side[VMS_UPPER].v);
	f->side[VMS_LOWER] = f->side[VMS_UPPER] = (struct vms_chain){ .v = NULL };
}

int vms_fit_copy(struct vms_fit *to, const struct vms_fit *from)
{
	int i, ret;

	for (i = 0; i < 2; i++) {
		struct vms_chain *c = &to->side[i];

		ret = vms_grow(&c->v, &c->cap, from->side[i].nr, sizeof(*c->v), UINT32_MAX);
		if (ret)
			return -VMS_ENOMEM;
	}
	for (i = 0; i < 2; i++) {
		to->side[i].nr = from->side[i].nr;
		if (from->side[i].nr)
			memcpy(to->side[i].v, from->side[i].v,
			       from->side[i].nr * sizeof(*from->side[i].v));
	}
	to->lo = from->lo;
	to->hi = from->hi;
	to->lo_limit = from->lo_limit;
	to->hi_limit = from->hi_limit;
	return 0;
}

bool vms_slope_bounded(struct vms_slope s)
{
	return s.dx != 1 || (s.dy > -VMS_HULL_RANGE && s.dy < VMS_HULL_RANGE);
}

double vms_slope_value(struct vms_slope s)
{
	if (!vms_slope_bounded(s))
		return s.dy < 0 ? -HUGE_VAL : HUGE_VAL;
	return (double)s.dy / (double)s.dx;
}

/* > 0 when c lies above the line from a to b, a.x < b.x */
static vms_i128 above(const struct vms_point *a, const struct vms_point *b,
		      const struct vms_point *c)
{
	return (vms_i128)(b->x_raw - a->x_raw) * (c->y_raw - a->y_raw) -
	       (vms_i128)(b->y_raw - a->y_raw) * (c->x_raw - a->x_raw);
}

/* the same for the tighter side: > 0 when c is a stronger bound than the line */
static vms_i128 beyond(enum vms_side side, const struct vms_point *a, const struct vms_point *b,
		       const struct vms_point *c)
{
	return side == VMS_LOWER ? above(a, b, c) : -above(a, b, c);
}

size_t vms_chain_find(const struct vms_chain *c, int64_t x_raw)
{
	size_t lo = 0, hi = c->nr;

	/* appending and prepending are the common cases */
	if (!hi || c->v[hi - 1].x_raw < x_raw)
		return hi;
	if (c->v[0].x_raw >= x_raw)
		return 0;
	VMS_BISECT(lo, hi, mid, c->v[mid].x_raw < x_raw);
	return lo;
}

/*
 * The vertex among [0, nr), all left of p, whose line to p no other vertex of them exceeds. Going
 * right the next vertex is beyond the line up to the tangent and never after it, as the chain is
 * convex.
 */
static const struct vms_point *tangent_left(enum vms_side side, const struct vms_chain *c,
					    size_t nr, const struct vms_point *p)
{
	size_t lo = 0, hi = nr - 1;

	VMS_BISECT(lo, hi, mid, beyond(side, &c->v[mid], p, &c->v[mid + 1]) > 0);
	return &c->v[lo];
}

/* the same among [from, nr), all right of p */
static const struct vms_point *tangent_right(enum vms_side side, const struct vms_chain *c,
					     size_t from, const struct vms_point *p)
{
	size_t lo = from, hi = c->nr - 1;

	VMS_BISECT(lo, hi, mid, beyond(side, p, &c->v[mid], &c->v[mid + 1]) > 0);
	return &c->v[lo];
}

static void narrow_to(struct vms_slope *lo, struct vms_slope *hi, bool is_hi, struct vms_slope s)
{
	if (is_hi && vms_slope_cmp(s, *hi) < 0)
		*hi = s;
	if (!is_hi && vms_slope_cmp(s, *lo) > 0)
		*lo = s;
}

/*
 * A line fits iff for every lower point l and upper point u: u.y - l.y >= slope * (u.x - l.x). So
 * each pair limits the slope from one side, and a new point limits it by its two tangents to the
 * other chain.
 */
static bool slopes_with(const struct vms_fit *f, enum vms_side side, const struct vms_point *point,
			struct vms_slope *lo, struct vms_slope *hi)
{
	const enum vms_side other = side == VMS_LOWER ? VMS_UPPER : VMS_LOWER;
	const struct vms_chain *chain = &f->side[other];
	const size_t left_nr = vms_chain_find(chain, point->x_raw);
	size_t right = left_nr;

	*lo = f->lo;
	*hi = f->hi;
	if (right < chain->nr && chain->v[right].x_raw == point->x_raw) {
		if (side == VMS_LOWER ? point->y_raw > chain->v[right].y_raw
				      : point->y_raw < chain->v[right].y_raw)
			return false;
		right++;
	}
	if (left_nr)
		narrow_to(lo, hi, side == VMS_UPPER,
			  slope_of(tangent_left(other, chain, left_nr, point), point));
	if (right < chain->nr)
		narrow_to(lo, hi, side == VMS_LOWER,
			  slope_of(point, tangent_right(other, chain, right, point)));
	return vms_slope_cmp(*lo, *hi) <= 0;
}

int vms_chain_replace(struct vms_chain *c, size_t from, size_t to, const struct vms_point *p)
{
	if (vms_grow(&c->v, &c->cap, c->nr + 1, sizeof(*c->v), UINT32_MAX))
		return -VMS_ENOMEM;
	if (to - from != 1 && to < c->nr)
		memmove(&c->v[from + 1], &c->v[to], (c->nr - to) * sizeof(*c->v));
	c->v[from] = *p;
	c->nr = c->nr - (to - from) + 1;
	return 0;
}

static int chain_insert(struct vms_chain *chain, enum vms_side side, const struct vms_point *point)
{
	size_t from = vms_chain_find(chain, point->x_raw), to = from;

	if (to < chain->nr && chain->v[to].x_raw == point->x_raw) {
		if (side == VMS_LOWER ? point->y_raw <= chain->v[to].y_raw
				      : point->y_raw >= chain->v[to].y_raw)
			return 0;
		to++;
	} else if (from && from < chain->nr &&
		   beyond(side, &chain->v[from - 1], &chain->v[from], point) <= 0) {
		return 0;
	}
	while (from >= 2 && beyond(side, &chain->v[from - 2], point, &chain->v[from - 1]) <= 0)
		from--;
	while (to + 2 <= chain->nr && beyond(side, point, &chain->v[to + 1], &chain->v[to]) <= 0)
		to++;
	return vms_chain_replace(chain, from, to, point);
}

/* Only slope 0 fits: the strongest point is the whole chain. */
static int chain_strongest(struct vms_chain *c, enum vms_side side, const struct vms_point *p)
{
	if (!c->nr && vms_grow(&c->v, &c->cap, 1, sizeof(*c->v), UINT32_MAX))
		return -VMS_ENOMEM;
	if (!c->nr || (side == VMS_LOWER ? p->y_raw > c->v[0].y_raw : p->y_raw < c->v[0].y_raw))
		c->v[0] = *p;
	c->nr = 1;
	return 0;
}

int vms_fit_insert(struct vms_fit *fit, enum vms_side side, const struct vms_point *point)
{
	struct vms_slope lo, hi;
	int ret;

	if (!fit->hi_limit.dy) {
		const struct vms_chain *c = &fit->side[side == VMS_LOWER ? VMS_UPPER : VMS_LOWER];

		if (c->nr && (side == VMS_LOWER ? point->y_raw > c->v[0].y_raw
						: point->y_raw < c->v[0].y_raw))
			return 0;
		ret = chain_strongest(&fit->side[side], side, point);
		return ret ? ret : 1;
	}
	if (!slopes_with(fit, side, point, &lo, &hi))
		return 0;
	ret = chain_insert(&fit->side[side], side, point);
	if (ret)
		return ret;
	fit->lo = lo;
	fit->hi = hi;
	return 1;
}

/* The lower side of a fit, or the upper side mirrored at y = 0 so that it is a lower one. */
struct mirrored {
	const struct vms_chain *c;
	struct vms_slope lo, hi;
	int sign;
};

static struct mirrored mirror(const struct vms_fit *f, enum vms_side side)
{
	if (side == VMS_LOWER)
		return (struct mirrored){
			.c = &f->side[side], .lo = f->lo, .hi = f->hi, .sign = 1
		};
	return (struct mirrored){
		.c = &f->side[side], .lo = negated(f->hi), .hi = negated(f->lo), .sign = -1
	};
}

static struct vms_slope edge(const struct mirrored *m, size_t i)
{
	const struct vms_slope s = slope_of(&m->c->v[i], &m->c->v[i + 1]);

	return m->sign > 0 ? s : negated(s);
}

/* the vertex that a line of slope s coming from above touches first: slopes of edges decrease */
static const struct vms_point *support(const struct mirrored *m, struct vms_slope s)
{
	size_t lo = 0, hi = m->c->nr - 1;

	VMS_BISECT(lo, hi, mid, vms_slope_cmp(edge(m, mid), s) > 0);
	return &m->c->v[lo];
}

/* the slope, of those that fit, whose highest line above the chain is lowest at x */
static struct vms_slope slope_at(const struct mirrored *mirrored, int64_t x_raw)
{
	const size_t k = vms_chain_find(mirrored->c, x_raw);
	struct vms_slope slope;

	if (k == mirrored->c->nr)
		return mirrored->lo;
	if (!k)
		return x_raw < mirrored->c->v[0].x_raw || mirrored->c->nr < 2 ||
				       vms_slope_cmp(edge(mirrored, 0), mirrored->hi) > 0
			       ? mirrored->hi
		       : vms_slope_cmp(edge(mirrored, 0), mirrored->lo) < 0 ? mirrored->lo
									    : edge(mirrored, 0);
	slope = edge(mirrored, k - 1);
	if (vms_slope_cmp(slope, mirrored->lo) < 0)
		return mirrored->lo;
	return vms_slope_cmp(slope, mirrored->hi) > 0 ? mirrored->hi : slope;
}

int64_t vms_fit_value(const struct vms_fit *f, enum vms_side side, int64_t x_raw,
		      struct vms_point *witness)
{
	const struct mirrored mirrored = mirror(f, side);
	const struct vms_point *points;
	struct vms_slope slope;
	vms_i128 dx, y;

	if (!mirrored.c->nr)
		return side == VMS_LOWER ? INT64_MIN : INT64_MAX;
	if (!f->hi_limit.dy) {
		if (witness)
			*witness = mirrored.c->v[0];
		return mirrored.c->v[0].y_raw;
	}
	slope = slope_at(&mirrored, x_raw);
	points = support(&mirrored, slope);
	dx = (vms_i128)x_raw - points->x_raw;
	if (dx && !vms_slope_bounded(slope))
		return side == VMS_LOWER ? INT64_MIN : INT64_MAX;
	if (witness)
		*witness = *points;
	y = mirrored.sign * (vms_i128)points->y_raw + vms_floor_div(slope.dy * dx, slope.dx);
	return vms_clamp_i64(mirrored.sign * y);
}

uint64_t vms_fit_depth(const struct vms_fit *f, enum vms_side side, const struct vms_point *p)
{
	const enum vms_side other = side == VMS_LOWER ? VMS_UPPER : VMS_LOWER;
	const vms_i128 end = vms_fit_value(f, other, p->x_raw, NULL);
	const vms_i128 d = side == VMS_LOWER ? p->y_raw - end : end - p->y_raw;

	return d > 0 ? (uint64_t)d : 0;
}

/*
 * height above the chain at x of the line of slope s that touches it, relative to y0; an estimate,
 * so floating
 */
static long double touch(const struct mirrored *m, double s, int64_t x_raw, int64_t y0)
{
	long double best = -HUGE_VALL;
	size_t i;

	for (i = 0; i < m->c->nr; i++) {
		const struct vms_point *p = &m->c->v[i];
		const long double y = m->sign * (long double)((vms_i128)p->y_raw - y0) +
				      (long double)s * (long double)((vms_i128)x_raw - p->x_raw);

		if (y > best)
			best = y;
	}
	return best;
}

static double middle_slope(const struct vms_fit *f)
{
	const bool lo = vms_slope_bounded(f->lo), hi = vms_slope_bounded(f->hi);
	const double a = (double)f->lo.dy / (double)f->lo.dx,
		     b = (double)f->hi.dy / (double)f->hi.dx;

	if (lo && hi)
		return a / 2 + b / 2;
	return lo ? a : hi ? b : 0.0;
}

void vms_fit_middle(const struct vms_fit *f, int64_t x_raw, int64_t *y_raw, double *frac,
		    double *slope)
{
	const struct mirrored lower = mirror(f, VMS_LOWER), upper = mirror(f, VMS_UPPER);
	const double rate = middle_slope(f);
	long double mid = 0.0L, whole;
	int64_t y0 = 0;

	if (lower.c->nr || upper.c->nr) {
		y0 = lower.c->nr ? lower.c->v[0].y_raw : upper.c->v[0].y_raw;
		if (lower.c->nr && upper.c->nr)
			mid = (touch(&lower, rate, x_raw, y0) - touch(&upper, -rate, x_raw, y0)) /
			      2;
		else
			mid = lower.c->nr ? touch(&lower, rate, x_raw, y0)
					  : -touch(&upper, -rate, x_raw, y0);
	}
	whole = floorl(mid);
	*y_raw = fabsl(whole) < 0x1p62L ? vms_clamp_i64((vms_i128)y0 + (int64_t)whole) : y0;
	*frac = fabsl(whole) < 0x1p62L ? (double)(mid - whole) : 0.0;
	if (*frac >= 1.0)
		*frac = 0.0;
	*slope = rate;
}
