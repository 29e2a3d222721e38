/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration file: lines "set NAME VALUE" and "map CONTEXT KEY COMMAND". */
#ifndef VMSYNC_IO_CONFIG_H
#define VMSYNC_IO_CONFIG_H
#ifdef VMS_LAYER_CORE
#error "core includes nothing of io"
#endif

#include <stddef.h>
#include <vmsync/err.h>

enum vms_config_kind { VMS_CONFIG_SET, VMS_CONFIG_MAP };

/** struct vms_config_row - one line; strings are borrowed until the callback returns */
struct vms_config_row {
	enum vms_config_kind kind;
	const char *name;    /* set: what to set */
	const char *value;   /* set: the rest of the line, "" when there is none */
	const char *context; /* map */
	const char *key;
	const char *command; /* map: the rest of the line */
	/* the whole line, without indent and trailing blanks: fit for the ":" line */
	const char *text;
	unsigned int line_nr; /* from 1 */
};

/** struct vms_config_reader - who gets the lines */
struct vms_config_reader {
	/*
	 * Return: 0, or a negative code with @err set: reported as "file:line: text", and reading
	 * goes on.
	 */
	int (*row)(void *user, const struct vms_config_row *row, struct vms_err *err);
	/* One line for the log, "file:line: what is wrong"; printable. May be NULL. */
	void (*problem)(void *user, const char *text);
	void *user;
};

/**
 * vms_config_parse - read configuration text
 * @path: for messages; @text: need not end with NUL; @size [bytes]
 *
 * Blank lines and lines that begin with '#' are skipped. Words are separated by blanks; the last
 * part of a line is taken as it is.
 * Return: number of lines with problems; -VMS_ENOMEM.
 */
int vms_config_parse(const char *path, const char *text, size_t size,
		     const struct vms_config_reader *r, struct vms_err *err);

/**
 * vms_config_read - read a configuration file
 * @path: NULL = $XDG_CONFIG_HOME/vmsync-tui/config or ~/.config/vmsync-tui/config
 * Return: as vms_config_parse(); 0 when there is no such file; -VMS_EIO; -VMS_EFORMAT above 1 MiB.
 */
int vms_config_read(const char *path, const struct vms_config_reader *r, struct vms_err *err);

#endif
