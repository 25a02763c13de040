/* SPDX-License-Identifier: BSD-2-Clause */
#include "tui/asker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "util/cleanup.h"

#define PATIENCE_S 5
#define LEAVE_MS   300

struct slot {
	struct fb_question question; /* waits */
	struct fb_answer answer;
	bool asked, answered; /* a question is under way; an answer waits */
};

struct fb_asker {
	struct fb_daemon door;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct slot slots[FB_ASK_COUNT];
	unsigned int last; /* kind that was asked */
	bool stop;
	int fd;
};

static void free_question(struct fb_question *question)
{
	free(question->method);
	free(question->target);
	free(question->body);
	*question = (struct fb_question){.method = NULL};
}

void fb_answer_fini(struct fb_answer *answer)
{
	fb_jsontree_freep(&answer->tree);
}

/* --- the thread ------------------------------------------------------------------------------- */

static void answer(const struct fb_asker *asker, const struct fb_question *question,
		   struct fb_answer *ret_answer)
{
	struct fb_daemon daemon = asker->door;
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	struct fb_jsontree *tree = NULL;
	int r;

	daemon.body = question->body;
	daemon.patience_s = PATIENCE_S;
	r = fb_daemon_call(&daemon, question->method, question->target, &body, &tree);

	*ret_answer = (struct fb_answer){.error = r,
					 .status = daemon.status,
					 .place = daemon.place,
					 .number = question->number,
					 .tree = tree,
					 .why = daemon.why};
}

/*
 * The kind of a question that waits; FB_ASK_COUNT: it is to stop. Each has its turn: where an
 * answer takes longer than a second, what is asked each second would else leave none for the
 * others. Called with the lock.
 */
static unsigned int wait_for_one(struct fb_asker *asker)
{
	for (;;) {
		for (unsigned int i = 1; !asker->stop && i <= FB_ASK_COUNT; i++) {
			const unsigned int kind = (asker->last + i) % FB_ASK_COUNT;

			if (asker->slots[kind].question.method)
				return asker->last = kind;
		}
		if (asker->stop)
			return FB_ASK_COUNT;
		pthread_cond_wait(&asker->wake, &asker->lock);
	}
}

static void tell(struct fb_asker *asker, struct slot *slot, const struct fb_answer *came)
{
	const uint64_t one = 1;

	fb_answer_fini(&slot->answer);
	slot->answer = *came;
	slot->answered = true;
	slot->asked = slot->question.method != NULL;
	(void)!write(asker->fd, &one, sizeof(one));
}

static void *run(void *ctx)
{
	struct fb_asker *asker = ctx;
	unsigned int kind;

	pthread_mutex_lock(&asker->lock);
	while ((kind = wait_for_one(asker)) < FB_ASK_COUNT) {
		struct slot *slot = &asker->slots[kind];
		struct fb_question question = slot->question;
		struct fb_answer came;

		slot->question = (struct fb_question){.method = NULL};
		pthread_mutex_unlock(&asker->lock);
		answer(asker, &question, &came);
		free_question(&question);
		pthread_mutex_lock(&asker->lock);
		tell(asker, slot, &came);
	}
	pthread_mutex_unlock(&asker->lock);
	return NULL;
}

/* --- the screen's side ------------------------------------------------------------------------ */

/* Signals are the screen's. */
static int start(struct fb_asker *asker)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&asker->thread, NULL, run, asker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

int fb_asker_new(const struct fb_daemon *door, struct fb_asker **ret_asker)
{
	struct fb_asker *asker = calloc(1, sizeof(*asker));
	int r;

	if (!asker)
		return -ENOMEM;
	asker->door = *door;
	asker->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (asker->fd < 0) {
		r = -errno;
		free(asker);
		return r;
	}
	pthread_mutex_init(&asker->lock, NULL);
	pthread_cond_init(&asker->wake, NULL);
	r = start(asker);
	if (r) {
		close(asker->fd);
		free(asker);
		return r;
	}
	*ret_asker = asker;
	return 0;
}

static bool has_ended(struct fb_asker *asker)
{
	struct timespec until;

	pthread_mutex_lock(&asker->lock);
	asker->stop = true;
	pthread_cond_signal(&asker->wake);
	pthread_mutex_unlock(&asker->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LEAVE_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	return pthread_timedjoin_np(asker->thread, NULL, &until) == 0;
}

/* A daemon that is silent keeps nobody from leaving: the thread then goes with the process. */
void fb_asker_freep(struct fb_asker **asker)
{
	struct fb_asker *own = *asker;

	*asker = NULL;
	if (!own || !has_ended(own))
		return;
	for (unsigned int kind = 0; kind < FB_ASK_COUNT; kind++) {
		free_question(&own->slots[kind].question);
		fb_answer_fini(&own->slots[kind].answer);
	}
	close(own->fd);
	pthread_cond_destroy(&own->wake);
	pthread_mutex_destroy(&own->lock);
	free(own);
}

/* Takes what the question holds, also when it fails. */
static int put(struct fb_asker *asker, enum fb_ask kind, struct fb_question *question)
{
	struct slot *slot = &asker->slots[kind];

	if (!question->method || !question->target) {
		free_question(question);
		return -ENOMEM;
	}
	pthread_mutex_lock(&asker->lock);
	free_question(&slot->question);
	slot->question = *question;
	slot->asked = true;
	pthread_cond_signal(&asker->wake);
	pthread_mutex_unlock(&asker->lock);
	return 0;
}

int fb_asker_ask(struct fb_asker *asker, enum fb_ask kind, struct fb_buf *target,
		 unsigned int number)
{
	struct fb_question question = {
		.method = strdup("GET"), .target = fb_buf_take(target, NULL), .number = number};

	return put(asker, kind, &question);
}

int fb_asker_post(struct fb_asker *asker, enum fb_ask kind, struct fb_buf *target,
		  struct fb_buf *body, unsigned int number)
{
	const bool empty = !body->len && !fb_buf_error(body);
	struct fb_question question = {.method = strdup("POST"),
				       .target = fb_buf_take(target, NULL),
				       .body = empty ? NULL : fb_buf_take(body, NULL),
				       .number = number};

	if (!empty && !question.body) {
		free_question(&question);
		return -ENOMEM;
	}
	return put(asker, kind, &question);
}

bool fb_asker_waits(struct fb_asker *asker, enum fb_ask kind)
{
	bool asked;

	pthread_mutex_lock(&asker->lock);
	asked = asker->slots[kind].asked;
	pthread_mutex_unlock(&asker->lock);
	return asked;
}

int fb_asker_fd(const struct fb_asker *asker)
{
	return asker->fd;
}

bool fb_asker_take(struct fb_asker *asker, enum fb_ask kind, struct fb_answer *ret_answer)
{
	struct slot *slot = &asker->slots[kind];
	bool answered;

	pthread_mutex_lock(&asker->lock);
	answered = slot->answered;
	if (answered) {
		*ret_answer = slot->answer;
		slot->answer = (struct fb_answer){.tree = NULL};
		slot->answered = false;
	}
	pthread_mutex_unlock(&asker->lock);
	return answered;
}
