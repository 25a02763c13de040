/* SPDX-License-Identifier: BSD-2-Clause */
/* Open, size, load or adopt: the life of the skeleton, and what is read from it. */
#include "kernel/bpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <flowbpf/event.h>
#include <flowbpf/flood.h>
#include <flowbpf/limits.h>
#include <flowbpf/link.h>

#include "flowbpf.skel.h"
#include "kernel/capture.h"
#include "kernel/pin.h"
#include "util/cleanup.h"

#define FILES_LEAST 96 /* maps, programs, links, sockets, and who connects */

struct fb_bpf {
	struct flowbpf *skel;
	struct fb_knobs knobs;
	struct bpf_map *map[FB_MAP_COUNT];
	struct bpf_program *prog[FB_PROG_COUNT];
	struct fb_stats *per_cpu; /* [cpus]: one value of fb_stats */
	int cpus;		  /* possible ones: a value has room for each */
	const struct fb_state *state;
	struct fb_batch *batch;
	struct fb_frame_slot *frames; /* [FB_FRAMES]; replay only */
	size_t state_bytes, batch_bytes, frames_bytes;
	char *pin;
	bool adopted;
};

static const char *const prog_names[FB_PROG_COUNT] = {
	[FB_PROG_INGRESS] = "flowbpf_ingress", [FB_PROG_EGRESS] = "flowbpf_egress",
	[FB_PROG_CLOCK] = "flowbpf_clock",     [FB_PROG_BATCH] = "flowbpf_batch",
	[FB_PROG_REPLAY] = "flowbpf_replay",   [FB_PROG_POKE] = "flowbpf_poke",
	[FB_PROG_LIMIT] = "flowbpf_limit",
};

static uint32_t ring_size(uint32_t bytes)
{
	uint32_t size = 4096;

	if (bytes == 0)
		bytes = FB_RING_BYTES_DEFAULT;
	while (size < bytes && size < (1u << 30))
		size <<= 1;
	return size;
}

static int find_objects(struct fb_bpf *bpf, struct fb_why *why)
{
	for (unsigned int i = 0; i < FB_MAP_COUNT; i++) {
		bpf->map[i] =
			bpf_object__find_map_by_name(bpf->skel->obj, fb_map_name((enum fb_map)i));
		if (!bpf->map[i])
			return fb_why_set(why, -ENOENT, "the BPF object lacks the map %s",
					  fb_map_name((enum fb_map)i));
	}
	for (unsigned int i = 0; i < FB_PROG_COUNT; i++) {
		bpf->prog[i] = bpf_object__find_program_by_name(bpf->skel->obj, prog_names[i]);
		if (!bpf->prog[i])
			return fb_why_set(why, -ENOENT, "the BPF object lacks the program %s",
					  prog_names[i]);
	}
	return 0;
}

static int set_sizes(struct fb_bpf *bpf, uint32_t ring_bytes)
{
	const uint32_t flows = bpf->knobs.max_flows;
	const struct {
		struct bpf_map *map;
		uint32_t entries;
	} sizes[] = {
		{bpf->map[FB_MAP_INDEX4], flows},
		{bpf->map[FB_MAP_INDEX6], flows},
		{bpf->map[FB_MAP_FLOWS], flows},
		{bpf->map[FB_MAP_SIDES], flows},
		{bpf->map[FB_MAP_QUALITY], bpf->knobs.quality ? flows : 1},
		{bpf->map[FB_MAP_MOVED], FB_MOVED_WORDS(flows)},
		{bpf->map[FB_MAP_FREE], flows},
		{bpf->map[FB_MAP_NAMES], flows},
		{bpf->map[FB_MAP_OWNERS], flows},
		{bpf->map[FB_MAP_RING], ring_size(ring_bytes)},
		{bpf->skel->maps.fb_frames, bpf->knobs.replay ? FB_FRAMES : 1},
		{bpf->skel->maps.fb_hints, bpf->knobs.hint_sets},
		{bpf->skel->maps.fb_flood_ends, bpf->knobs.flood_rate ? FB_FLOOD_ENDS : 1},
		{bpf->skel->maps.fb_flood_syns, bpf->knobs.flood_rate ? FB_FLOOD_SYNS : 1},
		{bpf->skel->maps.fb_flood_known, bpf->knobs.flood_rate ? FB_FLOOD_KNOWN : 1},
	};

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int r = bpf_map__set_max_entries(sizes[i].map, sizes[i].entries);

		if (r < 0)
			return r;
	}
	return 0;
}

static int adopt_maps(struct fb_bpf *bpf, struct fb_why *why)
{
	int r = fb_pin_open(bpf->pin, why);

	if (r <= 0)
		return r;
	for (unsigned int i = 0; i < FB_MAP_COUNT; i++) {
		r = fb_pin_adopt_map(bpf->pin, bpf->map[i], why);
		if (r < 0)
			return r;
	}
	bpf->adopted = true;
	return 0;
}

static int pin_maps(struct fb_bpf *bpf, struct fb_why *why)
{
	for (unsigned int i = 0; i < FB_MAP_COUNT; i++) {
		int r = fb_pin_map(bpf->pin, bpf->map[i], why);

		if (r < 0)
			return r;
	}
	return fb_pin_finish(bpf->pin, why);
}

/* Short of descriptors libbpf guesses wrongly what the kernel can, and tells of something else. */
static int check_files(struct fb_why *why)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= FILES_LEAST)
		return 0;
	return fb_why_set(why, -EMFILE,
			  "only %u open files are allowed here and %d are needed: ulimit -n 1024",
			  (unsigned int)limit.rlim_cur, FILES_LEAST);
}

/* One sentence for what libbpf and the kernel said. */
static int explain(int r, const struct fb_bpf *bpf, const char *verifier_log, struct fb_why *why)
{
	char line[160];

	if (r == -EMFILE || r == -ENFILE)
		return fb_why_set(why, r, "no more file descriptors to be had (%s): %s",
				  strerror(-r), "raise the limit, for example with ulimit -n 1024");
	if (fb_capture_has_verifier_log()) {
		const bool saved = verifier_log && fb_capture_save(verifier_log) == 0;

		fb_capture_verdict(line, sizeof(line));
		return fb_why_set(why, r, "the kernel's verifier refused the program: %s%s%s", line,
				  saved ? "; its log is in " : "", saved ? verifier_log : "");
	}
	if (r == -EPERM || r == -EACCES)
		return fb_why_set(why, r,
				  "loading BPF programs is not permitted: start as root, or "
				  "with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN");
	if (r == -ENOMEM || r == -E2BIG)
		return fb_why_set(why, r,
				  "the kernel has no memory for the maps of %u flows: try a "
				  "smaller --max-flows",
				  bpf->knobs.max_flows);
	fb_capture_first_line(line, sizeof(line));
	return fb_why_set(
		why, r,
		"the BPF object did not load: %s; `flowbpf doctor` tells what this kernel "
		"lacks",
		line[0] ? line : strerror(-r));
}

/* The entries of a map, `size` bytes; they are mapped in whole pages. */
static int map_entry(const struct bpf_map *map, size_t size, int access, void **ret_entry,
		     size_t *ret_bytes)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t bytes = (size + page - 1) / page * page;
	void *entry = mmap(NULL, bytes, access, MAP_SHARED, bpf_map__fd(map), 0);

	if (entry == MAP_FAILED)
		return -errno;
	*ret_entry = entry;
	*ret_bytes = bytes;
	return 0;
}

static int map_entries(struct fb_bpf *bpf)
{
	int r = map_entry(bpf->map[FB_MAP_STATE], sizeof(*bpf->state), PROT_READ,
			  (void **)&bpf->state, &bpf->state_bytes);

	if (r == 0)
		r = map_entry(bpf->skel->maps.fb_batch, sizeof(*bpf->batch), PROT_READ | PROT_WRITE,
			      (void **)&bpf->batch, &bpf->batch_bytes);
	if (r == 0 && bpf->knobs.replay)
		r = map_entry(bpf->skel->maps.fb_frames, FB_FRAMES * sizeof(*bpf->frames),
			      PROT_READ | PROT_WRITE, (void **)&bpf->frames, &bpf->frames_bytes);
	return r;
}

static int load(struct fb_bpf *bpf, const struct fb_bpf_opts *opts, struct fb_why *why)
{
	int r = find_objects(bpf, why);

	if (r < 0)
		return r;
	r = set_sizes(bpf, opts->ring_bytes);
	if (r < 0)
		return explain(r, bpf, NULL, why);
	memcpy((void *)&bpf->skel->rodata->fb_knobs, &bpf->knobs, sizeof(bpf->knobs));
	if (bpf->pin) {
		r = adopt_maps(bpf, why);
		if (r < 0)
			return r;
	}
	/* libbpf raises RLIMIT_MEMLOCK itself on kernels that still charge maps to it. */
	r = flowbpf__load(bpf->skel);
	if (r < 0)
		return explain(r, bpf, opts->verifier_log, why);
	if (bpf->pin && !bpf->adopted) {
		r = pin_maps(bpf, why);
		if (r < 0) {
			fb_pin_remove(bpf->pin, NULL);
			return r;
		}
	}
	r = map_entries(bpf);
	return r < 0 ? explain(r, bpf, NULL, why) : 0;
}

static void free_bpf(struct fb_bpf **bpf)
{
	fb_bpf_free(*bpf);
}

int fb_bpf_new(const struct fb_bpf_opts *opts, struct fb_bpf **ret_bpf, struct fb_why *why)
{
	_cleanup_(free_bpf) struct fb_bpf *bpf = calloc(1, sizeof(*bpf));
	int r = check_files(why);

	if (r < 0)
		return r;
	if (!bpf)
		return fb_why_set(why, -ENOMEM, "out of memory");
	bpf->knobs = opts->knobs;
	if (bpf->knobs.max_flows == 0)
		bpf->knobs.max_flows = FB_MAX_FLOWS_DEFAULT;
	if (bpf->knobs.sample_packets == 0)
		bpf->knobs.sample_packets = FB_SAMPLE_PACKETS_DEFAULT;
	if (bpf->knobs.sample_bytes == 0)
		bpf->knobs.sample_bytes = FB_SAMPLE_MAX;
	if (bpf->knobs.max_flows < FB_MAX_FLOWS_LEAST || bpf->knobs.max_flows > FB_MAX_FLOWS_MOST)
		return fb_why_set(why, -ERANGE, "max-flows must be from %d to %d",
				  FB_MAX_FLOWS_LEAST, FB_MAX_FLOWS_MOST);
	bpf->knobs.hint_sets = fb_hint_sets(bpf->knobs.max_flows);
	if (getrandom(&bpf->knobs.flood_seed, sizeof(bpf->knobs.flood_seed), 0) < 0)
		return fb_why_set(why, -errno, "no random numbers: %m");
	bpf->cpus = libbpf_num_possible_cpus();
	if (bpf->cpus < 0)
		return fb_why_set(why, bpf->cpus, "cannot count the possible CPUs");
	bpf->per_cpu = calloc((size_t)bpf->cpus, sizeof(*bpf->per_cpu));
	bpf->pin = opts->pin ? strdup(opts->pin) : NULL;
	if (!bpf->per_cpu || (opts->pin && !bpf->pin))
		return fb_why_set(why, -ENOMEM, "out of memory");
	fb_capture_start();
	bpf->skel = flowbpf__open();
	r = bpf->skel ? load(bpf, opts, why) : explain(-errno, bpf, NULL, why);
	fb_capture_stop();
	if (r < 0)
		return r;
	*ret_bpf = TAKE_PTR(bpf);
	return 0;
}

void fb_bpf_free(struct fb_bpf *bpf)
{
	if (!bpf)
		return;
	if (bpf->state)
		munmap((void *)bpf->state, bpf->state_bytes);
	if (bpf->batch)
		munmap(bpf->batch, bpf->batch_bytes);
	if (bpf->frames)
		munmap(bpf->frames, bpf->frames_bytes);
	flowbpf__destroy(bpf->skel);
	free(bpf->per_cpu);
	free(bpf->pin);
	free(bpf);
}

bool fb_bpf_adopted(const struct fb_bpf *bpf)
{
	return bpf->adopted;
}

const char *fb_bpf_pin(const struct fb_bpf *bpf)
{
	return bpf->pin;
}

int fb_bpf_prog_fd(const struct fb_bpf *bpf, enum fb_prog prog)
{
	return bpf_program__fd(bpf->prog[prog]);
}

int fb_bpf_map_fd(const struct fb_bpf *bpf, enum fb_map map)
{
	return bpf_map__fd(bpf->map[map]);
}

int fb_bpf_lend(const struct fb_bpf *bpf, struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		const struct bpf_map *own =
			bpf_object__find_map_by_name(bpf->skel->obj, bpf_map__name(map));
		int r = -ENOENT;

		if (bpf_map__is_internal(map))
			r = bpf_map__set_initial_value(map, &bpf->knobs, sizeof(bpf->knobs));
		else if (own)
			r = bpf_map__reuse_fd(map, bpf_map__fd(own));
		if (r < 0)
			return r;
	}
	return 0;
}

uint32_t fb_bpf_map_size(const struct fb_bpf *bpf, enum fb_map map)
{
	return bpf_map__max_entries(bpf->map[map]);
}

bool fb_bpf_is_timed(void)
{
	_cleanup_close_ int fd = open("/proc/sys/kernel/bpf_stats_enabled", O_RDONLY | O_CLOEXEC);
	char digit;

	return fd >= 0 && read(fd, &digit, 1) == 1 && digit == '1';
}

int fb_bpf_prog_info(const struct fb_bpf *bpf, enum fb_prog prog, struct fb_prog_info *ret_info)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fb_bpf_prog_fd(bpf, prog), &info, &len) < 0)
		return -errno;
	*ret_info = (struct fb_prog_info){
		.name = prog_names[prog],
		.id = info.id,
		.verified_insns = info.verified_insns,
		.run_cnt = info.run_cnt,
		.run_time_ns = info.run_time_ns,
	};
	return 0;
}

/* On a frame that it does not look at. */
static int run_program(const struct fb_bpf *bpf, enum fb_prog prog)
{
	static const uint8_t frame[64];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame));

	return bpf_prog_test_run_opts(fb_bpf_prog_fd(bpf, prog), &run) < 0 ? -errno : 0;
}

int fb_bpf_batch(struct fb_bpf *bpf, enum fb_batch_what what, uint32_t *slots, uint32_t n)
{
	struct fb_batch *batch = bpf->batch;
	int r;

	if (n > FB_BATCH_MAX)
		return -E2BIG;
	batch->what = what;
	batch->n = n;
	batch->done = 0;
	memcpy(batch->slot, slots, n * sizeof(*slots));
	r = run_program(bpf, FB_PROG_BATCH);
	if (r < 0)
		return r;
	if (what == FB_BATCH_TAKE)
		memcpy(slots, batch->slot, batch->done * sizeof(*slots));
	return (int)batch->done;
}

struct fb_frame_slot *fb_bpf_frames(const struct fb_bpf *bpf)
{
	return bpf->frames;
}

int fb_bpf_replay(struct fb_bpf *bpf, uint32_t ifindex, uint32_t n)
{
	static const uint8_t room[FB_FRAME_BYTES];
	struct __sk_buff skb = {.ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = room, .data_size_in = sizeof(room),
		    .ctx_in = &skb, .ctx_size_in = sizeof(skb));
	uint32_t before;

	bpf->batch->n = n;
	bpf->batch->done = 0;
	do {
		before = bpf->batch->done;
		run.repeat = (int)(n - before);
		/* a signal ends it between two frames, and the rest is run anew */
		if (bpf_prog_test_run_opts(fb_bpf_prog_fd(bpf, FB_PROG_REPLAY), &run) < 0 &&
		    (errno != EINTR || bpf->batch->done == before))
			return -errno;
	} while (bpf->batch->done < n);
	return 0;
}

int fb_bpf_poke(const struct fb_bpf *bpf, uint32_t ifindex, const void *frame, size_t len)
{
	struct __sk_buff skb = {.ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = (__u32)len,
		    .ctx_in = &skb, .ctx_size_in = sizeof(skb));

	if (bpf_prog_test_run_opts(fb_bpf_prog_fd(bpf, FB_PROG_POKE), &run) < 0)
		return -errno;
	return run.retval ? 0 : -EHOSTUNREACH;
}

int fb_bpf_clock(struct fb_bpf *bpf, struct fb_moment *ret_moment)
{
	int r = run_program(bpf, FB_PROG_CLOCK);

	if (r < 0)
		return r;
	ret_moment->ticks = __atomic_load_n(&bpf->state->clock_ticks, __ATOMIC_RELAXED);
	ret_moment->ns = __atomic_load_n(&bpf->state->clock_ns, __ATOMIC_RELAXED);
	return 0;
}

int fb_bpf_stats(const struct fb_bpf *bpf, uint16_t link, enum fb_hook hook,
		 struct fb_stats *ret_stats)
{
	const __u32 index = (__u32)link * 2 + hook;

	if (link >= FB_LINK_MAX)
		return -EINVAL;
	if (bpf_map_lookup_elem(fb_bpf_map_fd(bpf, FB_MAP_STATS), &index, bpf->per_cpu) < 0)
		return -errno;
	*ret_stats = (struct fb_stats){0};
	for (int cpu = 0; cpu < bpf->cpus; cpu++) {
		for (unsigned int i = 0; i < FB_STAT_COUNT; i++) {
			ret_stats->packets[i] += bpf->per_cpu[cpu].packets[i];
			ret_stats->bytes[i] += bpf->per_cpu[cpu].bytes[i];
		}
	}
	return 0;
}

int fb_bpf_stats_clear(struct fb_bpf *bpf, uint16_t link)
{
	int r = 0;

	if (link >= FB_LINK_MAX)
		return -EINVAL;
	memset(bpf->per_cpu, 0, (size_t)bpf->cpus * sizeof(*bpf->per_cpu));
	for (__u32 hook = 0; hook < 2 && r == 0; hook++) {
		const __u32 index = (__u32)link * 2 + hook;

		if (bpf_map_update_elem(fb_bpf_map_fd(bpf, FB_MAP_STATS), &index, bpf->per_cpu,
					BPF_ANY) < 0)
			r = -errno;
	}
	return r;
}
