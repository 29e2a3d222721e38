/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is missing of a host's events, in words. */
#ifndef APP_HOLES_H
#define APP_HOLES_H

#include <vmsync/stretch.h>

/** hole_kind - "no-data", "tracing-off", "filter", as in vmsync-report(5) */
const char *hole_kind(const struct vms_hole *hole);
/** hole_event - the event that a filter leaves out, else NULL */
const char *hole_event(const struct vms_hole *hole);
/** hole_text - a sentence; buf holds at least 160 bytes. Return: buf */
const char *hole_text(const struct vms_clock *clock, const struct vms_stream *host,
		      const struct vms_hole *hole, char *buf, size_t size);

#endif
