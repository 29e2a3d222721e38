// SPDX-License-Identifier: LGPL-2.1-or-later
/* The source table: every reader there is, in the order in which they are tried. */
#include <stdlib.h>

#include <vmsync/io/source.h>

#include "io/direct/direct.h"
#include "io/open/sources.h"

const struct vms_source *vms_sources(void)
{
	static struct vms_source table[4];
	static bool filled;
	const struct vms_source *const all[] = { &vms_source_direct, &vms_source_tracecmd,
						 &vms_source_kshark };
	size_t i, nr = 0;

	if (filled)
		return table;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		table[nr++] = *all[i];
	filled = true;
	return table;
}
