// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the head of a file says that a library does not hand on. */
#include "io/libs/libs_impl.h"

#include <string.h>

#include "io/direct/direct.h"

static void head_strings(struct vms_stream *s, struct direct_file *f, struct arena *a)
{
	uint32_t i;
	struct vms_guest_decl *d;

	s->version = f->version;
	s->compression = arena_strdup(a, f->compression_name[0] ? f->compression_name : "none");
	(void)memcpy(s->clock.name, f->opts.clock, sizeof(s->clock.name));
	s->clock.name[sizeof(s->clock.name) - 1] = '\0';
	s->clock.mult = f->opts.mult;
	s->clock.shift = f->opts.shift;
	d = arena_alloc(a, f->opts.decls_nr, sizeof(*d));
	for (i = 0; d && i < f->opts.decls_nr; i++) {
		const struct vms_guest_decl *from = &f->opts.decls[i];
		uint32_t *vcpu = arena_alloc(a, from->vcpus_nr, sizeof(*vcpu));
		int32_t *tid = arena_alloc(a, from->vcpus_nr, sizeof(*tid));

		d[i] = *from;
		d[i].name = arena_strdup(a, from->name);
		if (!d[i].name || !vcpu || !tid)
			break;
		if (from->vcpus_nr) {
			(void)memcpy(vcpu, from->vcpu, from->vcpus_nr * sizeof(*vcpu));
			(void)memcpy(tid, from->tid, from->vcpus_nr * sizeof(*tid));
		}
		d[i].vcpu = vcpu;
		d[i].tid = tid;
	}
	s->decls = i ? d : NULL;
	s->decls_nr = i;
}

/*
 * libtracecmd and libkshark have no public call for the clock, the version and the list of
 * guests: the file's own head is read for them. Without it the unit stays unknown.
 */
void tep_head_read(struct tep_stream *b, const char *path)
{
	struct vms_clock *c = &b->s.clock;
	struct direct_file f;
	struct vms_err err;

	b->s.compression = "none";
	memset(&f, 0, sizeof(f));
	if (direct_file_open(&f, path, &err))
		return;
	head_strings(&b->s, &f, &b->arena);
	b->s.trace_id = f.opts.trace_id;
	direct_file_close(&f);
	if (!b->s.compression)
		b->s.compression = "none";
	c->counts_ns = c->mult || direct_clock_counts_ns(c->name);
	if (!c->name[0] && !c->mult)
		return;
	c->ns_per_unit = c->counts_ns ? 1.0 : 0.0;
	c->rate_from = c->counts_ns ? VMS_RATE_NS : VMS_RATE_UNKNOWN;
	c->mult = 0; /* the times are converted already */
	c->shift = 0;
}
