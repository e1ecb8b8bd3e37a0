// SPDX-License-Identifier: GPL-2.0
/*
 * Warm guests: booted once, saved, forked by every cell. The memory is a file
 * that stays where it is (migration with x-ignore-shared writes the devices
 * only); a fork maps it privately.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "compiler.h"
#include "evidence.h"
#include "hash.h"
#include "util.h"
#include "warm.h"
#include "warm-keep.h"

/* Raised when what a warm guest's folder holds changes its meaning */
#define WARM_FORMAT 1
/* A QEMU that has closed its QMP connection is given so long to end */
#define CLOSED_S 3

static void hash_file_identity(uint64_t *hash, const char *path)
{
	struct stat st;
	char text[128];

	if (stat(path, &st))
		memset(&st, 0, sizeof(st));
	snprintf(text, sizeof(text), "%lld %lld.%09ld", (long long)st.st_size,
		 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	*hash = hash_bytes(*hash, text, strlen(text));
}

static void make_key(struct warm *warm)
{
	struct vm_spec spec = {
		.cell = warm->sample, .host = warm->host, .guest = warm->guest,
		.dir = "", .start = VM_WARM, .ram = WARM_RAM,
	};
	char *identity = vm_identity(&spec);
	uint64_t hash = hash_bytes(HASH_START + WARM_FORMAT, identity, strlen(identity));

	hash = hash_bytes(hash, warm->host->qemu_version, strlen(warm->host->qemu_version));
	hash_file_identity(&hash, warm->host->qemu);
	hash_file_identity(&hash, warm->guest->vmlinuz);
	/* Small, and made anew with the same size when pug-node is: read it whole */
	hash_file(&hash, warm->guest->initramfs);
	snprintf(warm->key, sizeof(warm->key), "%016llx", (unsigned long long)hash);
	free(identity);
}

static int file_sum(const char *dir, const char *name, json_int_t *sum)
{
	char *path = path_join(dir, name);
	uint64_t hash = HASH_START;
	int ret = hash_file(&hash, path);

	free(path);
	*sum = (json_int_t)(hash >> 1);
	return ret;
}

static const char * const kept[] = { WARM_RAM, WARM_STATE, EVIDENCE_CONSOLE };

/* Damaged, cut short or foreign: better made anew than forked */
static bool is_whole(struct warm *warm)
{
	char *path = path_join(warm->dir, WARM_META);
	json_t *meta = json_load_file(path, 0, NULL);
	bool whole = json_is_object(meta);

	free(path);
	for (size_t i = 0; whole && i < ARRAY_SIZE(kept); i++) {
		json_int_t sum;

		whole = !file_sum(warm->dir, kept[i], &sum) &&
			json_is_integer(json_object_get(meta, kept[i])) &&
			json_integer_value(json_object_get(meta, kept[i])) == sum;
		if (!whole)
			snprintf(warm->why, sizeof(warm->why), "%s is damaged", kept[i]);
	}
	json_decref(meta);
	return whole;
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void let_go(struct warm *warm)
{
	shut(&warm->lock);
}

/* Nobody removes it while we hold it */
static bool take(struct warm *warm)
{
	warm->lock = warm_use(warm->dir);
	if (warm->lock >= 0 && is_whole(warm))
		return true;
	let_go(warm);
	return false;
}

/**
 * warm_find() - is there a warm guest for such cells?
 * @warm: filled in; WARM_READY where there is, else WARM_WANTED
 * @host: runs it
 * @guest: boots in it
 * @sample: one of the cells
 *
 * All files are summed up and compared with what was written down at saving:
 * 0.1 s for 256 MiB.
 *
 * Return: 0, or -1 after saying that the folder can't be made.
 */
int warm_find(struct warm *warm, const struct host *host, const struct guest *guest,
	      const struct cell *sample)
{
	memset(warm, 0, sizeof(*warm));
	warm->qmp.fd = -1;
	warm->host = host;
	warm->guest = guest;
	warm->sample = sample;
	make_key(warm);
	warm->dir = xasprintf("%s/" WARM_TOP "/%s", host->topdir, warm->key);
	warm->temp = xasprintf("%s/" WARM_TOP "/%s.%d", host->topdir, warm->key, (int)getpid());
	warm->lock = -1;
	warm->making = -1;
	warm->state = take(warm) ? WARM_READY : WARM_WANTED;
	return 0;
}

static int write_meta(struct warm *warm)
{
	char *path = path_join(warm->temp, WARM_META);
	json_t *meta = json_object();
	int ret = 0;

	for (size_t i = 0; !ret && i < ARRAY_SIZE(kept); i++) {
		json_int_t sum;

		ret = file_sum(warm->temp, kept[i], &sum);
		json_object_set_new(meta, kept[i], json_integer(sum));
	}
	if (!ret)
		ret = json_dump_file(meta, path, JSON_INDENT(2));
	json_decref(meta);
	free(path);
	return ret;
}

/* All but the memory, which is large: why a guest did not boot, its console says */
static void keep_evidence(const struct warm *warm)
{
	static const char * const names[] = {
		EVIDENCE_CMDLINE, EVIDENCE_QMP, EVIDENCE_CONSOLE, EVIDENCE_AGENT, EVIDENCE_STDERR,
	};
	char *dir = xasprintf("%s/warm.%s", warm->out, warm->key);
	char *paths[ARRAY_SIZE(names)];
	char *argv[ARRAY_SIZE(names) + 5] = {
		(char *)"cp", (char *)"-t", dir, (char *)"--",
	};
	char *said;
	int n = 4;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		paths[i] = path_join(warm->temp, names[i]);
		if (!access(paths[i], R_OK))
			argv[n++] = paths[i];
	}
	said = n > 4 && !make_dirs(dir) ? host_run(argv) : NULL;
	if (n > 4 && !said)
		warn_line("what is known of warm guest %s could not be copied to %s", warm->key,
			  dir);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		free(paths[i]);
	free(said);
	free(dir);
}

static void done(struct warm *warm, enum warm_state state)
{
	warm->child = sd_event_source_disable_unref(warm->child);
	qmp_close(&warm->qmp);
	if (warm->qmp_log)
		fclose(warm->qmp_log);
	warm->qmp_log = NULL;
	warm->pid = 0;
	warm->state = state;
	warm->waiting = false;
	shut(&warm->making);
	warm->wall_s = warm->started_s > 0 ? now_s() - warm->started_s : 0;
	if (state == WARM_FAILED) {
		let_go(warm);
		if (warm->out)
			keep_evidence(warm);
		warm_remove(warm->temp);
	}
	if (warm->on_done)
		warm->on_done(warm, warm->data);
}

/* Another run may have been quicker: then its guest serves as well */
static bool move_or_take(struct warm *warm)
{
	int own = warm->lock;

	if (!rename(warm->temp, warm->dir))
		return true;
	if (take(warm)) {
		close(own);
		warm_remove(warm->temp);
		return true;
	}
	/* What is there is damaged */
	warm->lock = own;
	warm_remove(warm->dir);
	return !rename(warm->temp, warm->dir);
}

static void keep(struct warm *warm)
{
	const char *what = NULL;

	if (write_meta(warm))
		what = "written down";
	else if (!move_or_take(warm))
		what = "kept";
	if (!what) {
		done(warm, WARM_READY);
		return;
	}
	snprintf(warm->why, sizeof(warm->why), "it could not be %s: %s", what, strerror(errno));
	done(warm, WARM_FAILED);
}

static int on_child(sd_event_source *source, const siginfo_t *si, void *data)
{
	struct warm *warm = data;
	char words[200];

	(void)source;
	if (warm->saved) {
		keep(warm);
		return 0;
	}
	warm->pid = 0;
	vm_last_words(warm->temp, words, sizeof(words));
	/* Its memory is a file with holes, and there was no room for the next page */
	if (!warm->why[0] && si->si_code != CLD_EXITED && si->si_status == SIGBUS)
		snprintf(warm->why, sizeof(warm->why),
			 "the disk of build/warm is full: a warm guest takes some %d MB there",
			 WARM_MIB);
	if (!warm->why[0])
		snprintf(warm->why, sizeof(warm->why), "QEMU ended by itself (%s %d)%s",
			 si->si_code == CLD_EXITED ? "status" : "signal", si->si_status, words);
	done(warm, WARM_FAILED);
	return 0;
}

/**
 * warm_stop() - give up making it
 * @warm: being made; nothing happens else
 * @why: kept as the reason
 */
void warm_stop(struct warm *warm, const char *why)
{
	if (warm->state != WARM_BUILDING || (warm->pid <= 0 && !warm->waiting))
		return;
	if (!warm->why[0])
		snprintf(warm->why, sizeof(warm->why), "%s", why);
	if (warm->pid > 0)
		kill(warm->pid, SIGKILL);
	else
		done(warm, WARM_FAILED);
}

static void ask(struct warm *warm, const char *command, json_t *arguments)
{
	if (qmp_send(&warm->qmp, command, command, arguments))
		warm_stop(warm, "QEMU takes no QMP command");
}

static void set_up(struct warm *warm)
{
	ask(warm, "qmp_capabilities", NULL);
	ask(warm, "migrate-set-capabilities", qmp_migration(true));
	ask(warm, "cont", NULL);
}

/* Its /init says why it gives up */
static void shut_down(struct warm *warm)
{
	char *path = path_join(warm->temp, EVIDENCE_AGENT);
	FILE *in = fopen(path, "re");
	const char *message = NULL;
	json_t *line = NULL;
	char why[200];

	free(path);
	while (in && !message && (line = json_loadf(in, JSON_DISABLE_EOF_CHECK, NULL))) {
		if (json_unpack(line, "{s:s}", "message", &message))
			json_decref(line);
	}
	if (in)
		fclose(in);
	snprintf(why, sizeof(why), "the guest shut down instead of waiting%s%s",
		 message ? ": " : "", message ? message : "");
	if (message)
		json_decref(line);
	warm_stop(warm, why);
}

static void on_message(struct qmp *qmp, json_t *msg, void *data)
{
	const char *event = json_string_value(json_object_get(msg, "event"));
	json_t *error = json_object_get(msg, "error");
	const char *status = "", *desc = "";
	struct warm *warm = data;

	(void)qmp;
	if (json_object_get(msg, "QMP")) {
		set_up(warm);
	} else if (error) {
		json_unpack(error, "{s:s}", "desc", &desc);
		warm_stop(warm, desc);
	} else if (event && !strcmp(event, "MIGRATION")) {
		json_unpack(msg, "{s:{s:s}}", "data", "status", &status);
		if (!strcmp(status, "completed")) {
			warm->saved = true;
			ask(warm, "quit", NULL);
		} else if (!strcmp(status, "failed")) {
			warm_stop(warm, "its state could not be saved (is the disk full?)");
		}
	} else if (event && !strcmp(event, "SHUTDOWN") && !warm->saved) {
		shut_down(warm);
	}
}

static void on_close(struct qmp *qmp, const char *why, void *data)
{
	struct warm *warm = data;

	(void)qmp;
	/* QEMU's end tells more, where it comes right behind */
	if (!warm->saved && !warm->closed_s) {
		warm->closed_s = now_s();
		warm->closed_why = why;
	}
}

static int start_qemu(struct warm *warm, sd_event *loop)
{
	struct vm_spec spec = {
		.cell = warm->sample, .host = warm->host, .guest = warm->guest,
		.dir = warm->temp, .start = VM_WARM, .ram = WARM_RAM,
	};
	char *log = path_join(warm->temp, EVIDENCE_QMP);
	int fd, ret;
	pid_t pid;

	warm->qmp_log = fopen(log, "we");
	free(log);
	if (!warm->qmp_log || vm_write_plan(NULL, warm->temp))
		return -errno;
	pid = vm_spawn(&spec, &fd);
	if (pid < 0)
		return pid;
	warm->pid = pid;
	warm->qmp.on_message = on_message;
	warm->qmp.on_close = on_close;
	warm->qmp.data = warm;
	ret = qmp_open(&warm->qmp, loop, fd, warm->qmp_log);
	if (ret < 0)
		return ret;
	return sd_event_add_child(loop, &warm->child, pid, WEXITED, on_child, warm);
}

static int build(struct warm *warm, sd_event *loop)
{
	int ret;

	warm->started_s = now_s();
	warm->lock = warm_make(warm->temp);
	if (warm->lock < 0) {
		snprintf(warm->why, sizeof(warm->why), "%s can't be made: %s", warm->temp,
			 strerror(errno));
		return -1;
	}
	ret = start_qemu(warm, loop);
	if (ret < 0) {
		snprintf(warm->why, sizeof(warm->why), "QEMU could not be started: %s",
			 strerror(-ret));
		child_end(&warm->pid);
	}
	return ret;
}

/* One that hangs, or was stopped, is not waited for until doomsday */
static bool is_made_by_another(struct warm *warm)
{
	char *top = path_join(warm->host->topdir, WARM_TOP);
	bool another;

	shut(&warm->making);
	warm->making = warm_begin(top, warm->key);
	another = warm->making < 0 && errno == EAGAIN &&
		  now_s() - warm->waiting_s < warm->limit_s;
	free(top);
	return another;
}

/**
 * warm_build() - boot it and save it
 * @warm: wanted; @on_done and @data are set
 * @loop: serves it
 *
 * Where another process makes the same one, it is waited for.
 *
 * Return: 0, on_done will be called; negative when it has failed already.
 */
int warm_build(struct warm *warm, sd_event *loop)
{
	warm->why[0] = '\0';
	warm->loop = loop;
	warm->waiting_s = now_s();
	warm->state = WARM_BUILDING;
	warm->waiting = is_made_by_another(warm);
	if (warm->waiting)
		return 0;
	/* It may have been made since it was looked for */
	if (take(warm)) {
		shut(&warm->making);
		warm->state = WARM_READY;
		return 0;
	}
	warm->why[0] = '\0';
	if (!build(warm, loop))
		return 0;
	warm->on_done = NULL;
	done(warm, WARM_FAILED);
	return -1;
}

/* The other has made it, or has failed: then it is our turn */
static void look_again(struct warm *warm)
{
	if (is_made_by_another(warm))
		return;
	warm->waiting = false;
	if (take(warm)) {
		done(warm, WARM_READY);
		return;
	}
	warm->why[0] = '\0';
	if (build(warm, warm->loop))
		done(warm, WARM_FAILED);
}

static bool is_waiting(const struct warm *warm)
{
	char *path = path_join(warm->temp, EVIDENCE_AGENT);
	FILE *in = fopen(path, "re");
	char line[512] = "";
	bool waiting;

	free(path);
	if (!in)
		return false;
	waiting = fgets(line, sizeof(line), in) && strstr(line, "\"event\":\"waiting\"") &&
		  strchr(line, '\n');
	fclose(in);
	return waiting;
}

/**
 * warm_tick() - look whether it is ready to be saved; to be called often
 * @warm: any
 */
void warm_tick(struct warm *warm)
{
	if (warm->state == WARM_BUILDING && warm->waiting)
		look_again(warm);
	if (warm->state != WARM_BUILDING || warm->pid <= 0)
		return;
	if (warm->closed_s && now_s() - warm->closed_s > CLOSED_S)
		warm_stop(warm, warm->closed_why);
	if (now_s() - warm->started_s > warm->limit_s)
		warm_stop(warm, "the guest did not boot in time");
	if (warm->saving || !is_waiting(warm))
		return;
	warm->saving = true;
	ask(warm, "stop", NULL);
	ask(warm, "migrate", json_pack("{s:s}", "uri", "file:" WARM_STATE));
}

/**
 * warm_row() - how it goes, for who looks on
 * @warm: being made
 * @row: filled in
 */
void warm_row(const struct warm *warm, struct live_row *row)
{
	row->name = "warm guest";
	row->stage = warm->waiting ? "waits" : warm->saving ? "is saved" : "boots";
	row->seconds = -1;
	row->last = warm->waiting ? "another pug makes it" : warm->key;
}

/**
 * warm_shift() - time that does not count: pug itself stood still
 * @warm: any
 * @seconds: so long
 */
void warm_shift(struct warm *warm, double seconds)
{
	double *const since[] = { &warm->started_s, &warm->closed_s, &warm->waiting_s };

	for (size_t i = 0; i < ARRAY_SIZE(since); i++)
		if (*since[i] > 0)
			*since[i] += seconds;
}

/**
 * warm_free() - forget it; what is kept on disk stays, and may be pruned
 * @warm: not being made
 */
void warm_free(struct warm *warm)
{
	let_go(warm);
	shut(&warm->making);
	free(warm->dir);
	free(warm->temp);
	memset(warm, 0, sizeof(*warm));
}
