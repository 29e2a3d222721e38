// SPDX-License-Identifier: LGPL-2.1-or-later
/* How the command line is read. */
#include "main/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "app/exports/export.h"
#include "core/base/util.h"

static const char usage[] =
	"usage: vmsync-tui [OPTION]... FILE...\n"
	"Explore a KVM host trace together with its guests' and judge their clock "
	"synchronisation.\n"
	"FILE is the host's trace.dat; guests are found beside it, or are named after it.\n"
	"\n"
	"      --batch            no screen: print a report and end\n"
	"      --report KIND      text (default), json or html; csv and json-lines of many\n"
	"                         recordings, with --check too; implies --batch\n"
	"      --find             look for sequences that no catalogue has; implies --batch.\n"
	"                         --find=shuffled:SEED is its control: nothing is to be found\n"
	"      --study            each FILE is a host's of its own: which sequences are fit in\n"
	"                         which recording; --report text or json, --find with what is "
	"found\n"
	"      --advise           what to record next time, and how; implies --batch\n"
	"      --record GUESTS    have trace-cmd record guests (vm1,vm2) and open the result; "
	"words\n"
	"                         that follow are its options (after --) and a command\n"
	"      --check[=LIMITS]   each FILE is a host's of its own: a line a guest; status 0 the\n"
	"                         recorded synchronisation holds, 3 proven wrong, 4 not known.\n"
	"                         LIMITS: width=5us,coverage=0.9,model=NAME\n"
	"      --compare[=all]    in what two hosts' recordings, or two anchors files, differ; "
	"all:\n"
	"                         every pair of events that does\n"
	"      --at TIME          give bands at this raw guest time\n"
	"      --anchors FILE     load accepted and rejected pairs\n"
	"      --output FILE      where to save them (default: FILE.anchors)\n"
	"      --results          with what each clock model says of them\n"
	"      --apply FILE       write a copy of the guest's file corrected by --model, or by "
	"the\n"
	"                         model in use; implies --batch. With several guests:\n"
	"                         FILE-GUEST.dat for each\n"
	"      --export NAME=FILE kernelshark, perfetto, tsv or svg; what these open, under\n"
	"                         --model: a file, or a folder of tables; may be repeated. No\n"
	"                         screen, and a report with --report or --batch only\n"
	"      --force            --apply, --export and the commands of --script replace files "
	"that "
	"are\n"
	"                         there\n"
	"      --model NAME       clock model in use at the start (see --list-models)\n"
	"      --sequences FILE   further anchor sequences, vmsync-sequences(5); none: without "
	"the\n"
	"                         built-in ones\n"
	"  -n, --ignore EVENT     host event that may lie between entry and exit\n"
	"      --offset RAW       start the alignment at host minus guest = RAW units\n"
	"      --ignore-recorded  align as if the file had no recorded synchronisation\n"
	"      --rate-limit KIND  how the rate of the clocks may change: auto (default), tight,\n"
	"                         stepped, drift\n"
	"      --range FROM..TO   load this part of the host's time, and the guests' around it:\n"
	"                         10 s..12.5 s, +1s..+3s (from the begin), 0%..10%\n"
	"      --reader NAME      direct (default), libtracecmd or libkshark\n"
	"      --script FILE      run the commands of FILE (- for standard input)\n"
	"      --size COLSxROWS   with --script: run without a terminal at this size\n"
	"      --color WHEN       auto, never, 8, 16 or 256\n"
	"      --glyphs SET       auto, ascii, block or braille\n"
	"      --log FILE[:LEVEL] write what the run does to FILE; error, warn, info (default) or "
	"debug\n"
	"      --bug-report FILE  the same in full: to be attached to a report of a fault\n"
	"      --list-commands    every command and key, tab-separated\n"
	"      --list-models      every clock model\n"
	"      --list-sequences   the built-in anchor sequences\n"
	"  -h, --help             this text\n"
	"  -V, --version          the version, and of which libraries\n"
	"\n"
	"Exit status: 0 good, 1 the program failed, 2 the input is not usable, 130 interrupted;\n"
	"of --check 3 proven wrong, 4 not known, too wide or not covered.\n"
	"Keys: press ? inside the program, or see vmsync-tui(1).\n";

const char *app_options_usage(void)
{
	return usage;
}

enum {
	OPT_BATCH = 256,
	OPT_REPORT,
	OPT_FIND,
	OPT_STUDY,
	OPT_CHECK,
	OPT_COMPARE,
	OPT_ADVISE,
	OPT_RECORD,
	OPT_AT,
	OPT_ANCHORS,
	OPT_FORCE,
	OPT_EXPORT,
	OPT_OUTPUT,
	OPT_RESULTS,
	OPT_MODEL,
	OPT_SEQUENCES,
	OPT_OFFSET,
	OPT_IGNORE_RECORDED,
	OPT_RATE,
	OPT_READER,
	OPT_RANGE,
	OPT_SCRIPT,
	OPT_SIZE,
	OPT_COLOR,
	OPT_GLYPHS,
	OPT_LOG,
	OPT_BUG_REPORT,
	OPT_COMMANDS,
	OPT_MODELS,
	OPT_LIST_SEQUENCES,
	OPT_APPLY,
};

static const struct option longs[] = {
	{ "batch", no_argument, NULL, OPT_BATCH },
	{ "find", optional_argument, NULL, OPT_FIND },
	{ "study", no_argument, NULL, OPT_STUDY },
	{ "check", optional_argument, NULL, OPT_CHECK },
	{ "compare", optional_argument, NULL, OPT_COMPARE },
	{ "advise", no_argument, NULL, OPT_ADVISE },
	{ "record", required_argument, NULL, OPT_RECORD },
	{ "report", required_argument, NULL, OPT_REPORT },
	{ "at", required_argument, NULL, OPT_AT },
	{ "anchors", required_argument, NULL, OPT_ANCHORS },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "results", no_argument, NULL, OPT_RESULTS },
	{ "apply", required_argument, NULL, OPT_APPLY },
	{ "export", required_argument, NULL, OPT_EXPORT },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "model", required_argument, NULL, OPT_MODEL },
	{ "sequences", required_argument, NULL, OPT_SEQUENCES },
	{ "ignore", required_argument, NULL, 'n' },
	{ "offset", required_argument, NULL, OPT_OFFSET },
	{ "ignore-recorded", no_argument, NULL, OPT_IGNORE_RECORDED },
	{ "rate-limit", required_argument, NULL, OPT_RATE },
	{ "range", required_argument, NULL, OPT_RANGE },
	{ "reader", required_argument, NULL, OPT_READER },
	{ "script", required_argument, NULL, OPT_SCRIPT },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "color", required_argument, NULL, OPT_COLOR },
	{ "glyphs", required_argument, NULL, OPT_GLYPHS },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "bug-report", required_argument, NULL, OPT_BUG_REPORT },
	{ "list-commands", no_argument, NULL, OPT_COMMANDS },
	{ "list-models", no_argument, NULL, OPT_MODELS },
	{ "list-sequences", no_argument, NULL, OPT_LIST_SEQUENCES },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int take_rate(struct app_options *options, const char *text, struct vms_err *err)
{
	options->rate = vms_rate_find(text);
	return options->rate < VMS_RATE_NR
		       ? 0
		       : vms_fail(err, VMS_EUSAGE,
				  "--rate-limit is auto, tight, stepped or drift, not '%s'", text);
}

static int parse_raw(const char *text, const char *what, int64_t *out, struct vms_err *err)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(text, &end, 0);
	if (errno || end == text || *end)
		return vms_fail(err, VMS_EUSAGE, "%s wants a whole number of clock units, not '%s'",
				what, text);
	*out = v;
	return 0;
}

static int add(const char ***list, unsigned int *nr, const char *text, struct vms_err *err)
{
	const char **grown = vms_realloc(*list, (*nr + 1) * sizeof(**list));

	if (!grown)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	*list = grown;
	grown[(*nr)++] = text;
	return 0;
}

static int one_of(const char *text, const char *option, const char *const *allowed,
		  struct vms_err *err)
{
	char list[128] = "";
	unsigned int i;

	for (i = 0; allowed[i]; i++) {
		if (!strcmp(text, allowed[i]))
			return 0;
		strncat(list, i ? ", " : "", sizeof(list) - strlen(list) - 1);
		strncat(list, allowed[i], sizeof(list) - strlen(list) - 1);
	}
	return vms_fail(err, VMS_EUSAGE, "%s is one of %s, not '%s'", option, list, text);
}

static int take_report(struct app_options *o, const char *text, struct vms_err *err)
{
	static const char *const kinds[] = { "text", "json", "html", "csv", "json-lines", NULL };
	const int ret = one_of(text, "--report", kinds, err);

	o->batch = true;
	o->report = app_report_find(text);
	return ret;
}

/* "shuffled:SEED" is the control of the search: there nothing is to be found. */
static int take_find(struct app_options *options, const char *how, struct vms_err *err)
{
	static const char word[] = "shuffled:";
	int64_t seed = 0;
	int ret = 0;

	options->batch = options->find = true;
	if (!how)
		return 0;
	if (!strncmp(how, word, strlen(word)))
		ret = parse_raw(how + strlen(word), "--find=shuffled:", &seed, err);
	if (!ret && seed <= 0)
		ret = vms_fail(err, VMS_EUSAGE,
			       "--find=shuffled:SEED with a number from 1 on, not '%s'", how);
	options->shuffle = (uint64_t)seed;
	return ret;
}

static int take_export(struct app_options *options, const char *text, struct vms_err *err)
{
	const size_t len = strcspn(text, "=");
	const int ret = export_known(text, len, err);

	if (!ret && (!text[len] || !text[len + 1]))
		return vms_fail(err, VMS_EUSAGE, "--export %.*s=FILE, not '%s'", (int)len, text,
				text);
	return ret ? ret : add(&options->exports, &options->exports_nr, text, err);
}

static int take(struct app_options *options, int option, struct vms_err *err)
{
	static const char *const colors[] = { "auto", "never", "8", "16", "256", NULL };
	static const char *const glyphs[] = { "auto", "ascii", "block", "braille", NULL };

	switch (option) {
	case OPT_BATCH: options->batch = true; return 0;
	case OPT_REPORT: return take_report(options, optarg, err);
	case OPT_FIND: return take_find(options, optarg, err);
	case OPT_STUDY: options->batch = options->study = true; return 0;
	case OPT_COMPARE:
		options->batch = options->compare = true;
		options->compare_all = optarg && !strcmp(optarg, "all");
		return !optarg || options->compare_all
			       ? 0
			       : vms_fail(err, VMS_EUSAGE, "--compare or --compare=all, not '%s'",
					  optarg);
	case OPT_ADVISE: options->batch = options->advise = true; return 0;
	case OPT_RECORD: options->record = optarg; return 0;
	case OPT_CHECK:
		options->batch = options->check = true;
		options->check_limits = optarg;
		return 0;
	case OPT_AT:
		options->has_at = true;
		return parse_raw(optarg, "--at", &options->at_raw, err);
	case OPT_ANCHORS: options->anchors = optarg; return 0;
	case OPT_EXPORT: return take_export(options, optarg, err);
	case OPT_FORCE: options->force = true; return 0;
	case OPT_OUTPUT: options->output = optarg; return 0;
	case OPT_RESULTS: options->results = true; return 0;
	case OPT_APPLY:
		options->batch = true;
		options->apply = optarg;
		return 0;
	case OPT_MODEL: options->model = optarg; return 0;
	case OPT_SEQUENCES: return add(&options->sequences, &options->sequences_nr, optarg, err);
	case 'n': return add(&options->ignore, &options->ignore_nr, optarg, err);
	case OPT_OFFSET:
		options->has_offset = true;
		return parse_raw(optarg, "--offset", &options->offset_raw, err);
	case OPT_IGNORE_RECORDED: options->ignore_recorded = true; return 0;
	case OPT_RATE: return take_rate(options, optarg, err);
	case OPT_READER: options->reader = optarg; return 0;
	case OPT_RANGE: options->range = optarg; return 0;
	case OPT_SCRIPT: options->script = optarg; return 0;
	case OPT_SIZE: options->size = optarg; return 0;
	case OPT_COLOR: options->color = optarg; return one_of(optarg, "--color", colors, err);
	case OPT_GLYPHS: options->glyphs = optarg; return one_of(optarg, "--glyphs", glyphs, err);
	case OPT_LOG: options->log = optarg; return 0;
	case OPT_BUG_REPORT: options->bug_report = optarg; return 0;
	case OPT_COMMANDS: options->list_commands = true; return 0;
	case OPT_MODELS: options->list_models = true; return 0;
	case OPT_LIST_SEQUENCES: options->list_sequences = true; return 0;
	case 'h': options->help = true; return 0;
	case 'V': options->version = true; return 0;
	default: return vms_fail(err, VMS_EBUG, "option %d has no case", option);
	}
}

static int bad_option(char **argv, int at, bool known, struct vms_err *err)
{
	return vms_fail(err, VMS_EUSAGE,
			known ? "option '%s' wants a value; see vmsync-tui --help"
			      : "no option '%s'; see vmsync-tui --help",
			argv[at]);
}

/* A value that is an option's name is one that was forgotten: nobody's file is called --force. */
static bool is_option(const char *word)
{
	const size_t nr = strcspn(word, "=");
	size_t i;

	for (i = 0; longs[i].name && !strncmp(word, "--", 2); i++)
		if (strlen(longs[i].name) == nr - 2 && !strncmp(longs[i].name, word + 2, nr - 2))
			return true;
	return false;
}

/* What is of one recording, and what takes none of these. */
static int many_alone(const struct app_options *options, struct vms_err *err)
{
	const bool whole = options->study || options->check_whole;
	const char *with = options->study	 ? "--study"
			   : options->compare	 ? "--compare"
			   : options->check_told ? "--report csv or json-lines"
						 : "--check";

	if (options->study + options->check + options->compare > 1)
		return vms_fail(err, VMS_EUSAGE,
				"--check, --compare, --study and --report csv: one of these");
	if (options->anchors || options->output || options->apply || options->script ||
	    options->exports_nr || options->advise)
		return vms_fail(err, VMS_EUSAGE,
				"%s looks at many recordings: without --anchors, --output, "
				"--apply, --export, --script and --advise, which are of one",
				with);
	if (options->results || options->force || options->size || (options->find && !whole) ||
	    (options->has_at && !whole))
		return vms_fail(err, VMS_EUSAGE, "%s has no use for %s", with,
				options->results ? "--results"
				: options->force ? "--force"
				: options->size	 ? "--size"
				: options->find	 ? "--find"
						 : "--at");
	return 0;
}

static int parse(struct app_options *options, int argc, char **argv, struct vms_err *err)
{
	int c, ret = 0;

	memset(options, 0, sizeof(*options));
	opterr = 0;
	optind = 1;
	while (!ret && (c = getopt_long(argc, argv, ":n:hV", longs, NULL)) != -1) {
		if (c == '?' || c == ':')
			return bad_option(argv, optind - 1, c == ':', err);
		if (optarg && optarg == argv[optind - 1] && is_option(optarg))
			return bad_option(argv, optind - 2, true, err);
		ret = take(options, c, err);
	}
	for (; !ret && optind < argc; optind++)
		ret = add(&options->paths, &options->paths_nr, argv[optind], err);
	if (!ret && options->batch && options->report == APP_REPORT_NONE)
		options->report = APP_REPORT_TEXT;
	/* without a report, where nothing else asks for one */
	options->batch |= options->exports_nr > 0;
	/* forms of many recordings: of a check, else told without one */
	if (!ret && options->report >= APP_REPORT_CSV) {
		options->check_told = !options->check;
		options->check_whole = !options->check && options->report == APP_REPORT_LINES;
		options->check = true;
	}
	if (!ret && options->study && options->report >= APP_REPORT_HTML)
		ret = vms_fail(err, VMS_EUSAGE, "--study has --report text and json");
	if (!ret && options->compare &&
	    (options->paths_nr != 2 || options->report >= APP_REPORT_HTML))
		ret = vms_fail(err, VMS_EUSAGE,
			       "--compare wants two files, as text or as JSON (--report json)");
	if (!ret && (options->study || options->check) && options->report == APP_REPORT_HTML)
		ret = vms_fail(err, VMS_EUSAGE, "--report html is of one recording");
	if (!ret && (options->study || options->check || options->compare))
		ret = many_alone(options, err);
	if (!ret && !options->paths_nr && !options->record && !options->help && !options->version &&
	    !options->list_commands && !options->list_models && !options->list_sequences)
		ret = vms_fail(err, VMS_EUSAGE,
			       "which recording? vmsync-tui trace.dat (see --help)");
	return ret;
}

int app_options_parse(struct app_options *options, int argc, char **argv, struct vms_err *err)
{
	const int ret = parse(options, argc, argv, err);
	int i;

	/* what is wrong stands before it, and is to be said in JSON */
	for (i = 1; ret && i < argc; i++)
		if (!strcmp(argv[i], "--report=json") ||
		    (!strcmp(argv[i], "--report") && i + 1 < argc && !strcmp(argv[i + 1], "json")))
			options->report = APP_REPORT_JSON;
	return ret;
}

int app_options_path(struct app_options *o, const char *path, struct vms_err *err)
{
	return add(&o->paths, &o->paths_nr, path, err);
}

void app_options_clear(struct app_options *o)
{
	free(o->paths);
	free(o->sequences);
	free(o->ignore);
	free(o->exports);
	memset(o, 0, sizeof(*o));
}
