/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A child process for what may die or never end: how it begins, and one that answers questions. */
#ifndef IO_CHILD_H
#define IO_CHILD_H

#include <stddef.h>
#include <stdint.h>

#include <vmsync/err.h>

/** struct child_limit - what a child may take; 0 = no limit of its own */
struct child_limit {
	unsigned int cpu_s; /* of computing, in all */
	uint64_t bytes;	    /* of memory, beyond what this process has */
};

/**
 * child_begin - to be called in a child that was just forked: it dies with its parent, keeps to the
 * limits, handles no signals and has no standard streams
 */
void child_begin(const struct child_limit *limit);

/**
 * struct answerer - a copy of this process that answers questions, so that what kills the answering
 * does not kill this process. It is made at the first question, and anew after it died
 */
struct answerer;

#define ANSWERER_QUESTION_BYTES ((size_t)128 << 10)
#define ANSWERER_ANSWER_BYTES ((size_t)32 << 10)

/**
 * answerer_fn - answers in the child; what it changes in memory is the child's own
 * @answer: room for ANSWERER_ANSWER_BYTES. Return: bytes written
 */
typedef size_t answerer_fn(void *arg, const void *question, size_t question_size, char *answer);

/** answerer_new - @arg: as it is when the child is made. Return: NULL when out of memory */
struct answerer *answerer_new(answerer_fn *fn, void *arg);
/** answerer_free - ends the child. NULL is fine */
void answerer_free(struct answerer *a);
/**
 * answerer_ask - put a question
 * @question: at most ANSWERER_QUESTION_BYTES; @answer: room for ANSWERER_ANSWER_BYTES
 * Return: bytes of the answer; -VMS_EFORMAT when the child died of it or took too long, which @err
 * says, and at once when that cost some seconds in all; -VMS_EIO when there can be no child.
 */
int answerer_ask(struct answerer *answerer, const void *question, size_t question_size,
		 char *answer, struct vms_err *err);

#endif
