/* SPDX-License-Identifier: GPL-2.0 */
/* modprobe.d, modules-load.d and the kernel's command line. */
#ifndef PUG_CHECK_MODULES_H
#define PUG_CHECK_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "check-conf.h"

/* Watchdog modules that the configuration is searched for. */
enum module_id {
	MODULE_I6300ESB,
	MODULE_SOFTDOG,
	MODULE_ITCO,
	MODULE_IB700,
	N_MODULES,
};

/**
 * struct modconf_entry - what the configuration says of one module
 * @blacklisted_by: the file, also of an install line that loads nothing; ""
 *	if none
 * @loaded_by: the file of modules-load.d; "" if none
 * @options: parameters from modprobe.d
 * @loaded: it is in the kernel now
 */
struct modconf_entry {
	char blacklisted_by[96];
	char loaded_by[96];
	char options[160];
	bool loaded;
};

struct modconf {
	struct modconf_entry module[N_MODULES];
};

const char *module_name(enum module_id id);
int module_id_of(const char *name, size_t len);
void modconf_parse_modprobe(const char *path, const char *text, size_t len,
			    void *modconf);
void modconf_parse_load(const char *path, const char *text, size_t len,
			void *modconf);
void modconf_parse_cmdline(const char *text, size_t len,
			   struct modconf *modconf);
void modconf_read(const char *root, struct modconf *modconf,
		  struct unread *unread);

#endif /* PUG_CHECK_MODULES_H */
