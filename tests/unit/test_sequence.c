// SPDX-License-Identifier: LGPL-2.1-or-later
/* The text format of sequences: what it says, and that a mistake names its line. */
#include "unit.h"

#include <vmsync/sequence.h>

#include "core/base/util.h"
#include "core/pair/sequence_text.h"

TEST(test_builtin)
{
	static const char *const names[] = {
		"stretch-first", "stretch-last", "timer-program", "timer-sandwich", "timer-irq",
		"idle",		 "wake",	 "ipi-send",	  "ipi-receive",    "io-kick",
		"io-done",	 "msr-read",	 "eoi",		  "hypercall",	    "vtimer-irq",
		"ipi-sandwich",	 "irq-vector",	 "page-fault",
	};
	struct vms_catalogue c = { 0 };
	struct vms_err err = { 0 };
	size_t i;

	assert_int_equal(vms_catalogue_parse(&c, vms_catalogue_builtin(), &err), 0);
	assert_int_equal(c.seqs_nr, VMS_ARRAY_NR(names));
	for (i = 0; i < VMS_ARRAY_NR(names); i++) {
		const int at = vms_sequence_find(&c, names[i]);

		assert_true(at >= 0);
		assert_non_null(c.seqs[at].help);
	}
	assert_int_equal(vms_sequence_find(&c, "nothing"), -1);
	vms_catalogue_clear(&c);
	assert_int_equal(c.seqs_nr, 0);
}

TEST(test_all_keys)
{
	static const char text[] = "# a comment\n"
				   "\n"
				   "sequence mine\r\n"
				   "  help what it is\n"
				   "\tdirection host-to-guest\n"
				   "\ttake last\n"
				   "\tguest write_msr msr=0x6e0 val!=7\n"
				   "\tguest *\n"
				   "\thost kvm_entry isa=svm reason=0x7c\n"
				   "\tkey val = kvm_msr.data\n"
				   "\tafter idle\n"
				   "\tdelay 10..20\n"
				   "\toff";
	struct vms_catalogue c = { 0 };
	const struct vms_sequence *s;

	assert_int_equal(vms_catalogue_parse(&c, text, NULL), 0);
	assert_int_equal(c.seqs_nr, 1);
	s = &c.seqs[0];
	assert_string_equal(s->name, "mine");
	assert_string_equal(s->help, "what it is");
	assert_int_equal(s->dir, VMS_HOST_TO_GUEST);
	assert_int_equal(s->which, VMS_SEQ_LAST);
	assert_int_equal(s->guest_nr, 2);
	assert_string_equal(s->guest[0].name, "write_msr");
	assert_int_equal(s->guest[0].conds_nr, 2);
	assert_int_equal(s->guest[0].conds[0].value, 0x6e0);
	assert_false(s->guest[0].conds[0].negate);
	assert_string_equal(s->guest[0].conds[1].field, "val");
	assert_true(s->guest[0].conds[1].negate);
	assert_int_equal(s->host[0].isa, VMS_ISA_SVM);
	assert_int_equal(s->host[0].conds_nr, 1);
	assert_string_equal(s->key_guest, "val");
	assert_string_equal(s->key_host_event, "kvm_msr");
	assert_string_equal(s->key_host, "data");
	assert_true(s->after_idle);
	assert_false(s->enabled);
	assert_int_equal(s->delay_lo_ns, 10);
	assert_int_equal(s->delay_hi_ns, 20);
	vms_catalogue_clear(&c);
}

#define HEAD "sequence s\n\tdirection guest-to-host\n\tguest a\n"

TEST(test_later_row_replaces)
{
	struct vms_catalogue c = { 0 };

	assert_int_equal(vms_catalogue_parse(&c,
					     HEAD "\thost kvm_exit\n"
						  "sequence t\n\tdirection guest-to-host\n"
						  "\tguest b\n\thost kvm_exit\n",
					     NULL),
			 0);
	assert_int_equal(vms_catalogue_parse(&c, HEAD "\thost kvm_exit reason=9\n\toff\n", NULL),
			 0);
	assert_int_equal(c.seqs_nr, 2);
	assert_string_equal(c.seqs[0].name, "s");
	assert_false(c.seqs[0].enabled);
	assert_int_equal(c.seqs[0].host[0].conds[0].value, 9);
	assert_true(c.seqs[1].enabled);
	vms_catalogue_clear(&c);
}

TEST(test_mistakes_name_the_line)
{
	static const struct {
		const char *text, *expect;
	} cases[] = {
		{ "\tguest a\n", "line 1: expected sequence NAME" },
		{ "seqence s\n", "line 1: expected sequence NAME" },
		{ "sequence\n", "line 1: expected a name" },
		{ "sequence a b\n", "line 1: expected a name" },
		{ "sequence s\n\tbogus 1\n", "line 2: expected help, direction" },
		{ "sequence s\n\tdirection up\n", "line 2: expected guest-to-host" },
		{ "sequence s\n\ttake some\n", "line 2: expected first, last or outermost" },
		{ "sequence s\n\tguest\n", "line 2: expected the name of an event, found nothing" },
		{ "sequence s\n\n\tguest a b\n", "line 3: expected field=number" },
		{ "sequence s\n\tguest a b=x\n", "line 2: expected a number" },
		{ "sequence s\n\tguest a b=-1\n", "line 2: expected a number" },
		{ "sequence s\n\tguest a b=99999999999999999999\n", "line 2: expected a number" },
		{ "sequence s\n\tguest a isa=mips\n", "line 2: expected vmx, svm, arm64 or riscv" },
		{ "sequence s\n\thost kvm_msr\n", "line 2: expected kvm_entry or kvm_exit" },
		{ "sequence s\n\tkey a kvm_msr.data\n", "line 2: expected key" },
		{ "sequence s\n\tkey a = kvm_msr\n", "line 2: expected key" },
		{ "sequence s\n\tdelay 5\n", "line 2: expected delay" },
		{ "sequence s\n\tdelay 5..2\n", "line 2: expected delay" },
		{ "sequence s\n\tafter noon\n", "line 2: expected idle" },
		{ "sequence s\n\tguest a\n", "line 1: sequence s has no line \"direction\"" },
		{ "#\n" HEAD "sequence t\n", "line 2: sequence s has no line \"host\"" },
		{ HEAD "\thost kvm_entry\n",
		  "line 1: sequence s: its direction needs host kvm_exit" },
	};
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(cases); i++) {
		struct vms_catalogue c = { 0 };
		struct vms_err err = { 0 };

		assert_int_equal(vms_catalogue_parse(&c, cases[i].text, &err), -VMS_EFORMAT);
		if (strncmp(err.msg, cases[i].expect, strlen(cases[i].expect)))
			fail_msg("\"%s\" instead of \"%s\"", err.msg, cases[i].expect);
		assert_int_equal(c.seqs_nr, 0);
		vms_catalogue_clear(&c);
	}
}

TEST(test_no_memory)
{
	unsigned long n;
	int ret = -1;

	for (n = 1; ret; n++) {
		struct vms_catalogue c = { 0 };

		assert_true(n < 10000);
		vms_alloc_fail_at(n);
		ret = vms_catalogue_parse(&c, vms_catalogue_builtin(), NULL);
		vms_alloc_fail_at(0);
		assert_true(ret == 0 || ret == -VMS_ENOMEM);
		vms_catalogue_clear(&c);
	}
}

/* What is written is the same again. */
TEST(test_text)
{
	struct vms_catalogue c = { 0 }, again = { 0 };
	struct text first = { 0 }, second = { 0 };
	unsigned int i;

	assert_int_equal(vms_catalogue_parse(&c, vms_catalogue_builtin(), NULL), 0);
	assert_int_equal(
		vms_catalogue_parse(&c,
				    "sequence last\n direction host-to-guest\n take outermost\n"
				    " guest a b!=7 c=0xffffffffffffffff\n"
				    " host kvm_entry kvm_inj_virq.vector|irq=none\n off\n",
				    NULL),
		0);
	for (i = 0; i < c.seqs_nr; i++)
		vms_sequence_text(&first, &c.seqs[i]);
	assert_int_equal(vms_catalogue_parse(&again, first.p, NULL), 0);
	assert_int_equal(again.seqs_nr, c.seqs_nr);
	for (i = 0; i < again.seqs_nr; i++)
		vms_sequence_text(&second, &again.seqs[i]);
	assert_string_equal(first.p, second.p);
	assert_non_null(strstr(first.p, "guest a b!=7 c=0xffffffffffffffff\n"));
	assert_non_null(strstr(first.p, "kvm_inj_virq.vector|irq=none\n\toff\n"));
	free(first.p);
	free(second.p);
	vms_catalogue_clear(&c);
	vms_catalogue_clear(&again);
}

/* And in which column. */
TEST(test_mistakes_name_the_column)
{
	struct vms_catalogue c = { 0 };
	struct vms_err err;

	assert_int_equal(vms_catalogue_parse(&c, "sequence s\n\tguest a b=x\n", &err),
			 -VMS_EFORMAT);
	assert_non_null(
		strstr(err.msg, "line 2: expected a number after =, found \"x\" in column 12"));
	vms_catalogue_clear(&c);
}

UNIT_MAIN(NULL, NULL)
