// SPDX-License-Identifier: GPL-2.0
/*
 * The questions, all on one connection: SSLRequest (level 1), login and SELECT 1
 * (level 2), a WAL flush (level 3). Nothing here waits.
 *
 * connect() proves nothing: a stopped postmaster has a listening socket too.
 * What answers is a child that it forked, or, where it cannot fork, itself.
 */
#include "postgres.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "libpq/pqcomm.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "postmaster/postmaster.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "pug_watchdog.h"
#include "probe.h"

/*
 * A transaction with a record of its own and so a commit to be flushed: through
 * the locks, the buffers and the fsync that everybody's commit goes through.
 */
#define FLUSH_SQL	"SELECT pg_catalog.pg_logical_emit_message(true, '" PUG_NAME "', '')"

static int connect_to(const char *directory)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(addr);
	int fd, saved;

	UNIXSOCK_PATH(addr.sun_path, PostPortNumber, directory);
	if (addr.sun_path[0] == '@') {
		len = offsetof(struct sockaddr_un, sun_path) + strlen(addr.sun_path);
		addr.sun_path[0] = '\0';
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* A unix socket connects at once, or says EAGAIN: its queue is full */
	if (!connect(fd, (const struct sockaddr *)&addr, len))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* The first of unix_socket_directories that takes us */
static int connect_any(void)
{
	char *directories = pstrdup(Unix_socket_directories);
	List *list = NIL;
	ListCell *cell;
	int fd = -1;

	errno = ENOENT;
	if (SplitDirectoriesString(directories, ',', &list))
		foreach(cell, list) {
			fd = connect_to(lfirst(cell));
			if (fd >= 0)
				break;
		}
	list_free_deep(list);
	pfree(directories);
	return fd;
}

static enum probe_end broken(struct probe *probe, const char *what)
{
	snprintf(probe->why, sizeof(probe->why), "%s", what);
	probe_close(probe);
	return PROBE_BROKEN;
}

static enum probe_end broken_errno(struct probe *probe, const char *what)
{
	snprintf(probe->why, sizeof(probe->why), "%s: %s", what, strerror(errno));
	probe_close(probe);
	return PROBE_BROKEN;
}

/* Requests are short and a fresh socket's buffer is not: all or nothing */
static enum probe_end ask(struct probe *probe, enum wire_stage stage)
{
	unsigned char request[WIRE_REQUEST_MAX];
	size_t len;

	switch (stage) {
	case WIRE_HELLO:
		len = wire_hello(request);
		break;
	case WIRE_LOGIN:
		len = wire_login(request, pug_role, pug_database);
		break;
	case WIRE_SELECT:
		len = wire_query(request, "SELECT 1");
		break;
	default:
		len = wire_query(request, FLUSH_SQL);
		break;
	}
	if (!len)
		return broken(probe, PUG_NAME ".role or " PUG_NAME ".database is too long");
	if (send(probe->fd, request, len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len)
		return broken_errno(probe, "could not send a request");
	wire_expect(&probe->wire, stage);
	/* Login and SELECT 1 are one level and share its limit */
	if (stage != WIRE_SELECT)
		probe->began_us = pug_now_us();
	return PROBE_WAITS;
}

static void prove(struct probe *probe)
{
	int64 took = pug_now_us() - probe->began_us;

	probe->took_us[probe->proved] = took > 0 ? took : 1;
	probe->proved++;
}

static enum probe_end next_question(struct probe *probe)
{
	static const enum wire_stage next[] = {
		[WIRE_HELLO] = WIRE_LOGIN,
		[WIRE_LOGIN] = WIRE_SELECT,
		[WIRE_SELECT] = WIRE_COMMAND,
		[WIRE_COMMAND] = WIRE_COMMAND,
	};

	if (probe->wire.stage != WIRE_LOGIN)
		prove(probe);
	if (probe->proved >= probe->level) {
		probe_close(probe);
		return PROBE_PROVED;
	}
	return ask(probe, next[probe->wire.stage]);
}

static enum probe_end answered(struct probe *probe)
{
	snprintf(probe->why, sizeof(probe->why), "level %d: %s%s%s", probe->proved + 1,
		 probe->wire.sqlstate, probe->wire.sqlstate[0] ? " " : "", probe->wire.text);
	probe_close(probe);
	return PROBE_ANSWERED;
}

static enum probe_end on_event(struct probe *probe, enum wire_event event)
{
	switch (event) {
	case WIRE_MORE:
		return PROBE_WAITS;
	case WIRE_PROVED:
		return next_question(probe);
	case WIRE_REFUSED:
		return answered(probe);
	case WIRE_NO_FORK:
		/* The postmaster's own word, so level 1 and no more */
		if (!probe->proved)
			prove(probe);
		if (probe->level == 1)
			return answered(probe);
		return broken(probe, "the postmaster cannot fork");
	default:
		return broken(probe, "what answers on the socket is not PostgreSQL");
	}
}

/**
 * probe_begin - connect and ask the first question
 * @probe: set up; its fd is open if it returns PROBE_WAITS, and closed otherwise
 * @level: how far to go
 *
 * Return: PROBE_WAITS or PROBE_BROKEN.
 */
enum probe_end probe_begin(struct probe *probe, int level)
{
	memset(probe, 0, sizeof(*probe));
	probe->level = level;
	probe->began_us = pug_now_us();
	probe->fd = connect_any();
	if (probe->fd < 0)
		return broken_errno(probe, errno == EAGAIN ?
				    "the postmaster's queue of connections is full" :
				    "could not connect to the server's socket");
	return ask(probe, WIRE_HELLO);
}

/**
 * probe_read - take what has arrived
 * @probe: one that waits
 *
 * Return: how it stands; unless it waits, its fd is closed.
 */
enum probe_end probe_read(struct probe *probe)
{
	unsigned char bytes[1024];
	enum probe_end end = PROBE_WAITS;
	enum wire_event event;
	ssize_t len;

	len = recv(probe->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return PROBE_WAITS;
	if (len < 0)
		return broken_errno(probe, "the connection broke");
	if (!len)
		return broken(probe, "the connection was closed without an answer");
	for (ssize_t at = 0; at < len && end == PROBE_WAITS;) {
		at += wire_feed(&probe->wire, bytes + at, len - at, &event);
		end = on_event(probe, event);
	}
	return end;
}

/**
 * probe_close - give a probe up
 * @probe: may be closed already
 *
 * A backend that waits for us sees the end of its connection as that of any
 * client. No Terminate message: what it could change is a line in the log.
 */
void probe_close(struct probe *probe)
{
	if (probe->fd >= 0)
		close(probe->fd);
	probe->fd = -1;
}
