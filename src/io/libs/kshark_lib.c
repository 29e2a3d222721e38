// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where libkshark is loaded. */
#include "io/libs/kshark_lib.h"

#include <stddef.h>

#ifndef VMS_HAVE_KSHARK

const struct kshark_lib *kshark_lib(void)
{
	return NULL;
}

#else

#include <dlfcn.h>
#include <pthread.h>

#define SONAME "libkshark.so.2"

static struct kshark_lib lib;
static bool loaded;

static void load(void)
{
	void *handle = dlopen(SONAME, RTLD_NOW | RTLD_GLOBAL);

	loaded = handle;
	/* POSIX wants a function's address taken out of dlsym() like this */
#define LOOK_UP(name, symbol)                                                                      \
	if (loaded)                                                                                \
		loaded = (*(void **)&lib.name = dlsym(handle, symbol)) != NULL;
#define KSHARK_LOOK_UP(name) LOOK_UP(name, "kshark_" #name)
#define KSHARK_JSON_LOOK_UP(name) LOOK_UP(name, "json_" #name)
	KSHARK_FUNCTIONS(KSHARK_LOOK_UP)
	KSHARK_JSON_FUNCTIONS(KSHARK_JSON_LOOK_UP)
	if (handle && !loaded)
		(void)dlclose(handle);
}

const struct kshark_lib *kshark_lib(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, load);
	return loaded ? &lib : NULL;
}

#endif
