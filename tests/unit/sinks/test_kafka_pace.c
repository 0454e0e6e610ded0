/* SPDX-License-Identifier: MIT */
/*
 * When the Kafka sink flushes: while few events come, not while many do. The
 * flush itself is wrapped, so that a test says how long it takes.
 */
#include "sinks/kafka/kafka_pace.h"

#include "base/clock.h"
#include "base/thread.h"
#include "unit/cmocka_all.h"

enum { DEADLINE_MS = 30000, WINDOW_MS = 100, CALM = 400 };

/* What the wrapped flush sees; the test's, handed over as the client. */
struct flush {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    size_t begun;
    size_t ended;
    bool blocked; /* flushes wait until it is false */
};

/* NOLINTBEGIN(bugprone-reserved-identifier): names that --wrap asks for. */
rd_kafka_resp_err_t __wrap_rd_kafka_flush(rd_kafka_t *rk, int timeout_ms);

rd_kafka_resp_err_t
__wrap_rd_kafka_flush(rd_kafka_t *rk, int timeout_ms)
{
    struct flush *flush = (struct flush *)(void *)rk;
    assert_true(timeout_ms > 0);
    mst_mutex_lock(&flush->mutex);
    flush->begun++;
    (void)pthread_cond_broadcast(&flush->cond);
    while (flush->blocked) {
        (void)mst_cond_wait(&flush->cond, &flush->mutex, NULL);
    }
    flush->ended++;
    (void)pthread_cond_broadcast(&flush->cond);
    mst_mutex_unlock(&flush->mutex);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}
/* NOLINTEND(bugprone-reserved-identifier) */

struct fixture {
    struct flush flush;
    struct kafka_pace pace;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct mst_error err;
    assert_non_null(f);
    (void)pthread_mutex_init(&f->flush.mutex, NULL);
    assert_true(mst_cond_init(&f->flush.cond));
    assert_int_equal(
        kafka_pace_start(&f->pace, (rd_kafka_t *)(void *)&f->flush, &err),
        MST_OK);
    *state = f;
    return 0;
}

static void
flush_block(struct fixture *f, bool blocked)
{
    mst_mutex_lock(&f->flush.mutex);
    f->flush.blocked = blocked;
    (void)pthread_cond_broadcast(&f->flush.cond);
    mst_mutex_unlock(&f->flush.mutex);
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    flush_block(f, false);
    kafka_pace_stop(&f->pace);
    (void)pthread_cond_destroy(&f->flush.cond);
    (void)pthread_mutex_destroy(&f->flush.mutex);
    free(f);
    return 0;
}

/* Waits until n flushes have begun, or ended. */
static void
flush_wait(struct fixture *f, const size_t *counter, size_t n)
{
    struct timespec until = mst_cond_deadline(DEADLINE_MS);
    mst_mutex_lock(&f->flush.mutex);
    while (*counter < n
           && mst_cond_wait(&f->flush.cond, &f->flush.mutex, &until)) {
    }
    assert_true(*counter >= n);
    mst_mutex_unlock(&f->flush.mutex);
}

/* Holds the thread inside a flush: what is asked for now stays to be seen. */
static void
hold(struct fixture *f)
{
    flush_block(f, true);
    kafka_pace_push(&f->pace);
    flush_wait(f, &f->flush.begun, 1);
}

/* Whether another flush was asked for since; forgets it. */
static bool
asked(struct fixture *f)
{
    mst_mutex_lock(&f->pace.mutex);
    bool push = f->pace.push;
    f->pace.push = false;
    mst_mutex_unlock(&f->pace.mutex);
    return push;
}

static void
a_lone_event_is_flushed(void **state)
{
    struct fixture *f = *state;
    kafka_pace_wrote(&f->pace, 1, 1000);
    flush_wait(f, &f->flush.ended, 1);
}

static void
what_comes_during_a_flush_is_flushed_after_it(void **state)
{
    struct fixture *f = *state;
    hold(f);
    kafka_pace_wrote(&f->pace, 1, 1000);
    flush_block(f, false);
    flush_wait(f, &f->flush.ended, 2);
}

static void
many_events_are_left_to_linger(void **state)
{
    struct fixture *f = *state;
    hold(f);
    kafka_pace_wrote(&f->pace, 2 * CALM + 2, 1000);
    assert_false(asked(f));
    kafka_pace_wrote(&f->pace, 1, 1000 + WINDOW_MS);
    assert_false(asked(f)); /* the window before counts, too */
    kafka_pace_wrote(&f->pace, 1, 1000 + 2 * WINDOW_MS);
    assert_true(asked(f)); /* calm again */
}

static void
the_rate_is_that_of_two_windows(void **state)
{
    static const struct {
        size_t before;
        size_t now;
        bool flushed;
    } cases[] = {{CALM, CALM, true},  {CALM + 2, CALM, false},
                 {2 * CALM, 0, true}, {2 * CALM, 2, false},
                 {0, 2 * CALM, true}, {0, 2 * CALM + 2, false}};
    struct fixture *f = *state;
    int64_t now = 1000;
    hold(f);
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        now += 10 * WINDOW_MS; /* nothing of the case before counts */
        kafka_pace_wrote(&f->pace, cases[i].before, now);
        (void)asked(f);
        kafka_pace_wrote(&f->pace, cases[i].now, now + WINDOW_MS);
        assert_int_equal(asked(f), cases[i].flushed);
    }
}

static void
a_long_pause_forgets_the_load(void **state)
{
    struct fixture *f = *state;
    hold(f);
    kafka_pace_wrote(&f->pace, 100000, 1000);
    assert_false(asked(f));
    kafka_pace_wrote(&f->pace, 1, 1000 + 2 * WINDOW_MS);
    assert_true(asked(f));
}

static void
nothing_happens_before_start_and_after_stop(void **state)
{
    struct fixture *f = *state;
    struct kafka_pace never = {.running = false};
    kafka_pace_wrote(&never, 1, 1000);
    kafka_pace_push(&never);
    kafka_pace_stop(&never);
    assert_false(never.push);
    kafka_pace_stop(&f->pace);
    kafka_pace_wrote(&f->pace, 1, 1000);
    kafka_pace_push(&f->pace);
    assert_int_equal(f->flush.begun, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lone_event_is_flushed),
        TEST(what_comes_during_a_flush_is_flushed_after_it),
        TEST(many_events_are_left_to_linger),
        TEST(the_rate_is_that_of_two_windows),
        TEST(a_long_pause_forgets_the_load),
        TEST(nothing_happens_before_start_and_after_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
