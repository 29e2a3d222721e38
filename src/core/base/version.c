// SPDX-License-Identifier: LGPL-2.1-or-later
/* The version that the build was told. */
#include <vmsync/version.h>

const char *vms_version(void)
{
	return VMSYNC_VERSION;
}
