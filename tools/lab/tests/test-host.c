// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "host.h"

static bool virtualizes(const char *cpuinfo)
{
	FILE *in = fmemopen((void *)cpuinfo, strlen(cpuinfo), "r");
	bool yes;

	assert_non_null(in);
	yes = host_virtualizes(in);
	fclose(in);
	return yes;
}

static void needs_hardware(void **state)
{
	(void)state;
	assert_true(virtualizes("processor\t: 0\nflags\t\t: fpu vmx sse2\n"));
	assert_true(virtualizes("processor\t: 0\nflags\t\t: fpu sse2 svm\n"));
	/* An EPYC behind PVM, as /proc/cpuinfo had it */
	assert_false(virtualizes("model name\t: AMD EPYC\nflags\t\t: fpu de tsc hypervisor\n"));
	assert_false(virtualizes("model name\t: svm vmx\nflags\t\t: fpu svmx vmx2 svm_lock\n"));
	assert_false(virtualizes("vmx flags\t: vnmi\nbugs\t: svm\n"));
	assert_false(virtualizes("nothing\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(needs_hardware),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
