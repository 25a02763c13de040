/* SPDX-License-Identifier: BSD-2-Clause */
/* The peer by its socket: a process here, or an address. */
#include "api/actor.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "http/auth.h"
#include "http/conn.h"

static void name_process(int fd, struct fb_actor *actor)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return;
	snprintf(actor->user, sizeof(actor->user), "uid %u", cred.uid);
	snprintf(actor->peer, sizeof(actor->peer), "pid %d", cred.pid);
}

static bool read_end(const struct sockaddr_storage *from, uint8_t addr[static 16],
		     uint8_t *ret_family, uint16_t *ret_port)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)from;
	const struct sockaddr_in *four = (const struct sockaddr_in *)from;
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (from->ss_family == AF_INET) {
		memcpy(addr, mapped, sizeof(mapped));
		memcpy(addr + 12, &four->sin_addr, 4);
		*ret_port = ntohs(four->sin_port);
	} else if (from->ss_family == AF_INET6) {
		memcpy(addr, &six->sin6_addr, 16);
		*ret_port = ntohs(six->sin6_port);
	} else {
		return false;
	}
	*ret_family = memcmp(addr, mapped, sizeof(mapped)) ? FB_IPV6 : FB_IPV4;
	return true;
}

/* What of his own connection he must not end. */
static void read_asker(int fd, const struct sockaddr_storage *peer, struct fb_never_asker *asker)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof(own);
	uint8_t addr[16], family;

	if (!read_end(peer, asker->addr, &asker->family, &asker->port) ||
	    getsockname(fd, (struct sockaddr *)&own, &len) < 0)
		return;
	read_end(&own, addr, &family, &asker->own_port);
}

static void name_address(int fd, struct fb_actor *actor)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	char host[56], port[8];
	bool v6;

	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&peer, len, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	read_asker(fd, &peer, &actor->asker);
	v6 = strchr(host, ':');
	snprintf(actor->peer, sizeof(actor->peer), "%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "",
		 port);
}

/* Browsers tell where their page is from; a token in a header is a program's. */
static enum fb_act_by by_what(const struct fb_request *req)
{
	const char *bearer = fb_request_header(req, MHD_HTTP_HEADER_AUTHORIZATION);

	if (req->conn->local)
		return FB_ACT_BY_CLI;
	return !bearer && fb_request_header(req, "Sec-Fetch-Site") ? FB_ACT_BY_PAGE : FB_ACT_BY_API;
}

/* "uid 0 for anna": who asks comes first, the rest is what he says. */
static void name_behalf(const struct fb_request *req, struct fb_actor *actor)
{
	const char *name = fb_auth_behalf(req);
	const size_t len = strlen(actor->user);

	if (name)
		snprintf(actor->user + len, sizeof(actor->user) - len, "%sfor %s", len ? " " : "",
			 name);
}

void fb_actor_of(const struct fb_request *req, struct fb_actor *ret_actor)
{
	*ret_actor = (struct fb_actor){.by = by_what(req), .role = fb_role_word(req->role)};
	if (req->conn->local)
		name_process(req->conn->fd, ret_actor);
	else
		name_address(req->conn->fd, ret_actor);
	if (req->user)
		snprintf(ret_actor->user, sizeof(ret_actor->user), "%s", req->user);
	name_behalf(req, ret_actor);
}
