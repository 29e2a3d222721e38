/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sources beside the direct reader, for the table and for tests that compare them. */
#ifndef IO_SOURCES_H
#define IO_SOURCES_H

#include <vmsync/io/source.h>

extern const struct vms_source vms_source_tracecmd;
/* there in every build, and asks for libkshark when it loads */
extern const struct vms_source vms_source_kshark;

#endif
