/* SPDX-License-Identifier: BSD-2-Clause */
/* Passwords that are tried, one by one; see the header. */
#include "http/passwords.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct fb_passwords {
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	struct fb_password_job *first, **last;
	struct fb_password_job *tried;
	unsigned int n; /* with the one that is tried */
	bool ending;
};

int fb_passwords_new(struct fb_passwords **ret_passwords)
{
	struct fb_passwords *passwords = calloc(1, sizeof(*passwords));

	if (!passwords)
		return -ENOMEM;
	pthread_mutex_init(&passwords->lock, NULL);
	pthread_cond_init(&passwords->wake, NULL);
	passwords->last = &passwords->first;
	*ret_passwords = passwords;
	return 0;
}

/* --- the thread ------------------------------------------------------------------------------- */

/* With the lock, NULL at the end. */
static struct fb_password_job *next_job(struct fb_passwords *passwords)
{
	struct fb_password_job *job;

	while (!passwords->first && !passwords->ending)
		pthread_cond_wait(&passwords->wake, &passwords->lock);
	job = passwords->first;
	if (!job)
		return NULL;
	passwords->first = job->next;
	if (!job->next)
		passwords->last = &passwords->first;
	return job;
}

/* With the lock, which is let go meanwhile. */
static void try(struct fb_passwords *passwords, struct fb_password_job *job)
{
	const bool over = passwords->ending;

	passwords->tried = job;
	pthread_mutex_unlock(&passwords->lock);
	job->r = over ? -ECANCELED : fb_passhash_is_of(job->hash, job->password);
	explicit_bzero(job->password, sizeof(job->password));
	pthread_mutex_lock(&passwords->lock);
	passwords->tried = NULL;
	passwords->n--;
	pthread_mutex_unlock(&passwords->lock);
	job->done(job->ctx);
	pthread_mutex_lock(&passwords->lock);
}

static void *run(void *passwords_)
{
	struct fb_passwords *passwords = passwords_;
	struct fb_password_job *job;

	pthread_mutex_lock(&passwords->lock);
	while ((job = next_job(passwords)))
		try(passwords, job);
	pthread_mutex_unlock(&passwords->lock);
	return NULL;
}

/* --- its life --------------------------------------------------------------------------------- */

int fb_passwords_start(struct fb_passwords *passwords)
{
	const int r = -pthread_create(&passwords->thread, NULL, run, passwords);

	passwords->started = r == 0;
	return r;
}

void fb_passwords_stop(struct fb_passwords *passwords)
{
	if (!passwords)
		return;
	pthread_mutex_lock(&passwords->lock);
	passwords->ending = true;
	pthread_cond_signal(&passwords->wake);
	pthread_mutex_unlock(&passwords->lock);
	if (passwords->started)
		pthread_join(passwords->thread, NULL);
	passwords->started = false;
}

void fb_passwords_free(struct fb_passwords *passwords)
{
	if (!passwords)
		return;
	fb_passwords_stop(passwords);
	pthread_cond_destroy(&passwords->wake);
	pthread_mutex_destroy(&passwords->lock);
	free(passwords);
}

static unsigned int count_of(const struct fb_passwords *passwords, uint64_t source)
{
	unsigned int n = passwords->tried && passwords->tried->source == source;

	for (const struct fb_password_job *job = passwords->first; job; job = job->next)
		n += job->source == source;
	return n;
}

int fb_passwords_ask(struct fb_passwords *passwords, struct fb_password_job *job)
{
	int r = 0;

	pthread_mutex_lock(&passwords->lock);
	if (passwords->ending || passwords->n == FB_PASSWORDS_QUEUE ||
	    count_of(passwords, job->source) >= FB_PASSWORDS_SHARE) {
		r = -EBUSY;
	} else {
		job->next = NULL;
		*passwords->last = job;
		passwords->last = &job->next;
		passwords->n++;
		pthread_cond_signal(&passwords->wake);
	}
	pthread_mutex_unlock(&passwords->lock);
	return r;
}
