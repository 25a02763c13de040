/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that ask history; see the header. */
#include "store/pastpool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/pastrun.h"
#include "store/sqldb.h"
#include "store/sqlfuncs.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define MMAP_BYTES (1ll << 30) /* of the file, at most, that are read as memory */

struct worker {
	struct fb_pastpool *pool;
	pthread_t thread;
	bool started;
	struct fb_past_job *job; /* with the pool's lock */
	sqlite3 *db;
	dev_t dev; /* the file that `db` is of */
	ino_t ino;
};

struct fb_pastpool {
	char *path;
	struct fb_pastpool_source source; /* in place of a file at `path` */
	struct worker worker[FB_PASTPOOL_THREADS];
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	struct fb_past_job *first, **last;
	unsigned int n; /* with those that are answered */
	bool ending;
	struct fb_pastpool_counters counters;
};

int fb_pastpool_new_of(const struct fb_pastpool_source *source, struct fb_pastpool **ret_pool)
{
	struct fb_pastpool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	pool->source = *source;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->wake, NULL);
	pool->last = &pool->first;
	*ret_pool = pool;
	return 0;
}

int fb_pastpool_new(const char *folder, struct fb_pastpool **ret_pool)
{
	struct fb_pastpool *pool = NULL;
	int r = fb_pastpool_new_of(&(struct fb_pastpool_source){.run = NULL}, &pool);

	if (r == 0 && asprintf(&pool->path, "%s/history.db", folder) < 0) {
		pool->path = NULL;
		fb_pastpool_free(pool);
		r = -ENOMEM;
	}
	if (r == 0)
		*ret_pool = pool;
	return r;
}

/* --- a thread -------------------------------------------------------------------------------- */

/* What was torn was set aside, and a new file stands in its place. */
static bool is_same_file(const struct worker *worker, const struct stat *file)
{
	return worker->db && worker->dev == file->st_dev && worker->ino == file->st_ino;
}

static int open_file(struct worker *worker)
{
	_cleanup_sqldb_ sqlite3 *db = NULL;
	struct stat file;

	if (stat(worker->pool->path, &file) < 0)
		return -ENXIO;
	if (is_same_file(worker, &file))
		return 0;
	sqlite3_close(worker->db);
	worker->db = NULL;
	if (sqlite3_open_v2(worker->pool->path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		return -EIO;
	sqlite3_busy_timeout(db, 1000);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_file_control(db, NULL, SQLITE_FCNTL_MMAP_SIZE, &(sqlite3_int64){MMAP_BYTES});
	if (fb_sqlfuncs_add(db) < 0)
		return -ENOMEM;
	worker->db = TAKE_PTR(db);
	worker->dev = file.st_dev;
	worker->ino = file.st_ino;
	return 0;
}

/* By SQLite, while it works for somebody: not 0, and it gives up. */
static int watch(void *job_)
{
	struct fb_past_job *job = job_;

	return fb_past_gives_up(&job->progress, job->deadline_ms);
}

static int run_other(struct worker *worker, struct fb_past_job *job)
{
	int r;

	job->deadline_ms = fb_monotonic_ms() + job->ask.budget_ms;
	sqlite3_progress_handler(worker->db, FB_PAST_WATCH, watch, job);
	r = job->other(worker->db, job);
	sqlite3_progress_handler(worker->db, 0, NULL, NULL);
	if (r == -EINTR)
		r = atomic_load(&job->progress.stop) ? -ECANCELED : -ETIME;
	job->answer.done = r == 0;
	return r < 0 ? r : fb_buf_error(&job->text);
}

/* Of a file of this machine's. */
static void answer_here(struct worker *worker, struct fb_past_job *job)
{
	job->r = open_file(worker);
	if (job->r == 0 && job->other)
		job->r = run_other(worker, job);
	else if (job->r == 0)
		job->r = fb_past_run(worker->db, &job->ask, &job->progress, &job->answer,
				     &job->error);
}

static void answer(struct worker *worker, struct fb_past_job *job)
{
	const struct fb_pastpool_source *source = &worker->pool->source;
	const unsigned int thread = (unsigned int)(worker - worker->pool->worker);

	if (atomic_load(&job->progress.stop))
		job->r = -ECANCELED;
	else if (!source->run)
		answer_here(worker, job);
	else if (job->of_fleet)
		job->r = source->other(source->ctx, thread, job);
	else
		job->r = source->run(source->ctx, thread, &job->ask, &job->progress, &job->answer,
				     &job->error);
}

/* The first that this thread takes, with the lock held. */
static struct fb_past_job *take_job(struct worker *worker)
{
	struct fb_pastpool *pool = worker->pool;
	const bool quick = worker == pool->worker;
	struct fb_past_job **at = &pool->first, *job;

	while (*at && quick && (*at)->ask.budget_ms > FB_PASTPOOL_QUICK)
		at = &(*at)->next;
	job = *at;
	if (!job)
		return NULL;
	*at = job->next;
	if (!*at)
		pool->last = at;
	return job;
}

/* With the lock held, NULL at the end. */
static struct fb_past_job *next_job(struct worker *worker)
{
	struct fb_pastpool *pool = worker->pool;
	struct fb_past_job *job;

	while (!(job = take_job(worker)) && !pool->ending)
		pthread_cond_wait(&pool->wake, &pool->lock);
	return job;
}

static void *run(void *worker_)
{
	struct worker *worker = worker_;
	struct fb_pastpool *pool = worker->pool;

	pthread_mutex_lock(&pool->lock);
	while ((worker->job = next_job(worker))) {
		struct fb_past_job *job = worker->job;

		pthread_mutex_unlock(&pool->lock);
		answer(worker, job);
		pthread_mutex_lock(&pool->lock);
		worker->job = NULL;
		pool->n--;
		pool->counters.cut += job->r == -ECANCELED || (job->r == 0 && !job->answer.done);
		pthread_mutex_unlock(&pool->lock);
		job->done(job->ctx);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	sqlite3_close(worker->db);
	return NULL;
}

/* --- its life -------------------------------------------------------------------------------- */

int fb_pastpool_start(struct fb_pastpool *pool)
{
	for (int i = 0; i < FB_PASTPOOL_THREADS; i++) {
		struct worker *worker = &pool->worker[i];
		int r;

		worker->pool = pool;
		r = -pthread_create(&worker->thread, NULL, run, worker);
		if (r < 0)
			return r;
		worker->started = true;
	}
	return 0;
}

void fb_pastpool_stop(struct fb_pastpool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	for (struct fb_past_job *job = pool->first; job; job = job->next)
		atomic_store(&job->progress.stop, true);
	for (int i = 0; i < FB_PASTPOOL_THREADS; i++)
		if (pool->worker[i].job)
			atomic_store(&pool->worker[i].job->progress.stop, true);
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
	for (int i = 0; i < FB_PASTPOOL_THREADS; i++) {
		if (pool->worker[i].started)
			pthread_join(pool->worker[i].thread, NULL);
		pool->worker[i].started = false;
	}
}

void fb_pastpool_free(struct fb_pastpool *pool)
{
	if (!pool)
		return;
	fb_pastpool_stop(pool);
	pthread_cond_destroy(&pool->wake);
	pthread_mutex_destroy(&pool->lock);
	free(pool->path);
	free(pool);
}

static unsigned int count_of(const struct fb_pastpool *pool, uint64_t source)
{
	unsigned int n = 0;

	for (const struct fb_past_job *job = pool->first; job; job = job->next)
		n += job->source == source;
	for (int i = 0; i < FB_PASTPOOL_THREADS; i++)
		n += pool->worker[i].job && pool->worker[i].job->source == source;
	return n;
}

int fb_pastpool_ask(struct fb_pastpool *pool, struct fb_past_job *job)
{
	int r = 0;

	pthread_mutex_lock(&pool->lock);
	if (pool->ending || pool->n == FB_PASTPOOL_QUEUE ||
	    count_of(pool, job->source) >= FB_PASTPOOL_SHARE) {
		pool->counters.refused++;
		r = -EBUSY;
	} else {
		job->next = NULL;
		*pool->last = job;
		pool->last = &job->next;
		pool->n++;
		pool->counters.asked++;
		pthread_cond_broadcast(&pool->wake);
	}
	pthread_mutex_unlock(&pool->lock);
	return r;
}

void fb_past_job_go_on(struct fb_past_job *job)
{
	job->ask.before = job->answer.next;
	job->ask.before_id = job->answer.next_id;
	fb_past_answer_fini(&job->answer);
}

void fb_past_job_free(struct fb_past_job *job)
{
	if (!job)
		return;
	fb_past_answer_fini(&job->answer);
	fb_numberset_fini(&job->seen);
	fb_buf_fini(&job->text);
	if (job->end)
		job->end(job->what);
	else
		free(job->what);
	fb_filter_free((struct fb_filter *)job->ask.filter);
	free(job);
}

static unsigned int list(const struct fb_past_job *job, uint64_t source,
			 struct fb_pastpool_search *search)
{
	if (!job || job->source != source || !*job->name)
		return 0;
	memcpy(search->name, job->name, sizeof(search->name));
	search->rows = atomic_load(&job->progress.rows);
	search->permille = atomic_load(&job->progress.permille);
	return 1;
}

unsigned int fb_pastpool_searches(struct fb_pastpool *pool, uint64_t source,
				  struct fb_pastpool_search searches[static FB_PASTPOOL_SHARE])
{
	unsigned int n = 0;

	pthread_mutex_lock(&pool->lock);
	for (int i = 0; i < FB_PASTPOOL_THREADS && n < FB_PASTPOOL_SHARE; i++)
		n += list(pool->worker[i].job, source, &searches[n]);
	for (struct fb_past_job *job = pool->first; job && n < FB_PASTPOOL_SHARE; job = job->next)
		n += list(job, source, &searches[n]);
	pthread_mutex_unlock(&pool->lock);
	return n;
}

void fb_pastpool_counters(struct fb_pastpool *pool, struct fb_pastpool_counters *ret_counters)
{
	pthread_mutex_lock(&pool->lock);
	*ret_counters = pool->counters;
	pthread_mutex_unlock(&pool->lock);
}
