/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the commands share with each other. */
#ifndef APP_DECIDE_H
#define APP_DECIDE_H

#include "app/state/app.h"
#include "app/commands/command.h"

/* cmd_decide.c */
/** decide_preview - what accept, reject or clear with these arguments would do, in words */
void decide_preview(struct app *a, int cmd, const char *rest, char *buf, size_t size);
/** note_preview, mute_preview - what :note and :mute with these arguments would do, in words */
int note_preview(const struct app *a, const char *text, char *buf, size_t size,
		 struct vms_err *err);
int mute_preview(const struct app *a, const struct app_args *args, char *buf, size_t size,
		 struct vms_err *err);
/** effect_text - the effect of a decision in words. Return: buf */
const char *effect_text(const struct app *a, const struct vms_effect *e, char *buf, size_t size);
/**
 * decided - after a decision, undo or model: unsaved count, list, caches. fresh: a new step, no
 * redo
 */
int decided(struct app *a, bool fresh, bool model_changed, struct vms_err *err);

/* cmd_piecewise.c */
/**
 * piecewise_set - :model piecewise with marks or times: cut the offset there; piecewise_preview -
 * what it would do
 */
int piecewise_set(struct app *a, const struct app_args *args, struct vms_err *err);
int piecewise_preview(struct app *a, const struct app_args *args, char *buf, size_t size,
		      struct vms_err *err);

/* preview.c */
/** model_text - offset, error and verdict of a model in a line. Return: buf */
const char *model_text(const struct app *a, const struct vms_model_result *r, char *buf,
		       size_t size);

/* cmd_align.c */
/** align_text - how the alignment of a track came about and what to do about it. Return: buf */
const char *align_text(const struct app *a, const struct vms_track *t, char *buf, size_t size);

/* cmd_list.c */
/**
 * filter_says - what the filter in force left, and which pair is selected now that it was not (was:
 * the id before)
 */
void filter_says(struct app *a, uint32_t was);
/** filter_set - put a filter in force */
int filter_set(struct app *a, const char *text, struct vms_err *err);

/* cmd_file.c */
/** save_typed - the lines above the save prompt */
void save_typed(struct app *a);
/** confirm_open - ask a question; confirm_answer - what the key says; false = neither yes nor no */
void confirm_open(struct app *a, enum app_confirm_kind kind, const char *keys, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
bool confirm_answer(struct app *a, uint32_t key);

/* cmd_text.c */
/** text_show - take lines over into a text overlay. Takes ownership of the lines */
struct lines;
void text_show(struct app *a, enum app_overlay overlay, const char *title, struct lines *l);
void text_free(struct app *a);

/* cmd_screen.c */
/** screen_set - go to a screen, the focus on its list */
void screen_set(struct app *a, enum app_screen screen);

/* settings.c */
/**
 * setting_set - change a setting by name; value NULL or "" of a switch toggles. @source: "config",
 * "session"
 */
int setting_set(struct app *a, const char *name, const char *value, const char *source,
		struct vms_err *err);
/**
 * setting_value - what stands behind the name in the arguments of :set; blanks inside are part of
 * it
 */
const char *setting_value(const struct app_args *args);
/** setting_preview - what setting_set() with the same arguments would do, in words */
int setting_preview(const struct app *a, const char *name, const char *value, char *buf,
		    size_t size, struct vms_err *err);
/** setting_next - the row's next value */
void setting_next(struct app *a, uint32_t row);
/**
 * setting_touched - a command changed a value of app.prefs: the options say that it is the
 * session's
 */
void setting_touched(struct app *a, const int *value);
/** settings_defaults - every setting as it is without a config file */
void settings_defaults(struct app *a);
/** settings_load - read the config file; bad lines are warnings in the log */
void settings_load(struct app *a);
/**
 * choice - index of a word among words separated by blanks, -1 = none; a beginning is enough when
 * it is the only one
 */
int choice(const char *words, const char *word);
/** choice_name - the word at an index, as choice() counts. Return: buf */
const char *choice_name(const char *words, int i, char *buf, size_t size);

/* command_line.c */
/** command_parse - the command of a line and the rest of the line */
int command_parse(const char *line, int *cmd, char *rest, size_t size, struct vms_err *err);
/** prompt_line_done - remember a ":" line in the history */
void history_add(struct app *a, const char *line);

#endif
