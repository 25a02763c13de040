/* SPDX-License-Identifier: BSD-2-Clause */
/* Interfaces, devices and this machine against the rules. */
#include "engine/alertbook_priv.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "engine/status.h"
#include "util/clock.h"
#include "util/hash.h"

int fb_alertlooks_new(const struct fb_alert_rules *rules,
		      struct fb_alertlook *looks[static FB_ALERT_RULES])
{
	int r = 0;

	for (unsigned int i = 0; i < rules->n && r == 0; i++)
		if (fb_alert_measures[rules->rule[i].measure].of == FB_ALERT_OF_FLOWS)
			r = fb_alertlook_new(&rules->rule[i], &looks[i]);
	return r;
}

/* --- kept over ticks -------------------------------------------------------------------------- */

static bool is_down(const struct fb_link_status *link)
{
	return link->state == FB_LINK_GONE || (!link->loopback && !link->running);
}

/* A sample each part of the window. */
static void note_losses(struct fb_alertbook *book, unsigned int i, uint64_t now_ns, uint64_t losses)
{
	const uint64_t part = book->rules.rule[i].window_s * FB_NS_PER_S / FB_ALERT_WINDOWS;
	const unsigned int n = book->lost[i].n;
	const unsigned int last = (n + FB_ALERT_WINDOWS - 1) % FB_ALERT_WINDOWS;

	if (n && now_ns - book->lost[i].ns[last] < part)
		return;
	book->lost[i].ns[n % FB_ALERT_WINDOWS] = now_ns;
	book->lost[i].losses[n % FB_ALERT_WINDOWS] = losses;
	book->lost[i].n++;
}

void fb_alertlooks_note(struct fb_alertbook *book, const struct fb_snapshot *snapshot,
			uint64_t losses)
{
	for (unsigned int i = 0; i < book->now->n_links; i++)
		book->links_down[book->now->links[i].link] = is_down(&book->now->links[i]);
	for (unsigned int i = 0; i < book->rules.n; i++)
		if (book->rules.rule[i].measure == FB_ALERT_LOSSES)
			note_losses(book, i, snapshot->now_ns, losses);
}

/* --- of flows --------------------------------------------------------------------------------- */

static void see_flows(struct fb_alertbook *book, unsigned int i, const struct fb_snapshot *snapshot,
		      const struct fb_alert_moment *moment)
{
	const struct fb_alert_rule *rule = &book->rules.rule[i];
	struct fb_alert_measured one;
	uint32_t pos = 0;

	(void)snapshot;
	while (fb_alertlook_next(book->look[i], &pos, &one))
		if (fb_alert_breaks(rule, one.value))
			fb_alertlife_see(&book->life, rule,
					 &(struct fb_alert_found){.key = one.key,
								  .value = one.value,
								  .link = one.link},
					 moment);
}

/* --- of interfaces ---------------------------------------------------------------------------- */

static void see_links(struct fb_alertbook *book, unsigned int i, const struct fb_snapshot *snapshot,
		      const struct fb_alert_moment *moment)
{
	const struct fb_alert_rule *rule = &book->rules.rule[i];

	(void)snapshot;
	for (unsigned int k = 0; k < book->now->n_links; k++) {
		const struct fb_link_status *link = &book->now->links[k];
		const bool down = rule->measure == FB_ALERT_DOWN;
		const uint64_t rate = (link->bytes_per_s[0] + link->bytes_per_s[1]) * 8;
		char sentence[64];

		if (down ? !is_down(link) : !fb_alert_breaks(rule, rate))
			continue;
		snprintf(sentence, sizeof(sentence), "interface %s is %s", link->name,
			 link->state == FB_LINK_GONE ? "gone" : "down");
		fb_alertlife_see(&book->life, rule,
				 &(struct fb_alert_found){.key = link->name,
							  .value = rate,
							  .sentence = down ? sentence : NULL,
							  .link = link->link},
				 moment);
	}
}

/* --- of devices ------------------------------------------------------------------------------- */

static void see_device(struct fb_alertbook *book, const struct fb_alert_rule *rule,
		       const struct fb_devicelist_entry *device,
		       const struct fb_alert_moment *moment)
{
	const char *name =
		device->name && strcmp(device->name, device->mac) != 0 ? device->name : "";
	char dirty[FB_ALARM_SENTENCE], sentence[FB_ALARM_SENTENCE];

	snprintf(dirty, sizeof(dirty), "a device that was never seen: %s%s%.100s%s%.100s",
		 device->mac, *name ? ", " : "", name, device->vendor ? ", by " : "",
		 device->vendor ? device->vendor : "");
	fb_alarm_clean(sentence, sizeof(sentence), dirty);
	fb_alertlife_see(&book->life, rule,
			 &(struct fb_alert_found){.key = device->mac, .sentence = sentence},
			 moment);
}

/* 1: it was not known to the rule; 0: it was; -errno: there is no room to know it. */
static int note_device(struct fb_alertbook *book, const struct fb_alert_rule *rule,
		       const struct fb_devicelist_entry *device)
{
	const uint64_t of_rule = fb_hash(rule->name, strlen(rule->name), 0);

	return fb_numberset_add(&book->devices, fb_hash(device->mac, strlen(device->mac), of_rule));
}

void fb_alertlooks_learn(struct fb_alertbook *book, unsigned int i,
			 const struct fb_snapshot *snapshot)
{
	const struct fb_devicelist *list = snapshot->devices;

	for (uint32_t k = 1; list && k <= list->n; k++)
		if (fb_devicelist_get(list, k))
			note_device(book, &book->rules.rule[i], fb_devicelist_get(list, k));
}

/* What an earlier run knew is known at once; where there was none, it is learned for a window. */
static void see_devices(struct fb_alertbook *book, unsigned int i,
			const struct fb_snapshot *snapshot, const struct fb_alert_moment *moment)
{
	const struct fb_alert_rule *rule = &book->rules.rule[i];
	const struct fb_devicelist *list = snapshot->devices;
	bool any = false;

	for (uint32_t k = 1; list && k <= list->n; k++) {
		const struct fb_devicelist_entry *device = fb_devicelist_get(list, k);

		if (!device)
			continue;
		any = true;
		if (note_device(book, rule, device) > 0 && book->devices_ns &&
		    snapshot->now_ns >= book->devices_ns)
			see_device(book, rule, device, moment);
	}
	if (!book->devices_ns)
		book->devices_ns = snapshot->now_ns + (any ? 1 : rule->window_s * FB_NS_PER_S);
}

/* --- of this machine -------------------------------------------------------------------------- */

static bool share(uint64_t used, uint64_t most, uint64_t *ret_value)
{
	*ret_value = most ? used * 10000 / most : 0;
	return most > 0;
}

static bool measure_disk(const struct fb_alertbook *book, uint64_t *ret_value)
{
	struct statvfs disk;

	/* as df has it: what root alone may use is not free */
	if (book->folder < 0 || fstatvfs(book->folder, &disk) < 0)
		return false;
	return share(disk.f_blocks - disk.f_bfree, disk.f_blocks - disk.f_bfree + disk.f_bavail,
		     ret_value);
}

static uint64_t lost_in_window(const struct fb_alertbook *book, unsigned int i)
{
	const unsigned int n = book->lost[i].n;
	const unsigned int oldest = n > FB_ALERT_WINDOWS ? n % FB_ALERT_WINDOWS : 0;
	const uint64_t now = fb_status_losses(book->now), then = book->lost[i].losses[oldest];

	return now > then ? now - then : 0;
}

static bool measure_machine(const struct fb_alertbook *book, unsigned int i, uint64_t *ret_value)
{
	const struct fb_status *now = book->now;

	switch (book->rules.rule[i].measure) {
	case FB_ALERT_CONNTRACK:
		return share(now->conntrack.entries, now->conntrack.max, ret_value);
	case FB_ALERT_TABLE:
		return share(now->rows_used, now->rows_max, ret_value);
	case FB_ALERT_DISK:
		return measure_disk(book, ret_value);
	case FB_ALERT_DEGRADED:
		*ret_value = now->n_degraded;
		return true;
	default:
		*ret_value = lost_in_window(book, i);
		return true;
	}
}

static void see_machine(struct fb_alertbook *book, unsigned int i,
			const struct fb_snapshot *snapshot, const struct fb_alert_moment *moment)
{
	const struct fb_alert_rule *rule = &book->rules.rule[i];
	struct fb_alert_found found = {.key = ""};

	(void)snapshot;
	if (!measure_machine(book, i, &found.value) || !fb_alert_breaks(rule, found.value))
		return;
	if (rule->measure == FB_ALERT_DEGRADED && book->now->n_degraded)
		found.sentence = book->now->degraded[0];
	fb_alertlife_see(&book->life, rule, &found, moment);
}

void fb_alertlooks_see(struct fb_alertbook *book, unsigned int i,
		       const struct fb_snapshot *snapshot, const struct fb_alert_moment *moment)
{
	static void (*const looks[])(struct fb_alertbook *book, unsigned int i,
				     const struct fb_snapshot *snapshot,
				     const struct fb_alert_moment *moment) = {
		[FB_ALERT_OF_FLOWS] = see_flows,
		[FB_ALERT_OF_LINKS] = see_links,
		[FB_ALERT_OF_DEVICES] = see_devices,
		[FB_ALERT_OF_MACHINE] = see_machine,
	};

	looks[fb_alert_measures[book->rules.rule[i].measure].of](book, i, snapshot, moment);
}
