// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the head of a file says that a library does not hand on. */
#include "io/libs/libs_impl.h"

#include <string.h>

#include "io/direct/direct.h"

static void head_strings(struct vms_stream *stream, struct direct_file *direct, struct arena *arena)
{
	uint32_t i;
	struct vms_guest_decl *guest_decl;

	stream->version = direct->version;
	stream->compression = arena_strdup(
		arena, direct->compression_name[0] ? direct->compression_name : "none");
	(void)memcpy(stream->clock.name, direct->opts.clock, sizeof(stream->clock.name));
	stream->clock.name[sizeof(stream->clock.name) - 1] = '\0';
	stream->clock.mult = direct->opts.mult;
	stream->clock.shift = direct->opts.shift;
	guest_decl = arena_alloc(arena, direct->opts.decls_nr, sizeof(*guest_decl));
	for (i = 0; guest_decl && i < direct->opts.decls_nr; i++) {
		const struct vms_guest_decl *from = &direct->opts.decls[i];
		uint32_t *vcpu = arena_alloc(arena, from->vcpus_nr, sizeof(*vcpu));
		int32_t *tid = arena_alloc(arena, from->vcpus_nr, sizeof(*tid));

		guest_decl[i] = *from;
		guest_decl[i].name = arena_strdup(arena, from->name);
		if (!guest_decl[i].name || !vcpu || !tid)
			break;
		if (from->vcpus_nr) {
			(void)memcpy(vcpu, from->vcpu, from->vcpus_nr * sizeof(*vcpu));
			(void)memcpy(tid, from->tid, from->vcpus_nr * sizeof(*tid));
		}
		guest_decl[i].vcpu = vcpu;
		guest_decl[i].tid = tid;
	}
	stream->decls = i ? guest_decl : NULL;
	stream->decls_nr = i;
}

/*
 * libtracecmd and libkshark have no public call for the clock, the version and the list of
 * guests: the file's own head is read for them. Without it the unit stays unknown.
 */
void tep_head_read(struct tep_stream *tep_stream, const char *path)
{
	struct vms_clock *clock = &tep_stream->s.clock;
	struct direct_file f;
	struct vms_err err;

	tep_stream->s.compression = "none";
	memset(&f, 0, sizeof(f));
	if (direct_file_open(&f, path, &err))
		return;
	head_strings(&tep_stream->s, &f, &tep_stream->arena);
	tep_stream->s.trace_id = f.opts.trace_id;
	direct_file_close(&f);
	if (!tep_stream->s.compression)
		tep_stream->s.compression = "none";
	clock->counts_ns = clock->mult || direct_clock_counts_ns(clock->name);
	if (!clock->name[0] && !clock->mult)
		return;
	clock->ns_per_unit = clock->counts_ns ? 1.0 : 0.0;
	clock->rate_from = clock->counts_ns ? VMS_RATE_NS : VMS_RATE_UNKNOWN;
	clock->mult = 0; /* the times are converted already */
	clock->shift = 0;
}
