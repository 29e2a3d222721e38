// SPDX-License-Identifier: LGPL-2.1-or-later
/* The log: levels, nobody listening, and the file that VMSYNC_LOG names. */
#include "folder.h"

#include <stdlib.h>
#include <unistd.h>

#include <vmsync/log.h>

#include "main/logfile.h"

static char heard[1024];

static void hear(void *user, enum vms_log_level level, const char *area, const char *text)
{
	const size_t n = strlen(heard);

	assert_ptr_equal(user, heard);
	(void)snprintf(heard + n, sizeof(heard) - n, "%s %s: %s\n", vms_log_level_name(level), area,
		       text);
}

TEST(levels_cut_off)
{
	vms_log(VMS_LOG_ERROR, "test", "nobody listens");
	vms_log_to(hear, heard, VMS_LOG_INFO);
	vms_log(VMS_LOG_INFO, "band", "vCPU %u: %d ns wide", 3u, 120);
	vms_log(VMS_LOG_DEBUG, "band", "too much");
	vms_log(VMS_LOG_ERROR, "read", "%s: gone", "x.dat");
	vms_log_to(NULL, NULL, VMS_LOG_ERROR);
	vms_log(VMS_LOG_ERROR, "test", "nobody listens");
	assert_string_equal(heard, "info band: vCPU 3: 120 ns wide\nerror read: x.dat: gone\n");
	assert_int_equal(vms_log_level_find("debug"), VMS_LOG_DEBUG);
	assert_int_equal(vms_log_level_find("loud"), -1);
}

static void read_back(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	text[fread(text, 1, size - 1, f)] = '\0';
	(void)fclose(f);
	(void)unlink(path);
}

TEST(a_file_takes_the_lines)
{
	char path[] = P_tmpdir "/vmsync-log-XXXXXX", spec[64], text[512];
	struct vms_err err;
	const int fd = mkstemp(path);

	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(logfile_open("VMSYNC_LOG", NULL, NULL), 0);
	assert_int_equal(logfile_open("VMSYNC_LOG", "/nowhere/at/all:debug", &err), -VMS_EIO);
	(void)snprintf(spec, sizeof(spec), "%s:warn", path);
	assert_int_equal(logfile_open("VMSYNC_LOG", spec, &err), 0);
	vms_log(VMS_LOG_INFO, "read", "left out");
	vms_log(VMS_LOG_WARN, "read", "a name of\x1b[31m a trace");
	assert_int_equal(logfile_close(&err), 0);
	read_back(path, text, sizeof(text));
	assert_non_null(strstr(text, " warn read: a name of^[[31m a trace\n"));
	assert_null(strstr(text, "left out"));
	/* what follows the colon is no level: part of the name, and the level is info */
	(void)snprintf(spec, sizeof(spec), "%s:x", path);
	assert_int_equal(logfile_open("VMSYNC_LOG", spec, &err), 0);
	vms_log(VMS_LOG_INFO, "read", "kept");
	assert_int_equal(logfile_close(&err), 0);
	read_back(spec, text, sizeof(text));
	assert_non_null(strstr(text, " info read: kept\n"));
	/* in full, into the file of that very name; who asked is named */
	assert_int_equal(logfile_open_whole("--bug-report", spec, &err), 0);
	vms_log(VMS_LOG_DEBUG, "read", "in full");
	assert_int_equal(logfile_close(&err), 0);
	read_back(spec, text, sizeof(text));
	assert_non_null(strstr(text, " debug read: in full\n"));
	assert_null(strstr(text, "kept"));
	assert_int_equal(logfile_open_whole("--bug-report", "/nowhere/at/all", &err), -VMS_EIO);
	assert_memory_equal(err.msg, "--bug-report: ", 14);
}

/* Neither a recording that is named by mistake is written over, nor a line lost in silence. */
TEST_IN(what_is_no_log_stays_and_a_full_disk_is_said, folder_make, folder_remove)
{
	const char *recording = put_file("r.dat", "\x17\x08\x44tracing");
	struct vms_err err;
	char text[64];

	assert_int_equal(logfile_open("VMSYNC_LOG", recording, &err), -VMS_EIO);
	assert_non_null(strstr(err.msg, "is no log"));
	read_back(recording, text, sizeof(text));
	assert_string_equal(text, "\x17\x08\x44tracing");
	assert_int_equal(logfile_open("VMSYNC_LOG", "/dev/full", &err), 0);
	vms_log(VMS_LOG_INFO, "read", "lost");
	assert_int_equal(logfile_close(&err), -VMS_EOUTPUT);
	assert_non_null(strstr(err.msg, "No space left"));
}

UNIT_MAIN(NULL, NULL)
