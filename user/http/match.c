/* SPDX-License-Identifier: BSD-2-Clause */
/* From path and query to route and parameters; see route.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/guard.h"
#include "http/reply.h"
#include "http/route.h"

static bool segment_matches(const char *pattern, size_t pattern_len, const char *text, size_t len)
{
	if (pattern_len && *pattern == '{')
		return len > 0;
	return pattern_len == len && !memcmp(pattern, text, len);
}

static bool path_matches(const char *pattern, const char *path)
{
	while (*pattern && *path) {
		size_t pattern_len = strcspn(++pattern, "/"), len = strcspn(++path, "/");

		if (!segment_matches(pattern, pattern_len, path, len))
			return false;
		pattern += pattern_len;
		path += len;
	}
	return *pattern == *path;
}

static void take_args(const char *pattern, char *path, const char *args[static FB_HTTP_PATH_ARGS])
{
	unsigned int n = 0;

	while (*pattern) {
		size_t pattern_len = strcspn(++pattern, "/"), len = strcspn(++path, "/");

		if (*pattern == '{' && n < FB_HTTP_PATH_ARGS) {
			args[n++] = path;
			if (path[len])
				path[len] = '\0';
		}
		pattern += pattern_len;
		path += len;
	}
}

static void allow_method(char allow[static 64], const char *method)
{
	size_t len = strlen(allow);

	if (!strstr(allow, method))
		snprintf(allow + len, 64 - len, "%s%s%s", len ? ", " : "", method,
			 !strcmp(method, "GET") ? ", HEAD" : "");
}

char *fb_route_behind(const char *under, char *path, size_t *ret_len)
{
	const size_t len = strlen(under);

	if (strncmp(path, under, len) != 0)
		return NULL;
	*ret_len = strcspn(path + len, "/");
	return *ret_len ? path + len + *ret_len : NULL;
}

char *fb_route_path(const struct fb_route_table *tables, unsigned int n, char *path)
{
	char *rest = NULL;
	size_t len;

	for (unsigned int i = 0; !rest && i < n; i++)
		if (tables[i].under)
			rest = fb_route_behind(tables[i].under, path, &len);
	return rest ? rest : path;
}

static const struct fb_route *find_in(const struct fb_route_table *table, const char *method,
				      const char *path, char allow[static 64])
{
	for (unsigned int i = 0; i < table->n; i++) {
		const struct fb_route *route = &table->routes[i];

		if (!path_matches(route->path, path))
			continue;
		if (!strcmp(route->method, method))
			return route;
		allow_method(allow, route->method);
	}
	return NULL;
}

const struct fb_route *fb_route_find(const struct fb_route_table *tables, unsigned int n,
				     const char *method, char *path,
				     const char *args[static FB_HTTP_PATH_ARGS],
				     const struct fb_route_table **ret_table, char allow[static 64])
{
	const char *wanted = !strcmp(method, "HEAD") ? "GET" : method;

	allow[0] = '\0';
	for (unsigned int i = 0; i < n; i++) {
		const char *under = tables[i].under;
		size_t len;
		char *rest = under ? fb_route_behind(under, path, &len) : path;
		const struct fb_route *route =
			rest ? find_in(&tables[i], wanted, rest, allow) : NULL;

		if (!route)
			continue;
		take_args(route->path, rest, args);
		allow[0] = '\0';
		*ret_table = &tables[i];
		return route;
	}
	return NULL;
}

/* `name` is one of the blank-separated `words`. */
static bool knows(const char *words, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = words; p && *p;) {
		size_t word = strcspn(p, " ");

		if (word == len && !memcmp(p, name, len))
			return true;
		p += word + (p[word] == ' ');
	}
	return false;
}

static bool add_param(struct fb_request *req, char *pair)
{
	char *value = strchr(pair, '=');
	const char *known = req->route->params;

	if (value)
		*value++ = '\0';
	else
		value = pair + strlen(pair);
	if (fb_guard_decode(pair, true) || fb_guard_decode(value, true)) {
		fb_reply_param(req, pair, "has a malformed escape or a control character");
		return false;
	}
	if (!knows(known, pair)) {
		fb_reply_param(req, pair, "is not known; %s%s",
			       known ? "known are: " : "there are no parameters here",
			       known ? known : "");
		return false;
	}
	for (unsigned int i = 0; i < req->n_params; i++) {
		if (!strcmp(req->params[i].name, pair)) {
			fb_reply_param(req, pair, "comes twice");
			return false;
		}
	}
	if (req->n_params < FB_HTTP_PARAMS)
		req->params[req->n_params++] = (struct fb_param){pair, value};
	return true;
}

bool fb_route_params(struct fb_request *req, char *query)
{
	while (query && *query) {
		char *next = strchr(query, '&');

		if (next)
			*next++ = '\0';
		if (*query && !add_param(req, query))
			return false;
		query = next;
	}
	return true;
}

const char *fb_param(const struct fb_request *req, const char *name)
{
	for (unsigned int i = 0; i < req->n_params; i++)
		if (!strcmp(req->params[i].name, name))
			return *req->params[i].value ? req->params[i].value : NULL;
	return NULL;
}

bool fb_param_u64(struct fb_request *req, const char *name, uint64_t least, uint64_t most,
		  uint64_t fallback, uint64_t *ret_value)
{
	const char *text = fb_param(req, name);
	size_t digits = text ? strspn(text, "0123456789") : 0;
	uint64_t value = fallback;

	if (text && (text[digits] || !digits || digits > 19 ||
		     (value = strtoull(text, NULL, 10)) < least || value > most)) {
		if (most < INT64_MAX)
			fb_reply_param(req, name, "must be a whole number from %llu to %llu",
				       (unsigned long long)least, (unsigned long long)most);
		else
			fb_reply_param(req, name, "must be a whole number, %llu or more",
				       (unsigned long long)least);
		return false;
	}
	*ret_value = value;
	return true;
}

bool fb_param_enum(struct fb_request *req, const char *name, const char *const *words,
		   unsigned int fallback, unsigned int *ret_value)
{
	const char *text = fb_param(req, name);
	_cleanup_buf_ struct fb_buf list = FB_BUF_INIT;

	*ret_value = fallback;
	if (!text)
		return true;
	for (unsigned int i = 0; words[i]; i++) {
		if (!strcmp(words[i], text)) {
			*ret_value = i;
			return true;
		}
		fb_buf_addf(&list, "%s%s", i ? ", " : "", words[i]);
	}
	fb_buf_addc(&list, '\0');
	fb_reply_param(req, name, "must be one of: %s", list.error ? "" : list.data);
	return false;
}
