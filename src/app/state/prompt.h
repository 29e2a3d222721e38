/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The line that is typed into what lies on top, and what could stand there. */
#ifndef APP_PROMPT_H
#define APP_PROMPT_H

#include "app/state/app.h"

/** struct app_completion - one word that could stand at the caret */
struct app_completion {
	char text[256]; /* a name of a file at most */
	char help[80];
};

/** struct app_prompt - the line being typed, as views read it */
struct app_prompt {
	const char *label;	     /* ":", "/", "filter: ", ... */
	char text[APP_PROMPT_BYTES]; /* UTF-8, NUL-terminated */
	uint32_t len, caret;	     /* [bytes] */
	bool selected;		     /* the whole text is selected: typing replaces it */
	const struct app_completion *comp;
	uint32_t comp_nr;
	int32_t comp_sel;   /* -1 = none chosen */
	uint32_t comp_from; /* [bytes] where the completed word begins */
	char preview[160];  /* what Enter would do; "" = nothing to say */
	char error[120];    /* "" = fine */
	int32_t error_col;  /* [bytes] into text, -1 = nowhere */
	/* what Esc in a filter's or the search prompt goes back to */
	char before[APP_PROMPT_BYTES];
	uint32_t sel_before;
};

/** enum prompt_part - of the text, from the caret */
enum prompt_part { PROMPT_BEFORE, PROMPT_AFTER, PROMPT_WORD, PROMPT_ALL };

int prompt_new(struct app *app, struct vms_err *err);
void prompt_free(struct app *app);
const struct app_prompt *app_prompt(const struct app *app);
/** prompt_open - another line; @selected: what is typed replaces the text */
void prompt_open(struct app *app, const char *label, const char *text, bool selected);

/** prompt_put - text at the caret, in place of what is selected */
void prompt_put(struct app *app, const char *text);
/** prompt_cut - take out the character before or after the caret, the word before it, or all */
void prompt_cut(struct app *app, enum prompt_part part);
/** prompt_caret - by a character; PROMPT_WORD: to the start of the line, PROMPT_ALL: to its end */
void prompt_caret(struct app *app, enum prompt_part part);

/** prompt_fresh - the text is another one: nothing is offered, previewed or wrong yet */
void prompt_fresh(struct app *app);
/** prompt_offer_from - where the word begins that is completed; prompt_offer - a word for there */
void prompt_offer_from(struct app *app, uint32_t from);
void prompt_offer(struct app *app, const char *text, const char *help);
/** prompt_offers_sort - by their letters */
void prompt_offers_sort(struct app *app);
/**
 * prompt_take - put the next word offered (dir 1) or the one before at the caret; they stay, so
 * that another follows. @end: behind a word that is the only one. Return: that was it
 */
bool prompt_take(struct app *app, int dir, const char *end);
/** prompt_drop - none of the words offered. Return: one was taken */
bool prompt_drop(struct app *app);
void prompt_preview(struct app *app, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void prompt_error(struct app *app, int col, const char *text);

#endif
