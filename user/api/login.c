/* SPDX-License-Identifier: BSD-2-Clause */
/* Logging in and out, who one is, and links for others; the rules are in http/auth.h. */
#include <string.h>

#include "api/api.h"
#include "api/routes.h"
#include "http/auth.h"
#include "http/conn.h"
#include "http/reply.h"
#include "http/route.h"
#include "http/server.h"
#include "util/jsonin.h"
#include "util/log.h"

int fb_api_session_get(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_json *json = fb_reply_json(req);

	fb_json_object(json);
	fb_json_kv_str(json, "role", fb_role_word(req->role));
	fb_json_kv_str(json, "user", req->user);
	fb_json_kv_bool(json, "login_required", fb_auth_wants_login(req));
	fb_json_kv_bool(json, "passwords", fb_auth_has_passwords(req));
	fb_json_kv_bool(json, "secure", req->conn->tls);
	fb_json_kv_str(json, "read_only", fb_auth_read_only(req));
	fb_json_kv_bool(json, "hub", api->is_hub);
	fb_json_kv_str(json, "sensor", req->under); /* of a hub, whose live view this is */
	fb_json_end(json, '}');
	return 0;
}

struct credentials {
	const char *token, *name, *password;
};

/* A token, or a name and a password. False after answering. */
static bool read_credentials(struct fb_request *req, struct fb_jsonin *in, struct credentials *to)
{
	static const char *const known[] = {"token", "name", "password", NULL};

	fb_jsonin_only(in, known);
	fb_jsonin_str(in, "token", &to->token);
	fb_jsonin_str(in, "name", &to->name);
	fb_jsonin_str(in, "password", &to->password);
	if (to->token && (to->name || to->password))
		fb_jsonin_fail(in, "token", "stands alone, without name and password");
	else if (!to->token && !to->name)
		fb_jsonin_fail(in, "token", "is missing, or name and password");
	else if (to->name && !to->password)
		fb_jsonin_fail(in, "password", "is missing");
	else if (to->name && strlen(to->password) > FB_PASSWORD_MOST)
		fb_jsonin_fail(in, "password", "has more bytes than 128");
	return fb_reply_check_json(req, in);
}

/* Nobody reads in our memory what opens other doors, too: neither in the text nor as it was read.
 */
static void wipe(struct fb_request *req, struct fb_jsonin *in)
{
	fb_jsonin_wipe(in, "token");
	fb_jsonin_wipe(in, "password");
	explicit_bzero(req->body.data, req->body.len);
}

/* The password was tried. */
static int end_login(struct fb_request *req)
{
	char name[FB_TOKEN_NAME + 1];
	const bool is_in = fb_auth_login_end(req, name);

	if (is_in)
		fb_info("login", "%s logged in by password, as %s", name, fb_role_word(req->role));
	else if (*name)
		fb_warn("login", "a wrong password for %s", name);
	return is_in ? fb_api_session_get(req) : 0;
}

int fb_api_session_post(struct fb_request *req)
{
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	struct credentials given = {NULL, NULL, NULL};
	int r = 0;

	if (fb_auth_login_waited(req))
		return end_login(req);
	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return 0;
	if (read_credentials(req, in, &given)) {
		if (given.name)
			fb_auth_login_by_password(req, given.name, given.password);
		else if (fb_auth_login(req, given.token))
			r = fb_api_session_get(req);
	}
	wipe(req, in);
	return r;
}

int fb_api_session_delete(struct fb_request *req)
{
	fb_auth_logout(req);
	return fb_api_session_get(req);
}

/* Only where the kernel says who asks: a login never makes another. */
int fb_api_login_post(struct fb_request *req)
{
	/* in the order of enum fb_role; of the first there is no link */
	static const char *const roles[] = {"", "viewer", "operator", "admin", NULL};
	const struct fb_api *api = req->ctx;
	struct fb_json *json;
	unsigned int role;
	char url[256];

	if (!req->conn->local) {
		fb_reply_problem(req, 403, "local-only", "links are made over the unix socket");
		return 0;
	}
	if (!fb_param_enum(req, "role", roles, req->role, &role))
		return 0;
	if (role > req->role) {
		fb_auth_lacks(req, (enum fb_role)role);
		return 0;
	}
	fb_http_url(api->http, (enum fb_role)role, url, sizeof(url));
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_str(json, "url", *url ? url : NULL);
	fb_json_kv_str(json, "role", roles[role]);
	fb_json_kv_u64(json, "minutes", FB_HTTP_LINK_MINUTES);
	fb_json_end(json, '}');
	return 0;
}
