/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the benchmark share: the clock, how figures are said, and how a recording is
 * opened.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>

#include <vmsync/session.h>

double bench_now_s(void);
/** bench_say - a line "name value unit" */
void bench_say(const char *name, double value, const char *unit);
/** bench_say_times - median, p99 and greatest of times [s] as ms; sorts them */
void bench_say_times(const char *name, double *v, size_t n);
int bench_fail(const struct vms_err *err);
/**
 * bench_open - recording and session of files, with the time that each took. Return: 0, 1 when that
 * failed
 */
int bench_open(char **paths, struct vms_trace **t, struct vms_session **s);

/** bench_keys - key to frame over every command that moves, looks or selects */
int bench_keys(char **paths);

#endif
