// SPDX-License-Identifier: LGPL-2.1-or-later
/* Advice on the next recording in reports: a section of the text, and a member of the JSON. */
#include "app/reports/report_impl.h"

#include <math.h>
#include <stdlib.h>

#include "app/words/advise.h"
#include "app/words/format.h"
#include "app/words/words.h"

void print_advise(struct text *out, const struct vms_trace *trace,
		  const struct vms_session *session, const struct vms_advise *advise)
{
	char *const line = advise_line(advise->argv, advise->argc);
	struct lines lines = { 0 };
	uint32_t i;

	out->bad |= advise_lines(&lines, trace, session, advise) != 0 || !line;
	text_printf(out, "next time, what would narrow the band or give better anchors:\n");
	for (i = 0; i < lines.nr; i++)
		text_printf(out, "  %s\n", lines.line[i]);
	text_add(out, "  ", 2);
	text_clean(out, line ? line : "");
	text_add(out, "\n", 1);
	lines_clear(&lines);
	free(line);
}

void json_advise(json *out, const struct vms_trace *trace, const struct vms_session *session,
		 const struct vms_advise *advise)
{
	char *const line = advise_line(advise->argv, advise->argc);
	char what[256], why[ADVISE_CHARS];
	unsigned int i;

	out->text.bad |= !line;
	json_open(out, "advice", '{');
	json_open(out, "items", '[');
	for (i = 0; i < advise->nr; i++) {
		const struct vms_advice *of = &advise->advice[i];

		json_open(out, NULL, '{');
		json_put(out, "kind", json_text(vms_advice_name(of->kind)));
		json_put(out, "guest",
			 of->guest < 0 ? json_null() : json_text(trace->guests[of->guest].name));
		json_put(out, "record", json_text(of->what));
		json_put(out, "what", json_text(advise_what(trace, of, what, sizeof(what))));
		json_put(out, "evidence",
			 json_text(advise_why(trace, session, of, why, sizeof(why))));
		json_put(out, "n", json_count(of->nr));
		json_put(out, "width_at_most_ns", json_real(of->ns));
		json_close(out, '}');
	}
	json_close(out, ']');
	json_open(out, "words", '[');
	for (i = 0; i < advise->argc; i++)
		json_put(out, NULL, json_text(advise->argv[i]));
	json_close(out, ']');
	json_put(out, "line", json_text(line ? line : ""));
	json_close(out, '}');
	free(line);
}
