/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked for stands in a map, and the walk fills it in: it has nothing to say itself. */
#include "kernel/sockheld.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include "kernel/capture.h"
#include "owner_held.skel.h"
#include "util/cleanup.h"

static void close_object(struct bpf_object **object)
{
	bpf_object__close(*object);
}

static int load(struct fb_sockheld *held, const struct fb_sockstamp *stamp)
{
	size_t size;
	const void *elf = owner_held__elf_bytes(&size);
	_cleanup_(close_object) struct bpf_object *object = bpf_object__open_mem(elf, size, NULL);
	int r;

	if (!object)
		return -errno;
	r = bpf_map__reuse_fd(bpf_object__find_map_by_name(object, "fb_exes"), stamp->exes);
	fb_sockstamp_set_netns(object);
	if (r == 0)
		r = bpf_object__load(object);
	if (r < 0)
		return r;
	held->link = bpf_link_create(
		bpf_program__fd(bpf_object__find_program_by_name(object, "owner_held")), 0,
		BPF_TRACE_ITER, NULL);
	held->held = fb_sockstamp_keep_map(object, "fb_owner_held");
	return held->link < 0 ? -errno : held->held < 0 ? held->held : 0;
}

int fb_sockheld_open(struct fb_sockheld *held, const struct fb_sockstamp *stamp)
{
	int r;

	*held = (struct fb_sockheld){.link = -1, .held = -1};
	if (!stamp->types)
		return -EOPNOTSUPP;
	fb_capture_start();
	r = load(held, stamp);
	fb_capture_stop();
	if (r < 0)
		fb_sockheld_close(held);
	return r;
}

void fb_sockheld_close(struct fb_sockheld *held)
{
	if (held->link >= 0)
		close(TAKE_FD(held->link));
	if (held->held >= 0)
		close(TAKE_FD(held->held));
}

/* It writes nothing: the first read goes to its end. */
static int walk(const struct fb_sockheld *held)
{
	_cleanup_close_ int fd = bpf_iter_create(held->link);
	char nothing[64];
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = read(fd, nothing, sizeof(nothing));
	while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)));
	return n < 0 ? -errno : 0;
}

int fb_sockheld_ask(const struct fb_sockheld *held, struct fb_sockheld_ask *ask, unsigned int n)
{
	int r = 0;

	for (unsigned int i = 0; i < n && r == 0; i++)
		if (bpf_map_update_elem(held->held, &ask[i].ends, &ask[i].held, BPF_ANY) < 0)
			r = -errno;
	if (r == 0)
		r = walk(held);
	for (unsigned int i = 0; i < n; i++)
		if (r == 0)
			(void)bpf_map_lookup_elem(held->held, &ask[i].ends, &ask[i].held);
	for (unsigned int i = 0; i < n; i++)
		(void)bpf_map_delete_elem(held->held, &ask[i].ends);
	return r;
}
