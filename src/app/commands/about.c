// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the version of this program and of what it was built with, and the machine it runs on. */
#include "app/commands/about.h"

#include <sys/utsname.h>

#include "io/libs/kshark_lib.h"

void about_text(struct text *out)
{
	struct utsname here;

	text_printf(out, "vmsync-tui " VMSYNC_VERSION "\n"
			 "libraries: " VMSYNC_LIBRARIES "\n"
			 "libkshark: ");
	text_printf(out, kshark_lib()
				 ? "there, for files and sessions of KernelShark\n"
				 : "not there: only files and sessions of KernelShark need it\n");
	text_printf(out, "built: " VMSYNC_BUILT "\n");
	if (!uname(&here))
		text_printf(out, "system: %s %s %s\n", here.sysname, here.release, here.machine);
}

static void stream(struct text *out, const char *what, const struct vms_stream *stream)
{
	text_printf(out, "%s ", what);
	text_clean(out, stream->path);
	text_printf(out,
		    ": version %u, %s, read by %s, clock %s, %u CPUs, %llu events, %llu lost, ",
		    stream->version, stream->compression ? stream->compression : "?",
		    stream->source ? stream->source : "?", stream->clock.name, stream->cpus_nr,
		    (unsigned long long)stream->events_nr, (unsigned long long)stream->lost_nr);
	text_clean(out, stream->kernel ? stream->kernel : "kernel not told");
	text_printf(out, "\n");
}

void about_files(struct text *out, const struct vms_trace *trace)
{
	unsigned int i;

	stream(out, "host", trace->host);
	for (i = 0; i < trace->guests_nr; i++)
		stream(out, "guest", trace->guests[i].stream);
}
