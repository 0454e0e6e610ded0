/* SPDX-License-Identifier: MIT */
/*
 * One tail for many jobs, against a model: jobs come, go, lag and come back,
 * the tail is opened anew and breaks, and each job sees what concerns it, once
 * and in order. What it is told about quiet time is true.
 */
#include "unit/cmocka_all.h"

#include <pthread.h>
#include <sched.h>

#include "base/macros.h"
#include "base/thread.h"
#include "encodings/bson_reader.h"
#include "unit/sources/oplog_world.h"

enum { JOBS = 7, WINDOW = 6000 /* bytes */ };

/* --- the hub ------------------------------------------------------------ */

static size_t
time_number(struct mst_oplog_time time)
{
    return time.seconds;
}

static void
hub_publish(struct world *world, struct mst_mongo_reply *reply, size_t before)
{
    struct mst_error err;
    size_t bytes = 0;
    size_t served = 0;
    size_t len = reply->doc.len;
    check(mst_oplog_fan_publish(world->fan, reply, &err) == MST_OK);
    mst_mongo_reply_unref(reply);
    mst_oplog_fan_look(world->fan, &bytes, &served);
    check(bytes < WINDOW + len);
    check(time_number(mst_oplog_fan_place(world->fan)) >= before);
}

/* One cursor: opened, and read until it is to be opened anew. */
struct hub {
    struct world *world;
    bson_t *filter; /* NULL: no cursor */
    size_t at;
};

static void
hub_open(struct hub *hub, struct mst_oplog_task *task)
{
    bson_destroy(hub->filter);
    hub->filter = task->filter;
    task->filter = NULL;
    hub->at = time_number(task->from);
    mst_oplog_fan_opened(hub->world->fan, task);
    hub_publish(hub->world, world_reply(hub->world, hub->filter, &hub->at), 0);
}

static void
hub_close(struct hub *hub)
{
    bson_destroy(hub->filter);
    hub->filter = NULL;
    mst_oplog_fan_set_member(hub->world->fan, "");
}

static void
hub_read(struct hub *hub)
{
    struct world *world = hub->world;
    size_t newest = world_len(world);
    size_t before = time_number(mst_oplog_fan_place(world->fan));
    struct mst_error why = {.status = MST_DISCONNECTED};
    switch (world_random(world, 40)) {
    case 0:
        bson_destroy(hub->filter); /* the cursor is gone */
        hub->filter = NULL;
        return;
    case 1:
        mst_oplog_fan_break(world->fan,
                            world_random(world, 2) == 0 ? NULL : &why);
        hub_close(hub);
        return;
    default:
        break;
    }
    hub_publish(world, world_reply(world, hub->filter, &hub->at), before);
    if (time_number(mst_oplog_fan_place(world->fan)) == before
        && hub->at >= newest) {
        const struct mst_oplog_time through = {(uint32_t)newest, 1};
        mst_oplog_fan_quiet(world->fan, through);
    }
}

static void *
hub_main(void *arg)
{
    struct hub hub = {.world = arg};
    enum mst_oplog_work work = MST_OPLOG_WORK_CLOSE;
    while (work != MST_OPLOG_WORK_STOP) {
        struct mst_oplog_task task;
        work = mst_oplog_fan_next(hub.world->fan, hub.filter != NULL, &task);
        if (work == MST_OPLOG_WORK_OPEN) {
            mst_oplog_fan_set_member(hub.world->fan, "member:1");
            hub_open(&hub, &task);
        } else if (work == MST_OPLOG_WORK_CLOSE) {
            hub_close(&hub);
        } else if (work == MST_OPLOG_WORK_READ) {
            hub_read(&hub);
        }
        bson_destroy(task.filter);
    }
    bson_destroy(hub.filter);
    return NULL;
}

/* --- jobs --------------------------------------------------------------- */

struct job {
    struct world *world;
    struct mst_mongo_source_options options;
    struct mst_mongo_watch watch;
    struct mst_oplog_scope scope;
    struct mst_oplog_seat *seat;
    size_t at; /* all up to there is read */
    size_t seen[WORLD_ENTRIES];
    size_t seen_len;
    size_t taken; /* replies that came from the fan */
    size_t out;
    size_t broken;
};

static bool
job_wants(const struct job *job, size_t n)
{
    struct mst_slice name;
    const struct world *world = job->world;
    if (world->ns[n] >= WORLD_SPACES) {
        return false;
    }
    return mst_oplog_scope_wants(
               &job->scope, mst_slice_str(world_spaces[world->ns[n]]), &name)
           || mst_oplog_scope_wants(
               &job->scope, mst_slice_str(world_spaces[world->also[n]]), &name);
}

static void
job_see(struct job *job, size_t n)
{
    if (job_wants(job, n)) {
        job->seen[job->seen_len++] = n;
    }
    job->at = n;
}

/* By itself, up to so many entries. True: it is at the end. */
static bool
job_read_own(struct job *job, size_t most)
{
    size_t len = world_len(job->world);
    while (job->at < len && most-- > 0) {
        job_see(job, job->at + 1);
    }
    return job->at == len;
}

static void
job_take_reply(struct job *job, struct mst_mongo_reply *reply)
{
    struct mst_bson_iter iter;
    struct mst_oplog_entry entry;
    check(mst_bson_iter_init(&iter, reply->batch, NULL) == MST_OK);
    while (mst_bson_iter_next(&iter) == MST_OK) {
        check(mst_oplog_entry_parse(iter.value, &entry, NULL) == MST_OK);
        size_t n = time_number(entry.time);
        if (n > job->at) {
            /* What lies between was not given to it: none of it is its. */
            for (size_t i = job->at + 1; i < n; i++) {
                check(!job_wants(job, i));
            }
            job_see(job, n);
        }
    }
    mst_mongo_reply_unref(reply);
    job->taken++;
}

/* False: it has to read by itself. */
static bool
job_take(struct job *job)
{
    struct mst_oplog_take take;
    switch (mst_oplog_seat_take(job->seat, 2, &take)) {
    case MST_OPLOG_TAKEN_REPLY:
        job_take_reply(job, take.reply);
        return true;
    case MST_OPLOG_TAKEN_QUIET:
        for (; job->at < time_number(take.through); job->at++) {
            check(!job_wants(job, job->at + 1));
        }
        return true;
    case MST_OPLOG_TAKEN_BROKEN:
        check(take.why.status == MST_DISCONNECTED);
        job->broken++;
        return false;
    case MST_OPLOG_TAKEN_OUT:
    default:
        job->out++;
        return false;
    }
}

static void
job_come(struct job *job)
{
    const struct mst_oplog_wish wish = {.scope = job->scope,
                                        .heartbeat_ms = 10,
                                        .batch_size = 10,
                                        .await_ms = 10};
    mst_oplog_seat_come(job->seat, &wish);
}

/* Reads by itself until it may go on with the fan. */
static bool
job_join(struct job *job)
{
    struct mst_oplog_time from;
    char member[MST_MONGO_MEMBER_MAX];
    size_t most = 1 + world_random(job->world, 200);
    if (job_read_own(job, most)) {
        const struct mst_oplog_time at = {(uint32_t)job->at, 1};
        (void)mst_oplog_seat_ask(job->seat, at, INT64_MAX);
    }
    if (!mst_oplog_seat_is_served(job->seat, &from, member)
        || job->at < time_number(from)) {
        (void)sched_yield();
        return false;
    }
    check(strcmp(member, "member:1") == 0);
    return true;
}

static void *
job_main(void *arg)
{
    struct job *job = arg;
    bool shared = false;
    job_come(job);
    for (size_t turn = 0; job->at < WORLD_ENTRIES; turn++) {
        shared = shared ? job_take(job) : job_join(job);
        uint64_t what = world_random(job->world, 200);
        if (what == 0) {
            mst_oplog_seat_leave(job->seat);
            job_come(job);
            shared = false;
        } else if (what == 1) {
            const struct timespec nap = {.tv_nsec = 5 * 1000 * 1000};
            (void)nanosleep(&nap, NULL); /* it lags */
        } else if (what == 2) {
            mst_oplog_seat_wake(job->seat);
        }
    }
    mst_oplog_seat_leave(job->seat);
    mst_mutex_lock(&job->world->mutex);
    job->world->finished++;
    mst_mutex_unlock(&job->world->mutex);
    return NULL;
}

/* --- all together ------------------------------------------------------- */

static void
world_make(struct world *world, uint64_t seed)
{
    struct mst_error err;
    memset(world, 0, sizeof(*world));
    world->seed = seed;
    assert_int_equal(pthread_mutex_init(&world->mutex, NULL), 0);
    for (size_t n = 1; n <= WORLD_ENTRIES; n++) {
        uint8_t ns = (uint8_t)world_random(world, WORLD_SPACES + 1);
        world->ns[n] = world->also[n] = ns;
        if (ns < WORLD_SPACES && world_random(world, 10) == 0) {
            world->also[n] = (uint8_t)world_random(world, WORLD_SPACES);
        }
    }
    assert_int_equal(mst_oplog_fan_create(WINDOW, 1, &world->fan, &err),
                     MST_OK);
}

static void
job_make(struct job *job, struct world *world, size_t i)
{
    static const struct {
        const char *db;
        const char *resource;
    } scopes[JOBS] = {{"d", "a"}, {"d", "b"}, {"d", "*"},      {"e", "a"},
                      {"e", "*"}, {"d", "a"}, {"d", "nothing"}};
    struct mst_error err;
    memset(job, 0, sizeof(*job));
    job->world = world;
    job->watch.options = &job->options;
    job->watch.resource = scopes[i].resource;
    job->watch.job = "job";
    job->watch.database = mst_mongo_is_glob(scopes[i].resource);
    job->scope.watch = &job->watch;
    job->scope.db = mst_slice_str(scopes[i].db);
    assert_int_equal(mst_oplog_seat_create(world->fan, &job->seat, &err),
                     MST_OK);
}

static void
job_check(const struct job *job)
{
    size_t i = 0;
    for (size_t n = 1; n <= WORLD_ENTRIES; n++) {
        if (job_wants(job, n)) {
            assert_true(i < job->seen_len);
            assert_int_equal(job->seen[i], n);
            i++;
        }
    }
    assert_int_equal(i, job->seen_len);
}

static void
write_all(struct world *world)
{
    size_t finished = 0;
    while (finished < JOBS) {
        uint64_t more = world_random(world, 60);
        mst_mutex_lock(&world->mutex);
        world->len = world->len + more < WORLD_ENTRIES ? world->len + more
                                                       : WORLD_ENTRIES;
        finished = world->finished;
        mst_mutex_unlock(&world->mutex);
        const struct timespec nap = {.tv_nsec = 1000 * 1000};
        (void)nanosleep(&nap, NULL);
    }
}

static void
each_job_sees_what_concerns_it_once_and_in_order(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct job *jobs = calloc(JOBS, sizeof(*jobs));
    size_t taken = 0;
    size_t back = 0;
    (void)state;
    assert_non_null(world);
    assert_non_null(jobs);
    /* On a busy machine jobs are served less: until it has tried something. */
    for (uint64_t seed = 1;
         seed <= 4 || (seed <= 100 && (taken <= 100 || back <= 10)); seed++) {
        pthread_t hub;
        pthread_t threads[JOBS];
        struct mst_error err;
        world_make(world, seed);
        assert_int_equal(mst_thread_start(&hub, "hub", hub_main, world, &err),
                         MST_OK);
        for (size_t i = 0; i < JOBS; i++) {
            job_make(&jobs[i], world, i);
            assert_int_equal(
                mst_thread_start(&threads[i], "job", job_main, &jobs[i], &err),
                MST_OK);
        }
        write_all(world);
        for (size_t i = 0; i < JOBS; i++) {
            (void)pthread_join(threads[i], NULL);
            mst_oplog_seat_destroy(jobs[i].seat);
            job_check(&jobs[i]);
            taken += jobs[i].taken;
            back += jobs[i].out + jobs[i].broken;
        }
        mst_oplog_fan_stop(world->fan);
        (void)pthread_join(hub, NULL);
        mst_oplog_fan_destroy(world->fan);
        (void)pthread_mutex_destroy(&world->mutex);
    }
    assert_true(taken > 100);
    assert_true(back > 10);
    free(jobs);
    free(world);
}

/* --- one step at a time ------------------------------------------------- */

/* Two jobs that are served, on d.a and d.b, from {0, 1} on. */
struct pair {
    struct world *world;
    struct job jobs[2];
};

static enum mst_oplog_work
pair_next(struct pair *pair, bool is_open)
{
    struct mst_oplog_task task;
    enum mst_oplog_work work =
        mst_oplog_fan_next(pair->world->fan, is_open, &task);
    if (work == MST_OPLOG_WORK_OPEN) {
        mst_oplog_fan_opened(pair->world->fan, &task);
    }
    bson_destroy(task.filter);
    return work;
}

static void
pair_publish(struct pair *pair, size_t n, uint8_t ns)
{
    struct mst_error err;
    bson_t *filter =
        BCON_NEW("ns", "{", "$in", "[", BCON_UTF8(world_spaces[ns]), "]", "}");
    size_t at = n - 1;
    pair->world->ns[n] = pair->world->also[n] = ns;
    pair->world->len = n;
    struct mst_mongo_reply *reply = world_reply(pair->world, filter, &at);
    assert_int_equal(mst_oplog_fan_publish(pair->world->fan, reply, &err),
                     MST_OK);
    mst_mongo_reply_unref(reply);
    bson_destroy(filter);
}

static void
pair_setup(struct pair *pair)
{
    const struct mst_oplog_time at = {0, 1};
    struct mst_error err;
    memset(pair, 0, sizeof(*pair));
    pair->world = calloc(1, sizeof(*pair->world));
    assert_non_null(pair->world);
    assert_int_equal(pthread_mutex_init(&pair->world->mutex, NULL), 0);
    assert_int_equal(mst_oplog_fan_create(1, 0, &pair->world->fan, &err),
                     MST_OK);
    for (size_t i = 0; i < 2; i++) {
        job_make(&pair->jobs[i], pair->world, i);
        job_come(&pair->jobs[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        assert_true(mst_oplog_seat_ask(pair->jobs[i].seat, at, INT64_MAX));
    }
    assert_int_equal(pair_next(pair, false), MST_OPLOG_WORK_OPEN);
}

static void
pair_clear(struct pair *pair)
{
    for (size_t i = 0; i < 2; i++) {
        mst_oplog_seat_destroy(pair->jobs[i].seat);
    }
    mst_oplog_fan_destroy(pair->world->fan);
    (void)pthread_mutex_destroy(&pair->world->mutex);
    free(pair->world);
}

static void
who_is_behind_is_let_go_when_another_has_nothing_to_do(void **state)
{
    struct pair pair;
    struct mst_oplog_take take;
    size_t bytes = 0;
    size_t served = 0;
    (void)state;
    pair_setup(&pair);
    pair_publish(&pair, 1, 0); /* d.a */
    assert_int_equal(pair_next(&pair, true), MST_OPLOG_WORK_READ);
    mst_oplog_fan_look(pair.world->fan, &bytes, &served);
    assert_int_equal(bytes, 0);
    assert_int_equal(served, 1);
    assert_int_equal(mst_oplog_seat_take(pair.jobs[0].seat, 0, &take),
                     MST_OPLOG_TAKEN_OUT);
    /* The other one is told how far there is nothing. */
    assert_int_equal(mst_oplog_seat_take(pair.jobs[1].seat, 0, &take),
                     MST_OPLOG_TAKEN_QUIET);
    assert_int_equal(take.through.seconds, 1);
    pair_clear(&pair);
}

static void *
pair_take_later(void *arg)
{
    struct pair *pair = arg;
    const struct timespec nap = {.tv_nsec = 20 * 1000 * 1000};
    (void)nanosleep(&nap, NULL);
    check(job_take(&pair->jobs[0]));
    return NULL;
}

static void
nobody_is_let_go_while_all_have_something_to_do(void **state)
{
    struct pair pair;
    pthread_t thread;
    struct mst_error err;
    (void)state;
    pair_setup(&pair);
    pair_publish(&pair, 1, 0); /* d.a */
    pair_publish(&pair, 2, 1); /* d.b */
    assert_int_equal(
        mst_thread_start(&thread, "take", pair_take_later, &pair, &err),
        MST_OK);
    assert_int_equal(pair_next(&pair, true), MST_OPLOG_WORK_READ);
    (void)pthread_join(thread, NULL);
    /* Else it was let go, since nothing else makes room. */
    assert_int_equal(pair.jobs[0].taken, 1);
    pair_clear(&pair);
}

static void
who_comes_alone_reads_by_itself(void **state)
{
    struct pair pair;
    const struct mst_oplog_time at = {5, 1};
    (void)state;
    pair_setup(&pair);
    mst_oplog_seat_leave(pair.jobs[0].seat);
    mst_oplog_seat_leave(pair.jobs[1].seat);
    assert_int_equal(pair_next(&pair, true), MST_OPLOG_WORK_CLOSE);
    job_come(&pair.jobs[0]);
    assert_false(mst_oplog_seat_ask(pair.jobs[0].seat, at, INT64_MAX));
    job_come(&pair.jobs[1]);
    assert_true(mst_oplog_seat_ask(pair.jobs[0].seat, at, INT64_MAX));
    pair_clear(&pair);
}

static void
what_does_not_go_on_from_here_is_refused(void **state)
{
    struct pair pair;
    struct mst_error err;
    (void)state;
    pair_setup(&pair);
    pair_publish(&pair, 2, 0);
    bson_t *filter =
        BCON_NEW("ns", "{", "$in", "[", BCON_UTF8("d.a"), "]", "}");
    size_t at = 1; /* the same entry once more */
    struct mst_mongo_reply *reply = world_reply(pair.world, filter, &at);
    assert_int_equal(mst_oplog_fan_publish(pair.world->fan, reply, &err),
                     MST_DISCONNECTED);
    mst_mongo_reply_unref(reply);
    bson_destroy(filter);
    pair_clear(&pair);
}

static void
a_job_is_told_at_once_when_it_is_woken(void **state)
{
    struct pair pair;
    struct mst_oplog_take take;
    (void)state;
    pair_setup(&pair);
    mst_oplog_seat_wake(pair.jobs[0].seat);
    /* Or this takes longer than a test may. */
    assert_int_equal(mst_oplog_seat_take(pair.jobs[0].seat, 3600 * 1000, &take),
                     MST_OPLOG_TAKEN_QUIET);
    pair_clear(&pair);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_job_sees_what_concerns_it_once_and_in_order),
        cmocka_unit_test(
            who_is_behind_is_let_go_when_another_has_nothing_to_do),
        cmocka_unit_test(nobody_is_let_go_while_all_have_something_to_do),
        cmocka_unit_test(who_comes_alone_reads_by_itself),
        cmocka_unit_test(what_does_not_go_on_from_here_is_refused),
        cmocka_unit_test(a_job_is_told_at_once_when_it_is_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
