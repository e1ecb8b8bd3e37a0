/* SPDX-License-Identifier: GPL-2.0 */
/* One question at a time to a REST API, bounded in time and size. */
#ifndef PUG_REST_H
#define PUG_REST_H

#include <stddef.h>

#include <curl/curl.h>
#include <jansson.h>

/**
 * struct rest - a client, and its last answer
 * @curl: libcurl's handle
 * @max: an answer has so many bytes at most
 * @len: of the last one
 * @text: that, terminated
 */
struct rest {
	CURL *curl;
	size_t max;
	size_t len;
	char *text;
};

int rest_open(struct rest *rest, const char *ca, size_t max);
json_t *rest_ask(struct rest *rest, const char *url, const char *post, long limit_ms);
void rest_close(struct rest *rest);

#endif
