/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Advice on the next recording, in words. */
#ifndef APP_ADVISE_H
#define APP_ADVISE_H

#include <vmsync/advise.h>

struct lines; /* words.h */

#define ADVISE_CHARS 320
/** advise_what - what to do: "record kvm:kvm_msr on the host", "-b 8192 in vm1". Return: buf */
const char *advise_what(const struct vms_trace *trace, const struct vms_advice *advice, char *buf,
			size_t size);
/** advise_why - the evidence, and by how much it would help where that is known. Return: buf */
const char *advise_why(const struct vms_trace *trace, const struct vms_session *session,
		       const struct vms_advice *advice, char *buf, size_t size);
/**
 * advise_estimate_helps - whether an estimate of both directions may say more than the band: false
 * where the one of all pairs, rejected ones left out, is refuted on each vCPU that has a band
 */
bool advise_estimate_helps(const struct vms_session *session);
/** advise_bound - how wide a band is, and what bounds it; "" without one. Return: buf */
const char *advise_bound(const struct vms_session *session, unsigned int track, char *buf,
			 size_t size);
/** advise_line - the words of a line as a shell takes them, owned; NULL: out of memory */
char *advise_line(char *const *argv, unsigned int argc);
/** advise_lines - all but the line; @session NULL: there is none. Return: 0; -VMS_ENOMEM */
int advise_lines(struct lines *lines, const struct vms_trace *trace,
		 const struct vms_session *session, const struct vms_advise *advise);

#endif
