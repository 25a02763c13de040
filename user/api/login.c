/* SPDX-License-Identifier: BSD-2-Clause */
/* Logging in and out, who one is, and links for others; the rules are in http/auth.h. */
#include "api/api.h"
#include "api/routes.h"
#include "http/auth.h"
#include "http/conn.h"
#include "http/reply.h"
#include "http/route.h"
#include "http/server.h"
#include "util/jsonin.h"

int fb_api_session_get(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_json *json = fb_reply_json(req);

	fb_json_object(json);
	fb_json_kv_str(json, "role", fb_role_word(req->role));
	fb_json_kv_str(json, "user", req->user);
	fb_json_kv_bool(json, "login_required", fb_auth_wants_login(req));
	fb_json_kv_bool(json, "secure", req->conn->tls);
	fb_json_kv_str(json, "read_only", fb_auth_read_only(req));
	fb_json_kv_bool(json, "hub", api->is_hub);
	fb_json_kv_str(json, "sensor", req->under); /* of a hub, whose live view this is */
	fb_json_end(json, '}');
	return 0;
}

int fb_api_session_post(struct fb_request *req)
{
	static const char *const known[] = {"token", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	const char *token = "";

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return 0;
	fb_jsonin_only(in, known);
	if (!fb_jsonin_str(in, "token", &token))
		fb_jsonin_fail(in, "token", "is missing");
	if (!fb_reply_check_json(req, in))
		return 0;
	return fb_auth_login(req, token) ? fb_api_session_get(req) : 0;
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
