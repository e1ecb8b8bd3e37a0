// SPDX-License-Identifier: GPL-2.0
/*
 * What `pug-node check' reads of others: the first byte chooses the parser, the
 * rest is the file. Whatever it holds, the results are terminated texts and
 * numbers in their ranges.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check-access.h"
#include "check-klog.h"
#include "check-modules.h"
#include "check-observe.h"
#include "check-patroni.h"
#include "check-procs.h"
#include "check-systemd.h"

/* What libFuzzer calls has a name that is not ours to choose. */
int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

static void must_end(const char *text, size_t size)
{
	if (!memchr(text, '\0', size))
		abort();
}

static void fuzz_modules(const char *text, size_t size)
{
	struct modconf conf = { 0 };
	int i;

	modconf_parse_modprobe("file", text, size, &conf);
	modconf_parse_load("file", text, size, &conf);
	modconf_parse_cmdline(text, size, &conf);
	for (i = 0; i < N_MODULES; i++)
		must_end(conf.module[i].options, sizeof(conf.module[i].options));
}

static void fuzz_systemd(const char *text, size_t size)
{
	struct sdconf conf;

	sdconf_init(&conf);
	sdconf_parse("file", text, size, &conf);
	must_end(conf.device, sizeof(conf.device));
	if (conf.runtime_s < SPAN_INFINITY || sdconf_span(text, size) < SPAN_INFINITY)
		abort();
}

static void fuzz_klog(const char *text, size_t size)
{
	struct klog klog;

	klog_init(&klog);
	klog_parse(&klog, text, size);
	if (klog.hpet_khz < KLOG_UNKNOWN || klog.softdog_noboot < KLOG_UNKNOWN)
		abort();
}

static void fuzz_rules(const char *text, size_t size)
{
	struct keeper keeper = { 0 };
	char unit[32];

	access_parse_rules("file", text, size, &keeper);
	access_parse_unit("file", text, size, &keeper);
	must_end(keeper.line, sizeof(keeper.line));
	proc_unit_of(text, size, unit, sizeof(unit));
	must_end(unit, sizeof(unit));
}

static void fuzz_patroni(const char *text, size_t size)
{
	struct patroni patroni = { 0 };

	patroni_parse(&patroni, text, size, FROM_FILE);
	patroni_parse(&patroni, text, size, FROM_DYNAMIC);
	must_end(patroni.device, sizeof(patroni.device));
	must_end(patroni.error, sizeof(patroni.error));
}

static void fuzz_trace(const char *text, size_t size)
{
	struct observed observed;
	int i;

	observed_init(&observed);
	observe_parse(text, size, &observed);
	for (i = 0; i < OBSERVED_MAX; i++) {
		must_end(observed.dog[i].by, sizeof(observed.dog[i].by));
		if (observed.dog[i].failed > observed.dog[i].keepalives)
			abort();
	}
}

/* A command line, as /proc has it: words with their zeros, and one behind. */
static void fuzz_cmdline(const char *text, size_t size)
{
	char *copy = malloc(size + 1);
	char config[16];

	if (!copy)
		return;
	memcpy(copy, text, size);
	copy[size] = '\0';
	proc_role_of("python3", copy, size, config, sizeof(config));
	must_end(config, sizeof(config));
	free(copy);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static void (*const parsers[])(const char *text, size_t size) = {
		fuzz_modules, fuzz_systemd, fuzz_klog, fuzz_rules,
		fuzz_patroni, fuzz_trace, fuzz_cmdline,
	};

	if (size)
		parsers[data[0] % 7]((const char *)data + 1, size - 1);
	return 0;
}
