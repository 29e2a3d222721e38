/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The log: one callback that hears what a run does, so that it can be read afterwards. */
#ifndef VMSYNC_LOG_H
#define VMSYNC_LOG_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum vms_log_level - how much is told; each level includes those before it */
enum vms_log_level {
	VMS_LOG_ERROR, /* what was asked for was not done */
	VMS_LOG_WARN,  /* done, but not as the input promised */
	VMS_LOG_INFO,  /* steps and their results, some a second at most */
	VMS_LOG_DEBUG, /* what each step was made of; never an event of a trace by itself */
	VMS_LOG_NR
};

/**
 * vms_log_to - who hears it, up to which level; NULL = nobody, as at the start. Before there are
 * threads, and not again while there are
 * @fn: takes a line. @area: which part of the program speaks, "read", "align", "session", ...;
 * @text: object, value and unit, without a newline; may quote what is in a file
 *
 * @fn is called on the thread that has something to tell, on several at once.
 */
void vms_log_to(void (*fn)(void *user, enum vms_log_level level, const char *area,
			   const char *text),
		void *user, enum vms_log_level most);

/** vms_log - tell a line; costs a comparison when nobody listens */
void vms_log(enum vms_log_level level, const char *area, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** vms_log_heard - whether anybody listens */
bool vms_log_heard(void);

/** vms_log_level_find - by name: "error", "warn", "info", "debug"; -1 = none */
int vms_log_level_find(const char *name);
/** vms_log_level_name - for the start of a line */
const char *vms_log_level_name(enum vms_log_level level);

#ifdef __cplusplus
}
#endif

#endif
