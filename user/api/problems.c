/* SPDX-License-Identifier: BSD-2-Clause */
/* What the API tells of itself: its OpenAPI document, what the problem types mean. */
#include <string.h>

#include "api/routes.h"
#include "http/assets.h"
#include "http/reply.h"

int fb_api_openapi(struct fb_request *req)
{
	fb_assets_serve_path(req, "/api/v1/openapi.json");
	return 0;
}

static const struct {
	const char *code, *help;
} problems[] = {
	{"bad-request",
	 "The request is malformed HTTP, or could be read in two ways. It was refused "
	 "and the connection closed."},
	{"wrong-host", "The Host header names something this server does not answer for. Use a "
		       "loopback name, the address you connected to, or start flowbpf with --host "
		       "NAME."},
	{"too-many-headers", "A request may have 64 headers."},
	{"length-required", "A body needs a Content-Length; chunked bodies are not taken."},
	{"not-found", "There is nothing at this path."},
	{"method-not-allowed", "The path exists, but not for this method; see the Allow header."},
	{"bad-parameter", "A query parameter is unknown, comes twice, or has a value out of range; "
			  "`errors` names it."},
	{"no-such-silence", "There is no silence of this number: it is over, or was taken back."},
	{"no-such-switch",
	 "Scan, brute, flood and list may act by themselves, each with external-internal or "
	 "internal-external: GET /api/v1/automation lists them."},
	{"no-such-teaching",
	 "Nothing was said of connections under that number, or it was taken back."},
	{"not-judged", "A flow is judged some seconds after it began."},
	{"too-many-teachings", "As much was said of connections as is kept: take some of it back."},
	{"no-judge", "Flows are not judged: flowbpf was started with --judge off."},
	{"bad-rule", "The rule of alerts does not parse; `errors` has the offset."},
	{"no-such-alert-rule", "GET /api/v1/alert-rules lists the rules of alerts."},
	{"alert-rule-exists", "PUT /api/v1/alert-rules/named/NAME changes a rule that is there."},
	{"alert-rule-of-config",
	 "What the config says stands: change the setting \"alert\" there, and have it read again "
	 "(SIGHUP)."},
	{"alert-rule-ready",
	 "A ready rule is not removed: PUT {\"on\": false} switches it off, and a rule of its name "
	 "takes its place."},
	{"alert-rule-needed",
	 "A rule that another one names behind unless stays, and stays on, as long as that does."},
	{"alert-rule-lost",
	 "What stands behind unless is the name of a rule that is in force and does not lead back."},
	{"too-many-alert-rules", "96 rules may be made, and 128 be there in all: take some back."},
	{"bad-filter", "The filter expression does not parse; `errors` has the offset, and a "
		       "suggestion where there is one."},
	{"bad-body",
	 "The body is not the JSON object that is expected here; `errors` names the key."},
	{"no-body-here", "This request takes no body."},
	{"body-too-large", "A request body may have 64 kB, one with a file 512 kB."},
	{"not-json", "Send the body as application/json."},
	{"anonymised",
	 "Viewers are not told of hosts and people here (--anonymise viewer:...), and what this "
	 "route tells cannot be told without: ask as an operator."},
	{"cross-origin", "The request was made by a page of another site."},
	{"csrf-header-missing",
	 "Requests that change something carry the header X-Flowbpf-CSRF: 1, which a "
	 "page of another site cannot add."},
	{"login-required",
	 "Open the link that \"flowbpf login\" prints for root on the machine itself, log in with a "
	 "token of the token file, or send such a token as Authorization: Bearer."},
	{"wrong-token",
	 "This token is not in the token file; or it was of a link, which is good once "
	 "and for a quarter of an hour."},
	{"local-only", "Links to log in are made over the unix socket, where the kernel says who "
		       "asks."},
	{"too-many-logins",
	 "Ten wrong tokens came from this address within a minute. A right one is "
	 "taken all the same."},
	{"daemon-refuses",
	 "The page or hub that was asked has a login that the daemon does not take: look at its "
	 "--connect-token, or at the file of tokens that --sensors names."},
	{"no-flowbpf", "What answers at the address that a page or hub asks is no flowbpf."},
	{"no-such-sensor",
	 "A hub serves the live views of those sensors that its --sensors lists, and no others."},
	{"wrong-password",
	 "There is no such name here, or it has another password: it is not told which."},
	{"too-many-passwords",
	 "Ten wrong passwords came from this address within a minute. None is tried until it is "
	 "over; a token or a link logs in all the same."},
	{"logins-busy",
	 "A password takes a tenth of a second to be tried, one after the other, and too many wait "
	 "already, or too many of this address."},
	{"no-daemon",
	 "This is a page of its own (flowbpf page), and the daemon that it asks does not "
	 "answer. It is asked again by the next request."},
	{"read-only",
	 "Nothing can be ended, blocked or changed here: the detail says why, such as that it is a "
	 "capture, which is over."},
	{"role-missing", "Your role may not do this: docs/roles.md has what which may."},
	{"cannot-limit",
	 "A rate needs a queue on the interface that nobody else has set up; the detail says what "
	 "is in the way."},
	{"panic",
	 "All verdicts are off until somebody turns them on again: flowbpf panic --off, or "
	 "POST /api/v1/panic."},
	{"not-waiting",
	 "A rule waits to be confirmed if it was made with \"confirm\", and until then."},
	{"no-such-flow", "There is no flow of this id: it may have ended some time ago."},
	{"flow-ended",
	 "This flow ended, and what was known of it made room; the detail says when."},
	{"no-history",
	 "Nothing is kept of the past: flowbpf has no folder for it (--state), or was "
	 "started with --history off; or nothing was written yet."},
	{"history-slow",
	 "A question to history has 30 s. Narrow since, until or the filter, or ask "
	 "with wait=5s, which answers what is found by then."},
	{"history-busy",
	 "Too many questions to history wait for an answer; Retry-After says when to "
	 "ask again."},
	{"history-fails",
	 "The file of the history cannot be read, or a fleet's ClickHouse does not answer; the "
	 "detail says why."},
	{"hub-cannot",
	 "A hub shows what the sensors of a fleet wrote to ClickHouse. Live flows, acts, rules and "
	 "settings are each sensor's own: ask it."},
	{"hub-only",
	 "A hub of a fleet (flowbpf hub) knows its sensors: this flowbpf is one of them, or none."},
	{"protected",
	 "Nobody may end this one: loopback and multicast, the connection by which you ask, SSH with "
	 "this machine, its gateways and resolvers, DHCP, neighbour discovery, NTP and routing."},
	{"no-such-alert",
	 "There is no silence, alert rule or sender of that name: GET /api/v1/alerts and "
	 "/api/v1/alert-rules list them."},
	{"too-many-silences", "64 silences may last at once: take some back."},
	{"no-such-rule", "There is no rule of this number: it may be over, or was taken back."},
	{"too-many-rules",
	 "4096 rules may be in force at once, 256 of these others than blocks of an address or prefix: take some back."},
	{"not-seen-here",
	 "No packet of this flow passed an interface that is attached: conntrack alone knows of it."},
	{"preview-gone",
	 "What was shown may be done once, within 60 seconds, by who saw it. Ask for "
	 "it again: POST /api/v1/acts/preview, or /api/v1/automation/preview."},
	{"erasing", "One person's traces are erased, or counted, at a time: GET "
		    "/api/v1/history/erasure says when that is done."},
	{"no-such-device",
	 "No device of the networks here has this MAC, or it was forgotten to make room."},
	{"no-conntrack-entry", "The flow has no conntrack entry any more."},
	{"no-conntrack", "Connection tracking is not available here; the health report says why."},
	{"confirm-missing", "This ends the tracking of connections, and says of how many: confirm "
			    "it as the detail tells."},
	{"too-many-match", "More flows match than the request allowed by at_most; nothing was "
			   "changed. Look at them, and ask again."},
	{"busy", "So many acts are asked for that no more are taken; try again in a moment."},
	{"timeout", "The kernel did not answer in time; nothing may have changed."},
	{"too-many-streams", "So many live streams are open that no more are served."},
	{"too-many-views", "So many different views are open that no more are served."},
	{"no-such-stream", "There is no live stream of this id; it may have ended."},
	{"no-such-host", "No flow that is still kept has this address."},
	{"no-such-name", "No operator gave this address a name: what it is called comes from "
			 "elsewhere."},
	{"too-many-names", "65,536 names of files and operators are kept."},
	{"no-such-interface", "No such interface is attached."},
	{"out-of-memory", "The daemon is short of memory."},
	{"internal", "Something failed inside the daemon; its log says what."},
};

int fb_api_problem(struct fb_request *req)
{
	for (size_t i = 0; i < sizeof(problems) / sizeof(*problems); i++) {
		if (strcmp(problems[i].code, req->path_args[0]) != 0)
			continue;
		fb_buf_addf(&req->reply.body, "%s\n\n%s\n", problems[i].code, problems[i].help);
		req->reply.status = 200;
		req->reply.type = "text/plain; charset=utf-8";
		return 0;
	}
	fb_reply_problem(req, 404, "not-found", "there is no problem of that name");
	return 0;
}
