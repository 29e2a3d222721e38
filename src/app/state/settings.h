/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings: their names, values, and where each came from. */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include "app/state/app.h"

/** struct app_prefs - settings that a person can change (:set, config, o) */
struct app_prefs {
	int details;			/* bool: details pane shown */
	int delay_strip;		/* bool */
	int event_numbers;		/* bool: event number columns in lists */
	int maximised;			/* bool: the focused pane takes the screen */
	int advance;			/* bool: step to the next undecided after a decision */
	int mouse;			/* bool */
	int sync;			/* bool: synchronized-output brackets */
	int osc52;			/* bool: copy through the terminal */
	int results;			/* bool: anchors files have lines of results */
	int caret_column;		/* bool: time cursor as a full column */
	int time_base;			/* enum app_time_base */
	int density;			/* enum app_density */
	int connectors;			/* enum app_connectors */
	int glyphs;			/* enum app_glyphs */
	int theme;			/* enum app_theme */
	int color;			/* enum app_color */
	int basis;			/* enum vms_basis of the statistics shown first */
	int rate;			/* enum vms_rate, asked for and not begun; -1 = none */
	uint8_t columns[APP_COLUMN_NR]; /* enum app_column, in the order chosen */
	uint32_t columns_nr;		/* 0 = what fits of the default ones */
};

int settings_new(struct app *a, struct vms_err *err);
const struct app_prefs *app_prefs(const struct app *a);
/** app_glyphs_nr - how many of enum app_glyphs the terminal can show; settings_glyphs - tell it */
unsigned int app_glyphs_nr(const struct app *a);
void settings_glyphs(struct app *a, unsigned int nr);

/** struct app_setting_text - a row of the options overlay */
struct app_setting_text {
	const char *name, *help, *allowed; /* allowed: "on off" */
	char value[160];
	const char *source; /* "default", "config", "session" */
};
uint32_t app_settings_nr(void);
void app_setting_row(const struct app *app, uint32_t row, struct app_setting_text *out);

/**
 * setting_set - change a setting by name; value NULL or "" of a switch toggles. @source: "config",
 * "session"; @now: how it is then, may be NULL
 */
int setting_set(struct app *app, const char *name, const char *value, const char *source,
		struct app_setting_text *now, struct vms_err *err);
/** setting_preview - what setting_set() with the same arguments would do, in words */
int setting_preview(const struct app *app, const char *name, const char *value, char *buf,
		    size_t size, struct vms_err *err);
/** setting_next - the row's next value; false: it has no next one, its line is to be edited */
bool setting_next(struct app *a, uint32_t row);
/** settings_rate - app_prefs()->rate, which is begun now */
int settings_rate(struct app *a);
/** setting_put - another value of one in app_prefs(), by its address there */
void setting_put(struct app *a, const int *value, int to);

#endif
