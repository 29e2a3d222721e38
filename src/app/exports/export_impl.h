/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each way out gives: its files as text. */
#ifndef APP_EXPORT_IMPL_H
#define APP_EXPORT_IMPL_H

#include "app/exports/export.h"
#include "core/base/text.h"

#define EXPORT_FILES_MAX 12

/** struct export_files - what becomes files; of a single one the name is NULL */
struct export_files {
	struct {
		const char *name;
		struct text text;
	} file[EXPORT_FILES_MAX];
	unsigned int nr;
};

/** export_file - the text of one more file in the folder; @name NULL: of the only one */
struct text *export_file(struct export_files *files, const char *name);

/* One a file: kernelshark.c, perfetto.c, tsv.c */
int export_kernelshark(struct export_files *out, const struct export_of *of, struct vms_err *err);
int export_perfetto(struct export_files *out, const struct export_of *of, struct vms_err *err);
int export_tsv(struct export_files *out, const struct export_of *of, struct vms_err *err);

#endif
