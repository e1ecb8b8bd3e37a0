// SPDX-License-Identifier: GPL-2.0
/*
 * A QEMU by its QMP socket: for the lab, and for QEMU without a manager.
 */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "backend.h"
#include "clock.h"
#include "http.h"

#define LINE_MAX_QMP	65536

/*
 * The QEMU that we have spoken to last. @pidfd holds on to its process, whatever
 * becomes of the number; -1: none was seen.
 */
static struct {
	int pidfd;
	char path[256];
	char uuid[64], name[128];
} last = { .pidfd = -1 };

struct channel {
	int fd;
	uint64_t until_ms;
	char buf[LINE_MAX_QMP];
	size_t len;
};

static int dial(const char *path, uint64_t until_ms)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval limit;
	uint64_t now = now_ms();
	uint64_t left = until_ms > now ? until_ms - now : 1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	limit.tv_sec = left / 1000;
	limit.tv_usec = left % 1000 * 1000;
	/* Also bounds connect(), which waits where somebody else is served */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* The next line that QEMU sends. NULL at the end, or too late */
static json_t *next_message(struct channel *channel, bool *closed)
{
	for (;;) {
		char *end = memchr(channel->buf, '\n', channel->len);
		struct pollfd ready = { .fd = channel->fd, .events = POLLIN };
		struct trouble why = { "" };
		uint64_t now = now_ms();
		ssize_t n;

		if (end) {
			size_t used = end - channel->buf + 1;
			json_t *message = answer_parse(channel->buf, used, &why);

			memmove(channel->buf, end + 1, channel->len - used);
			channel->len -= used;
			return message;
		}
		if (now >= channel->until_ms || channel->len == sizeof(channel->buf))
			return NULL;
		if (poll(&ready, 1, channel->until_ms - now) <= 0)
			continue;
		n = read(channel->fd, channel->buf + channel->len,
			 sizeof(channel->buf) - channel->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			*closed = true;
			return NULL;
		}
		channel->len += n;
	}
}

/* The answer to a command; events on the way are passed over */
static json_t *ask(struct channel *channel, const char *command, bool *closed)
{
	char text[128];
	int len = snprintf(text, sizeof(text), "{\"execute\":\"%s\"}\n", command);

	if (send(channel->fd, text, len, MSG_NOSIGNAL) != len)
		return NULL;
	for (;;) {
		json_t *message = next_message(channel, closed), *value;

		if (!message)
			return NULL;
		value = json_incref(json_object_get(message, "return"));
		if (value || json_object_get(message, "error")) {
			json_decref(message);
			return value;
		}
		json_decref(message);
	}
}

static int begin(struct channel *channel, const char *path, uint64_t until_ms)
{
	bool closed = false;
	json_t *greeting, *ready;
	int rc = -EPROTO;

	channel->len = 0;
	channel->until_ms = until_ms;
	channel->fd = dial(path, until_ms);
	if (channel->fd < 0)
		return channel->fd;
	greeting = next_message(channel, &closed);
	ready = json_object_get(greeting, "QMP") ? ask(channel, "qmp_capabilities", &closed) : NULL;
	if (ready)
		rc = 0;
	else if (!greeting && !closed)
		rc = -ETIMEDOUT;
	json_decref(greeting);
	json_decref(ready);
	if (rc)
		close(channel->fd);
	return rc;
}

/* Return: true if there was an answer, whether it has @key or not */
static bool take(char *to, size_t size, json_t *from, const char *key)
{
	snprintf(to, size, "%s", answer_text(from, key));
	json_decref(from);
	return from;
}

/* The process at the other end, -1 if it is in a PID namespace that is not ours */
static int peer_pidfd(int fd)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) || peer.pid <= 0)
		return -1;
	return syscall(SYS_pidfd_open, peer.pid, 0);
}

static bool has_ended(int pidfd)
{
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };

	return pidfd >= 0 && poll(&ended, 1, 0) == 1;
}

/*
 * That nobody listens at a path proves little: a VM may have been started with
 * another one, and a file can be removed. So off is what was seen: the process
 * that we have spoken to within this decision, and have compared, has ended, and
 * nobody has taken its place. refused_is_off takes a socket that is left behind for
 * a QEMU that was killed; the path is then the identity.
 */
static void judge_gone(struct fence *fence, int error, struct vm_view *view)
{
	bool refused = error == -ECONNREFUSED;

	if ((refused || error == -ENOENT) && !strcmp(last.path, fence->vm) &&
	    has_ended(last.pidfd)) {
		snprintf(view->uuid, sizeof(view->uuid), "%s", last.uuid);
		snprintf(view->name, sizeof(view->name), "%s", last.name);
		view_set(view, VM_OFF, "off: its QEMU has ended");
	} else if (refused && fence->hyper->refused_is_off) {
		snprintf(view->uuid, sizeof(view->uuid), "%s", fence->member->vm_uuid);
		snprintf(view->name, sizeof(view->name), "%s", fence->member->vm_name);
		view_set(view, VM_OFF, "off: its QEMU is gone, by refused_is_off");
	} else {
		view_set(view, VM_UNKNOWN, "%s: %s, which proves nothing", fence->vm,
			 strerror(-error));
	}
}

static uint64_t try_until(struct fence *fence)
{
	return min_u64(fence->until_ms, now_ms() + fence->config->try_ms);
}

static void read_vm(struct fence *fence, struct vm_view *view)
{
	static struct channel channel;
	int rc = begin(&channel, fence->vm, try_until(fence));
	bool closed = false, whole;
	char state[64];
	int pidfd;

	if (rc) {
		judge_gone(fence, rc, view);
		return;
	}
	/* Before it answers: what answers afterwards has that process id still */
	pidfd = peer_pidfd(channel.fd);
	whole = take(state, sizeof(state), ask(&channel, "query-status", &closed), "status") &&
		take(view->uuid, sizeof(view->uuid), ask(&channel, "query-uuid", &closed),
		     "UUID") &&
		take(view->name, sizeof(view->name), ask(&channel, "query-name", &closed), "name");
	close(channel.fd);
	for (char *p = view->uuid; *p; p++)
		*p = tolower((unsigned char)*p);
	if (!whole || !*state) {
		if (pidfd >= 0)
			close(pidfd);
		view_set(view, VM_UNKNOWN, "%s: QEMU does not answer", fence->vm);
		return;
	}
	if (last.pidfd >= 0)
		close(last.pidfd);
	last.pidfd = pidfd;
	snprintf(last.path, sizeof(last.path), "%s", fence->vm);
	snprintf(last.uuid, sizeof(last.uuid), "%s", view->uuid);
	snprintf(last.name, sizeof(last.name), "%s", view->name);
	if (!strcmp(state, "running"))
		view_set(view, VM_RUNNING, "running");
	else
		view_set(view, VM_NOT_OFF, "%s", state);
}

static int stop_vm(struct fence *fence, struct trouble *why)
{
	static struct channel channel;
	int rc = begin(&channel, fence->vm, try_until(fence));
	bool closed = false;

	if (rc == -ECONNREFUSED || rc == -ENOENT)
		return 0;
	if (rc)
		return trouble_set(why, "%s: %s", fence->vm, strerror(-rc));
	json_decref(ask(&channel, "quit", &closed));
	while (!closed && now_ms() < channel.until_ms)
		json_decref(next_message(&channel, &closed));
	close(channel.fd);
	return closed ? 0 : trouble_set(why, "%s: QEMU was told to quit and has not", fence->vm);
}

static int start_vm(struct fence *fence, struct trouble *why)
{
	(void)fence;
	return trouble_set(why, "a QEMU that is gone cannot be started over QMP");
}

const struct backend backend_qmp = {
	.name = "qmp",
	.tells = TELLS_UUID | TELLS_NAME,
	.vm_is = "'vm' must be the path of a QMP socket",
	.check_vm = vm_is_path,
	.read = read_vm,
	.stop = stop_vm,
	.start = start_vm,
};
