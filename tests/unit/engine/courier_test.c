/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine store sink fetch format flow util
/* Messages about alerts: in order, over a restart, bounded, at their rate; senders as they are
 * read. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/courier.h"
#include "util/clock.h"

static char path[64], file[96];
static int folder;

static int fresh(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/flowbpf-courier.XXXXXX");
	if (!mkdtemp(path))
		return -1;
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(file, sizeof(file), "%s/secret", path);
	return folder < 0 ? -1 : 0;
}

static int remove_all(void **state)
{
	(void)state;
	unlink(file);
	unlinkat(folder, "alerts.spool", 0);
	close(folder);
	return rmdir(path);
}

static void write_secret(const char *text)
{
	FILE *to = fopen(file, "w");

	assert_non_null(to);
	fputs(text, to);
	fclose(to);
}

/* A port of this machine that nobody listens on yet; a socket bound to it. */
static int bind_port(uint16_t *ret_port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	*ret_port = ntohs(addr.sin_port);
	return fd;
}

static struct fb_courier *start(const char *sender)
{
	struct fb_courier *courier;
	struct fb_why why = {""};

	if (fb_courier_new(&sender, 1, &courier, &why) < 0)
		fail_msg("%s", why.text);
	assert_int_equal(fb_courier_start(courier, folder), 0);
	return courier;
}

static void add(struct fb_courier *courier, unsigned int number)
{
	struct fb_alarm alarm = {.id = number,
				 .severity = FB_SEVERITY_WARNING,
				 .rule = "r",
				 .since_ms = fb_wall_ms(),
				 .time_ms = fb_wall_ms()};

	snprintf(alarm.sentence, sizeof(alarm.sentence), "message %u.", number);
	fb_courier_add(courier, &alarm);
}

static struct fb_courier_state state_of(struct fb_courier *courier)
{
	struct fb_courier_state states[FB_SENDERS];

	assert_int_equal(fb_courier_states(courier, states), 1);
	return states[0];
}

static void pause_ms(long ms)
{
	const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&pause, NULL);
}

/* Until so many were sent, or tries failed. */
static void await(struct fb_courier *courier, uint64_t sent, uint64_t retries)
{
	for (unsigned int i = 0; i < 600; i++) {
		const struct fb_courier_state state = state_of(courier);

		if (state.counters.sent >= sent && state.counters.retries >= retries)
			return;
		pause_ms(50);
	}
	fail_msg("%llu sent, %llu retries", (unsigned long long)state_of(courier).counters.sent,
		 (unsigned long long)state_of(courier).counters.retries);
}

/* All that comes on one connection, until `last` is there. */
static void read_until(int listener, const char *last, char *text, size_t size)
{
	const int fd = accept(listener, NULL, NULL);
	size_t len = 0;

	assert_true(fd >= 0);
	text[0] = '\0';
	while (!strstr(text, last)) {
		const ssize_t n = read(fd, text + len, size - len - 1);

		assert_true(n > 0);
		len += (size_t)n;
		text[len] = '\0';
	}
	close(fd);
}

static void outlives_a_restart(void **state)
{
	struct fb_courier *courier;
	char sender[64], text[8192];
	struct stat spool;
	uint16_t port;
	int listener = bind_port(&port);

	(void)state;
	snprintf(sender, sizeof(sender), "siem: syslog tcp:127.0.0.1:%u", port);
	courier = start(sender);
	for (unsigned int i = 1; i <= 3; i++)
		add(courier, i);
	await(courier, 0, 1);
	assert_int_equal(state_of(courier).waiting, 3);
	assert_string_equal(state_of(courier).error, "Connection refused");
	fb_courier_free(courier);
	assert_int_equal(fstatat(folder, "alerts.spool", &spool, 0), 0);
	assert_int_equal(spool.st_mode & 0777 & ~0600, 0);

	assert_int_equal(listen(listener, 4), 0);
	courier = start(sender);
	assert_int_equal(state_of(courier).counters.queued, 3);
	add(courier, 4);
	read_until(listener, "message 4.", text, sizeof(text));
	assert_true(strstr(text, "message 1.") < strstr(text, "message 2.") &&
		    strstr(text, "message 2.") < strstr(text, "message 3.") &&
		    strstr(text, "message 3.") < strstr(text, "message 4."));
	await(courier, 4, 0);
	assert_true(!state_of(courier).waiting && !*state_of(courier).error);
	fb_courier_free(courier);

	/* what was sent is not sent again */
	courier = start(sender);
	assert_int_equal(state_of(courier).waiting, 0);
	fb_courier_free(courier);
	close(listener);
}

static void change(struct fb_courier *courier, const char *sender)
{
	struct fb_why why = {""};

	if (fb_courier_change(courier, &sender, sender ? 1 : 0, &why) < 0)
		fail_msg("%s", why.text);
}

/* Until the thread took it over. */
static void await_name(struct fb_courier *courier, const char *name)
{
	struct fb_courier_state states[FB_SENDERS];

	for (unsigned int i = 0; i < 600; i++) {
		const unsigned int n = fb_courier_states(courier, states);

		if (n == (name ? 1 : 0) && (!n || !strcmp(states[0].name, name)))
			return;
		pause_ms(20);
	}
	fail_msg("%s is not there", name ? name : "nobody");
}

static void changes_senders(void **state)
{
	const char *bad = "siem: pigeon coop";
	struct fb_courier *courier;
	char first[64], second[64], text[8192];
	uint16_t ports[2];
	struct fb_why why;
	const int nobody = bind_port(&ports[0]), listener = bind_port(&ports[1]);

	(void)state;
	assert_int_equal(listen(listener, 4), 0);
	snprintf(first, sizeof(first), "siem: syslog tcp:127.0.0.1:%u", ports[0]);
	snprintf(second, sizeof(second), "siem: syslog tcp:127.0.0.1:%u", ports[1]);
	courier = start(first);
	for (unsigned int i = 1; i <= 3; i++)
		add(courier, i);
	await(courier, 0, 1);
	assert_int_equal(fb_courier_change(courier, &bad, 1, &why), -EINVAL);
	change(courier, first);
	assert_int_equal(state_of(courier).waiting, 3);
	/* what waits goes where the sender of that name is now */
	change(courier, second);
	read_until(listener, "message 3.", text, sizeof(text));
	assert_true(strstr(text, "message 1.") < strstr(text, "message 3."));
	await(courier, 3, 0);
	assert_true(state_of(courier).counters.queued == 3 && !*state_of(courier).error);
	/* ... and of one that is no more, nowhere; it is counted */
	change(courier, first);
	add(courier, 4);
	await(courier, 3, 2);
	change(courier, NULL);
	await_name(courier, NULL);
	assert_true(fb_courier_gone(courier).queued == 4 && fb_courier_gone(courier).sent == 3);
	assert_true(fb_courier_gone(courier).dropped == 1);
	change(courier, "other: syslog udp:127.0.0.1:9");
	await_name(courier, "other");
	fb_courier_free(courier);
	close(nobody);
	close(listener);
}

/* A receiver that takes the connection and never answers. */
static void waits_for_nobody(void **state)
{
	struct fb_courier_state states[FB_SENDERS] = {0};
	const char *senders[] = {NULL, "siem: syslog udp:127.0.0.1:9"};
	struct fb_courier *courier;
	struct fb_why why;
	char hangs[64];
	uint16_t port;
	const int listener = bind_port(&port);

	(void)state;
	assert_int_equal(listen(listener, 4), 0);
	snprintf(hangs, sizeof(hangs), "chat: webhook http://127.0.0.1:%u/", port);
	senders[0] = hangs;
	assert_int_equal(fb_courier_new(senders, 2, &courier, &why), 0);
	assert_int_equal(fb_courier_start(courier, folder), 0);
	for (unsigned int i = 1; i <= 3; i++)
		add(courier, i);
	for (unsigned int i = 0; i < 200 && states[1].counters.sent < 3; i++) {
		pause_ms(20);
		fb_courier_states(courier, states);
	}
	assert_int_equal(states[1].counters.sent, 3);
	assert_true(states[0].waiting == 3 && !states[0].counters.retries);
	/* others come once it is over, and what waited for the same name stays */
	close(listener);
	change(courier, "chat: syslog udp:127.0.0.1:9");
	await_name(courier, "chat");
	await(courier, 3, 0);
	fb_courier_free(courier);
}

/* ... nor does the end wait for it, and what it did not take is kept. */
static void ends_while_one_hangs(void **state)
{
	const uint64_t began = fb_monotonic_ms();
	struct fb_courier *courier;
	char hangs[64];
	uint16_t port;
	const int listener = bind_port(&port);
	int taken;

	(void)state;
	assert_int_equal(listen(listener, 4), 0);
	snprintf(hangs, sizeof(hangs), "chat: webhook http://127.0.0.1:%u/", port);
	courier = start(hangs);
	add(courier, 1);
	taken = accept(listener, NULL, NULL);
	assert_true(taken >= 0);
	fb_courier_free(courier);
	assert_true(fb_monotonic_ms() - began < 8000);
	courier = start("chat: syslog udp:127.0.0.1:9");
	assert_int_equal(state_of(courier).counters.queued, 1);
	fb_courier_free(courier);
	close(taken);
	close(listener);
}

static void begins_with_nobody(void **state)
{
	struct fb_courier *courier;
	struct fb_why why;

	(void)state;
	assert_int_equal(fb_courier_new(NULL, 0, &courier, &why), 0);
	assert_int_equal(fb_courier_start(courier, folder), 0);
	change(courier, "siem: syslog udp:127.0.0.1:9");
	await_name(courier, "siem");
	fb_courier_free(courier);
}

static void works_without_a_folder(void **state)
{
	const char *sender = "siem: syslog udp:127.0.0.1:9";
	struct fb_courier *courier;
	struct fb_why why;

	(void)state;
	assert_int_equal(fb_courier_new(&sender, 1, &courier, &why), 0);
	assert_int_equal(fb_courier_start(courier, -1), 0);
	add(courier, 1);
	add(courier, 2);
	await(courier, 1, 0);
	assert_int_equal(state_of(courier).counters.queued, 2);
	fb_courier_free(courier);
}

static void drops_the_oldest(void **state)
{
	struct fb_courier *courier;
	struct fb_courier_state now;
	char sender[64];
	uint16_t port;
	const int nobody = bind_port(&port);

	(void)state;
	snprintf(sender, sizeof(sender), "siem: syslog tcp:127.0.0.1:%u", port);
	courier = start(sender);
	for (unsigned int i = 1; i <= FB_COURIER_QUEUE + 7; i++)
		add(courier, i);
	now = state_of(courier);
	assert_int_equal(now.waiting, FB_COURIER_QUEUE);
	assert_true(now.counters.dropped == 7);
	assert_true(now.counters.queued == now.counters.dropped + now.waiting);
	assert_int_equal(fb_courier_add_to(courier, "nobody", &(struct fb_alarm){0}), -ENOENT);
	fb_courier_free(courier);
	close(nobody);
}

static void keeps_its_rate(void **state)
{
	struct fb_courier *courier;
	char sender[64];
	uint16_t port;
	const int listener = bind_port(&port);

	(void)state;
	assert_int_equal(listen(listener, 4), 0);
	snprintf(sender, sizeof(sender), "siem: syslog tcp:127.0.0.1:%u rate=2", port);
	courier = start(sender);
	for (unsigned int i = 1; i <= 5; i++)
		add(courier, i);
	await(courier, 2, 0);
	pause_ms(500);
	assert_true(state_of(courier).counters.sent == 2);
	assert_int_equal(state_of(courier).waiting, 3);
	fb_courier_free(courier);
	close(listener);
}

static void takes_what_is_bad_enough(void **state)
{
	struct fb_courier *courier = start("siem: syslog udp:127.0.0.1:9 severity=critical");

	(void)state;
	add(courier, 1);
	assert_true(state_of(courier).counters.queued == 0);
	fb_courier_free(courier);
}

static void refused(const char *text, const char *because)
{
	struct fb_sender *sender;
	struct fb_why why = {""};

	assert_true(fb_sender_new(text, &sender, &why) < 0);
	if (!strstr(why.text, because))
		fail_msg("\"%s\" says \"%s\", not \"%s\"", text, why.text, because);
	assert_null(strstr(why.text, "hush"));
}

static void refuses_senders(void **state)
{
	char text[256];

	(void)state;
	refused("webhook http://x/hush", "NAME: webhook");
	refused("a b: webhook http://x/hush", "NAME: webhook");
	refused("a: pigeon http://x/", "none of webhook, mail, syslog");
	refused("a: webhook", "needs to know where to");
	refused("a: webhook ftp://x/hush", "http://... or https://");
	refused("a: webhook http://x/hush format=fax", "format takes json");
	refused("a: webhook http://x/hush format=telegram", "needs chat=ID");
	refused("a: webhook http://x/hush rate=0", "rate takes 1");
	refused("a: webhook http://x/hush severity=bad", "severity takes info");
	refused("a: webhook http://x/hush color=red", "none of its options");
	refused("a: webhook /no/such/file", "No such file");
	refused("a: mail x@y", "smtp://HOST:PORT");
	refused("a: mail smtp://u:hush@x from=a@b to=c@d", "not in the URL");
	refused("a: mail smtp://x from=a@b", "needs from=ADDRESS and to=ADDRESS");
	refused("a: mail smtp://x from=a@b to=c@d,nobody", "no address");
	refused("a: mail smtp://x from=a@b>\"x to=c@d", "needs from=");
	refused("a: mail smtp://x from=a@b to=c@d user=u", "belong together");
	refused("a: syslog nowhere", "local, udp:HOST:PORT");
	refused("a: syslog udp:x:514 format=xml", "json, cef or eve");
	refused("a: webhook http://x/hush\r\nHeader: y", "NAME: webhook");
	write_secret("hush\x01x\n");
	snprintf(text, sizeof(text), "a: webhook http://x/ token-file=%s", file);
	refused(text, "control character");
	write_secret("hush\n");
	snprintf(text, sizeof(text),
		 "a: mail smtp://x from=a@b to=c@d tls=none user=u password-file=%s", file);
	refused(text, "not sent in clear");
	write_secret("\nhush\n");
	snprintf(text, sizeof(text), "a: webhook %s", file);
	refused(text, "nothing in its first line");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(outlives_a_restart, fresh, remove_all),
		cmocka_unit_test_setup_teardown(changes_senders, fresh, remove_all),
		cmocka_unit_test_setup_teardown(waits_for_nobody, fresh, remove_all),
		cmocka_unit_test_setup_teardown(ends_while_one_hangs, fresh, remove_all),
		cmocka_unit_test_setup_teardown(begins_with_nobody, fresh, remove_all),
		cmocka_unit_test_setup_teardown(works_without_a_folder, fresh, remove_all),
		cmocka_unit_test_setup_teardown(drops_the_oldest, fresh, remove_all),
		cmocka_unit_test_setup_teardown(keeps_its_rate, fresh, remove_all),
		cmocka_unit_test_setup_teardown(takes_what_is_bad_enough, fresh, remove_all),
		cmocka_unit_test_setup_teardown(refuses_senders, fresh, remove_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
