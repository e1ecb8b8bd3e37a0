// SPDX-License-Identifier: GPL-2.0
/*
 * The network of a cluster in VMs: a learning Ethernet switch in user space. Each
 * QEMU has a datagram socket (-netdev dgram) on which one datagram is one frame,
 * so nothing has to be parsed but two addresses, and no network of the host's
 * is touched.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "switch.h"
#include "util.h"

#define MAC_LEN 6
#define HEADER_LEN 14
/* So many frames are taken from one port before the others have their turn */
#define BURST 64

struct frame {
	struct frame *next;
	size_t len;
	uint8_t bytes[];
};

static void wait_for(struct switch_port *port, uint32_t events)
{
	sd_event_source_set_io_events(port->source, events);
}

static void enqueue(struct switch_port *port, const uint8_t *bytes, size_t len)
{
	struct frame *frame;

	if (port->queued >= SWITCH_QUEUE) {
		port->dropped++;
		return;
	}
	frame = xcalloc(1, sizeof(*frame) + len);
	frame->len = len;
	memcpy(frame->bytes, bytes, len);
	*port->last = frame;
	port->last = &frame->next;
	port->queued++;
	wait_for(port, EPOLLIN | EPOLLOUT);
}

/* Full for now? Anything else is a QEMU that has gone: its frames with it */
static bool is_full(void)
{
	return errno == EAGAIN || errno == ENOBUFS;
}

static void deliver(struct switch_port *port, const uint8_t *bytes, size_t len)
{
	if (port->fd < 0)
		return;
	if (port->cut) {
		port->lost++;
		return;
	}
	if (port->queued) {
		enqueue(port, bytes, len);
		return;
	}
	if (send(port->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return;
	if (is_full())
		enqueue(port, bytes, len);
	else
		port->dropped++;
}

static void pop(struct switch_port *port)
{
	struct frame *frame = port->queue;

	port->queue = frame->next;
	if (!port->queue)
		port->last = &port->queue;
	port->queued--;
	free(frame);
}

static void flush(struct switch_port *port)
{
	while (port->queued) {
		struct frame *frame = port->queue;

		if (send(port->fd, frame->bytes, frame->len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
			if (is_full())
				return;
			port->dropped++;
		}
		pop(port);
	}
	wait_for(port, EPOLLIN);
}

static bool is_group(const uint8_t *mac)
{
	return mac[0] & 1;
}

static size_t find_station(const struct lan_switch *sw, const uint8_t *mac)
{
	size_t i = 0;

	while (i < sw->n_stations && memcmp(sw->stations[i].mac, mac, MAC_LEN))
		i++;
	return i;
}

static void learn(struct lan_switch *sw, const uint8_t *mac, size_t port)
{
	size_t i = find_station(sw, mac);

	if (is_group(mac))
		return;
	if (i == sw->n_stations) {
		if (sw->n_stations < SWITCH_STATIONS)
			sw->n_stations++;
		else
			i = sw->oldest++ % SWITCH_STATIONS;
		memcpy(sw->stations[i].mac, mac, MAC_LEN);
	}
	sw->stations[i].port = port;
}

static void forward(struct lan_switch *sw, size_t from, const uint8_t *frame, size_t len)
{
	size_t to;

	if (len < HEADER_LEN)
		return;
	learn(sw, frame + MAC_LEN, from);
	to = is_group(frame) ? sw->n_stations : find_station(sw, frame);
	if (to < sw->n_stations) {
		if (sw->stations[to].port != from)
			deliver(&sw->ports[sw->stations[to].port], frame, len);
		return;
	}
	for (size_t i = 0; i < sw->n; i++)
		if (i != from)
			deliver(&sw->ports[i], frame, len);
}

static void take_frames(struct switch_port *port)
{
	struct lan_switch *sw = port->owner;
	static uint8_t frame[SWITCH_FRAME_MAX];

	for (int i = 0; i < BURST; i++) {
		ssize_t len = recv(port->fd, frame, sizeof(frame), MSG_DONTWAIT | MSG_TRUNC);

		if (len < 0)
			return;
		port->frames++;
		port->lost += port->cut;
		if (!port->cut && (size_t)len <= sizeof(frame))
			forward(sw, port - sw->ports, frame, len);
	}
}

static int on_port(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct switch_port *port = data;

	(void)source;
	(void)fd;
	if (revents & EPOLLOUT)
		flush(port);
	if (revents & EPOLLIN)
		take_frames(port);
	if (revents & (EPOLLHUP | EPOLLERR) && !(revents & EPOLLIN))
		port->source = sd_event_source_disable_unref(port->source);
	return 0;
}

/**
 * switch_init() - a switch without ports
 * @sw: to be set up
 * @loop: serves it
 */
void switch_init(struct lan_switch *sw, sd_event *loop)
{
	memset(sw, 0, sizeof(*sw));
	sw->loop = loop;
}

/**
 * switch_add() - one more port
 * @sw: the switch
 * @peer: set to the socket that a QEMU is to have; to be closed by the caller
 *
 * Return: the port's number, or a negative errno.
 */
int switch_add(struct lan_switch *sw, int *peer)
{
	struct switch_port *port = &sw->ports[sw->n];
	int fds[2], ret;

	if (sw->n == SWITCH_PORTS)
		return -ENOSPC;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds))
		return -errno;
	port->owner = sw;
	port->fd = fds[0];
	port->queue = NULL;
	port->last = &port->queue;
	ret = sd_event_add_io(sw->loop, &port->source, port->fd, EPOLLIN, on_port, port);
	if (ret < 0) {
		close(fds[0]);
		close(fds[1]);
		return ret;
	}
	*peer = fds[1];
	return (int)sw->n++;
}

/**
 * switch_cut() - let nothing through a port, or everything again
 * @sw: the switch
 * @port: its number
 * @cut: which; the link stays up
 */
void switch_cut(struct lan_switch *sw, size_t port, bool cut)
{
	sw->ports[port].cut = cut;
}

/**
 * switch_free() - close all ports
 * @sw: the switch; it can be set up again
 */
void switch_free(struct lan_switch *sw)
{
	for (size_t i = 0; i < sw->n; i++) {
		struct switch_port *port = &sw->ports[i];

		port->source = sd_event_source_disable_unref(port->source);
		while (port->queued)
			pop(port);
		close(port->fd);
	}
	memset(sw, 0, sizeof(*sw));
}
