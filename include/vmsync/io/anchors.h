/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The anchors file: decisions as tab-separated text that outlives the session; vmsync-anchors(5).
 */
#ifndef VMSYNC_IO_ANCHORS_H
#define VMSYNC_IO_ANCHORS_H
#ifdef VMS_LAYER_CORE
#error "core includes nothing of io"
#endif

#include <vmsync/err.h>
#include <vmsync/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vms_anchor - one line of the file */
struct vms_anchor {
	uint8_t state; /* enum vms_state; undecided only with a tag, or in a journal */
	uint32_t vcpu;
	int64_t guest_raw, host_raw;  /* [raw units of each side's clock] */
	uint32_t guest_cpu, host_cpu; /* CPU numbers */
	/* n-th event of that name at that time on that CPU, from 0 */
	uint32_t guest_nth, host_nth;
	int32_t host_tid;
	double delay_ns; /* NAN = not in the file; never used to find anything */
	char *guest;	 /* name of the guest */
	char *sequence, *guest_event, *host_event;
	char *tag; /* "" = none */
	/* values of the unknown columns, vms_anchors.extra_nr of them; NULL = all empty */
	char **extra;
	/* a line that could not be read, as it stood; all else is unset then */
	char *verbatim;
	uint32_t line_nr; /* in the file, from 1; 0 = from a session */
	bool unmatched;	  /* set by vms_anchors_apply(): no such event here, or verbatim */
	char why[80];	  /* why it is unmatched; printable */
};

/** struct vms_anchors - a file in memory */
struct vms_anchors {
	char **header; /* lines that begin with '#', as they stand, the first excepted */
	unsigned int header_nr;
	char **cols; /* all columns in the file's order */
	unsigned int cols_nr;
	unsigned int extra_nr; /* columns that this program does not know */
	struct vms_anchor *rows;
	uint32_t rows_nr;
};

/** struct vms_anchors_report - what applying a file did */
struct vms_anchors_report {
	uint32_t applied; /* decisions put into the session */
	/* lines that match no event, kept when written again; see unmatched and why of the rows */
	uint32_t unmatched;
	uint32_t lines[VMS_CHANGE_NR]; /* other changes put into the session */
	bool other_host;	       /* the file names another host recording by its id */
};

/**
 * vms_anchors_parse - read the text of an anchors file
 * @text: need not end with NUL; @size [bytes]
 *
 * A line that cannot be read is kept as verbatim row, whatever it holds. A last line without
 * newline counts.
 * Return: 0; -VMS_EFORMAT when it is no such file; -VMS_EUNSUP for another version; -VMS_ENOMEM;
 * -VMS_ERANGE
 * above 2^31 rows.
 */
int vms_anchors_parse(struct vms_anchors **out, const char *text, size_t size, struct vms_err *err);

/** vms_anchors_load - read an anchors file. Also -VMS_EIO; -VMS_EFORMAT for folders and devices */
int vms_anchors_load(struct vms_anchors **out, const char *path, struct vms_err *err);

/** vms_anchors_format - the text of a file; *text is ended by NUL and owned by the caller (free) */
int vms_anchors_format(const struct vms_anchors *anchors, char **text, size_t *size,
		       struct vms_err *err);

/**
 * vms_anchors_save - write a file
 * Temporary file in the same folder, fsync, rename; the version before is kept as FILE~. A path
 * that is a device or a pipe is written to directly.
 * Return: 0; -VMS_EIO (the old file is untouched then); -VMS_ENOMEM.
 */
int vms_anchors_save(const struct vms_anchors *a, const char *path, struct vms_err *err);

/**
 * vms_anchors_from_session - the decisions of a session as a file
 * @old: the file as it was loaded, or NULL: its unknown header lines, unknown columns, their
 *   values, and the rows that matched no event are taken over.
 * @results: with one "# result" line a vCPU and available model, which change with every decision
 * Rows: every candidate that is accepted, rejected or has a tag, those of muted sequences too.
 * One "# muted" or "# heard" line a sequence that is not as its catalogue has it, one "#
 * piecewise" line where the offset is cut.
 */
int vms_anchors_from_session(struct vms_anchors **out, struct vms_session *session,
			     const struct vms_anchors *old, bool results, struct vms_err *err);

/**
 * vms_anchors_apply - put the decisions of a file into a session (not undoable)
 * @report: what happened, may be NULL
 * Rows without a matching event are marked, counted and left out; that is not an error.
 * Return: 0; -VMS_ENOMEM.
 */
int vms_anchors_apply(struct vms_session *session, struct vms_anchors *anchors,
		      struct vms_anchors_report *report, struct vms_err *err);

/**
 * vms_anchor_pair - the pair of events that a row names
 * @why: 80 bytes for the reason when there is none; may be NULL
 * @a: for the trace ids in its header when a guest was renamed; may be NULL
 * Return: 0; -VMS_ENODATA.
 */
int vms_anchor_pair(struct vms_pair *out, const struct vms_anchor *row, const struct vms_anchors *a,
		    const struct vms_session *s, char *why);

/**
 * vms_anchors_join - the rows of @from that match no event here move to the end of *@to, which is
 * made when NULL; lines that nobody could read stay. Return: 0; -VMS_ENOMEM.
 */
int vms_anchors_join(struct vms_anchors **to, struct vms_anchors *from);

void vms_anchor_clear(struct vms_anchor *row);
void vms_anchors_free(struct vms_anchors *anchors);

#ifdef __cplusplus
}
#endif

#endif
