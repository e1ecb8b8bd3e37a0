// SPDX-License-Identifier: GPL-2.0
/*
 * HTTP by libcurl. Proxies of the environment are not asked, no redirection is
 * followed, and certificates are verified, always.
 */
#include <stdlib.h>
#include <string.h>

#include "rest.h"
#include "util.h"

static size_t take(char *bytes, size_t size, size_t n, void *data)
{
	struct rest *rest = data;
	size_t len = size * n;

	if (rest->len + len > rest->max)
		return 0;
	memcpy(rest->text + rest->len, bytes, len);
	rest->len += len;
	rest->text[rest->len] = '\0';
	return len;
}

/**
 * rest_open() - a client that has asked nothing yet
 * @rest: filled in; rest_close() it whatever comes
 * @ca: file of trusted certificates, NULL or "" for the system's
 * @max: size of an answer in bytes
 *
 * Return: 0, or -1 if libcurl does not start.
 */
int rest_open(struct rest *rest, const char *ca, size_t max)
{
	*rest = (struct rest) { .curl = curl_easy_init(), .max = max };
	rest->text = xcalloc(1, max + 1);
	if (!rest->curl)
		return -1;
	curl_easy_setopt(rest->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(rest->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(rest->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	/* A connection through a reset would hang until its time is up */
	curl_easy_setopt(rest->curl, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(rest->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(rest->curl, CURLOPT_WRITEDATA, rest);
	if (ca && *ca) {
		curl_easy_setopt(rest->curl, CURLOPT_CAINFO, ca);
		/* This one, and not the machine's own beside it */
		curl_easy_setopt(rest->curl, CURLOPT_CAPATH, NULL);
	}
	return 0;
}

/**
 * rest_ask() - ask and wait
 * @rest: open
 * @url: GET that
 * @post: POST this, where not NULL
 * @limit_ms: time limit
 *
 * Return: a new object: {"http":200,"body":...} or {"error":"..."}.
 */
json_t *rest_ask(struct rest *rest, const char *url, const char *post, long limit_ms)
{
	long http = 0;
	json_t *json;
	int code;

	rest->len = 0;
	rest->text[0] = '\0';
	curl_easy_setopt(rest->curl, CURLOPT_URL, url);
	curl_easy_setopt(rest->curl, CURLOPT_TIMEOUT_MS, limit_ms);
	if (post)
		curl_easy_setopt(rest->curl, CURLOPT_POSTFIELDS, post);
	code = curl_easy_perform(rest->curl);
	if (code != CURLE_OK)
		return json_pack("{s:s}", "error", curl_easy_strerror(code));
	curl_easy_getinfo(rest->curl, CURLINFO_RESPONSE_CODE, &http);
	json = json_loads(rest->text, 0, NULL);
	if (!json)
		json = json_text(rest->text);
	return json_pack("{s:I s:o}", "http", (json_int_t)http, "body", json);
}

/**
 * rest_close() - let go
 * @rest: open or not
 */
void rest_close(struct rest *rest)
{
	if (rest->curl)
		curl_easy_cleanup(rest->curl);
	free(rest->text);
	memset(rest, 0, sizeof(*rest));
}
