// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows whether an event matches an expression: by name, task, CPU, or fields of its format. */
#include "app/filter/filter_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/place.h>

/* An event, as tests look at it. */
struct seen {
	const struct vms_session *session;
	const struct vms_stream *stream;
	int guest; /* -1 = host */
	struct vms_ref ref;
};

static bool exact(const struct node *node)
{
	return node->op == OP_EQ || node->op == OP_NE;
}

static bool same_or_in(const struct node *node, const char *text)
{
	return exact(node) ? !strcmp(text, node->text) : strcasestr(text, node->text) != NULL;
}

static bool match_name(const struct node *node, const struct seen *seen)
{
	const char *name = vms_event_type(seen->stream, seen->ref)->name;
	const struct vms_exit why =
		seen->guest < 0 ? vms_exit_of(seen->stream, seen->ref) : (struct vms_exit){ 0 };
	char reason[32];

	return (name && same_or_in(node, name)) ||
	       (why.isa != VMS_ISA_NONE &&
		same_or_in(node, vms_exit_name(&why, reason, sizeof(reason))));
}

static bool match_task(const struct node *node, const struct seen *seen)
{
	const int32_t tid = vms_event_tid(seen->stream, seen->ref);
	const char *comm = seen->stream->ops && seen->stream->ops->comm
				   ? seen->stream->ops->comm(seen->stream, tid)
				   : NULL;
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", (int)tid);
	return (comm && same_or_in(node, comm)) || !strcmp(number, node->text);
}

/* A text of fixed size: what lies elsewhere in the record may lie beyond its end. */
static bool match_string(const struct node *node, const struct vms_field *field,
			 const uint8_t *payload)
{
	char text[256];
	const size_t size = field->size < sizeof(text) ? field->size : sizeof(text) - 1;

	if (!field->is_array || field->is_dynamic)
		return false;
	memcpy(text, payload + field->offset, size);
	text[size] = '\0';
	return same_or_in(node, text);
}

static int order(const struct vms_field *field, uint64_t value, int64_t num)
{
	if (field->is_signed || num < 0)
		return ((int64_t)value > num) - ((int64_t)value < num);
	return (value > (uint64_t)num) - (value < (uint64_t)num);
}

static bool match_named(const struct node *node, const struct seen *seen)
{
	const struct vms_field *field =
		vms_type_field(vms_event_type(seen->stream, seen->ref), node->name);
	const uint8_t *payload;
	bool hit;

	if (!field)
		return false;
	payload = vms_payload(&seen->stream->cpus[seen->ref.cpu], seen->ref.idx);
	if (field->is_array || field->is_dynamic || !node->is_num) {
		hit = match_string(node, field, payload);
		return node->op == OP_NE || node->op == OP_HAS_NOT ? !hit : hit;
	}
	return filter_compare(node->op,
			      order(field, vms_field_u64(seen->stream, field, payload), node->num));
}

/* In the name, the task, and texts among the fields. */
static bool match_any(const struct node *node, const struct seen *seen)
{
	const struct vms_event_type *type = vms_event_type(seen->stream, seen->ref);
	const uint8_t *payload = vms_payload(&seen->stream->cpus[seen->ref.cpu], seen->ref.idx);
	unsigned int i;

	if (match_name(node, seen) || match_task(node, seen))
		return true;
	for (i = 0; i < type->fields_nr; i++)
		if (type->fields[i].is_array && match_string(node, &type->fields[i], payload))
			return true;
	return false;
}

static bool match_text(const struct node *node, const struct seen *seen)
{
	bool hit;

	switch (node->field) {
	case F_EVENT: hit = match_name(node, seen); break;
	case F_TASK: hit = match_task(node, seen); break;
	case F_GUEST:
		if (seen->guest < 0)
			return false;
		hit = same_or_in(node, seen->stream->name);
		break;
	default: hit = match_any(node, seen); break;
	}
	return node->op == OP_NE || node->op == OP_HAS_NOT ? !hit : hit;
}

static int64_t host_time(const struct seen *seen)
{
	return seen->guest < 0
		       ? vms_event_time(seen->stream, seen->ref)
		       : vms_session_host_time(seen->session, (unsigned int)seen->guest, seen->ref);
}

bool filter_event_outside(const struct vms_session *session, int guest, struct vms_ref ref)
{
	const int at = guest < 0 ? -1
				 : vms_session_track_of(session, (unsigned int)guest,
							(unsigned int)ref.cpu);
	const struct vms_track *track =
		at < 0 ? NULL : vms_session_track(session, (unsigned int)at);

	return track && track->thread &&
	       vms_place_of(track->thread, vms_session_host_time(session, (unsigned int)guest, ref),
			    NULL, NULL) == VMS_PLACE_OUTSIDE;
}

static bool match_test(const struct node *node, const struct seen *seen)
{
	const int64_t cpu = seen->stream->cpus[seen->ref.cpu].cpu;

	switch ((enum field)node->field) {
	case F_VCPU:
	case F_PCPU:
		return (node->field == F_PCPU) == (seen->guest < 0) &&
		       filter_compare(node->op, (cpu > node->num) - (cpu < node->num));
	case F_T: {
		const int64_t at_raw = host_time(seen);

		return filter_compare(node->op, (at_raw > node->num) - (at_raw < node->num));
	}
	case F_OUTSIDE: return filter_event_outside(seen->session, seen->guest, seen->ref);
	case F_NAMED: return match_named(node, seen);
	default: return match_text(node, seen);
	}
}

static bool match_node(const struct app_filter *f, int32_t i, const struct seen *seen)
{
	const struct node *node = &f->nodes[i];

	switch (node->op) {
	case OP_AND: return match_node(f, node->left, seen) && match_node(f, node->right, seen);
	case OP_OR: return match_node(f, node->left, seen) || match_node(f, node->right, seen);
	case OP_NOT: return !match_node(f, node->left, seen);
	default: return match_test(node, seen);
	}
}

bool filter_match_event(const struct app_filter *f, const struct vms_session *session, int guest,
			struct vms_ref ref)
{
	const struct vms_trace *trace = vms_session_trace(session);
	const struct seen seen = { .session = session,
				   .stream = guest < 0 ? trace->host : trace->guests[guest].stream,
				   .guest = guest,
				   .ref = ref };

	return !f || match_node(f, f->root, &seen);
}
