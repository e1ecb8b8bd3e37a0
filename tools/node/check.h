/* SPDX-License-Identifier: GPL-2.0 */
/* pug-node check: what it finds out, and what it says of it. */
#ifndef PUG_CHECK_H
#define PUG_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "check-access.h"
#include "check-conf.h"
#include "check-klog.h"
#include "check-modules.h"
#include "check-observe.h"
#include "check-patroni.h"
#include "check-procs.h"
#include "check-systemd.h"
#include "compiler.h"
#include "emit.h"
#include "holder.h"
#include "watchdog.h"

/* Exit statuses of check, those of monitoring plug-ins. */
#define CHECK_OK	0
#define CHECK_WARNING	1
#define CHECK_CRITICAL	2
#define CHECK_UNKNOWN	3

enum grade {
	GRADE_NONE,	/* does not apply here: not shown */
	GRADE_PASS,
	GRADE_WARN,
	GRADE_FAIL,
	GRADE_CANNOT,	/* cannot tell */
	N_GRADES,
};

/**
 * struct finding - one thing found
 * @name: a word, which does not change between versions
 * @grade: how it is
 * @why: what was seen, and why that is good or bad
 * @todo: what to do about it; "" where nothing is to be done
 */
struct finding {
	const char *name;
	enum grade grade;
	char why[768];
	char todo[512];
};

/* Who keeps the watchdog from firing. */
enum feeder {
	FED_UNKNOWN,	/* armed, and this user may not see by whom */
	FED_NOBODY,	/* not armed */
	FED_GONE,	/* armed, and nobody holds it */
	FED_PATRONI,
	FED_SYSTEMD,
	FED_DAEMON,
	FED_OTHER,
};

/* What is known of a driver, in the lab or by its sources. */
struct dog_kind {
	const char *driver;
	bool in_qemu;		/* this row is about QEMU's, another about others */
	bool outside;		/* counts outside the kernel that it watches */
	bool measured;		/* in the lab: Documentation/matrix.rst */
	bool hypervisor;	/* the hypervisor decides what firing does */
	uint32_t deadline_ppm;	/* fires so much later than its timeout */
	int max_timeout;	/* where sysfs has none; 0: sysfs has it */
	const char *what;
};

/* A clocksource that may lose a freeze; see Documentation/clocks.rst. */
struct clock_limit {
	const char *name;
	int64_t whole_ms;	/* the counter wraps; 0: it does not */
};

/**
 * struct check_options - what was asked
 * @root: "" on a real machine; else a tree recorded from one
 * @device: --device, or NULL
 * @user: --user, or NULL
 * @observe_s: --observe in seconds, 0: not asked for
 * @patroni_file: --patroni, or NULL
 * @patroni: what the options say; completed from the file
 */
struct check_options {
	const char *root;
	const char *device;
	const char *user;
	unsigned int observe_s;
	const char *patroni_file;
	struct patroni patroni;
};

/**
 * struct facts - all that was read; findings are functions of it alone
 * @root: as in the options
 * @is_root: the effective user
 * @user: as in the options
 * @dogs: the watchdogs
 * @n_dogs: how many
 * @holders: who holds each of them
 * @device: the node that is judged, such as "/dev/watchdog"
 * @dog: the watchdog behind it, NULL if there is none
 * @held: its holders; NULL with @dog
 * @kind: what is known of its driver; NULL if nothing
 * @feeder: who keeps it from firing
 * @procs: Patroni, PostgreSQL, watchdog daemons
 * @modules: modprobe.d, modules-load.d, the kernel's command line
 * @systemd: settings of systemd's own watchdog
 * @klog: what the kernel's log says of watchdogs and clocks
 * @access: may Patroni's user open the node, also after a reboot?
 * @patroni: Patroni's settings
 * @unread: files that could not be read
 * @observed: keepalives that were seen
 * @clocksource: in use; "" if not known
 * @release: the kernel's
 * @product: DMI's product_version, QEMU's machine type; "" if not known
 * @esb_in_pci: a 6300ESB is on the PCI bus, whatever its driver
 */
struct facts {
	const char *root;
	bool is_root;
	const char *user;
	struct watchdog dogs[WATCHDOGS_MAX];
	int n_dogs;
	struct holders holders[WATCHDOGS_MAX];
	char device[64];
	const struct watchdog *dog;
	const struct holders *held;
	const struct dog_kind *kind;
	enum feeder feeder;
	struct procs procs;
	struct modconf modules;
	struct sdconf systemd;
	struct klog klog;
	struct access access;
	struct patroni patroni;
	struct unread unread;
	struct observed observed;
	char clocksource[48];
	char release[80];
	char product[64];
	bool esb_in_pci;
};

typedef void (*finding_fn)(const struct facts *facts, struct finding *finding);

struct finding_row {
	const char *name;
	finding_fn judge;
};

/* One table a theme; each ends with a NULL name. */
extern const struct finding_row device_findings[];
extern const struct finding_row holder_findings[];
extern const struct finding_row access_findings[];
extern const struct finding_row kernel_findings[];
extern const struct finding_row patroni_findings[];

/* How well the machine is protected against one danger. */
enum protection {
	PROTECTION_CANNOT_TELL,
	PROTECTION_NO,
	PROTECTION_LUCK,
	PROTECTION_YES,
};

/**
 * struct danger - one thing that may happen to the machine
 * @name: in a few words
 * @machine: it is what a watchdog is for: it counts in the last line
 * @protection: how well protected
 * @why: the reason
 */
struct danger {
	const char *name;
	bool machine;
	enum protection protection;
	char why[400];
};

#define DANGERS_MAX 8

enum overall {
	OVERALL_CANNOT_TELL,
	OVERALL_NOT_PROTECTED,
	OVERALL_PARTLY,
	OVERALL_PROTECTED,
};

__printf(3, 4)
void find(struct finding *finding, enum grade grade, const char *format, ...);
__printf(2, 3)
void advise(struct finding *finding, const char *format, ...);

void facts_gather(const struct check_options *opts, struct facts *facts);
void facts_choose(struct facts *facts, const char *device);
int findings_judge(const struct facts *facts, struct finding *list, int max);
int dangers_judge(const struct facts *facts, struct danger *list);
enum overall overall_of(const struct danger *list, int n);
int check_run(const struct check_options *opts, struct emitter *em);
int check_report(const struct facts *facts, struct emitter *em);

const struct dog_kind *kind_find(const char *driver, const char *product);
bool product_is_qemu(const char *product);
int64_t clock_lost_ms(const struct facts *facts);
int64_t dog_timeout(const struct facts *facts);
int64_t dog_max_timeout(const struct facts *facts);
bool dog_refuses(const struct facts *facts, int64_t seconds);
int64_t patroni_timeout(const struct patroni *patroni, bool *known);
bool patroni_expected(const struct facts *facts);
bool patroni_arms_later(const struct facts *facts);

#endif /* PUG_CHECK_H */
