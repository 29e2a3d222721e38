// SPDX-License-Identifier: LGPL-2.1-or-later
/* How the cuts of model "piecewise" stand in a line of the anchors format. */
#include "io/anchors/anchors_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void anchors_cuts_text(struct text *t, const struct vms_session *s)
{
	const struct vms_cuts *c = vms_session_cuts(s);
	unsigned int i;

	text_printf(t, "%s%s", ANCHORS_CUTS, c->nr ? vms_estimators()[c->estimator].name : "-");
	for (i = 0; i < c->nr; i++)
		text_printf(t, " %" PRId64, c->at_raw[i]);
}

bool anchors_cuts_of(const char *line, struct vms_cuts *out)
{
	const char *p = line + strlen(ANCHORS_CUTS);
	char name[16], *end;
	enum vms_by by;
	size_t n;

	memset(out, 0, sizeof(*out));
	if (strncmp(line, ANCHORS_CUTS, strlen(ANCHORS_CUTS)))
		return false;
	n = strcspn(p, " ");
	if (!n || n >= sizeof(name))
		return false;
	memcpy(name, p, n);
	name[n] = '\0';
	by = vms_by_find(name);
	if (vms_by_is_estimator(by))
		out->estimator = (enum vms_est)(by - VMS_BY_ESTIMATOR);
	else if (strcmp(name, "-") != 0)
		return false;
	for (p += n; *p; p = end) {
		if (out->nr == VMS_CUTS_MAX)
			return false;
		errno = 0;
		out->at_raw[out->nr] = strtoll(p, &end, 10);
		if (errno || end == p || (*end && *end != ' '))
			return false;
		out->nr++;
	}
	return (out->nr > 0) == vms_by_is_estimator(by);
}

/* The last line holds: a journal has one for each change. */
const char *anchors_cuts_line(const struct vms_anchors *a)
{
	unsigned int i = a->header_nr;

	while (i--)
		if (!strncmp(a->header[i], ANCHORS_CUTS, strlen(ANCHORS_CUTS)))
			return a->header[i];
	return NULL;
}
