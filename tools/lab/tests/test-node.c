// SPDX-License-Identifier: GPL-2.0
/* What a node is told: a fork may be told another key than the node that was saved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cluster.h"

#define KEY \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEmS0Vf7o6cB5vXwqk3Yq0mZ9Yk1n4m3Jt2hWc8uT1aP pug"

static void test_plan_of_one_length(void **state)
{
	struct cluster *c = calloc(1, sizeof(*c));
	struct drill drill;
	char *closed, *open;

	(void)state;
	assert_non_null(c);
	drill_default(&drill);
	c->drill = &drill;
	for (int i = 0; i < NODES; i++) {
		node_init(&c->nodes[i], c, i);
		c->ssh_key = NULL;
		closed = node_full_plan(&c->nodes[i]);
		c->ssh_key = KEY;
		open = node_full_plan(&c->nodes[i]);
		assert_int_equal(strlen(closed), strlen(open));
		assert_non_null(strstr(closed, "\nssh_key=''  "));
		assert_non_null(strstr(open, "\nssh_key='" KEY "'  "));
		free(closed);
		free(open);
	}
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_plan_of_one_length) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
