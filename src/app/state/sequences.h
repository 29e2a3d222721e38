/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether sequences are fit as synchronisation points: computed beside the screen, where asked for.
 */
#ifndef APP_SEQUENCES_H
#define APP_SEQUENCES_H

#include <vmsync/fitness.h>

#include "app/state/app.h"

int fitness_new(struct app *app, struct vms_err *err);
void fitness_free(struct app *app);
/** fitness_want - have it computed, unless it is known of these pairs or on its way */
void fitness_want(struct app *app);
/**
 * app_fitness - of a sequence over the guest of the track in view; NULL: muted, or not there yet
 * app_fitness_guest - that guest
 */
const struct vms_fitness *app_fitness(const struct app *a, unsigned int seq);
const struct vms_stream *app_fitness_guest(const struct app *a);

#endif
