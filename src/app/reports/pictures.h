/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pictures of the page by themselves, as one SVG. */
#ifndef APP_PICTURES_H
#define APP_PICTURES_H

#include <vmsync/session.h>

#include "core/base/text.h"

/** report_pictures - of each vCPU: the band over time, the steps, V(o), models against the band */
void report_pictures(struct text *out, struct vms_session *session);

#endif
