/* SPDX-License-Identifier: GPL-2.0 */
/* One question to the server, through its own socket. PostgreSQL's headers come first. */
#ifndef PUG_PROBE_H
#define PUG_PROBE_H

#include "wire.h"

enum probe_end {
	PROBE_WAITS,		/* for an answer */
	PROBE_PROVED,		/* all that was asked */
	PROBE_ANSWERED,		/* not what was asked, but somebody is there */
	PROBE_BROKEN,		/* nobody, or nobody who could help */
};

/**
 * struct probe - a connection and how far it has come
 * @fd: -1: none
 * @level: that is asked for
 * @proved: so far
 * @began_us: when the level after @proved was asked
 * @took_us: what each proved level took
 * @wire: parser of the answers
 * @why: of PROBE_ANSWERED and PROBE_BROKEN, for people
 */
struct probe {
	int fd;
	int level;
	int proved;
	int64 began_us;
	int64 took_us[LEVELS];
	struct wire wire;
	char why[REASON_MAX];
};

enum probe_end probe_begin(struct probe *probe, int level);
enum probe_end probe_read(struct probe *probe);
void probe_close(struct probe *probe);

#endif /* PUG_PROBE_H */
