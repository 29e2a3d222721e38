// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Steps smaller than the band is wide: one line fits before and after, but squeezed between the
 * extremes of one and of the other.
 */
#include "core/bound/small.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"
#include "core/bound/knot.h"

/*
 * By chance the extremes of both sides would lie so with e^-24; with e^-9 at any of the places that
 * were looked at there may be a step.
 */
#define SURE_LEAST 24.0
#define DOUBT_LEAST 9.0
/* Each side has this part of that, at least: where delays change one of them often says much. */
#define SIDE_PART 3.0
/* So many items before a place are held against as many after it: a tilt shows in few least. */
#define HALF_LEAST 64u
#define HALF_MOST 16384u
#define HALF_PART 4u
/* This part of them, next to the place, is not: a step may lie anywhere among those. */
#define NEAR_PART 8u
/* Items in a row whose extremes are found once for all places: all sides of them begin at such. */
#define BLOCK (HALF_LEAST / NEAR_PART)
/* BLOCK blocks in a row make one of the next level; the widest are of some thousand items. */
enum { LEVELS = 4 };
/* It shows nearly as well at a place beside its own: so many times as much bounds neither side. */
#define ZONE_NEARS 3u

/* What a part of the items says beside a line. */
struct part {
	size_t from, to;
	double lower, upper; /* the extremes */
	uint32_t lower_nr, upper_nr;
};

/* The extremes of some items in a row, of an offset that is constant; those of a side if any. */
struct block {
	int64_t lower_raw, upper_raw;
	uint32_t lower_nr, upper_nr;
};

/* Items between two steps, and what is known of them. */
struct search {
	const struct vms_item *items;
	size_t nr;
	const struct vms_band *band;
	/* by level, each of the same array; NULL where the offset has a slope */
	struct block *blocks[LEVELS];
};

/* Which items are held against each other: those before and after a place, without the nearest. */
struct around {
	size_t place, before, after, near;
};

/* How far an item is above a line of a slope through the middle. */
static double off_of(const struct vms_item *it, const struct vms_point *middle, double slope)
{
	return (double)vms_sat_sub_i64(it->p.y_raw, middle->y_raw) -
	       slope * (double)vms_sat_sub_i64(it->p.x_raw, middle->x_raw);
}

static void part_add(struct part *part, const struct vms_item *it, double off)
{
	if (it->left_out)
		return;
	if (it->side == VMS_LOWER) {
		part->lower = VMS_MAX(part->lower, off);
		part->lower_nr++;
	} else {
		part->upper = VMS_MIN(part->upper, off);
		part->upper_nr++;
	}
}

static void block_add(struct block *block, const struct block *more)
{
	if (more->lower_nr)
		block->lower_raw = block->lower_nr ? VMS_MAX(block->lower_raw, more->lower_raw)
						   : more->lower_raw;
	if (more->upper_nr)
		block->upper_raw = block->upper_nr ? VMS_MIN(block->upper_raw, more->upper_raw)
						   : more->upper_raw;
	block->lower_nr += more->lower_nr;
	block->upper_nr += more->upper_nr;
}

/* The strongest of a side in a block, as off_of() has it of an item. */
static double block_off(const struct block *block, enum vms_side side, int64_t middle_raw)
{
	if (side == VMS_LOWER)
		return block->lower_nr ? (double)vms_sat_sub_i64(block->lower_raw, middle_raw)
				       : -HUGE_VAL;
	return block->upper_nr ? (double)vms_sat_sub_i64(block->upper_raw, middle_raw) : HUGE_VAL;
}

/* The widest block that begins at an item and ends at @to or before. Return: its items, 0 = none */
static size_t block_at(const struct search *search, size_t i, size_t to, const struct block **block)
{
	size_t nr = 0, wide = BLOCK;
	unsigned int level;

	for (level = 0; level < LEVELS && search->blocks[level]; level++, wide *= BLOCK) {
		if (i % wide || i + wide > to)
			break;
		*block = &search->blocks[level][i / wide];
		nr = wide;
	}
	return nr;
}

static struct part part_of(const struct search *search, size_t from, size_t to,
			   const struct vms_point *middle, double slope)
{
	struct part part = { .from = from, .to = to, .lower = -HUGE_VAL, .upper = HUGE_VAL };
	struct block sum = { .lower_nr = 0 };
	const struct block *block;
	size_t i = from;

	while (i < to) {
		const size_t nr = block_at(search, i, to, &block);

		if (nr)
			block_add(&sum, block);
		else
			part_add(&part, &search->items[i],
				 off_of(&search->items[i], middle, slope));
		i += VMS_MAX(nr, 1u);
	}
	part.lower = fmax(part.lower, block_off(&sum, VMS_LOWER, middle->y_raw));
	part.upper = fmin(part.upper, block_off(&sum, VMS_UPPER, middle->y_raw));
	part.lower_nr += sum.lower_nr;
	part.upper_nr += sum.upper_nr;
	return part;
}

/* Without memory for them all goes on, but slower. */
static void blocks_make(struct search *search)
{
	size_t nr = search->nr / BLOCK + 1, i;
	unsigned int level;

	search->blocks[0] = vms_calloc(nr + nr / 4 + LEVELS, sizeof(**search->blocks));
	for (i = 0; search->blocks[0] && i < search->nr; i++) {
		const struct vms_item *it = &search->items[i];
		const bool lower = it->side == VMS_LOWER;

		if (!it->left_out)
			block_add(&search->blocks[0][i / BLOCK],
				  &(struct block){ it->p.y_raw, it->p.y_raw, lower, !lower });
	}
	for (level = 1; level < LEVELS && search->blocks[0]; level++) {
		const struct block *narrow = search->blocks[level - 1];

		search->blocks[level] = search->blocks[level - 1] + nr;
		for (i = 0; i < nr; i++)
			block_add(&search->blocks[level][i / BLOCK], &narrow[i]);
		nr = nr / BLOCK + 1;
	}
}

static bool is_stronger(enum vms_side side, double off, double than)
{
	return side == VMS_LOWER ? off > than : off < than;
}

/* How many bounds of a side are stronger than all of another part. */
static uint32_t stronger(const struct search *search, const struct part *part,
			 const struct vms_point *middle, double slope, enum vms_side side,
			 double than)
{
	uint32_t found = 0;
	size_t i = part->from, end;

	while (i < part->to) {
		const struct block *block;
		const size_t nr = block_at(search, i, part->to, &block);

		end = i + (nr ? BLOCK : 1);
		if (nr && !is_stronger(side, block_off(block, side, middle->y_raw), than)) {
			i += nr;
			continue;
		}
		for (; i < end; i++) {
			const struct vms_item *it = &search->items[i];

			found += it->side == side && !it->left_out &&
				 is_stronger(side, off_of(it, middle, slope), than);
		}
	}
	return found;
}

/* -ln of the chance that so many of the extremes are of a part which has a share of all. */
static double chance_of(uint32_t nr, uint32_t share, uint32_t other)
{
	return share ? nr * log(((double)share + other) / share) : 0.0;
}

/*
 * The same of both sides, where the offset is greater in the second part, beside a line; some
 * number not above @best where it is not.
 */
static double chance_up(const struct search *search, const struct part *first,
			const struct part *second, const struct vms_point *middle, double slope,
			double best)
{
	double lower, upper;

	if (!(second->lower > first->lower) || !(second->upper > first->upper))
		return 0.0;
	lower = chance_of(stronger(search, second, middle, slope, VMS_LOWER, first->lower),
			  second->lower_nr, first->lower_nr);
	if (SIDE_PART * lower <= best)
		return best;
	upper = chance_of(stronger(search, first, middle, slope, VMS_UPPER, second->upper),
			  first->upper_nr, second->upper_nr);
	return fmin(lower + upper, SIDE_PART * fmin(lower, upper));
}

/*
 * A tilt looks like a step. So a step up must show beside the steepest line that the clock can have
 * followed around a place, a step down beside the least steep one: then it does beside all. What is
 * not above @best need not be exact.
 */
static double chance_at(const struct search *search, const struct around *around, double best)
{
	const size_t place = around->place, from = place - around->before,
		     to = place + around->after;
	const struct vms_point *middle = &search->items[place].p;
	struct part first, second;
	double least = 0.0, most = 0.0, up;

	if (!search->band->segs->constant)
		vms_band_slopes(vms_band_segment_time(search->band, middle->x_raw),
				search->items[from].p.x_raw, search->items[to - 1].p.x_raw, &least,
				&most);
	if (!isfinite(most - least))
		return 0.0;
	first = part_of(search, from, place - around->near, middle, most);
	second = part_of(search, place + around->near, to, middle, most);
	up = chance_up(search, &first, &second, middle, most, best);
	if (least < most) {
		first = part_of(search, from, place - around->near, middle, least);
		second = part_of(search, place + around->near, to, middle, least);
	}
	return fmax(up, chance_up(search, &second, &first, middle, least, best));
}

/* As many before a place as behind it, but for those that are not there: the items have ends. */
static struct around around_of(size_t place, size_t nr, size_t half)
{
	struct around around = { .place = place,
				 .before = VMS_MIN(place, half),
				 .after = VMS_MIN(nr - place, half) };

	around.near = VMS_MIN(around.before, around.after) / NEAR_PART;
	return around;
}

static enum vms_small find(const struct search *search, size_t *left, size_t *right)
{
	const size_t nr = search->nr;
	double best = 0.0;
	size_t half = 0, place, places_nr = 0;

	/* what is seen nearest to a step is surest of where it is; at last all that there are */
	while (nr >= HALF_LEAST * 2 && half < VMS_MIN(nr / 2, HALF_MOST) && best < SURE_LEAST) {
		half = half ? VMS_MIN(half * HALF_PART, VMS_MIN(nr / 2, HALF_MOST)) : HALF_LEAST;
		for (place = HALF_LEAST; place + HALF_LEAST <= nr; place += half * 2 / NEAR_PART) {
			const struct around around = around_of(place, nr, half);
			const double chance = chance_at(search, &around, best);

			places_nr++;
			if (chance <= best)
				continue;
			best = chance;
			*left = place - around.near * ZONE_NEARS;
			*right = place + around.near * ZONE_NEARS;
		}
	}
	if (best >= SURE_LEAST)
		return VMS_SMALL_SURE;
	return places_nr && best >= DOUBT_LEAST + log((double)places_nr) ? VMS_SMALL_DOUBT
									 : VMS_SMALL_NONE;
}

/* The most items that lie between two steps. */
static void longest(const struct vms_runs *runs, size_t *from, size_t *to)
{
	size_t i, first = 0;

	*from = *to = 0;
	for (i = 0; i < runs->nr; i++) {
		if (!runs->r[i].soft)
			first = i;
		if (runs->r[i].to - runs->r[first].from <= *to - *from)
			continue;
		*from = runs->r[first].from;
		*to = runs->r[i].to;
	}
}

bool vms_small_cut(struct vms_item *items, size_t *nr, const struct vms_runs *runs,
		   const struct vms_band *band)
{
	size_t from, to, left = 0, right = 0, i;
	struct search search = { .band = band };
	enum vms_small found;

	if (!*nr)
		return false;
	longest(runs, &from, &to);
	search.items = &items[from];
	search.nr = to - from;
	if (band->segs->constant)
		blocks_make(&search);
	found = find(&search, &left, &right);
	free(search.blocks[0]);
	/* that a counter was set is seen, or it was not */
	if (found == VMS_SMALL_NONE || (found == VMS_SMALL_DOUBT && band->segs->constant))
		return false;
	memmove(&items[from + left], &items[from + right], (*nr - from - right) * sizeof(*items));
	*nr -= right - left;
	for (i = 0; i < *nr; i++)
		items[i].left_out = false;
	items[from + left].small = (uint8_t)found;
	return true;
}
