/* SPDX-License-Identifier: BSD-2-Clause */
/* Logging in and out, and who one is; the rules are in http/auth.h. */
#include "api/routes.h"
#include "http/auth.h"
#include "http/conn.h"
#include "http/reply.h"
#include "util/jsonin.h"

int fb_api_session_get(struct fb_request *req)
{
	static const char *const roles[] = {NULL, "viewer", "operator"};
	struct fb_json *json = fb_reply_json(req);

	fb_json_object(json);
	fb_json_kv_str(json, "role", roles[req->role]);
	fb_json_kv_bool(json, "login_required", fb_auth_wants_login(req));
	fb_json_kv_bool(json, "secure", req->conn->tls);
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
