// SPDX-License-Identifier: LGPL-2.1-or-later
/* What pages and pictures are made of: text, cells with figures of the report, lines. */
#include <stdlib.h>
#include <string.h>

#include "app/reports/report_impl.h"
#include "core/base/printable.h"
#include "core/base/util.h"

void html_text(struct text *out, const char *s)
{
	unsigned int marks = FMT_MARKS_MAX;
	size_t left = strlen(s), used;
	char piece[16];
	const char *at;

	for (; left; s += used, left -= used) {
		used = fmt_clean_one(s, left, &marks, piece);
		for (at = piece; *at; at++)
			switch (*at) {
			case '&': text_add(out, "&amp;", 5); break;
			case '<': text_add(out, "&lt;", 4); break;
			case '>': text_add(out, "&gt;", 4); break;
			case '"': text_add(out, "&quot;", 6); break;
			default: text_add(out, at, 1); break;
			}
	}
}

void html_lines(struct text *out, const char *s)
{
	const char *end;

	for (; (end = strchr(s, '\n')); s = end + 1) {
		char *line = vms_calloc(1, (size_t)(end - s) + 1);

		out->bad |= !line;
		if (line)
			html_text(out, memcpy(line, s, (size_t)(end - s)));
		text_add(out, "\n", 1);
		free(line);
	}
	html_text(out, s);
}

void html_cell(struct text *out, const char *key, struct json_value value, const char *shown)
{
	text_printf(out, "<td class=\"n\" data-k=\"%s\" data-v=\"", key);
	html_text(out, value.string ? value.string : value.plain);
	text_printf(out, "\">");
	html_text(out, shown);
	text_printf(out, "</td>");
}

void html_words(struct text *out, const char *class, const char *words)
{
	text_printf(out, "<td class=\"%s\">", class);
	html_text(out, words);
	text_printf(out, "</td>");
}

const char *html_class(enum vms_verdict verdict)
{
	switch (verdict) {
	case VMS_VERDICT_IN_BAND: return "good";
	case VMS_VERDICT_PROVEN_WRONG: return "bad";
	case VMS_VERDICT_OUTSIDE_BAND:
	case VMS_VERDICT_CANNOT_JUDGE: return "doubt";
	case VMS_VERDICT_NONE:
	default: return "dim";
	}
}

double svg_open(struct text *out, double height, const char *what)
{
	text_printf(out,
		    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		    "viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\">\n",
		    SVG_WIDTH, height, SVG_WIDTH, height, what);
	return height;
}

void svg_line(struct text *out, const char *class, double x0, double y0, double x1, double y1)
{
	text_printf(out, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", class, x0, y0, x1,
		    y1);
}

void svg_text(struct text *out, const char *class, double x, double y, const char *text)
{
	text_printf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, x, y);
	html_text(out, text);
	text_printf(out, "</text>\n");
}
