// SPDX-License-Identifier: GPL-2.0
/* pug merge: copy what was chosen, judge it once more, make a run of it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler.h"
#include "evidence.h"
#include "host.h"
#include "keep.h"
#include "merge.h"
#include "report-model.h"
#include "report.h"
#include "util.h"

/* Derived anew, from the copy */
static bool is_derived(const char *name)
{
	return !strcmp(name, DERIVED_RESULT) || !strcmp(name, DERIVED_TIMELINE);
}

static int copy_bytes(int from, int to, off_t left)
{
	while (left > 0) {
		ssize_t n = sendfile(to, from, NULL, (size_t)left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		/* It was cut short meanwhile: what is missing, the verdict will say */
		if (!n)
			break;
		left -= n;
	}
	return 0;
}

/* A folder from elsewhere may hold links to what is nobody's business, or pipes */
static int copy_file(int from_dir, int to_dir, const char *name)
{
	int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int to, ret;

	if (from < 0 || fstat(from, &st) || !S_ISREG(st.st_mode)) {
		if (from >= 0)
			close(from);
		warn_safe("'%s' is no regular file, and not copied", name);
		return 0;
	}
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	ret = to < 0 ? -1 : copy_bytes(from, to, st.st_size);
	if (to >= 0 && close(to))
		ret = -1;
	close(from);
	return ret;
}

static int copy_files(DIR *from, int to)
{
	struct dirent *entry;
	int ret = 0;

	while (!ret && (entry = readdir(from)))
		if (entry->d_name[0] != '.' && !is_derived(entry->d_name))
			ret = copy_file(dirfd(from), to, entry->d_name);
	return ret;
}

static int copy_folder(const char *from, const char *to)
{
	DIR *folder = opendir(from);
	int ret = -1, fd = -1;

	if (folder && !make_dirs(to))
		fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		ret = copy_files(folder, fd);
	if (ret)
		warn_safe("%s can't be copied to %s: %s", from, to, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (folder)
		closedir(folder);
	return ret;
}

static void __printf(2, 3)
no_answer(struct result *r, const char *fmt, ...)
{
	char reason[sizeof(r->seen.reason)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	verdict_preset(&r->seen, reason);
	r->met = false;
}

static bool is_as_stored(const struct result *r, const struct merge_item *item)
{
	json_t *fresh = result_to_json(r), *checked;
	char why[256];
	bool same;

	checked = report_check_cell(fresh, why, sizeof(why));
	same = json_equal(json_object_get(checked, "observed"),
			  json_object_get(item->result, "observed"));
	json_decref(checked);
	json_decref(fresh);
	return same;
}

/* What two saw is in both their folders; which is right is not for us to say */
static void dispute(struct result *r, const struct merge_slot *slot)
{
	no_answer(r, "two workers saw different things: %s (%.80s) and %s (%.80s)",
		  report_text(slot->item->result, "observed", "verdict"), slot->item->dir,
		  report_text(slot->other->result, "observed", "verdict"), slot->other->dir);
}

static int join_cell(struct result *r, const struct merge_slot *slot, const char *dir)
{
	double wall = 0;
	json_t *json;
	int ret;

	if (copy_folder(slot->item->dir, dir))
		return -1;
	if (result_derive(r, dir))
		return -1;
	if (!is_as_stored(r, slot->item))
		no_answer(r, "the stored verdict, %s, is not what the evidence gives: %s",
			  report_text(slot->item->result, "observed", "verdict"),
			  verdict_when_name(r->seen.when));
	if (slot->other)
		dispute(r, slot);
	report_number(slot->item->result, NULL, "wall_s", &wall);
	r->wall_s = wall;
	json = result_to_json(r);
	ret = keep_json(dir, DERIVED_RESULT, json);
	json_decref(json);
	return ret;
}

static int join_not_run(struct result *r, const struct merge_item *item, const char *dir)
{
	json_t *json;
	int ret;

	r->not_run = report_text(item->result, NULL, "not_run");
	verdict_preset(&r->seen, "not run");
	if (copy_folder(item->dir, dir))
		return -1;
	json = result_to_json(r);
	ret = keep_json(dir, DERIVED_RESULT, json);
	json_decref(json);
	return ret;
}

static int join(const struct merge *m, struct run *run, size_t i, const char *temp)
{
	const struct merge_slot *slot = &m->slot[i];
	struct result *r = &run->results[i];
	char *dir;
	int ret;

	if (!slot->item) {
		no_answer(r, "missing: %s", slot->lost ? slot->lost->lost : "no folder brought it");
		return 0;
	}
	r->cell = slot->item->cell;
	dir = path_join(temp, r->cell.id);
	if (json_object_get(slot->item->result, "not_run"))
		ret = join_not_run(r, slot->item, dir);
	else
		ret = join_cell(r, slot, dir);
	free(dir);
	r->dir = path_join(run->out, r->cell.id);
	return ret;
}

static json_t *run_json(const struct merge *m, const struct run *run)
{
	json_t *json = report_json(run);

	json_object_set_new(json, "merged",
			    json_pack("{s:I s:I s:I s:I}", "folders", (json_int_t)m->folders,
				      "doubled", (json_int_t)m->doubled,
				      "missing", (json_int_t)m->missing,
				      "disputed", (json_int_t)m->disputed));
	return json;
}

static const int stops[] = { SIGINT, SIGTERM, SIGHUP };

static sigset_t stop_set(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
		sigaddset(&set, stops[i]);
	return set;
}

/* They are blocked: what was begun is taken away first, then they end us as ever */
static bool is_to_stop(void)
{
	sigset_t pending;

	sigpending(&pending);
	for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
		if (sigismember(&pending, stops[i]))
			return true;
	return false;
}

static int write_all(const struct merge *m, struct run *run, const char *temp)
{
	json_t *json;
	int ret = 0;

	for (size_t i = 0; !ret && i < run->n; i++) {
		if (is_to_stop())
			return -1;
		ret = join(m, run, i, temp);
		run->wall_s += run->results[i].wall_s;
	}
	run->cells_s = run->wall_s;
	if (ret)
		return ret;
	json = run_json(m, run);
	ret = keep_json(temp, RUN_FILE, json);
	json_decref(json);
	return ret;
}

/* Somebody's results are not overwritten, and half a run is not taken for a whole one */
static char *make_temp(const char *out)
{
	char *temp = xasprintf("%s.XXXXXX", out);
	mode_t mask = umask(0);

	umask(mask);
	if (mkdtemp(temp) && !chmod(temp, 0777 & ~mask))
		return temp;
	warn_safe("%s can't be made: %s", temp, strerror(errno));
	free(temp);
	return NULL;
}

static int write_run(const struct merge *m, struct run *run)
{
	char *temp = make_temp(run->out);
	int ret;

	if (!temp)
		return -1;
	ret = write_all(m, run, temp);
	if (!ret && rename(temp, run->out)) {
		warn_safe("%s can't be made: %s", run->out, errno == ENOTEMPTY || errno == EEXIST ?
			  "there is something in it" : strerror(errno));
		ret = -1;
	}
	if (ret)
		remove_tree(temp);
	free(temp);
	return ret;
}

/**
 * merge_write() - make a run of what was chosen
 * @m: chosen
 * @run: with a result for each cell of the list, and what they were run with
 *
 * A signal ends the program, but nothing is left of what was begun.
 *
 * Return: 0; -1 after saying what can't be written: then there is nothing.
 */
int merge_write(const struct merge *m, struct run *run)
{
	sigset_t set = stop_set(), before;
	int ret;

	sigprocmask(SIG_BLOCK, &set, &before);
	ret = write_run(m, run);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}
