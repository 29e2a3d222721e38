/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether sequences are fit as synchronisation points: computed beside the screen, where asked for.
 */
#ifndef APP_SEQUENCES_H
#define APP_SEQUENCES_H

#include <vmsync/advise.h>
#include <vmsync/copy.h>
#include <vmsync/find.h>

#include "app/state/app.h"

int fitness_new(struct app *app, struct vms_err *err);
void fitness_free(struct app *app);
/** fitness_want - have it computed, unless it is known of these pairs or on its way */
void fitness_want(struct app *app);
/** fitness_advise - what to record next time, found with it; NULL: not there yet */
const struct vms_advise *fitness_advise(const struct app *a);
/** fitness_copy - how sure a copy of a guest by the band's middle would be; NULL: not there yet */
const struct vms_copy *fitness_copy(const struct app *app, unsigned int guest);
/** app_fitness_guest - the guest of the track in view */
const struct vms_stream *app_fitness_guest(const struct app *a);

/** found_want - look for sequences; said when they are there */
void found_want(struct app *app);

/** struct app_sequence - a row of screen 4: of the catalogue, or found */
struct app_sequence {
	const struct vms_sequence *seq;	   /* NULL: there is no such row */
	const struct vms_fitness *fitness; /* over that guest; NULL: muted, or not there yet */
	int number;			   /* in the catalogue; -1 = not of it */
	const struct vms_found *found;	   /* not of the catalogue; until the next search */
};

/** app_sequences_nr - rows: those of the catalogue, then what was found and is none of them */
uint32_t app_sequences_nr(const struct app *a);
struct app_sequence app_sequence(const struct app *a, uint32_t row);
/** app_sequences_known - how many rows are of the catalogue */
uint32_t app_sequences_known(const struct app *a);

/** struct app_reading - sequences of a file, which come into the session one after another */
struct app_reading {
	struct vms_catalogue cat;
	unsigned int next, made; /* to come next; that were not there so */
};

struct app_reading *sequences_reading(struct app *app);

#endif
