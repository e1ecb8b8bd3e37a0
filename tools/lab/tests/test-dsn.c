// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dsn.h"
#include "util.h"

static char dir[64];

static void check_refused(const char *text, const char *words)
{
	struct dsn dsn;
	char *why = NULL;

	assert_int_equal(dsn_parse(&dsn, text, &why), -1);
	dsn_free(&dsn);
	if (!strstr(why, words))
		fail_msg("%s: '%s' is not in: %s", text, words, why);
	/* A message may be in a log */
	assert_null(strstr(why, "s3cret"));
	free(why);
}

/* "host:port ..." as they will be tried */
static void check_hosts(const char *text, const char *wanted, int64_t connect_s)
{
	struct dsn dsn;
	char *why = NULL, *seen, *longer;

	if (dsn_parse(&dsn, text, &why))
		fail_msg("%s: %s", text, why);
	seen = xstrdup("");
	for (size_t i = 0; i < dsn.n; i++) {
		char *server = dsn_server(&dsn, i);

		longer = xasprintf("%s%s%s", seen, i ? " " : "", server);
		free(server);
		free(seen);
		seen = longer;
	}
	assert_string_equal(seen, wanted);
	assert_int_equal(dsn.connect_ns, connect_s * NSEC_PER_SEC);
	free(seen);
	dsn_free(&dsn);
}

static void test_hosts(void **state)
{
	(void)state;
	unsetenv("PGHOST");
	unsetenv("PGPORT");
	unsetenv("PGHOSTADDR");
	unsetenv("PGSERVICE");
	check_hosts("host=a", "a:5432", 0);
	check_hosts("host=a,b,c port=1,2,3 connect_timeout=1", "a:1 b:2 c:3", 1);
	check_hosts("host=a,b port=7", "a:7 b:7", 0);
	check_hosts("postgresql://u@a:1,b:2/db?target_session_attrs=read-write&connect_timeout=1",
		    "a:1 b:2", 1);
	check_hosts("hostaddr=10.0.0.1,10.0.0.2 port=1,2", "10.0.0.1:1 10.0.0.2:2", 0);
	check_hosts("host=a,b hostaddr=10.0.0.1,10.0.0.2", "a:5432 b:5432", 0);
	check_hosts("host=/run/pg dbname=x", "/run/pg:5432", 0);
	check_refused("host=a,b port=1,2,3", "numbers of hosts");
	check_refused("host=a,b,c hostaddr=10.0.0.1,10.0.0.2", "numbers of hosts");
	check_refused("host=a connect_timeout=soon", "connect_timeout");
	check_refused("host=a connect_timeout=1000000", "connect_timeout");
}

static void test_environment(void **state)
{
	(void)state;
	setenv("PGHOST", "e,f", 1);
	setenv("PGPORT", "3", 1);
	check_hosts("dbname=x", "e:3 f:3", 0);
	check_hosts("host=a", "a:3", 0);
	unsetenv("PGHOST");
	unsetenv("PGPORT");
}

static char *write_file(const char *name, const char *text, mode_t mode)
{
	char *path = path_join(dir, name);
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static void test_service(void **state)
{
	char *path = write_file("service", "[pug]\nhost=g,h\nport=4\npassword=s3cret\n", 0600);

	(void)state;
	setenv("PGSERVICEFILE", path, 1);
	check_hosts("service=pug", "g:4 h:4", 0);
	assert_null(getenv("PGSERVICE"));
	setenv("PGSERVICE", "pug", 1);
	check_hosts("dbname=x", "g:4 h:4", 0);
	unsetenv("PGSERVICE");
	unsetenv("PGSERVICEFILE");
	unlink(path);
	free(path);
}

static void test_passwords(void **state)
{
	(void)state;
	check_refused("host=a password=s3cret", "PGPASSFILE");
	check_refused("postgresql://u:s3cret@a/db", "PGPASSFILE");
	check_refused("postgresql://u@a/db?password=s3cret", "PGPASSFILE");
	check_refused("host=a sslpassword=s3cret", "PGPASSFILE");
	/* libpq's own message would quote it */
	check_refused("host=a password= s3cret x", "no connection string");
	check_refused("s3cret", "no connection string");
}

/* A file with that text is taken for these hosts, or refused with these words */
static void check_file(const char *text, mode_t mode, bool good, const char *wanted)
{
	char *path = write_file("dsn", text, mode), *at = xasprintf("@%s", path);

	if (good)
		check_hosts(at, wanted, 0);
	else
		check_refused(at, wanted);
	unlink(path);
	free(at);
	free(path);
}

static void test_files(void **state)
{
	char *big = xcalloc(1, 10000);

	(void)state;
	memset(big, 'x', 9999);
	check_file("host=a password=s3cret\n", 0600, true, "a:5432");
	check_file("postgresql://u:s3cret@a:9/db\r\n", 0400, true, "a:9");
	check_file("host=a password=s3cret\n", 0644, false, "chmod 600");
	check_file("host=a password=s3cret\n", 0640, false, "chmod 600");
	check_file("s3cret", 0600, false, "is no connection string");
	check_file(big, 0600, false, "too long");
	check_refused("@/nonexistent", "No such file");
	check_refused("@/dev/null", "is no file");
	free(big);
}

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/pug-dsn.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_service),
		cmocka_unit_test(test_passwords),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
