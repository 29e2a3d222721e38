// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fills the manual page's template: @VERSION@, and @KEYS@ from the command table. usage: gen_man
 * TEMPLATE VERSION
 */
#include <stdio.h>
#include <string.h>

#include "app/commands/manual.h"

int main(int argc, char **argv)
{
	char line[4096];
	FILE *f = argc == 3 ? fopen(argv[1], "re") : NULL;

	if (!f)
		return 1;
	while (fgets(line, sizeof(line), f)) {
		char *at = strstr(line, "@VERSION@");

		if (!strcmp(line, "@KEYS@\n"))
			command_man(stdout);
		else if (at)
			(void)printf("%.*s%s%s", (int)(at - line), line, argv[2],
				     at + strlen("@VERSION@"));
		else
			(void)fputs(line, stdout);
	}
	(void)fclose(f);
	return ferror(stdout) || fflush(stdout);
}
