/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this program is: its version, its libraries, how it was built and on what it runs. */
#ifndef APP_ABOUT_H
#define APP_ABOUT_H

#include <vmsync/trace.h>

#include "core/base/text.h"

/** about_text - a line each; the first is "vmsync-tui VERSION" */
void about_text(struct text *out);
/** about_files - what each file says of itself, a line a file */
void about_files(struct text *out, const struct vms_trace *trace);

#endif
