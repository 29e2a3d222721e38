/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes that form pairs anew: made beside the screen, which shows what was until then. */
#ifndef APP_CMD_CHANGE_H
#define APP_CMD_CHANGE_H

#include "app/state/app.h"

/* CHANGE_FORM: no change, but the pairs that there are none of yet */
enum change_way { CHANGE_MAKE, CHANGE_UNDO, CHANGE_REDO, CHANGE_FORM };

/** struct change_ask - what is asked for */
struct change_ask {
	enum change_way way;
	struct vms_change change;  /* to make: not one of pairs; of an alignment the guest */
	struct vms_align_opts how; /* of an alignment; what it points to is copied */
	uint64_t before;	   /* for said(): how something was when it was asked for */
	/* says what has become of it */
	void (*said)(struct app *app, const struct vms_effect *effect, uint64_t before);
};

/**
 * change_ask - have it made in place of what was asked for before and is not there yet
 * A decision made meanwhile counts at once, and the change is begun again over it.
 * @doing: in words, for who waits
 * Return: 0, the worker may still be at it; why it cannot be
 */
int change_ask(struct app *app, const struct change_ask *ask, const char *doing,
	       struct vms_err *err);
/**
 * change_rate - the limit of the rate that a setting asks for, if any, once there are pairs
 * @at_start: nobody decided that now: it asks for no saving
 */
int change_rate(struct app *app, bool at_start, struct vms_err *err);
/** change_loaded - the same was read from a file: what is shown follows */
int change_loaded(struct app *app, struct vms_err *err);

#endif
