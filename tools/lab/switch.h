/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_SWITCH_H
#define PUG_SWITCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <systemd/sd-event.h>

#define SWITCH_PORTS 8
#define SWITCH_STATIONS 32
/* Ethernet with a VLAN tag, and room for a guest that was set to jumbo frames */
#define SWITCH_FRAME_MAX 9216
/* A node that does not read its frames (stopped, frozen) costs so many of them */
#define SWITCH_QUEUE 256

struct frame;

/**
 * struct switch_port - a socket on which each datagram is an Ethernet frame
 * @owner: the switch
 * @fd: our end, -1 where there is none
 * @source: on the event loop
 * @queue: frames that the other end has not taken yet, oldest first
 * @last: where the next one is put
 * @queued: how many
 * @frames: that came in
 * @dropped: frames for this port, for want of room
 * @cut: nothing gets through, either way
 * @lost: frames that met the cut
 */
struct switch_port {
	struct lan_switch *owner;
	int fd;
	sd_event_source *source;
	struct frame *queue;
	struct frame **last;
	size_t queued;
	uint64_t frames;
	uint64_t dropped;
	bool cut;
	uint64_t lost;
};

/**
 * struct lan_switch - a learning Ethernet switch
 * @loop: serves it
 * @ports: in the order in which they were added
 * @n: how many
 * @stations: who was seen where: address and port
 * @n_stations: how many are known
 * @oldest: the one that makes room for the next
 */
struct lan_switch {
	sd_event *loop;
	struct switch_port ports[SWITCH_PORTS];
	size_t n;
	struct {
		uint8_t mac[6];
		size_t port;
	} stations[SWITCH_STATIONS];
	size_t n_stations;
	size_t oldest;
};

void switch_init(struct lan_switch *sw, sd_event *loop);
int switch_add(struct lan_switch *sw, int *peer);
void switch_cut(struct lan_switch *sw, size_t port, bool cut);
void switch_free(struct lan_switch *sw);

#endif
