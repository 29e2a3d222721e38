// SPDX-License-Identifier: LGPL-2.1-or-later
/* From cells to proposals: families of one cause, their order, and their figures. */
#include "core/find/find_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"

/* A list that nobody reads to its end; a catalogue has no more than 255. */
#define FOUND_MOST 100u

/* The exit side first, those with pairs enough, and what says most of the other. */
static int by_rank(enum vms_dir x_dir, enum vms_dir y_dir, bool x_few, bool y_few, double x_share,
		   double y_share)
{
	if (x_dir != y_dir)
		return x_dir < y_dir ? -1 : 1;
	if (x_few != y_few)
		return x_few ? 1 : -1;
	return (x_share < y_share) - (x_share > y_share);
}

static int cells_order(const void *a, const void *b)
{
	const struct find_cell *x = a, *y = b;
	const int order = by_rank(x->dir, y->dir, x->few, y->few, x->share, y->share);

	if (order)
		return order;
	return x->type != y->type ? (x->type > y->type) - (x->type < y->type)
				  : (x->cause > y->cause) - (x->cause < y->cause);
}

static bool is_family(const struct find_cell *a, const struct find_cell *b)
{
	if (a->dir != b->dir || a->cause != b->cause || a->few || b->few)
		return false;
	if (!a->key_guest != !b->key_guest)
		return false;
	if (a->key_guest)
		return a->key_host == b->key_host &&
		       !strcmp(a->key_guest->name, b->key_guest->name);
	return a->precise && b->precise;
}

static int found_of(const struct find *find, struct vms_found *found, struct find_cell *first,
		    unsigned int family)
{
	const struct vms_catalogue *catalogue = vms_session_catalogue(find->session);
	const struct find_cell **cells = vms_calloc(find->cells_nr, sizeof(*cells));
	unsigned int nr = 0;
	struct find_cell *cell;
	int ret, known = first->known;

	if (!cells)
		return -VMS_ENOMEM;
	*found = (struct vms_found){ .guest = find->guest, .dir = first->dir, .few = first->few };
	for (cell = first; cell < find->cells + find->cells_nr; cell++) {
		if (cell != first && (cell->family || !is_family(first, cell)))
			continue;
		cell->family = family;
		cells[nr++] = cell;
		found->share += cell->share;
		known = cell->known == known ? known : -1;
	}
	ret = find_texts(find, found, cells, nr);
	free(cells);
	if (!ret && known >= 0) {
		found->known = vms_strdup(catalogue->seqs[known].name);
		ret = found->known ? 0 : -VMS_ENOMEM;
	}
	return ret;
}

static void found_clear(struct vms_found *f)
{
	free(f->name);
	free(f->text);
	free(f->cause);
	free(f->guest_events);
	free(f->key);
	free(f->known);
	vms_sequence_clear(&f->seq);
	vms_fitness_clear(&f->fitness);
}

static int founds_order(const void *a, const void *b)
{
	const struct vms_found *x = a, *y = b;
	const int order = by_rank(x->dir, y->dir, x->few, y->few, x->share, y->share);

	return order ? order : strcmp(x->name, y->name);
}

static void rank(struct vms_finds *guest)
{
	unsigned int i, k, nr = 0, no = 0;

	if (guest->nr)
		qsort(guest->found, guest->nr, sizeof(*guest->found), founds_order);
	for (i = 0; i < guest->nr; i++) {
		no = i && guest->found[i].dir == guest->found[i - 1].dir ? no + 1 : 1;
		guest->found[i].rank = no;
		if (no > FOUND_MOST)
			found_clear(&guest->found[i]);
		else
			guest->found[nr++] = guest->found[i];
	}
	k = guest->nr;
	guest->nr = nr;
	memset(guest->found + nr, 0, (k - nr) * sizeof(*guest->found));
}

/* Families, in their order. */
static int gather(struct find *find, struct vms_finds *guest)
{
	unsigned int i, family = 0;
	int ret = 0;

	guest->found = vms_calloc(find->cells_nr, sizeof(*guest->found));
	if (!guest->found)
		return -VMS_ENOMEM;
	if (find->cells_nr)
		qsort(find->cells, find->cells_nr, sizeof(*find->cells), cells_order);
	for (i = 0; i < find->cells_nr && !ret; i++)
		if (!find->cells[i].family)
			ret = found_of(find, &guest->found[guest->nr++], &find->cells[i], ++family);
	if (!ret)
		rank(guest);
	return ret;
}

/* Their figures, as those of the catalogue. */
static int judge(const struct find *find, struct vms_finds *guest, struct vms_err *err)
{
	struct vms_catalogue catalogue = { 0 };
	struct vms_fitness *fitness = vms_calloc(guest->nr, sizeof(*fitness));
	unsigned int i;
	int ret = fitness ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");

	for (i = 0; i < guest->nr && !ret; i++)
		ret = vms_catalogue_parse(&catalogue, guest->found[i].text, err);
	if (!ret && guest->nr)
		ret = vms_fitness_guest(fitness, find->session, find->guest, &catalogue,
					find->opts->progress, err);
	for (i = 0; i < guest->nr && !ret; i++) {
		guest->found[i].fitness = fitness[i];
		guest->found[i].seq = catalogue.seqs[i];
	}
	catalogue.seqs_nr = ret ? catalogue.seqs_nr : 0;
	vms_catalogue_clear(&catalogue);
	free(fitness);
	return ret;
}

/* How far the search is: a guest takes so many steps. */
enum { STEP_ROWS, STEP_EXITS, STEP_ENTRIES, STEP_FIGURES, STEPS_NR };

static void tell(const struct find *find, unsigned int step)
{
	const unsigned int guests_nr = vms_session_trace(find->session)->guests_nr;

	vms_progress_tell(find->opts->progress, "looking for sequences",
			  find->guest * STEPS_NR + step, (uint64_t)guests_nr * STEPS_NR);
}

static int search_guest(struct vms_finds *guest, struct vms_session *session,
			unsigned int guest_idx, const struct vms_find_opts *opts,
			struct vms_err *err)
{
	const struct vms_trace *trace = vms_session_trace(session);
	struct find find = { .session = session,
			     .opts = opts,
			     .guest = guest_idx,
			     .stream = trace->guests[guest_idx].stream,
			     .host = trace->host };
	int ret;

	tell(&find, STEP_ROWS);
	ret = find_rows_make(&find, err);
	tell(&find, STEP_EXITS);
	if (!ret)
		ret = find_cells_make(&find, VMS_GUEST_TO_HOST);
	tell(&find, STEP_ENTRIES);
	if (!ret)
		ret = find_cells_make(&find, VMS_HOST_TO_GUEST);
	if (!ret)
		ret = gather(&find, guest);
	find_known_clear(&find);
	free(find.cells);
	tell(&find, STEP_FIGURES);
	if (!ret)
		ret = judge(&find, guest, err);
	find_rows_clear(&find);
	if (ret == -VMS_ENOMEM)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory while looking for sequences");
	return ret;
}

int vms_find(struct vms_finds **out, struct vms_session *session, const struct vms_find_opts *opts,
	     struct vms_err *err)
{
	const struct vms_find_opts plain = { 0 };
	const unsigned int guests_nr = vms_session_trace(session)->guests_nr;
	struct vms_finds *finds = vms_calloc(1, sizeof(*finds));
	size_t cap = 0;
	unsigned int i;
	int ret = finds ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");

	for (i = 0; i < guests_nr && !ret; i++) {
		struct vms_finds guest = { 0 };

		ret = search_guest(&guest, session, i, opts ? opts : &plain, err);
		if (!ret && vms_grow(&finds->found, &cap, (size_t)finds->nr + guest.nr,
				     sizeof(*finds->found), UINT32_MAX))
			ret = vms_fail(err, VMS_ENOMEM, "out of memory");
		if (!ret && guest.nr)
			memcpy(finds->found + finds->nr, guest.found,
			       guest.nr * sizeof(*finds->found));
		if (!ret)
			finds->nr += guest.nr;
		for (; ret && guest.nr; guest.nr--)
			found_clear(&guest.found[guest.nr - 1]);
		free(guest.found);
	}
	if (ret)
		vms_finds_free(finds);
	else
		*out = finds;
	return ret;
}

void vms_finds_free(struct vms_finds *finds)
{
	unsigned int i;

	if (!finds)
		return;
	for (i = 0; i < finds->nr; i++)
		found_clear(&finds->found[i]);
	free(finds->found);
	free(finds);
}
