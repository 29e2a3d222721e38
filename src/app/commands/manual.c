// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how the command table reads as a list and as a part of the manual. */
#include "app/commands/manual.h"
#include "core/base/printable.h"

#include <stdio.h>

#include "core/base/util.h"

#include "app/line/verbs.h"
#include "app/commands/command.h"
#include "app/line/bindings.h"

void command_list(FILE *file)
{
	static const char *const names[] = { "verb",	"undo",	  "pair",   "decides",
					     "folds",	"letter", "keyarg", "job",
					     "confirm", "looks",  "basic",  "writes" };
	char ctx[8], verb[32];
	size_t bit;
	int i, n;

	_Static_assert(1u << (VMS_ARRAY_NR(names) - 1) == WRITES, "every flag has a name");
	fprintf(file, "id\tverb\targuments\tcontexts\tkeys\tflags\thelp\n");
	for (i = 0; i < COMMANDS_NR; i++) {
		const struct command *c = &commands[i];

		context_letters(c->contexts, ctx);
		(void)command_verb(&commands[i], verb, sizeof(verb));
		fprintf(file, "%s\t%s\t%s\t%s\t%s\t", c->id, c->verbs, c->args, ctx, c->keys);
		for (bit = 0, n = 0; bit < VMS_ARRAY_NR(names); bit++)
			if (c->flags & (1u << bit))
				fprintf(file, "%s%s", n++ ? "," : "", names[bit]);
		fprintf(file, "\t%s\n", c->help);
	}
}

/* Characters that man(7) would take for its own. */
static void man_text(FILE *file, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", file);
		else if (*text == '-')
			fputs("\\-", file);
		else if (*text == '\'')
			fputs("\\(aq", file);
		else if (*text == '^')
			fputs("\\(ha", file);
		else if (*text == '~')
			fputs("\\(ti", file);
		else
			fputc(*text, file);
	}
}

void command_man(FILE *file)
{
	char ctx[8];
	int i;

	fprintf(file,
		".\\\" Generated from src/app/commands.def by vmsync-tui --man-keys.\n.SS Keys\n");
	for (i = 0; i < COMMANDS_NR; i++) {
		if (!commands[i].keys[0])
			continue;
		context_letters(commands[i].contexts, ctx);
		fprintf(file, ".TP\n.B \"");
		man_text(file, commands[i].keys[0] == '"' ? "\\(dq" : commands[i].keys);
		fprintf(file, "\"\n");
		man_text(file, commands[i].help);
		fprintf(file, " (%s; ", ctx);
		man_text(file, command_verb(&commands[i], BUF(32)));
		fprintf(file, ").\n");
	}
	fprintf(file, ".SS Commands\n");
	for (i = 0; i < COMMANDS_NR; i++) {
		if (!(commands[i].flags & VERB) && commands[i].keys[0])
			continue;
		fprintf(file, ".TP\n.BI : ");
		man_text(file, command_verb(&commands[i], BUF(32)));
		fprintf(file, commands[i].flags & WRITES ? "[!]" : "");
		if (commands[i].args[0]) {
			fprintf(file, " \"  ");
			man_text(file, commands[i].args);
			fprintf(file, "\"");
		}
		fprintf(file, "\n");
		man_text(file, commands[i].help);
		fprintf(file, ".\n");
	}
}
