/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of the application: what is selected, shown, typed and marked. Commands change it,
 * views read it.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include <stdbool.h>
#include <stdint.h>

#include <vmsync/lanes.h>
#include <vmsync/session.h>

#include "app/state/rows.h"
#include "app/words/keys.h"

/* Screens 1 to 7; the value is the digit. */
enum app_screen {
	APP_SCREEN_MAIN = 1,
	APP_SCREEN_CANDIDATES,
	APP_SCREEN_PLOTS,
	APP_SCREEN_SEQUENCES,
	APP_SCREEN_EVENTS,
	APP_SCREEN_MODELS,
	APP_SCREEN_LOG,
	APP_SCREEN_NR
};

/* Panes that can have the focus. A screen with one pane has it always. */
enum app_pane {
	/* main; candidates has LIST and DETAILS */
	APP_PANE_LANES,
	APP_PANE_LIST,
	APP_PANE_DETAILS,
	APP_PANE_PLOTS,
	APP_PANE_SEQUENCES,
	APP_PANE_EVENTS,
	APP_PANE_MODELS,
	APP_PANE_LOG,
	APP_PANE_NR
};

/* What lies on top of the screen. At most one; prompts are overlays with a text line. */
enum app_overlay {
	APP_OVERLAY_NONE,
	APP_OVERLAY_HELP,    /* prompt text filters */
	APP_OVERLAY_COMMAND, /* ":" prompt */
	APP_OVERLAY_FILTER,  /* "&" prompt; live */
	APP_OVERLAY_EVENTS,  /* "&" prompt of the events screen; live */
	APP_OVERLAY_SEARCH,  /* "/" prompt */
	APP_OVERLAY_GOTO,    /* "t" prompt; its preview says where it would land */
	APP_OVERLAY_NOTE,    /* "e" prompt */
	APP_OVERLAY_MODEL,   /* picker over enum vms_by */
	APP_OVERLAY_LANES,   /* picker over a tree; prompt text filters */
	APP_OVERLAY_MARKS,   /* picker over set time marks */
	APP_OVERLAY_SAVE,    /* prompt text is the path; the text is the lines above it */
	APP_OVERLAY_OPTIONS, /* picker over app_setting_row() */
	APP_OVERLAY_EXPLAIN, /* text */
	APP_OVERLAY_TEXT,    /* text: version, :map listing */
	APP_OVERLAY_NOW,     /* picker over steps among lines of text */
	APP_OVERLAY_STEPS,   /* picker over lines of text */
	APP_OVERLAY_CONFIRM, /* y / n, Enter = n */
	APP_OVERLAY_NR
};

enum app_severity { APP_NOTE, APP_GOOD, APP_WARN, APP_BAD };

enum app_sort {
	APP_SORT_TIME,
	APP_SORT_DELAY,
	APP_SORT_RESIDUAL,
	APP_SORT_SEQUENCE,
	APP_SORT_INFORMATION,
	APP_SORT_ID,
	APP_SORT_NR
};

enum app_follow { APP_FOLLOW_OFF, APP_FOLLOW_ON, APP_FOLLOW_HELD };
enum app_time_base { APP_BASE_HOST, APP_BASE_GUEST, APP_BASE_DELTA, APP_BASE_TICKS, APP_BASE_NR };
enum app_density { APP_DENSITY_GLYPH, APP_DENSITY_COUNT, APP_DENSITY_CLASS, APP_DENSITY_NR };
enum app_connectors { APP_CONNECT_PAIR, APP_CONNECT_ACCEPTED, APP_CONNECT_OFF, APP_CONNECT_NR };
enum app_glyphs { APP_GLYPHS_ASCII, APP_GLYPHS_BLOCK, APP_GLYPHS_BRAILLE, APP_GLYPHS_NR };
#define GLYPHS_ASCII_WHY "glyphs: ascii; the locale (LC_ALL, LC_CTYPE, LANG) is not UTF-8"
enum app_theme { APP_THEME_SAFE, APP_THEME_DARK, APP_THEME_LIGHT, APP_THEME_MONO, APP_THEME_NR };
enum app_color {
	APP_COLOR_AUTO,
	APP_COLOR_NEVER,
	APP_COLOR_8,
	APP_COLOR_16,
	APP_COLOR_256,
	APP_COLOR_NR
};

/* Columns of the candidates list, besides state and marks, which stand first. */
enum app_column {
	APP_COLUMN_ID,
	APP_COLUMN_SEQUENCE,
	APP_COLUMN_DIR,
	APP_COLUMN_GUEST,
	APP_COLUMN_VCPU,
	APP_COLUMN_GUEST_TIME,
	APP_COLUMN_GUEST_NUMBER,
	APP_COLUMN_HOST,
	APP_COLUMN_PCPU,
	APP_COLUMN_HOST_TIME,
	APP_COLUMN_HOST_NUMBER,
	APP_COLUMN_DIFFERENCE,
	APP_COLUMN_DELAY,
	APP_COLUMN_RESIDUAL,
	APP_COLUMN_RIVAL,
	APP_COLUMN_NOTE,
	APP_COLUMN_NR
};

/* Cells that a list scrolls sideways at a key; candidates scroll by a column. */
#define APP_LEFT_STEP 8u

/* Room that the layout gives; the UI tells it before it hands over keys (app_set_geometry). */
struct app_geometry {
	unsigned int rows, cols;    /* of the terminal */
	unsigned int lane_cols;	    /* cells of a lane: columns of the view */
	unsigned int lane_rows;	    /* lanes that fit */
	unsigned int list_rows;	    /* rows of the list of the current screen */
	unsigned int list_left_max; /* cells by which the candidates can be scrolled sideways */
	/* the details are on the screen: below the list or at the side */
	bool details;
	/* the same for the text that lies on top, else for log and sequences */
	unsigned int text_left_max;
	unsigned int text_rows; /* lines of a text overlay or picker */
};

#define APP_PROMPT_BYTES 512

struct worker; /* worker.h */

/** struct app_opts - what comes from outside: arguments, environment, the time of day */
struct app_opts {
	struct worker *worker;	  /* what outlasts a frame runs there; NULL = at once */
	const char *state_dir;	  /* history, journals; NULL = none are kept */
	const char *config_path;  /* NULL = none is read */
	const char *anchors_path; /* --anchors: loaded at start; NULL = none */
	const char *output_path;  /* --output; NULL = <host file>.anchors */
	bool no_journal;
	bool force;    /* commands replace files that are there, as with ! */
	bool quiet;    /* nothing opens by itself */
	bool headless; /* script without a screen: every key counts as drawn */
	void (*time_of_day)(void *user, char at[9]); /* NULL = log lines without time */
	/* set by ui; NULL = refused */
	int (*save_screen)(void *user, const char *path, struct vms_err *err);
	/* set by main; NULL = refused */
	int (*report)(void *user, const char *path, struct vms_err *err);
	/* has a text edited, on the terminal that the screen gives back for that */
	int (*edit)(void *user, const char *path, struct vms_err *err);
	int (*apply)(void *user, const char *path, const char *model, struct vms_err *err);
	void *user;
};

/** enum app_plot - the plots in their order on the screen */
enum app_plot {
	APP_PLOT_BAND,
	APP_PLOT_OUTSIDE,
	APP_PLOT_ERRORS,
	APP_PLOT_RESIDUALS,
	APP_PLOT_DELAYS,
	APP_PLOT_DELAY_HIST,
	APP_PLOT_STABILITY,
	APP_PLOT_CLOCKS,
	APP_PLOT_DRIFT,
	APP_PLOT_NR
};

/**
 * enum app_plot_range - offsets that the plot of events outside spans: as far as recorded, or band
 * widths
 */
enum app_plot_range {
	APP_RANGE_AUTO,
	APP_RANGE_4,
	APP_RANGE_40,
	APP_RANGE_400,
	APP_RANGE_4000,
	APP_RANGE_NR
};

/**
 * struct app - what is borrowed, how much fits, and a room for each state. The UI reads it as
 * const, except through the functions of the rooms
 */
struct app {
	struct vms_session *session;	   /* borrowed */
	const struct command_table *table; /* of all commands; verbs.h */
	const struct vms_trace *trace;	   /* borrowed */
	struct app_opts opts;		   /* strings borrowed */
	struct app_geometry geo;

	struct shown_room *shown;	/* shown.h */
	struct messages_room *messages; /* messages.h */
	struct settings_room *settings; /* settings.h */
	struct loop_room *loop;		/* loop.h */
	struct list_room *list;		/* list.h */
	struct search_room *search;	/* search.h */
	struct lanes_room *lanes;	/* lane_list.h */
	struct tree_room *tree;		/* lane_tree.h */
	struct prompt_room *prompt;	/* prompt.h */
	struct history_room *history;	/* history.h */
	struct text_room *text;		/* text.h */
	struct events_room *events;	/* events.h */
	struct view_room *view;		/* view.h */
	struct files_room *files;	/* persist.h */
	struct app_bindings *bindings;	/* line/bindings.h */
	struct fitness_room *fitness;	/* sequences.h */
	struct help_room *help;		/* commands/help.h */
	struct confirm_room *confirm;	/* commands/confirm.h */
	struct now_room *now;		/* commands/cmd_now.h */
};

/**
 * app_set_geometry - tell how much fits. Call it after each layout, before keys. Keeps selection
 * and cursor in place
 */
void app_set_geometry(struct app *app, const struct app_geometry *g);

/**
 * app_vcpu_words - "vCPU 1"; with several guests "vm2 vCPU 1"; buf holds at least FMT_SIZE. Return:
 * buf
 */
const char *app_vcpu_words(const struct app *a, const struct vms_track *track, char *buf,
			   size_t size);
/** app_guest_short - a guest in one word of few columns */
const char *app_guest_short(const struct app *a, unsigned int guest, char *buf, size_t size);
/**
 * app_vcpu_short - "v1"; with several guests "vm2/v1", as lanes are named: the end of a long name;
 * buf holds APP_SHORT_CHARS. Return: buf
 */
#define APP_SHORT_CHARS 48
const char *app_vcpu_short(const struct app *a, const struct vms_track *t, char *buf, size_t size);
/* What views ask */
/**
 * app_guest_host_raw - the guest end of a candidate on the host's clock under the model in force
 */
int64_t app_guest_host_raw(const struct app *a, const struct vms_candidate *c);
/** app_track - the track of the selected candidate, else of the selected lane, else the first */
unsigned int app_track(const struct app *a);
/**
 * app_verdict - the verdict line of the recorded sync of a track: "recorded sync: PROVEN WRONG,
 * 1.862 us outside the band"
 */
const char *app_verdict(const struct app *app, unsigned int track_idx, char *buf, size_t size);
/** app_result_se - "se 59 ns", "se: needs 3 anchors"; never nan */
const char *app_result_se(const struct app *a, const struct vms_model_result *result, char *buf,
			  size_t size);

#endif
