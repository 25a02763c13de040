/* SPDX-License-Identifier: BSD-2-Clause */
/* Alerts to a syslog, as lines for SIEMs, over the wires of exporters. */
#include <errno.h>
#include <string.h>

#include "sink/sender_priv.h"
#include "sink/tlswire.h"
#include "util/clock.h"

static int set_format(struct fb_sender *sender, struct fb_why *why)
{
	static const char *const formats[] = {"json", "cef", "eve"};

	for (unsigned int i = 0; sender->format && i < 3; i++)
		if (!strcmp(formats[i], sender->format)) {
			sender->lines = i;
			return 0;
		}
	return sender->format ? fb_why_set(why, -EINVAL, "format takes json, cef or eve") : 0;
}

static int set_wire(struct fb_sender *sender)
{
	static const struct {
		const char *prefix;
		const struct fb_wire_ops *ops;
		enum fb_syslog_to to;
	} wires[] = {
		{"udp:", &fb_wire_udp, FB_SYSLOG_UDP},
		{"tcp:", &fb_wire_tcp, FB_SYSLOG_TCP},
		{"tls:", &fb_wire_tls, FB_SYSLOG_TCP},
	};

	if (!strcmp(sender->target, "local")) {
		fb_syslog_init(&sender->syslog, "alert", FB_SYSLOG_LOCAL);
		return fb_wire_set_path(&sender->wire, &fb_wire_devlog, "/dev/log");
	}
	for (size_t i = 0; i < sizeof(wires) / sizeof(*wires); i++) {
		if (strncmp(sender->target, wires[i].prefix, 4) != 0)
			continue;
		fb_syslog_init(&sender->syslog, "alert", wires[i].to);
		return fb_wire_set_peer(&sender->wire, wires[i].ops, sender->target + 4);
	}
	return -EINVAL;
}

static int check(struct fb_sender *sender, struct fb_why *why)
{
	int r = set_wire(sender);

	if (r < 0)
		return fb_why_set(why, r,
				  "syslog goes to local, udp:HOST:PORT, tcp:HOST:PORT or "
				  "tls:HOST:PORT");
	r = set_format(sender, why);
	if (r == 0 && sender->wire.ops == &fb_wire_tls)
		r = fb_wire_tls_trust(&sender->wire, sender->ca, why);
	return r;
}

static int syslog_severity(const struct fb_alarm *alarm)
{
	static const int severities[] = {
		[FB_SEVERITY_INFO] = 6, [FB_SEVERITY_WARNING] = 4, [FB_SEVERITY_CRITICAL] = 2};

	return alarm->kind == FB_ALARM_FIRING ? severities[alarm->severity] : 6;
}

static void write_line(struct fb_sender *sender, const struct fb_alarm *alarm, struct fb_buf *buf)
{
	static void (*const writers[])(const struct fb_alarm *alarm, struct fb_buf *buf) = {
		[FB_SENDER_JSON] = fb_alarm_write,
		[FB_SENDER_CEF] = fb_alarm_cef,
		[FB_SENDER_EVE] = fb_alarm_eve,
	};
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;

	writers[sender->lines](alarm, &line);
	sender->syslog.severity = syslog_severity(alarm);
	fb_syslog_write(&sender->syslog, buf, line.data, line.len, alarm->time_ms);
	buf->error = buf->error ? buf->error : fb_buf_error(&line);
}

/* What is sent to an end that has closed is lost: it is opened anew before. */
static int open_wire(struct fb_wire *wire)
{
	if (wire->fd >= 0 && wire->ops->is_closed && wire->ops->is_closed(wire))
		wire->ops->close(wire);
	return wire->fd >= 0 ? 0 : wire->ops->open(wire);
}

static int send_all(struct fb_wire *wire, const char *data, size_t len)
{
	const uint64_t until = fb_monotonic_ns() + FB_SENDER_SECONDS * FB_NS_PER_S;
	size_t sent = 0;

	while (sent < len) {
		const ssize_t n = wire->ops->send(wire, data + sent, len - sent);

		if (n >= 0)
			sent += (size_t)n;
		else if (n != -EAGAIN && n != -EWOULDBLOCK && n != -ENOBUFS)
			return (int)n;
		else if (fb_monotonic_ns() >= until)
			return -ETIMEDOUT;
		else
			fb_wire_wait(wire, 100);
	}
	return 0;
}

static int send_log(struct fb_sender *sender, const struct fb_alarm *alarm, struct fb_why *why)
{
	_cleanup_buf_ struct fb_buf message = FB_BUF_INIT;
	int r;

	write_line(sender, alarm, &message);
	r = fb_buf_error(&message);
	if (r == 0)
		r = open_wire(&sender->wire);
	if (r == 0)
		r = send_all(&sender->wire, message.data, message.len);
	if (r == 0)
		return 0;
	sender->wire.ops->close(&sender->wire);
	return fb_why_set(why, r == -EREMOTEIO ? -EAGAIN : r, "%s", strerror(-r));
}

const struct fb_sender_kind fb_sender_syslog = {.name = "syslog", .check = check, .send = send_log};
