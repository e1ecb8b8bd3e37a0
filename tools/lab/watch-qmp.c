// SPDX-License-Identifier: GPL-2.0
/*
 * What pug watch asks of QEMU. It may hang, answer half, end, and come back: each
 * wait has an end, and what is not heard of it decides nothing but that.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util.h"
#include "watch-run.h"

/* QEMU answers in milliseconds; a main loop that is busy with a disk takes longer */
#define ANSWER_MS 3000
/* What has said half a line for so long will not say the rest */
#define HALF_MS 30000
#define DIAL_MS 1000
#define POLL_MS 1000

static void away(struct watcher *r)
{
	qmp_close(&r->qmp);
	r->stage = WATCH_AWAY;
	r->asked_ms = WATCH_UNKNOWN;
	r->resetting = false;
	r->dialed_ms = watch_now_ms();
	watch_lost(&r->w, r->dialed_ms);
}

static bool ask(struct watcher *r, const char *id, const char *command)
{
	int ret = qmp_send(&r->qmp, id, command, NULL);

	if (ret) {
		watch_lost(&r->w, watch_now_ms());
		return false;
	}
	if (r->asked_ms == WATCH_UNKNOWN)
		r->asked_ms = watch_now_ms();
	return true;
}

static void on_status(struct watcher *r, json_t *result)
{
	const char *status = json_string_value(json_object_get(result, "status"));

	if (status)
		watch_status(&r->w, status, watch_now_ms());
}

/* Which of its disks, and whether it is full: said once, when it is seen */
static void on_block(struct watcher *r, json_t *result)
{
	json_t *disk;
	size_t i;

	json_array_foreach(result, i, disk) {
		const char *state = json_string_value(json_object_get(disk, "io-status"));
		const char *name = json_string_value(json_object_get(disk, "device"));

		if (!name || !*name)
			name = json_string_value(json_object_get(disk, "qdev"));
		if (state && strcmp(state, "ok"))
			watch_tell(r, "disk", "its disk %s: %s", name ? name : "without a name",
				   strcmp(state, "nospace") ? "an error" :
				   "no space left (ENOSPC)");
	}
}

static void on_answer(struct watcher *r, json_t *msg)
{
	const char *id = json_string_value(json_object_get(msg, "id"));
	const char *error = json_string_value(json_object_get(json_object_get(msg, "error"),
							      "desc"));
	json_t *result = json_object_get(msg, "return");

	r->asked_ms = WATCH_UNKNOWN;
	watch_answers(&r->w);
	if (!id)
		return;
	if (error)
		watch_tell(r, "refused", "QEMU refuses %s: %s", id, error);
	if (!strcmp(id, "qmp_capabilities") && result)
		r->stage = WATCH_READY;
	else if (!strcmp(id, "query-status"))
		on_status(r, result);
	else if (!strcmp(id, "query-block"))
		on_block(r, result);
	if (error && !strcmp(id, "system_reset"))
		r->resetting = false;
}

/*
 * A machine that stood when it was reset goes on standing. It is let go only when
 * QEMU says that the reset is done: "cont" right behind "system_reset" may be carried
 * out before it, and what runs then is the machine that was to be gone.
 */
static void on_reset(struct watcher *r)
{
	watch_was_reset(&r->w, watch_now_ms());
	watch_tell(r, "was-reset", "the machine was reset");
	if (!r->resetting)
		return;
	r->resetting = false;
	if (*r->w.status && strcmp(r->w.status, "running"))
		ask(r, "cont", "cont");
}

static void on_event(struct watcher *r, const char *event, json_t *data)
{
	static const char * const changes[] = {
		"STOP", "RESUME", "SHUTDOWN", "GUEST_PANICKED", "SUSPEND", "WAKEUP", "WATCHDOG",
	};
	const char *reason = json_string_value(json_object_get(data, "reason"));

	watch_answers(&r->w);
	if (!strcmp(event, "RESET"))
		on_reset(r);
	if (!strcmp(event, "SHUTDOWN")) {
		r->resetting = false;
		watch_tell(r, "shutdown", "QEMU says SHUTDOWN, reason %s", reason ? reason : "?");
	}
	if (!strcmp(event, "BLOCK_IO_ERROR") && r->told != WATCH_IO_ERROR)
		ask(r, "query-block", "query-block");
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		if (!strcmp(changes[i], event))
			ask(r, "query-status", "query-status");
}

static void on_message(struct qmp *qmp, json_t *msg, void *data)
{
	const char *event = json_string_value(json_object_get(msg, "event"));
	struct watcher *r = data;

	(void)qmp;
	if (r->stage == WATCH_GREETING && json_object_get(msg, "QMP"))
		ask(r, "qmp_capabilities", "qmp_capabilities");
	else if (event)
		on_event(r, event, json_object_get(msg, "data"));
	else
		on_answer(r, msg);
}

static void on_close(struct qmp *qmp, const char *why, void *data)
{
	struct watcher *r = data;

	(void)qmp;
	watch_tell(r, "closed", "%s", why);
	away(r);
}

static void missing(struct watcher *r, int error)
{
	if (!r->w.gone)
		watch_tell(r, "gone", "no QEMU at %s: %s", r->o.qmp, strerror(error));
	watch_gone(&r->w);
}

static void dial(struct watcher *r, int64_t now_ms)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	r->dialed_ms = now_ms;
	if (fd < 0)
		return;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", r->o.qmp);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		/* All else is no proof that it has ended; EAGAIN: others wait there already */
		if (errno == ECONNREFUSED || errno == ENOENT)
			missing(r, errno);
		else
			watch_lost(&r->w, now_ms);
		close(fd);
		return;
	}
	r->qmp.on_message = on_message;
	r->qmp.on_close = on_close;
	r->qmp.data = r;
	r->stage = WATCH_GREETING;
	r->asked_ms = now_ms;
	if (qmp_open(&r->qmp, r->loop, fd, NULL) < 0)
		away(r);
}

/**
 * watch_qmp_tick() - see to the connection
 * @r: with a QMP socket
 * @now_ms: now
 */
void watch_qmp_tick(struct watcher *r, int64_t now_ms)
{
	int64_t waited = r->asked_ms == WATCH_UNKNOWN ? 0 : now_ms - r->asked_ms;

	if (r->stage == WATCH_AWAY) {
		if (now_ms - r->dialed_ms >= DIAL_MS)
			dial(r, now_ms);
		return;
	}
	if (waited > ANSWER_MS)
		watch_lost(&r->w, r->asked_ms);
	if (waited > HALF_MS) {
		watch_tell(r, "closed", "QEMU has not answered for %d s: asked anew",
			   HALF_MS / 1000);
		away(r);
		return;
	}
	if (r->stage != WATCH_READY || waited || now_ms - r->polled_ms < POLL_MS)
		return;
	r->polled_ms = now_ms;
	ask(r, "query-status", "query-status");
}

/**
 * watch_qmp_act() - do what is to be done
 * @r: its action is not WATCH_TELL
 *
 * A QEMU that does not answer gets the command too: it will find it first when it
 * goes on.
 *
 * Return: whether QEMU was told.
 */
bool watch_qmp_act(struct watcher *r)
{
	bool reset = r->o.action == WATCH_RESET;
	const char *command = reset ? "system_reset" : "quit";

	if (r->stage != WATCH_READY || !ask(r, command, command)) {
		watch_tell(r, "failed", "QEMU can't be told to %s", watch_action_name(r->o.action));
		return false;
	}
	r->resetting = reset;
	return true;
}

/**
 * watch_qmp_close() - speak no more
 * @r: with or without a connection
 */
void watch_qmp_close(struct watcher *r)
{
	qmp_close(&r->qmp);
}
