/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libkshark's functions, found at run time: on a server the library brings a desktop along, so a
 * program that never opens what only it can read has to run without.
 */
#ifndef IO_KSHARK_LIB_H
#define IO_KSHARK_LIB_H

struct kshark_lib;

/** kshark_lib - loads it once, for the life of the process; NULL: it is not there, or older */
const struct kshark_lib *kshark_lib(void);

#ifdef VMS_HAVE_KSHARK

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wignored-qualifiers"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#pragma GCC diagnostic ignored "-Wunused-variable"
#include <json.h>
#include <trace-cmd.h>
#include <libkshark.h>
#include <libkshark-plugin.h>
#include <libkshark-tepdata.h>
#pragma GCC diagnostic pop

/* What is used of it; kshark_is_tep() and the like are in its header. */
#define KSHARK_FUNCTIONS(FUNCTION)                                                                 \
	FUNCTION(all_streams)                                                                      \
	FUNCTION(close)                                                                            \
	FUNCTION(export_all_dstreams)                                                              \
	FUNCTION(export_plugin_file)                                                               \
	FUNCTION(free)                                                                             \
	FUNCTION(get_data_stream)                                                                  \
	FUNCTION(get_event_name)                                                                   \
	FUNCTION(get_tep_input)                                                                    \
	FUNCTION(instance)                                                                         \
	FUNCTION(load_all_entries)                                                                 \
	FUNCTION(load_entries)                                                                     \
	FUNCTION(open)                                                                             \
	FUNCTION(register_input)                                                                   \
	FUNCTION(save_config_file)                                                                 \
	FUNCTION(tep_init_all_buffers)

/* And of json-c, which it brings along: its documents are of that. */
#define KSHARK_JSON_FUNCTIONS(FUNCTION)                                                            \
	FUNCTION(object_array_get_idx)                                                             \
	FUNCTION(object_array_length)                                                              \
	FUNCTION(object_get_int)                                                                   \
	FUNCTION(object_object_add)                                                                \
	FUNCTION(object_object_get_ex)                                                             \
	FUNCTION(object_to_json_string)                                                            \
	FUNCTION(tokener_parse)

#define KSHARK_MEMBER(name) __typeof__(&kshark_##name) name;
#define KSHARK_JSON_MEMBER(name) __typeof__(&json_##name) name;
struct kshark_lib {
	KSHARK_FUNCTIONS(KSHARK_MEMBER)
	KSHARK_JSON_FUNCTIONS(KSHARK_JSON_MEMBER)
};

#endif

#endif
