/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the benchmark share: the clock, how figures are said, and how a recording is
 * opened.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include <vmsync/session.h>

double bench_now_s(void);
/** bench_cpu_s - processor time of all threads [s]: what a machine with other work leaves true */
double bench_cpu_s(void);
/** bench_say - a line "name value unit" */
void bench_say(const char *name, double value, const char *unit);
/** bench_say_times - median, p99 and greatest of times [s] as ms; sorts them */
void bench_say_times(const char *name, double *v, size_t n);
int bench_fail(const struct vms_err *err);
/**
 * bench_open - recording and session of files, with the time that each took. Return: 0, 1 when that
 * failed
 */
int bench_open(char **paths, bool verdicts_first, struct vms_trace **t, struct vms_session **s);

/** bench_peak - from its first call on: the most heap and anonymous memory so far [bytes] */
double bench_peak(void);

/**
 * bench_screen - from the files to the verdict, the first screen, and all that follows it; with
 * @keys also key to frame over every command that moves, looks or selects
 */
int bench_screen(char **paths, bool keys);

#endif
