// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fills the templates of manual pages: @VERSION@, @KEYS@ from the command table, and @EXAMPLE@, a
 * program as it stands. usage: gen_man TEMPLATE VERSION [EXAMPLE]
 */
#include <stdio.h>
#include <string.h>

#include "app/commands/manual.h"

static void put_as_it_stands(const char *line)
{
	if (*line == '.' || *line == '\'')
		(void)fputs("\\&", stdout);
	for (; *line; line++)
		if (*line == '\\' || *line == '-')
			(void)printf("\\%c", *line == '-' ? '-' : 'e');
		else
			(void)putchar(*line);
}

static int put_example(const char *path)
{
	char line[4096];
	FILE *f = path ? fopen(path, "re") : NULL;

	if (!f)
		return 1;
	while (fgets(line, sizeof(line), f))
		put_as_it_stands(line);
	(void)fclose(f);
	return 0;
}

int main(int argc, char **argv)
{
	char line[4096];
	FILE *f = argc > 2 ? fopen(argv[1], "re") : NULL;
	int ret = !f;

	while (f && fgets(line, sizeof(line), f)) {
		char *at = strstr(line, "@VERSION@");

		if (!strcmp(line, "@KEYS@\n"))
			command_man(stdout);
		else if (!strcmp(line, "@EXAMPLE@\n"))
			ret |= put_example(argv[3]);
		else if (at)
			(void)printf("%.*s%s%s", (int)(at - line), line, argv[2],
				     at + strlen("@VERSION@"));
		else
			(void)fputs(line, stdout);
	}
	if (f)
		(void)fclose(f);
	return ret || ferror(stdout) || fflush(stdout);
}
