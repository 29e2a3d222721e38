/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words of which one is chosen, in the order of their enums: said once, for the table of commands,
 * which separates them by |, and for what reads them, by blanks.
 */
#ifndef APP_CHOICES_H
#define APP_CHOICES_H

#define ON_OFF_WORDS(S) "off" S "on"
#define SCREEN_DIGITS(S) "1" S "2" S "3" S "4" S "5" S "6" S "7"
#define SCREEN_WORDS(S) "main" S "candidates" S "plots" S "sequences" S "events" S "models" S "log"
#define PLOT_WORDS(S)                                                                              \
	"band" S "outside" S "errors" S "residuals" S "delays" S "delay-histogram" S "stability" S \
	"clocks" S "drift"
#define RANGE_WORDS(S) "auto" S "4" S "40" S "400" S "4000"
#define SORT_WORDS(S) "time" S "delay" S "residual" S "sequence" S "information" S "id"
#define TIME_BASE_WORDS(S) "host" S "guest" S "delta" S "ticks"
#define DENSITY_WORDS(S) "glyph" S "count" S "class"
#define CONNECTOR_WORDS(S) "pair" S "accepted" S "off"
#define RATE_WORDS(S) "auto" S "tight" S "stepped" S "drift"
#define GLYPH_WORDS(S) "ascii" S "block" S "braille"
#define ALIGN_WORDS(S) "pair" S "offset" S "threads" S "again" S "second" S "recorded"
#define EXPORT_WORDS(S) "kernelshark" S "perfetto" S "tsv" S "svg"
#define SEQUENCE_WORDS(S) "edit" S "set" S "rename" S "remove" S "write" S "read"
/* only one way there is a next event that fixes the band */
#define STEP_WORDS(S, BINDING) "undecided" S "outlier" S "violation" S BINDING "event" S "match"

#endif
