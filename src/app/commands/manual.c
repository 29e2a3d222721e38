// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how the command table reads as a list and as a part of the manual. */
#include "app/commands/manual.h"

#include <stdio.h>
#include <string.h>

#include "core/base/util.h"

#include "app/line/verbs.h"
#include "app/commands/command.h"
#include "app/line/bindings.h"

void command_list(FILE *f)
{
	static const char *const names[] = { "verb",	"undo",	  "pair",   "decides",
					     "folds",	"letter", "keyarg", "job",
					     "confirm", "looks",  "basic" };
	char ctx[8], verb[32];
	size_t bit;
	int i, n;

	fprintf(f, "id\tverb\targuments\tcontexts\tkeys\tflags\thelp\n");
	for (i = 0; i < COMMANDS_NR; i++) {
		const struct command *c = &commands[i];

		context_letters(c->contexts, ctx);
		(void)command_verb(&commands[i], verb, sizeof(verb));
		fprintf(f, "%s\t%s\t%s\t%s\t%s\t", c->id, c->verbs, c->args, ctx, c->keys);
		for (bit = 0, n = 0; bit < VMS_ARRAY_NR(names); bit++)
			if (c->flags & (1u << bit))
				fprintf(f, "%s%s", n++ ? "," : "", names[bit]);
		fprintf(f, "\t%s\n", c->help);
	}
}

/* Characters that man(7) would take for its own. */
static void man_text(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (*s == '\\')
			fputs("\\e", f);
		else if (*s == '-')
			fputs("\\-", f);
		else if (*s == '\'')
			fputs("\\(aq", f);
		else if (*s == '^')
			fputs("\\(ha", f);
		else if (*s == '~')
			fputs("\\(ti", f);
		else
			fputc(*s, f);
	}
}

void command_man(FILE *f)
{
	char ctx[8], verb[32];
	int i;

	fprintf(f,
		".\\\" Generated from src/app/commands.def by vmsync-tui --man-keys.\n.SS Keys\n");
	for (i = 0; i < COMMANDS_NR; i++) {
		if (!commands[i].keys[0])
			continue;
		context_letters(commands[i].contexts, ctx);
		fprintf(f, ".TP\n.B \"");
		man_text(f, commands[i].keys[0] == '"' ? "\\(dq" : commands[i].keys);
		fprintf(f, "\"\n");
		man_text(f, commands[i].help);
		fprintf(f, " (%s; ", ctx);
		man_text(f, command_verb(&commands[i], verb, sizeof(verb)));
		fprintf(f, ").\n");
	}
	fprintf(f, ".SS Commands\n");
	for (i = 0; i < COMMANDS_NR; i++) {
		if (!(commands[i].flags & VERB))
			continue;
		fprintf(f, ".TP\n.BI : ");
		man_text(f, command_verb(&commands[i], verb, sizeof(verb)));
		if (commands[i].args[0]) {
			fprintf(f, " \"  ");
			man_text(f, commands[i].args);
			fprintf(f, "\"");
		}
		fprintf(f, "\n");
		man_text(f, commands[i].help);
		fprintf(f, ".\n");
	}
}
