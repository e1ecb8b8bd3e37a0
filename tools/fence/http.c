// SPDX-License-Identifier: GPL-2.0
/*
 * HTTP by libcurl. Nothing of it is taken from the environment (proxies) or
 * from files in the home folder (.netrc); no redirection is followed: that
 * would carry the token to whoever asks for it.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "http.h"
#include "io.h"

static size_t on_body(char *data, size_t one, size_t n, void *arg)
{
	struct http *http = arg;

	(void)one;
	if (http->len + n > HTTP_BODY_MAX)
		return 0;
	if (http->len + n + 1 > http->size) {
		size_t size = (http->len + n + 1) * 2;
		char *body = realloc(http->body, size);

		if (!body)
			return 0;
		http->body = body;
		http->size = size;
	}
	memcpy(http->body + http->len, data, n);
	http->len += n;
	http->body[http->len] = '\0';
	return n;
}

static void take_reason(struct http *http, const char *line, size_t n)
{
	const char *space = memchr(line, ' ', n);
	size_t len;

	space = space ? memchr(space + 1, ' ', line + n - space - 1) : NULL;
	http->reason[0] = '\0';
	if (!space)
		return;
	len = line + n - space - 1;
	if (len >= sizeof(http->reason))
		len = sizeof(http->reason) - 1;
	memcpy(http->reason, space + 1, len);
	http->reason[len] = '\0';
	http->reason[strcspn(http->reason, "\r\n")] = '\0';
	io_clean_text(http->reason);
}

static size_t on_header(char *line, size_t one, size_t n, void *arg)
{
	struct http *http = arg;
	char date[64];

	(void)one;
	if (n > 5 && !strncmp(line, "HTTP/", 5))
		take_reason(http, line, n);
	if (n > 4 && !strncasecmp(line, "Age:", 4))
		http->aged = true;
	if (n > 6 && n < sizeof(date) && !strncasecmp(line, "Date:", 5)) {
		memcpy(date, line + 5, n - 5);
		date[n - 5] = '\0';
		http->server_time = curl_getdate(date, NULL);
		if (http->server_time < 0)
			http->server_time = 0;
	}
	return n;
}

/* SHA-256 of the certificate that the peer has shown */
static bool shows_pin(const gnutls_datum_t *cert, const uint8_t *pin)
{
	uint8_t seen[32];
	size_t len = sizeof(seen);

	return !gnutls_fingerprint(GNUTLS_DIG_SHA256, cert, seen, &len) &&
	       len == sizeof(seen) && !memcmp(seen, pin, len);
}

/* Called when the connection stands, before anything is sent over it. */
static int on_connected(void *arg, char *ip, char *from, int port, int from_port)
{
	struct http *http = arg;
	struct curl_tlssessioninfo *tls = NULL;
	const gnutls_datum_t *certs;
	unsigned int n = 0;

	(void)ip;
	(void)from;
	(void)port;
	(void)from_port;
	if (curl_easy_getinfo(http->curl, CURLINFO_TLS_SSL_PTR, &tls) || !tls || !tls->internals)
		return CURL_PREREQFUNC_ABORT;
	/* Of another TLS library it would be something else than a session of GnuTLS */
	if (tls->backend != CURLSSLBACKEND_GNUTLS)
		return CURL_PREREQFUNC_ABORT;
	certs = gnutls_certificate_get_peers(tls->internals, &n);
	if (!certs || !n || !shows_pin(certs, http->pin))
		return CURL_PREREQFUNC_ABORT;
	http->pin_ok = true;
	return CURL_PREREQFUNC_OK;
}

static void set_tls(struct http *http)
{
	CURL *curl = http->curl;

	if (http->ca && *http->ca)
		curl_easy_setopt(curl, CURLOPT_CAINFO, http->ca);
	/* This one, and not the machine's own beside it */
	if (http->ca && *http->ca)
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	if (http->cert && *http->cert) {
		curl_easy_setopt(curl, CURLOPT_SSLCERT, http->cert);
		curl_easy_setopt(curl, CURLOPT_SSLKEY, http->key);
	}
	if (!http->pin)
		return;
	/* The one certificate that is known by heart needs nobody's word */
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_connected);
	curl_easy_setopt(curl, CURLOPT_PREREQDATA, http);
}

static int prepare(struct http *http, struct trouble *why)
{
	CURL *curl = http->curl;

	if (!curl)
		curl = curl_easy_init();
	if (!curl)
		return trouble_set(why, "libcurl does not start");
	http->curl = curl;
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	/* A resolver that hangs is left behind, not waited for */
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "pug-fence/" PUG_VERSION);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, http);
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)HTTP_BODY_MAX);
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, http->fresh ? 1L : 0L);
	curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, http->fresh ? 1L : 0L);
	set_tls(http);
	http->pin_ok = false;
	http->status = 0;
	http->reason[0] = '\0';
	http->len = 0;
	http->aged = false;
	http->server_time = 0;
	return 0;
}

static int transfer(struct http *http, uint64_t timeout_ms, struct trouble *why)
{
	struct curl_slist *headers = NULL, *more;
	char error[CURL_ERROR_SIZE] = "";
	int code;

	headers = curl_slist_append(NULL, "Cache-Control: no-cache");
	if (headers && http->authorization) {
		more = curl_slist_append(headers, http->authorization);
		if (!more)
			curl_slist_free_all(headers);
		headers = more;
	}
	if (!headers)
		return trouble_set(why, "out of memory");
	curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(http->curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	code = curl_easy_perform(http->curl);
	curl_slist_free_all(headers);
	curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return trouble_set(why, "TLS: the server shows another certificate than the pinned one");
	if (code == CURLE_WRITE_ERROR || code == CURLE_FILESIZE_EXCEEDED)
		return trouble_set(why, "an answer of more than %u bytes", HTTP_BODY_MAX);
	if (code) {
		io_clean_text(error);
		return trouble_set(why, "%s", *error ? error : curl_easy_strerror(code));
	}
	if (http->pin && !http->pin_ok)
		return trouble_set(why, "TLS: the pinned certificate was not compared");
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &http->status);
	return 0;
}

/**
 * http_get() - ask
 * @http: how, and the answer
 * @url: what
 * @timeout_ms: for all of it, looking up the address included
 * @why: why there is no answer
 *
 * Return: 0 if there is a whole answer, of whatever status, or -1.
 */
int http_get(struct http *http, const char *url, uint64_t timeout_ms, struct trouble *why)
{
	if (prepare(http, why))
		return -1;
	curl_easy_setopt(http->curl, CURLOPT_URL, url);
	return transfer(http, timeout_ms, why);
}

/**
 * http_post() - order
 * @http: how, and the answer
 * @url: what
 * @form: urlencoded parameters, may be empty
 * @timeout_ms: for all of it
 * @why: why there is no answer
 *
 * Return: as http_get().
 */
int http_post(struct http *http, const char *url, const char *form, uint64_t timeout_ms,
	      struct trouble *why)
{
	if (prepare(http, why))
		return -1;
	curl_easy_setopt(http->curl, CURLOPT_URL, url);
	curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, form);
	return transfer(http, timeout_ms, why);
}

/**
 * http_free() - let go
 * @http: may be used no more
 */
void http_free(struct http *http)
{
	if (http->curl)
		curl_easy_cleanup(http->curl);
	if (http->authorization)
		explicit_bzero(http->authorization, strlen(http->authorization));
	free(http->authorization);
	free(http->body);
	memset(http, 0, sizeof(*http));
}

/* jansson recurses, so what is too deep is not handed to it. */
static bool is_too_deep(const char *text, size_t len)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > HTTP_DEPTH_MAX)
				return true;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return false;
}

/**
 * answer_parse() - JSON from outside
 * @text: any bytes
 * @len: how many
 * @why: what is wrong with it
 *
 * Keys that stand twice are refused: who reads the first would see another
 * answer than who reads the last.
 *
 * Return: an object, to be let go, or NULL.
 */
json_t *answer_parse(const char *text, size_t len, struct trouble *why)
{
	json_error_t error;
	json_t *json;

	if (!text || is_too_deep(text, len)) {
		trouble_set(why, text ? "JSON nested too deeply" : "an empty answer");
		return NULL;
	}
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(json)) {
		json_decref(json);
		trouble_set(why, len && text[strspn(text, " \t\r\n")] == '<' ?
			    "HTML where JSON was expected" : "this is no JSON object");
		return NULL;
	}
	return json;
}

/**
 * answer_text() - a string of an object
 * @object: may be no object
 * @key: of the string
 *
 * Return: the string, or "" if there is none.
 */
const char *answer_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}
