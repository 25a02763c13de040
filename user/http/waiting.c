/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that wait for somebody; see the header. */
#include <poll.h>

#include "http/conn.h"
#include "http/request.h"

void fb_request_wait(struct fb_request *req)
{
	req->waiting = true;
	fb_conn_phase(req->conn, FB_PHASE_STREAM); /* who is waited for has a deadline */
	MHD_suspend_connection(req->mhd);
}

void fb_request_resume(struct fb_request *req)
{
	MHD_resume_connection(req->mhd);
}

bool fb_request_is_gone(const struct fb_request *req)
{
	struct pollfd fd = {.fd = req->conn->fd, .events = POLLRDHUP};

	return poll(&fd, 1, 0) > 0 && fd.revents & (POLLRDHUP | POLLHUP | POLLERR);
}
