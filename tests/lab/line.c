/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line NEAR FAR DELAY_US LOSE LATE: a cable between two interfaces. Every frame takes DELAY_US; of
 * those with data that NEAR sends, one in LOSE is lost and one in LATE comes 2 ms later than those
 * behind it (0: none). Ends by a signal. For kernels without netem.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define FRAMES	  4096 /* on the way in one direction */
#define FRAME_MAX 2048
#define DATA_MIN  200
#define LATE_NS	  2000000

struct frame {
	uint64_t due;
	ssize_t len;
	uint8_t data[FRAME_MAX];
};

/* Frames in the order in which they are due. */
struct queue {
	struct frame frame[FRAMES];
	unsigned int head, tail;
};

/* What one end sends: in time, and late. */
struct way {
	int from, to;
	struct queue queue[2];
	unsigned int n, lose, late;
};

static struct way ways[2];

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int open_end(const char *name)
{
	struct sockaddr_ll end = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL)), on = 1;

	if (fd < 0 || !end.sll_ifindex || bind(fd, (struct sockaddr *)&end, sizeof(end)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on))) {
		perror(name);
		exit(1);
	}
	return fd;
}

/* Takes all that came. */
static void take(struct way *way, uint64_t delay)
{
	static uint8_t lost[FRAME_MAX];

	for (;;) {
		struct queue *queue = &way->queue[0];
		struct frame *frame;
		bool is_data, full;
		ssize_t len;

		frame = &queue->frame[queue->head % FRAMES];
		full = queue->head - queue->tail == FRAMES;
		len = recv(way->from, full ? lost : frame->data, FRAME_MAX, 0);
		if (len < 0)
			return;
		is_data = len > DATA_MIN;
		way->n += is_data;
		if (full || (is_data && way->lose && way->n % way->lose == 0))
			continue;
		frame->len = len;
		frame->due = now_ns() + delay;
		if (is_data && way->late && way->n % way->late == way->late / 2) {
			queue = &way->queue[1];
			if (queue->head - queue->tail == FRAMES)
				continue;
			queue->frame[queue->head % FRAMES] = *frame;
			queue->frame[queue->head % FRAMES].due += LATE_NS;
		}
		queue->head++;
	}
}

/* Hands over what is due; when the next is. */
static uint64_t give(struct way *way, uint64_t next)
{
	for (int late = 0; late < 2; late++) {
		struct queue *queue = &way->queue[late];

		for (; queue->head != queue->tail; queue->tail++) {
			const struct frame *frame = &queue->frame[queue->tail % FRAMES];

			if (frame->due > now_ns()) {
				next = frame->due < next ? frame->due : next;
				break;
			}
			if (send(way->to, frame->data, (size_t)frame->len, 0) < 0 &&
			    errno != ENOBUFS)
				perror("send");
		}
	}
	return next;
}

int main(int argc, char **argv)
{
	const struct sched_param urgent = {.sched_priority = 10};
	uint64_t delay;

	if (argc != 6) {
		fprintf(stderr, "line NEAR FAR DELAY_US LOSE LATE\n");
		return 2;
	}
	sched_setscheduler(0, SCHED_FIFO, &urgent);
	ways[0].from = ways[1].to = open_end(argv[1]);
	ways[1].from = ways[0].to = open_end(argv[2]);
	delay = strtoull(argv[3], NULL, 10) * 1000;
	ways[0].lose = (unsigned int)atoi(argv[4]);
	ways[0].late = (unsigned int)atoi(argv[5]);
	for (;;) {
		struct pollfd fds[] = {{ways[0].from, POLLIN, 0}, {ways[1].from, POLLIN, 0}};
		uint64_t next = UINT64_MAX, now;
		struct timespec rest;

		for (int i = 0; i < 2; i++) {
			take(&ways[i], delay);
			next = give(&ways[i], next);
		}
		now = now_ns();
		rest.tv_sec = 0;
		rest.tv_nsec =
			next > now ? (next - now < 100000000 ? (long)(next - now) : 100000000) : 0;
		ppoll(fds, 2, &rest, NULL);
	}
}
