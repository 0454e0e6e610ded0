/* SPDX-License-Identifier: MIT */
/* The sink's thread: starts requests, and judges their answers. */
#include <stdio.h>

#include "base/clock.h"
#include "base/thread.h"
#include "sinks/http/http_sink_impl.h"

enum {
    RUN_WAIT_MS = 1000,
    RUN_SILENT_MS = 5000 /* no answer for so long is told */
};

static bool
run_may_write(const struct http_sink *sink)
{
    const struct mst_sink_host *host = sink->args.host;
    return host == NULL || host->may_write == NULL || host->may_write(host);
}

/* Remembers a failure: what comes to failed lanes ends as that. How long the
 * server wants to be left alone is kept until then. */
static void
run_note(struct http_sink *sink, const struct mst_error *err)
{
    int64_t now = mst_clock_ms();
    mst_mutex_lock(&sink->mutex);
    sink->failed = true;
    sink->why_round = atomic_load(&sink->round);
    if (err->status == MST_FATAL && sink->fatal.status == MST_OK) {
        sink->fatal = *err;
    }
    mst_mutex_unlock(&sink->mutex);
    sink->why = *err;
    sink->why.status = MST_RETRY;
    if (err->retry_after_ms > 0
        && now + err->retry_after_ms > sink->not_before_ms) {
        sink->not_before_ms = now + err->retry_after_ms;
    }
    if (sink->not_before_ms > now) {
        sink->why.retry_after_ms = sink->not_before_ms - now;
    }
}

static void
run_fail_lane(struct http_sink *sink, struct http_lane *lane,
              const struct mst_error *err)
{
    run_note(sink, err);
    http_lane_fail(sink, lane, MST_RETRY, &sink->why);
}

/* What is under way goes on; nothing else is begun before drain. */
static void
run_fail_all(struct http_sink *sink, const struct mst_error *err)
{
    run_note(sink, err);
    for (size_t i = 0; i < sink->lanes_len; i++) {
        http_lane_fail(sink, &sink->lanes[i], MST_RETRY, &sink->why);
    }
}

/* --- deliveries come in --------------------------------------------------- */

static struct http_lane *
run_lane(struct http_sink *sink, const struct mst_delivery *delivery)
{
    size_t at = (size_t)((delivery->event->key_hash >> 16) % sink->lanes_len);
    if (sink->options->ordering == HTTP_SINK_ANY_ORDER) {
        at = sink->next_lane++ % sink->lanes_len;
    }
    return &sink->lanes[at];
}

static void
run_take_inbox(struct http_sink *sink)
{
    mst_mutex_lock(&sink->mutex);
    struct mst_delivery *delivery = sink->inbox;
    sink->inbox = NULL;
    sink->inbox_last = NULL;
    mst_mutex_unlock(&sink->mutex);
    while (delivery != NULL) {
        struct mst_delivery *next = delivery->sink_data;
        struct http_lane *lane = run_lane(sink, delivery);
        if (http_lane_is_failed(sink, lane)) {
            http_sink_confirm(sink, delivery, MST_RETRY, &sink->why);
        } else {
            http_lane_push(lane, delivery);
        }
        delivery = next;
    }
}

/* --- requests go out ------------------------------------------------------ */

/* The flight is refused before it was sent: alone, or in halves. */
static void
run_refuse(struct http_sink *sink, struct http_lane *lane,
           const struct mst_error *err)
{
    size_t n = lane->flight_len;
    if (n > 1 && http_lane_is_failed(sink, lane)) {
        http_lane_confirm(sink, lane, MST_RETRY, &sink->why);
        return;
    }
    if (n > 1) {
        lane->suspects = lane->suspects > 0 ? lane->suspects : n;
        lane->half = n / 2;
        http_lane_unload(lane);
        return;
    }
    http_lane_confirm(sink, lane, MST_REJECTED, err);
    if (lane->suspects > 0) {
        lane->half = --lane->suspects;
    }
}

static void
run_start_lane(struct http_sink *sink, struct http_lane *lane)
{
    struct mst_http_send send;
    struct mst_error err;
    mst_error_clear(&err);
    enum mst_status status = http_request_collect(sink, lane, &err);
    if (status == MST_OK) {
        status = http_request_make(sink, lane, &send, &err);
    }
    if (status == MST_OK) {
        status = mst_http_pool_start(sink->pool, (size_t)(lane - sink->lanes),
                                     &send, &err);
    }
    if (status == MST_OK) {
        lane->busy = true;
        lane->started_ms = mst_clock_ms();
        sink->progress_ms =
            sink->busy == 0 ? lane->started_ms : sink->progress_ms;
        sink->busy++;
    } else if (status == MST_REJECTED) {
        run_refuse(sink, lane, &err);
    } else {
        err.status = MST_FATAL;
        run_fail_all(sink, &err);
    }
}

/* The login is renewed while nothing is under way, so that nothing waits for
 * its answer meanwhile. False: not yet, or not possible. */
static bool
run_has_login(struct http_sink *sink)
{
    struct mst_error err;
    if (!mst_http_auth_is_due(sink->auth)) {
        return true;
    }
    if (sink->busy > 0) {
        return false;
    }
    mst_error_clear(&err);
    if (mst_http_auth_renew(sink->auth, &err) != MST_OK) {
        run_fail_all(sink, &err);
        return false;
    }
    return true;
}

static bool
run_has_work(const struct http_sink *sink)
{
    for (size_t i = 0; i < sink->lanes_len; i++) {
        if (!sink->lanes[i].busy && sink->lanes[i].first != NULL) {
            return true;
        }
    }
    return false;
}

static void
run_start_all(struct http_sink *sink)
{
    if (!run_has_work(sink)) {
        return;
    }
    if (!run_may_write(sink)) {
        struct mst_error err;
        mst_error_clear(&err);
        (void)mst_fail(&err, MST_RETRY, "http", 0,
                       "another process may have the job by now");
        run_fail_all(sink, &err);
        return;
    }
    if (!run_has_login(sink)) {
        return;
    }
    for (size_t i = 0; i < sink->lanes_len; i++) {
        struct http_lane *lane = &sink->lanes[i];
        /* What can not be made into a request is refused here and now. */
        while (!lane->busy && lane->first != NULL) {
            run_start_lane(sink, lane);
        }
    }
}

/* --- answers come back ---------------------------------------------------- */

/* True: the trouble is the server's, whatever it was asked. */
static bool
run_is_general(const struct mst_error *err)
{
    return err->status == MST_FATAL || err->retry_after_ms > 0
           || err->code == 429 || err->code == 503;
}

static void
run_judge(struct http_sink *sink, struct http_lane *lane,
          const struct mst_http_answer *answer)
{
    struct mst_error err;
    enum mst_status status =
        mst_http_status_judge(&sink->rules, answer->status);
    bool again = answer->status == 401
                 && mst_http_auth_refused(sink->auth, lane->started_ms);
    if (answer->status != 401) {
        mst_http_auth_accepted(sink->auth);
    }
    if (status == MST_OK) {
        size_t n = lane->flight_len;
        http_lane_confirm(sink, lane, MST_OK, NULL);
        lane->suspects -= lane->suspects > n ? n : lane->suspects;
        lane->half = lane->suspects;
        return;
    }
    mst_error_clear(&err);
    status =
        mst_http_status_fail(again ? MST_RETRY : status, answer, lane->method,
                             (const char *)lane->url.data, &err);
    mst_http_auth_conceal(sink->auth, &err);
    if (status == MST_REJECTED) {
        run_refuse(sink, lane, &err);
    } else if (again || run_is_general(&err)) {
        run_fail_all(sink, &err);
    } else {
        run_fail_lane(sink, lane, &err);
    }
}

static void
run_take_answers(struct http_sink *sink)
{
    struct mst_http_ended ended;
    struct mst_error err;
    mst_error_clear(&err);
    while (mst_http_pool_next(sink->pool, &ended, &err)) {
        struct http_lane *lane = &sink->lanes[ended.slot];
        lane->busy = false;
        sink->busy--;
        sink->progress_ms = mst_clock_ms();
        if (ended.status == MST_OK) {
            run_judge(sink, lane, ended.answer);
        } else {
            run_fail_all(sink, &err);
        }
        mst_error_clear(&err);
    }
}

/* Tells that nothing is answered, and that it is again. */
static void
run_watch(struct http_sink *sink)
{
    const struct mst_sink_host *host = sink->args.host;
    int64_t silent = sink->busy == 0 ? 0 : mst_clock_ms() - sink->progress_ms;
    bool is_silent = silent >= RUN_SILENT_MS;
    if (is_silent == sink->unwell || host == NULL || host->health == NULL) {
        return;
    }
    sink->unwell = is_silent;
    struct mst_error err;
    char url[MST_HTTP_URL_SHOWN_MAX];
    mst_http_url_show(sink->target.text, url);
    mst_error_clear(&err);
    (void)mst_fail(&err, MST_RETRY, "http", 0, "%s has not answered for %d s",
                   url, RUN_SILENT_MS / 1000);
    host->health(host, is_silent ? &err : NULL);
}

/* Waits for answers, or for something to send. */
static void
run_turn(struct http_sink *sink)
{
    struct mst_error err;
    mst_error_clear(&err);
    atomic_store(&sink->asleep, true);
    mst_mutex_lock(&sink->mutex);
    bool some = sink->inbox != NULL;
    mst_mutex_unlock(&sink->mutex);
    some = some || atomic_load(&sink->stop);
    enum mst_status status =
        mst_http_pool_turn(sink->pool, some ? 0 : RUN_WAIT_MS, &err);
    atomic_store(&sink->asleep, false);
    if (status != MST_OK) {
        run_fail_all(sink, &err);
    }
}

/* All that was taken and not answered. */
static void
run_end(struct http_sink *sink)
{
    struct mst_error err;
    mst_error_clear(&err);
    (void)mst_fail(&err, MST_DISCONNECTED, "http", 0,
                   "the sink was closed before the server answered");
    run_take_inbox(sink);
    for (size_t i = 0; i < sink->lanes_len; i++) {
        mst_http_pool_cancel(sink->pool, i);
        sink->lanes[i].busy = false;
        http_lane_fail(sink, &sink->lanes[i], MST_DISCONNECTED, &err);
    }
    sink->busy = 0;
}

void *
http_sink_run(void *arg)
{
    struct http_sink *sink = arg;
    while (!atomic_load(&sink->stop)) {
        run_take_inbox(sink);
        run_start_all(sink);
        run_turn(sink);
        run_take_answers(sink);
        run_watch(sink);
    }
    run_end(sink);
    return NULL;
}
