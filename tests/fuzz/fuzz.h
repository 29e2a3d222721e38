/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is fuzzed: targets that take any bytes, and what they share. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vmsync/session.h>

/** struct fuzz_target - something that reads what others wrote */
struct fuzz_target {
	const char *name;
	void (*run)(const uint8_t *data, size_t size);
	bool plays; /* its input is what a person does with fuzz_recording */
};

/** fuzz_targets - all of them, ended by a row without a name */
extern const struct fuzz_target fuzz_targets[];
/** fuzz_target_find - by name; what is none ends the program with a list of them */
const struct fuzz_target *fuzz_target_find(const char *name);

/* A recording for targets that need one: a small one of the simulator, unless another is named. */
extern const char *fuzz_recording;
/* So many inputs were what they should be. */
extern unsigned int fuzz_taken;
/* Nobody waits for the next input: also what is slow because it needs another process. */
extern bool fuzz_slow;

/** fuzz_fault - what must hold does not */
_Noreturn void fuzz_fault(const char *why);
/** fuzz_begin - a folder of its own for what is written, which is entered */
void fuzz_begin(void);
/** fuzz_file - bytes as a file in memory. Return: its descriptor; @path: 32 bytes for its name */
int fuzz_file(const uint8_t *data, size_t size, char *path);
/** fuzz_write - bytes as a file of the folder; fuzz_sweep - the folder is empty again */
void fuzz_write(const char *name, const uint8_t *data, size_t size);
void fuzz_sweep(void);
/** fuzz_text - the bytes as a text; owned by the caller. NULL: one that names files elsewhere */
char *fuzz_text(const uint8_t *data, size_t size);
/** fuzz_session - a new session of fuzz_recording, to be freed by the caller */
struct vms_session *fuzz_session(const struct vms_session_opts *opts);

/* fuzz_files.c: what lies in a recording */
void fuzz_container(const uint8_t *data, size_t size);
void fuzz_options(const uint8_t *data, size_t size);
void fuzz_pages(const uint8_t *data, size_t size);
void fuzz_formats(const uint8_t *data, size_t size);
void fuzz_pair(const uint8_t *data, size_t size);
/* fuzz_texts.c: texts that a person or another program wrote */
void fuzz_anchors(const uint8_t *data, size_t size);
void fuzz_journal(const uint8_t *data, size_t size);
void fuzz_sequences(const uint8_t *data, size_t size);
void fuzz_filter(const uint8_t *data, size_t size);
void fuzz_history(const uint8_t *data, size_t size);

/* fuzz_screens.c: what is done on a screen */
void fuzz_config(const uint8_t *data, size_t size);
void fuzz_command(const uint8_t *data, size_t size);
void fuzz_script(const uint8_t *data, size_t size);
void fuzz_screens(const uint8_t *data, size_t size);
/** fuzz_draw - a session on every screen */
void fuzz_draw(struct vms_session *session);

#endif
