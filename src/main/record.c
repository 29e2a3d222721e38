// SPDX-License-Identifier: LGPL-2.1-or-later
/* How trace-cmd is run with the events that serve, and what its failures mean. */
#include "main/record.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vmsync/advise.h>

#include "app/words/advise.h"
#include "app/words/format.h"
#include "core/base/util.h"
#include "io/files/files.h"

#define GUESTS_MAX 64u
#define CLOCKS_BYTES_MAX 4096u
/* Of what trace-cmd says last, in which the reason is looked for. */
#define SAID_BYTES 4096u
#define WAIT_MS 100

/* Options of trace-cmd record that take a word: trace-cmd-record(1). */
static const char takes_word[] = "efApCOosrlnPNbBmMgHRV";
static const char *const takes_word_long[] = {
	"--user",	   "--ts-offset",    "--max-graph-depth",
	"--cmdlines-size", "--module",	     "--tsync-interval",
	"--compression",   "--file-version", "--temp",
	"--subbuf-size",   "--name",	     "--proxy",
};

static bool takes(const char *option)
{
	size_t i;

	if (option[1] != '-') /* of a bundle the last decides: "-qo FILE" */
		return option[1] && strchr(takes_word, option[strlen(option) - 1]) &&
		       (!option[2] || !strchr(takes_word, option[1]));
	for (i = 0; i < VMS_ARRAY_NR(takes_word_long); i++)
		if (!strcmp(option, takes_word_long[i]))
			return true;
	return false;
}

/* How many of the words are options; what follows is the command. @output: of -o */
static int split(const char *const *words, unsigned int nr, unsigned int *options_nr,
		 const char **output, struct vms_err *err)
{
	unsigned int i = 0;

	while (i < nr && words[i][0] == '-') {
		const char *const option = words[i++];
		const char *value = NULL;

		if (!strncmp(option, "-A", 2) || !strcmp(option, "--name"))
			return vms_fail(err, VMS_EUSAGE,
					"guests are named by --record vm1,vm2 and not by -A");
		if (takes(option) && i == nr)
			return vms_fail(err, VMS_EUSAGE, "trace-cmd's %s wants a value", option);
		if (takes(option))
			value = words[i++];
		else if (!strncmp(option, "-o", 2) && option[2])
			value = option + 2;
		if (!strncmp(option, "-o", 2) && value)
			*output = value;
	}
	*options_nr = i;
	return 0;
}

static enum vms_isa machine(void)
{
	struct utsname name;

	if (uname(&name))
		return VMS_ISA_NONE;
	if (!strncmp(name.machine, "aarch64", 7))
		return VMS_ISA_ARM64;
	if (!strncmp(name.machine, "riscv", 5))
		return VMS_ISA_RISCV;
	return strstr(name.machine, "86") ? VMS_ISA_VMX : VMS_ISA_NONE;
}

/* Which of its clocks the kernel says; who may not read them leaves that to trace-cmd. */
static bool lacks_clock(const char *clock)
{
	static const char *const paths[] = { "/sys/kernel/tracing/trace_clock",
					     "/sys/kernel/debug/tracing/trace_clock" };
	char *text = NULL;
	bool lacks = false;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(paths) && !text; i++)
		if (!file_read_text(&text, paths[i], CLOCKS_BYTES_MAX, NULL))
			lacks = !strstr(text, clock);
	free(text);
	return lacks;
}

static unsigned int guests_of(char *list, struct vms_record_side *guests)
{
	unsigned int nr = 0;
	char *rest = NULL, *name;

	for (name = strtok_r(list, ",", &rest); name && nr < GUESTS_MAX;
	     name = strtok_r(NULL, ",", &rest))
		guests[nr++] = (struct vms_record_side){ .name = name };
	return nr;
}

/* What it says goes on to the terminal, its end is kept. */
static void hear(int fd, char *said)
{
	char part[512];
	const ssize_t got = read(fd, part, sizeof(part));
	size_t len = strlen(said);

	if (got <= 0)
		return;
	(void)file_write_all(STDERR_FILENO, part, (size_t)got);
	if (len + (size_t)got >= SAID_BYTES) {
		memmove(said, said + len / 2, len - len / 2 + 1);
		len -= len / 2;
	}
	memcpy(said + len, part, (size_t)got);
	said[len + (size_t)got] = '\0';
}

/* Interrupts are trace-cmd's: they end the recording, and what it left is opened. */
static int wait_for(pid_t child, int fd, char *said)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old_int, old_quit;
	int status = 0;
	bool ended = false;

	(void)sigaction(SIGINT, &ignore, &old_int);
	(void)sigaction(SIGQUIT, &ignore, &old_quit);
	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		const int ready = poll(&wait, 1, ended ? 0 : WAIT_MS);

		if (ready > 0 && wait.revents & POLLIN)
			hear(fd, said);
		else if (ended) /* who it left behind may hold the other end for ever */
			break;
		else if (ready > 0)
			(void)usleep(WAIT_MS * 1000);
		ended = ended || waitpid(child, &status, WNOHANG) == child;
	}
	(void)sigaction(SIGINT, &old_int, NULL);
	(void)sigaction(SIGQUIT, &old_quit, NULL);
	return status;
}

/* Return: its wait status; -1: it cannot be run, errno says why. */
static int run(char *const *argv, char *said)
{
	int heard[2], failed[2], why = 0, status;
	pid_t child;

	if (pipe(heard))
		return -1;
	if (pipe(failed) || fcntl(failed[1], F_SETFD, FD_CLOEXEC) || (child = fork()) < 0)
		return -1;
	if (!child) {
		(void)dup2(heard[1], STDERR_FILENO);
		(void)close(heard[0]);
		(void)close(heard[1]);
		(void)execvp(argv[0], argv);
		why = errno;
		_exit(write(failed[1], &why, sizeof(why)) < 0);
	}
	(void)close(heard[1]);
	(void)close(failed[1]);
	if (read(failed[0], &why, sizeof(why)) != (ssize_t)sizeof(why))
		why = 0;
	(void)close(failed[0]);
	status = wait_for(child, heard[0], said);
	(void)close(heard[0]);
	errno = why;
	return why ? -1 : status;
}

static int explain(int status, const char *said, const char *output, const char *guests,
		   struct vms_err *err)
{
	struct stat st;

	if (status == -1)
		return vms_fail(err, VMS_ENODATA, "trace-cmd cannot be run: %s; install trace-cmd",
				strerror(errno));
	if (!status && stat(output, &st))
		return vms_fail(err, VMS_ENODATA, "trace-cmd ended well, and there is no %s",
				output);
	if (!status)
		return 0;
	if (strstr(said, "onnect") || (strstr(said, "guest") && strstr(said, "not found")))
		return vms_fail(err, VMS_ENODATA,
				"no agent answers in %s: run 'trace-cmd agent' there; the guest "
				"needs a vsock device and the name, or cid, that -A was given",
				guests);
	if (geteuid())
		return vms_fail(err, VMS_ENODATA,
				"trace-cmd failed, and this is not root: run it with sudo");
	return vms_fail(err, VMS_ENODATA, "trace-cmd failed (%s %d); why stands above",
			WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* @argv: the line; what it records is said before it is run. */
static int run_line(char *const *argv, unsigned int argc, const char *output, const char *guests,
		    struct vms_err *err)
{
	char *const line = advise_line(argv, argc);
	char said[SAID_BYTES] = "";
	int status;

	if (!line)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	(void)fprintf(stderr, "%s\n", fmt_clean(line, BUF(8192)));
	free(line);
	if (geteuid())
		(void)fprintf(stderr, "vmsync-tui: not root: the kernel may not let you trace\n");
	status = run(argv, said);
	return explain(status, said, output, guests, err);
}

int app_record(struct app_options *options, struct vms_err *err)
{
	struct vms_record_side guests[GUESTS_MAX];
	char *const list = vms_strdup(options->record);
	const char *output = "trace.dat";
	struct vms_record record = { .isa = machine(), .guests = guests };
	char **argv = NULL;
	unsigned int argc = 0;
	int ret;

	if (!list)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	record.guests_nr = guests_of(list, guests);
	record.options = options->paths;
	ret = split(options->paths, options->paths_nr, &record.options_nr, &output, err);
	record.command = options->paths + record.options_nr;
	record.command_nr = options->paths_nr - record.options_nr;
	if (!ret && !record.guests_nr)
		ret = vms_fail(err, VMS_EUSAGE, "--record which guests? --record vm1,vm2");
	if (record.isa == VMS_ISA_VMX && !lacks_clock("x86-tsc"))
		record.clock = "x86-tsc";
	if (!ret)
		ret = vms_record_line(&argv, &argc, &record, err);
	if (!ret)
		ret = run_line(argv, argc, output, options->record, err);
	vms_record_free(argv, argc);
	free(list);
	if (!ret && !options->paths_nr)
		ret = app_options_path(options, output, err);
	if (!ret) {
		options->paths[0] = output;
		options->paths_nr = 1;
	}
	return ret;
}
