// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows whether a pair matches an expression: how each field is compared. */
#include "app/filter/filter_impl.h"

#include <string.h>

#include "app/words/candidate.h"

bool filter_follows_decisions(const struct app_filter *f)
{
	return f && f->decisions;
}

bool filter_compare(enum op op, int cmp)
{
	switch (op) {
	case OP_EQ: return cmp == 0;
	case OP_NE: return cmp != 0;
	case OP_LT: return cmp < 0;
	case OP_LE: return cmp <= 0;
	case OP_GT: return cmp > 0;
	case OP_GE: return cmp >= 0;
	default: return false;
	}
}

static int order_i64(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int order_double(double a, double b)
{
	return (a > b) - (a < b);
}

static bool match_events(const struct node *node, const struct vms_session *s,
			 const struct vms_candidate *c)
{
	const char *guest = candidate_guest_event(s, c);
	char host[128], *reason;
	bool exact = node->op == OP_EQ || node->op == OP_NE, hit;

	(void)candidate_host_event(s, c, host, sizeof(host));
	if (!exact)
		return strcasestr(guest, node->text) || strcasestr(host, node->text);
	reason = strchr(host, ' ');
	if (reason)
		*reason++ = '\0';
	hit = !strcmp(guest, node->text) || !strcmp(host, node->text) ||
	      (reason && !strcmp(reason, node->text));
	return hit;
}

static bool match_text(const struct node *node, const struct vms_session *session,
		       const struct vms_candidate *cand)
{
	const char *value = "", *note = vms_session_note(session, cand);
	bool hit;

	switch (node->field) {
	case F_SEQ: value = candidate_sequence(session, cand); break;
	case F_GUEST:
		value = vms_session_trace(session)->guests[cand->pair.guest].stream->name;
		break;
	case F_DIR: value = dir_text(cand->pair.dir); break;
	case F_STATE: value = state_name(vms_session_state(session, cand)); break;
	case F_TAG: value = note; break;
	case F_ANY:
		return match_events(node, session, cand) ||
		       strcasestr(candidate_sequence(session, cand), node->text) ||
		       strcasestr(note, node->text);
	default: break;
	}
	if (node->field == F_EVENT)
		hit = match_events(node, session, cand);
	else
		hit = node->op == OP_EQ || node->op == OP_NE
			      ? !strcmp(value, node->text)
			      : strcasestr(value, node->text) != NULL;
	return node->op == OP_NE || node->op == OP_HAS_NOT ? !hit : hit;
}

static bool match_flag(enum field field, const struct vms_session *s, const struct vms_candidate *c)
{
	switch (field) {
	case F_OUTLIER: return vms_session_outlier(s, c);
	case F_BEYOND: return vms_session_beyond(s, c);
	case F_IMPOSSIBLE: return c->flags & VMS_CAND_IMPOSSIBLE;
	case F_BINDING: return c->flags & VMS_CAND_BINDING;
	case F_DETACHED: return c->flags & VMS_CAND_DETACHED;
	case F_LOADED: return c->flags & VMS_CAND_LOADED;
	case F_RIVAL: return vms_session_rival(s, c) != VMS_ID_NONE;
	default: return false;
	}
}

static bool match_test(const struct node *node, const struct vms_session *session,
		       const struct vms_candidate *cand)
{
	const struct vms_stream *host = vms_session_trace(session)->host;
	int64_t value = -1;

	switch ((enum field)node->field) {
	case F_DELAY:
		return filter_compare(node->op,
				      order_double(vms_session_delay_ns(session, cand), node->ns));
	case F_RESIDUAL:
		return filter_compare(node->op, order_double(vms_session_residual_ns(session, cand),
							     node->ns));
	case F_T: value = cand->pair.host_raw; break;
	case F_ID: value = cand->id; break;
	case F_VCPU: value = vms_session_track(session, cand->track)->vcpu; break;
	case F_PCPU:
		if (cand->pair.host_ev.cpu >= 0 &&
		    (unsigned int)cand->pair.host_ev.cpu < host->cpus_nr)
			value = host->cpus[cand->pair.host_ev.cpu].cpu;
		break;
	default:
		if (node->op == OP_TRUE)
			return match_flag(node->field, session, cand);
		return match_text(node, session, cand);
	}
	return filter_compare(node->op, order_i64(value, node->num));
}

static bool match_node(const struct app_filter *f, int32_t i, const struct vms_session *s,
		       const struct vms_candidate *c)
{
	const struct node *n = &f->nodes[i];

	switch (n->op) {
	case OP_AND: return match_node(f, n->left, s, c) && match_node(f, n->right, s, c);
	case OP_OR: return match_node(f, n->left, s, c) || match_node(f, n->right, s, c);
	case OP_NOT: return !match_node(f, n->left, s, c);
	default: return match_test(n, s, c);
	}
}

bool filter_match(const struct app_filter *f, const struct vms_session *s,
		  const struct vms_candidate *c)
{
	return !f || match_node(f, f->root, s, c);
}
