/* SPDX-License-Identifier: GPL-2.0 */
/* One HTTP question at a time, bounded in time and size; JSON bounded in depth. */
#ifndef PUG_FENCE_HTTP_H
#define PUG_FENCE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>
#include <jansson.h>

#include "config.h"

/* A cluster's list of all VMs is the greatest thing asked for. */
#define HTTP_BODY_MAX	(4U << 20)
#define HTTP_DEPTH_MAX	32

/**
 * struct http - a client, and the last answer
 * @curl: libcurl's handle, kept for its connection
 * @ca: file of trusted certificates, NULL for the system's
 * @cert: client certificate, NULL for none
 * @key: its key
 * @pin: SHA-256 of the only certificate that will do, NULL for any trusted
 * @pin_ok: it was shown
 * @authorization: a header line with the token, NULL for none
 * @fresh: a new connection for each question
 * @status: HTTP status, 0 if there was no answer
 * @reason: the status line's own words: Proxmox says there what is wrong
 * @body: what came, terminated
 * @len: its length
 * @size: room in @body
 * @aged: some cache on the way has answered
 * @server_time: what the Date header says, 0 if none
 */
struct http {
	CURL *curl;
	const char *ca, *cert, *key;
	const uint8_t *pin;
	bool pin_ok;
	char *authorization;
	bool fresh;
	long status;
	char reason[160];
	char *body;
	size_t len, size;
	bool aged;
	time_t server_time;
};

int http_get(struct http *http, const char *url, uint64_t timeout_ms, struct trouble *why);
int http_post(struct http *http, const char *url, const char *form, uint64_t timeout_ms,
	      struct trouble *why);
void http_free(struct http *http);
json_t *answer_parse(const char *text, size_t len, struct trouble *why);
const char *answer_text(const json_t *object, const char *key);

#endif /* PUG_FENCE_HTTP_H */
