// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which program edits a text, and that signals of the terminal are its own meanwhile. */
#include "ui/term/term_editor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* VISUAL and EDITOR may have options: the shell reads them, as everywhere. */
static _Noreturn void become(const char *path)
{
	const char *const argv[] = { "sh", "-c", "exec ${VISUAL:-${EDITOR:-vi}} \"$1\"",
				     "sh", path, NULL };
	char *args[sizeof(argv) / sizeof(argv[0])];
	sigset_t none;

	memcpy(args, argv, sizeof(args)); /* execv() promises to leave them alone */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	(void)execv("/bin/sh", args);
	_exit(127);
}

int term_editor(const char *path)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, of_int, of_quit;
	int status = -1;
	pid_t child;

	(void)sigaction(SIGINT, &ignore, &of_int);
	(void)sigaction(SIGQUIT, &ignore, &of_quit);
	child = fork();
	if (!child)
		become(path);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	(void)sigaction(SIGINT, &of_int, NULL);
	(void)sigaction(SIGQUIT, &of_quit, NULL);
	return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
