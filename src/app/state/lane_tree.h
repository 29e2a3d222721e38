/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree of the lane picker. */
#ifndef APP_LANE_TREE_H
#define APP_LANE_TREE_H

#include "app/state/app.h"

/** struct app_lane_row_text - a row of the lane picker, printable */
struct app_lane_row_text {
	int guest;	    /* whose colour; -1 = host, -2 = none */
	unsigned int depth; /* 0 switches and groups, 1 lanes, 2 threads */
	char check;	    /* 'x' shown, '-' some of them, ' ' hidden */
	char fold;	    /* '+' folded, '-' unfolded, ' ' nothing below */
	char name[64], tail[96];
};

int lane_tree_new(struct app *a, struct vms_err *err);
void lane_tree_free(struct app *a);
/**
 * lane_tree_open - the rows when the picker opens, the lane of the time cursor selected; large
 * groups are folded at first
 */
void lane_tree_open(struct app *app);
/**
 * lane_tree_fill - rows that match the prompt's text; the selection stays on its row, or goes to
 * the first lane found
 */
void lane_tree_fill(struct app *app);
/** lane_tree_toggle - show all lanes that a row stands for, or hide them when all are shown */
void lane_tree_toggle(struct app *app, uint32_t row);
/**
 * lane_tree_fold - close what a row holds, or go to the row that holds it; lane_tree_unfold - open
 * it, or go into it
 */
void lane_tree_fold(struct app *app, uint32_t row);
void lane_tree_unfold(struct app *app, uint32_t row);
/** lane_tree_enter - what Enter does on a row. Return: true when the picker may close */
bool lane_tree_enter(struct app *app, uint32_t row);

/** app_lane_row_text - a row of the lane picker */
void app_lane_row_text(const struct app *app, uint32_t row, struct app_lane_row_text *out);

#endif
