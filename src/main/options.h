/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line: what was asked for. */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <vmsync/verdict.h>

#include <vmsync/err.h>

#include "app/reports/report.h"

/** struct app_options - parsed arguments; strings are borrowed from argv, arrays are owned */
struct app_options {
	const char **paths;
	unsigned int paths_nr;
	bool batch;		/* no screen */
	enum app_report report; /* APP_REPORT_NONE: none is printed */
	bool find;		/* sequences, in the report */
	uint64_t shuffle; /* of the search: causes change places, by this seed; 0 = as they are */
	bool study;	  /* paths are recordings of their own */
	bool check;	  /* they are, and whether a model holds in them is asked */
	const char *check_limits; /* "width=5us,..."; NULL = none */
	bool compare;		  /* two recordings, or two anchors files */
	bool compare_all;	  /* each pair, not only the first */
	/* --report csv or json-lines alone: no status of its own; a whole report a line */
	bool check_told, check_whole;
	bool advise;	    /* on the next recording, in the report */
	const char *record; /* guests that trace-cmd records; paths are its words then */
	bool help, version, list_commands, list_models, list_sequences;
	const char *reader;   /* NULL = automatic */
	const char *range;    /* FROM..TO of the host's time, NULL = all */
	const char *anchors;  /* load from, NULL = the default name if it exists */
	const char *output;   /* save to, NULL = the default name */
	bool results;	      /* and with lines of results */
	const char *apply;    /* write corrected guest files here; implies batch */
	const char **exports; /* NAME=FILE; no screen either, and by themselves no report */
	unsigned int exports_nr;
	bool force; /* --apply, --export and scripts write over files that are there */
	const char *script;
	const char *model;
	const char **sequences; /* files with further sequences */
	unsigned int sequences_nr;
	const char **ignore; /* host events not counted as violations inside */
	unsigned int ignore_nr;
	bool has_at;
	int64_t at_raw; /* guest time for bands in reports */
	bool has_offset;
	int64_t offset_raw; /* start of the alignment given by the person */
	bool ignore_recorded;
	enum vms_rate rate;	/* how the clocks' rate may change */
	const char *color;	/* auto, never, 8, 16, 256 */
	const char *glyphs;	/* auto, ascii, block, braille */
	const char *log;	/* FILE or FILE:LEVEL; NULL = what VMSYNC_LOG says */
	const char *bug_report; /* a log of all that there is to log */
	const char *size;	/* "80x24": screen without a terminal, for scripts */
};

/**
 * app_options_parse - read the command line
 * Return: 0; -VMS_EUSAGE with one line that says what is wrong; -VMS_ENOMEM.
 */
int app_options_parse(struct app_options *o, int argc, char **argv, struct vms_err *err);
/** app_options_path - one more path. Return: 0; -VMS_ENOMEM */
int app_options_path(struct app_options *o, const char *path, struct vms_err *err);
void app_options_clear(struct app_options *o);

/** app_options_usage - the text of --help */
const char *app_options_usage(void);

#endif
