/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which version of libvmsync this is. */
#ifndef VMSYNC_VERSION_H
#define VMSYNC_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

/** vms_version - "0.1.0": of the library that runs, not of the headers it was compiled with */
const char *vms_version(void);

#ifdef __cplusplus
}
#endif

#endif
