/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys. */
#ifndef APP_APP_KEYS_H
#define APP_APP_KEYS_H

#include "app/state/app.h"

/**
 * app_keys - apply keys in order, fold repeats, drop decisions on pairs not yet drawn
 * @keys: as read; @nr: how many
 * Return: keys used. Fewer than nr means: draw a frame, call app_frame_drawn(), come back with
 * the rest.
 */
size_t app_keys(struct app *app, const uint32_t *keys, size_t nr);

#endif
