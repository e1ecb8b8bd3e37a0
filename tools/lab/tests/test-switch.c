// SPDX-License-Identifier: GPL-2.0
/* The switch learns, floods, keeps what fits and drops what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compiler.h"
#include "switch.h"

#define PORTS 3

struct fixture {
	struct lan_switch sw;
	sd_event *loop;
	int peers[PORTS];
};

static int set_up(void **state)
{
	static struct fixture f;

	assert_return_code(sd_event_new(&f.loop), 0);
	switch_init(&f.sw, f.loop);
	for (int i = 0; i < PORTS; i++)
		assert_int_equal(switch_add(&f.sw, &f.peers[i]), i);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	switch_free(&f->sw);
	for (int i = 0; i < PORTS; i++)
		if (f->peers[i] >= 0)
			close(f->peers[i]);
	sd_event_unref(f->loop);
	return 0;
}

static void turn(struct fixture *f)
{
	while (sd_event_run(f->loop, 0) > 0)
		;
}

/* A frame from station @from to @to (0: everybody), with a mark in its payload */
static void put(struct fixture *f, int port, uint8_t to, uint8_t from, uint8_t mark)
{
	uint8_t frame[64] = { 2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8, 0, mark };

	if (!to)
		memset(frame, 0xff, 6);
	assert_int_equal(send(f->peers[port], frame, sizeof(frame), 0), sizeof(frame));
	turn(f);
}

/* The mark of the next frame at a port, -1 for none */
static int got(struct fixture *f, int port)
{
	uint8_t frame[128];
	ssize_t len = recv(f->peers[port], frame, sizeof(frame), MSG_DONTWAIT);

	return len < 15 ? -1 : frame[14];
}

static void test_floods_then_learns(void **state)
{
	struct fixture *f = *state;

	put(f, 0, 2, 1, 10);		/* nobody knows 2 yet */
	assert_int_equal(got(f, 0), -1);
	assert_int_equal(got(f, 1), 10);
	assert_int_equal(got(f, 2), 10);
	put(f, 1, 1, 2, 11);		/* 1 was seen at port 0 */
	assert_int_equal(got(f, 0), 11);
	assert_int_equal(got(f, 2), -1);
	put(f, 0, 2, 1, 12);
	assert_int_equal(got(f, 1), 12);
	assert_int_equal(got(f, 2), -1);
}

static void test_broadcast(void **state)
{
	struct fixture *f = *state;

	put(f, 2, 0, 3, 20);
	assert_int_equal(got(f, 0), 20);
	assert_int_equal(got(f, 1), 20);
	assert_int_equal(got(f, 2), -1);
}

static void test_station_moves(void **state)
{
	struct fixture *f = *state;

	put(f, 0, 0, 1, 1);
	put(f, 1, 0, 1, 2);
	for (int i = 0; i < PORTS; i++)
		while (got(f, i) >= 0)
			;
	put(f, 2, 1, 3, 3);
	assert_int_equal(got(f, 0), -1);
	assert_int_equal(got(f, 1), 3);
}

static void test_runts_and_giants(void **state)
{
	static uint8_t giant[SWITCH_FRAME_MAX + 1];
	struct fixture *f = *state;

	assert_int_equal(send(f->peers[0], "short", 5, 0), 5);
	assert_int_equal(send(f->peers[0], giant, sizeof(giant), 0), sizeof(giant));
	turn(f);
	assert_int_equal(got(f, 1), -1);
	assert_int_equal(f->sw.ports[0].frames, 2);
}

/* A frozen guest's QEMU takes nothing: the others must not notice */
static void test_deaf_port(void **state)
{
	struct fixture *f = *state;
	int n = 0;

	for (int i = 0; i < 4 * SWITCH_QUEUE; i++) {
		put(f, 0, 0, 1, 7);
		assert_int_equal(got(f, 1), 7);
	}
	assert_int_equal(f->sw.ports[2].queued, SWITCH_QUEUE);
	assert_true(f->sw.ports[2].dropped > 0);
	/* It hears again: what was kept comes, in order, and nothing twice */
	for (;;) {
		if (got(f, 2) >= 0)
			n++;
		else if (!f->sw.ports[2].queued)
			break;
		turn(f);
	}
	assert_int_equal(n + f->sw.ports[2].dropped, 4 * SWITCH_QUEUE);
}

static void test_gone_port(void **state)
{
	struct fixture *f = *state;

	close(f->peers[2]);
	f->peers[2] = -1;
	turn(f);
	put(f, 0, 0, 1, 9);
	assert_int_equal(got(f, 1), 9);
	assert_int_equal(f->sw.ports[2].queued, 0);
}

static void test_many_stations(void **state)
{
	struct fixture *f = *state;

	for (int i = 1; i <= 200; i++)
		put(f, 0, 0, (uint8_t)i, 1);
	assert_int_equal(f->sw.n_stations, SWITCH_STATIONS);
	while (got(f, 1) >= 0 || f->sw.ports[1].queued)
		turn(f);
	put(f, 1, 200, 250, 5);
	while (got(f, 0) != 5)
		turn(f);
}

/* Both ways, whoever sends; what the switch had learned stays */
static void test_cut(void **state)
{
	struct fixture *f = *state;

	put(f, 0, 0, 1, 1);
	put(f, 1, 1, 2, 2);
	assert_int_equal(got(f, 0), 2);
	assert_int_equal(got(f, 1), 1);
	assert_int_equal(got(f, 2), 1);
	switch_cut(&f->sw, 0, true);
	put(f, 0, 2, 1, 3);
	put(f, 0, 0, 1, 4);
	put(f, 1, 1, 2, 5);
	put(f, 2, 0, 3, 6);
	assert_int_equal(got(f, 0), -1);
	assert_int_equal(got(f, 1), 6);
	assert_int_equal(got(f, 2), -1);
	assert_int_equal(f->sw.ports[0].lost, 4);
	switch_cut(&f->sw, 0, false);
	put(f, 0, 2, 1, 7);
	put(f, 1, 1, 2, 8);
	assert_int_equal(got(f, 1), 7);
	assert_int_equal(got(f, 0), 8);
}

static void test_ports_run_out(void **state)
{
	struct fixture *f = *state;
	int peer;

	for (int i = PORTS; i < SWITCH_PORTS; i++) {
		assert_int_equal(switch_add(&f->sw, &peer), i);
		close(peer);
	}
	assert_true(switch_add(&f->sw, &peer) < 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_floods_then_learns), TEST(test_broadcast), TEST(test_station_moves),
		TEST(test_runts_and_giants), TEST(test_deaf_port), TEST(test_gone_port),
		TEST(test_many_stations), TEST(test_cut), TEST(test_ports_run_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
