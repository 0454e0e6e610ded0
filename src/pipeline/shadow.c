/* SPDX-License-Identifier: MIT */
/* A shadow's lanes: taking events beside a job, running them, ending. */
#include "pipeline/shadow.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "pipeline/backoff.h"
#include "pipeline/shadow_impl.h"

enum {
    SHADOW_NICE = 10,
    /* A server that does not answer is not waited for as the job does. */
    SHADOW_ATTEMPTS = 3,
    SHADOW_WAIT_MS = 1000,
    SHADOW_KEEP = 4 * 1024 * 1024 /* bytes of a lane's memory between units */
};

static bool
shadow_is_giving_up(struct mst_shadow *shadow)
{
    mst_mutex_lock(&shadow->mutex);
    bool giving_up = shadow->giving_up;
    mst_mutex_unlock(&shadow->mutex);
    return giving_up;
}

/* The plan's wait: of the shadow's own clock, and ended with it. */
static bool
shadow_wait(void *arg, unsigned failures, const struct mst_error *err)
{
    struct mst_shadow *shadow = arg;
    struct mst_backoff backoff = {.failures = failures - 1};
    if (failures == 0) {
        return true;
    }
    int64_t wait =
        mst_backoff_next(&backoff, &shadow->spec.retry, err->retry_after_ms);
    wait = wait < SHADOW_WAIT_MS ? wait : SHADOW_WAIT_MS;
    struct timespec until = mst_cond_deadline((int)wait);
    mst_mutex_lock(&shadow->mutex);
    while (!shadow->giving_up
           && mst_cond_wait(&shadow->changed, &shadow->mutex, &until)) {
    }
    bool go_on = !shadow->giving_up && failures < SHADOW_ATTEMPTS;
    mst_mutex_unlock(&shadow->mutex);
    return go_on;
}

static int64_t
shadow_cpu_ns(void)
{
    struct timespec time = {0};
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* The results of the unit's event number i; *at goes on behind them. */
static void
shadow_result(const struct mst_unit *unit, size_t i, size_t *at,
              struct shadow_result *ret_result)
{
    bool refused = unit->refusals[i] != NULL;
    *ret_result = (struct shadow_result){
        .events = &unit->results[*at],
        .len = refused ? 0 : unit->counts[i],
        .refused = refused ? &unit->refusals[i]->err : NULL};
    *at += unit->counts[i];
}

/* What the source's step alone makes of them: the results of a job without
 * middlewares, in the lane's memory. */
static enum mst_status
shadow_plain(struct shadow_lane *lane, struct shadow_task *task,
             struct mst_error *err)
{
    struct mst_unit *unit = &lane->unit;
    size_t at = 0;
    if (lane->plain == NULL) {
        return MST_OK;
    }
    enum mst_status status = mst_chain_run(lane->plain, unit, err);
    task->live =
        status == MST_OK
            ? mst_arena_alloc(&unit->arena, task->len * sizeof(*task->live))
            : NULL;
    if (task->live == NULL) {
        return status == MST_OK ? mst_fail_memory(err, "shadow") : status;
    }
    for (size_t i = 0; i < task->len; i++) {
        shadow_result(unit, i, &at, &task->live[i]);
    }
    return MST_OK;
}

/* Both results of each event, side by side. */
static void
shadow_judge(struct shadow_lane *lane, const struct shadow_task *task,
             uint64_t cpu_ns)
{
    struct mst_shadow *shadow = lane->shadow;
    const struct mst_unit *unit = &lane->unit;
    struct shadow_findings *findings = &shadow->findings;
    size_t at = 0;
    for (size_t i = 0; i < task->len; i++) {
        struct shadow_result mine;
        shadow_result(unit, i, &at, &mine);
        mst_shadow_judge(shadow, task->list[i], &task->live[i], &mine);
    }
    mst_mutex_lock(&shadow->mutex);
    findings->live.cpu_ns += task->live_cpu_ns;
    findings->shadow.cpu_ns += cpu_ns;
    for (size_t i = 0; i < task->len; i++) {
        if (task->live_ns != NULL) {
            mst_shadow_times_add(&findings->live, task->live_ns[i]);
        }
        mst_shadow_times_add(&findings->shadow, unit->spent[i]);
    }
    mst_mutex_unlock(&shadow->mutex);
}

/* Its own failure ends the shadow, and nothing else. */
static void
shadow_fail(struct mst_shadow *shadow, const struct mst_error *err)
{
    mst_mutex_lock(&shadow->mutex);
    shadow->error = *err;
    mst_mutex_unlock(&shadow->mutex);
    mst_shadow_stop(shadow, MST_SHADOW_FAILED);
}

static void
shadow_task(struct shadow_lane *lane, struct shadow_task *task)
{
    struct mst_shadow *shadow = lane->shadow;
    struct mst_unit *unit = &lane->unit;
    struct mst_error err;
    mst_error_clear(&err);
    unit->events = task->list;
    unit->len = task->len;
    int64_t since_ns = 0;
    enum mst_status status = MST_RETRY;
    if (!shadow_is_giving_up(shadow)) {
        status = shadow_plain(lane, task, &err);
        since_ns = shadow_cpu_ns();
    }
    if (status == MST_OK) {
        status = mst_chain_run(lane->chain, unit, &err);
    }
    uint64_t held = unit->arena.held;
    if (shadow->args.whole != NULL) {
        mst_budget_charge(shadow->args.whole, held);
    }
    if (status == MST_OK) {
        shadow_judge(lane, task, (uint64_t)(shadow_cpu_ns() - since_ns));
    } else {
        mst_mutex_lock(&shadow->mutex);
        shadow->findings.failed += task->len;
        mst_mutex_unlock(&shadow->mutex);
    }
    if (status == MST_FATAL) {
        shadow_fail(shadow, &err);
    }
    mst_arena_reset(&unit->arena, SHADOW_KEEP);
    if (shadow->args.whole != NULL) {
        mst_budget_refund(shadow->args.whole, held);
    }
}

static void
shadow_refund(struct mst_shadow *shadow, struct shadow_task *task)
{
    atomic_fetch_sub(&shadow->used, task->charged);
    if (shadow->args.whole != NULL) {
        mst_budget_refund(shadow->args.whole, task->charged);
    }
    atomic_fetch_sub(&shadow->waiting, task->len);
    mst_shadow_task_destroy(task);
}

/* The last lane to end says when that was. */
static void
shadow_lane_ended(struct mst_shadow *shadow)
{
    mst_mutex_lock(&shadow->mutex);
    shadow->running--;
    if (shadow->running == 0) {
        shadow->ended_ms = mst_clock_wall_ms();
    }
    (void)pthread_cond_broadcast(&shadow->changed);
    mst_mutex_unlock(&shadow->mutex);
}

static void *
shadow_main(void *arg)
{
    struct shadow_lane *lane = arg;
    struct mst_shadow *shadow = lane->shadow;
    /* The job's own threads come first; where that can not be had, its memory
     * and the sampling bound what this one takes. */
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), SHADOW_NICE);
    struct shadow_task *task = mst_queue_pop(lane->queue, -1);
    while (task != NULL) {
        shadow_task(lane, task);
        shadow_refund(shadow, task);
        task = mst_queue_pop(lane->queue, -1);
    }
    mst_chain_close(lane->chain);
    shadow_lane_ended(shadow);
    return NULL;
}

/* So many of n may be taken still. */
static size_t
shadow_claim(struct mst_shadow *shadow, size_t n)
{
    uint64_t most = shadow->args.events;
    if (most == 0) {
        return n;
    }
    uint64_t before = atomic_fetch_add(&shadow->claimed, n);
    uint64_t left = before < most ? most - before : 0;
    return left < n ? (size_t)left : n;
}

/* Hands the task over. False: it is not taken. */
static bool
shadow_push(struct shadow_lane *lane, struct shadow_task *task)
{
    struct mst_shadow *shadow = lane->shadow;
    atomic_fetch_add(&shadow->used, task->charged);
    if (shadow->args.whole != NULL) {
        mst_budget_charge(shadow->args.whole, task->charged);
    }
    atomic_fetch_add(&shadow->waiting, task->len);
    if (mst_queue_push(lane->queue, task)) {
        return true;
    }
    shadow_refund(shadow, task);
    return false;
}

void
mst_shadow_offer(struct mst_shadow *shadow, size_t lane,
                 const struct mst_unit *unit,
                 const struct mst_shadow_spent *spent)
{
    uint64_t used = atomic_load(&shadow->used);
    uint64_t room = used < shadow->args.memory ? shadow->args.memory - used : 0;
    struct mst_budget *whole = shadow->args.whole;
    if (mst_clock_ms() >= shadow->until_ms) {
        mst_shadow_stop(shadow, MST_SHADOW_TIME);
    }
    if (lane >= shadow->lanes_len || unit->len == 0
        || atomic_load(&shadow->end) != MST_SHADOW_RUNS) {
        return;
    }
    struct shadow_task *task =
        mst_shadow_copy(unit, SIZE_MAX, room, shadow->args.live_has_chain);
    if (task != NULL && whole != NULL
        && !mst_budget_fits(whole, task->charged)) {
        mst_shadow_task_destroy(task);
        task = NULL;
    }
    size_t copied = task != NULL ? task->len : 0;
    size_t taken = shadow_claim(shadow, copied);
    bool all = taken < copied
               || (shadow->args.events != 0
                   && atomic_load(&shadow->claimed) >= shadow->args.events);
    /* Those behind the last one wanted are not skipped. */
    if (!all) {
        atomic_fetch_add(&shadow->skipped, unit->len - copied);
    }
    if (taken == 0) {
        mst_shadow_task_destroy(task);
    } else {
        task->len = taken;
        task->live_cpu_ns = spent->cpu_ns * taken / unit->len;
        if (!shadow_push(&shadow->lanes[lane], task)) {
            atomic_fetch_add(&shadow->skipped, taken);
        }
    }
    if (all) {
        mst_shadow_stop(shadow, MST_SHADOW_ALL);
    }
}

void
mst_shadow_stop(struct mst_shadow *shadow, enum mst_shadow_end end)
{
    int runs = MST_SHADOW_RUNS;
    bool gives_up = end == MST_SHADOW_STOPPED || end == MST_SHADOW_FAILED;
    (void)atomic_compare_exchange_strong(&shadow->end, &runs, (int)end);
    if (gives_up) {
        mst_mutex_lock(&shadow->mutex);
        shadow->giving_up = true;
        (void)pthread_cond_broadcast(&shadow->changed);
        mst_mutex_unlock(&shadow->mutex);
    }
    for (size_t i = 0; i < shadow->lanes_len; i++) {
        mst_queue_close(shadow->lanes[i].queue);
        if (gives_up) {
            mst_chain_interrupt(shadow->lanes[i].chain);
        }
    }
}

bool
mst_shadow_has_ended(struct mst_shadow *shadow)
{
    mst_mutex_lock(&shadow->mutex);
    bool ended = shadow->running == 0;
    mst_mutex_unlock(&shadow->mutex);
    return ended;
}

bool
mst_shadow_wait(struct mst_shadow *shadow, int timeout_ms)
{
    struct timespec until = mst_cond_deadline(timeout_ms);
    mst_mutex_lock(&shadow->mutex);
    while (shadow->running > 0
           && mst_cond_wait(&shadow->changed, &shadow->mutex, &until)) {
    }
    bool ended = shadow->running == 0;
    mst_mutex_unlock(&shadow->mutex);
    return ended;
}

static void
shadow_lane_clear(struct shadow_lane *lane)
{
    if (lane->started) {
        (void)pthread_join(lane->thread, NULL);
    }
    mst_queue_destroy(lane->queue);
    mst_chain_destroy(lane->chain);
    mst_chain_destroy(lane->plain);
    mst_arena_clear(&lane->unit.arena);
}

void
mst_shadow_destroy(struct mst_shadow *shadow)
{
    if (shadow == NULL) {
        return;
    }
    struct shadow_findings *findings = &shadow->findings;
    mst_shadow_stop(shadow, MST_SHADOW_STOPPED);
    for (size_t i = 0; i < shadow->lanes_len; i++) {
        shadow_lane_clear(&shadow->lanes[i]);
    }
    free(shadow->lanes);
    mst_plan_clear(&shadow->plan);
    for (size_t i = 0; i < findings->samples_len; i++) {
        mst_json_clear(&findings->samples[i]);
    }
    free(findings->samples);
    free(findings->fields);
    (void)pthread_cond_destroy(&shadow->changed);
    (void)pthread_mutex_destroy(&shadow->mutex);
    free(shadow);
}

static enum mst_status
shadow_lane_init(struct mst_shadow *shadow, struct shadow_lane *lane,
                 struct mst_error *err)
{
    lane->shadow = shadow;
    lane->queue = mst_queue_create();
    if (lane->queue == NULL) {
        return mst_fail_memory(err, "shadow");
    }
    enum mst_status status =
        mst_chain_create(&shadow->spec, &shadow->plan, &lane->chain, err);
    if (status == MST_OK && !shadow->args.live_has_chain) {
        status =
            mst_chain_create(&shadow->empty, &shadow->plan, &lane->plain, err);
    }
    if (status == MST_OK) {
        mst_chain_set_timed(lane->chain, true);
        status =
            mst_thread_start(&lane->thread, "shadow", shadow_main, lane, err);
        lane->started = status == MST_OK;
    }
    return status;
}

/* Lanes that are half made are counted, so that they are cleared. */
static enum mst_status
shadow_lanes(struct mst_shadow *shadow, struct mst_error *err)
{
    size_t len = shadow->spec.workers;
    enum mst_status status = MST_OK;
    shadow->lanes = calloc(len + 1, sizeof(*shadow->lanes));
    shadow->findings.fields =
        calloc(SHADOW_FIELDS_MAX, sizeof(*shadow->findings.fields));
    shadow->findings.samples =
        calloc(shadow->args.samples + 1, sizeof(*shadow->findings.samples));
    if (shadow->lanes == NULL || shadow->findings.fields == NULL
        || shadow->findings.samples == NULL) {
        return mst_fail_memory(err, "shadow");
    }
    for (size_t i = 0; i < len && status == MST_OK; i++) {
        mst_mutex_lock(&shadow->mutex);
        shadow->running++;
        mst_mutex_unlock(&shadow->mutex);
        status = shadow_lane_init(shadow, &shadow->lanes[i], err);
        bool closable = shadow->lanes[i].chain != NULL;
        shadow->lanes_len = closable ? i + 1 : i;
        if (!closable) {
            shadow_lane_clear(&shadow->lanes[i]);
        }
    }
    return status;
}

enum mst_status
mst_shadow_create(const struct mst_shadow_spec *spec,
                  struct mst_shadow **ret_shadow, struct mst_error *err)
{
    struct mst_shadow *shadow = calloc(1, sizeof(*shadow));
    if (shadow == NULL || pthread_mutex_init(&shadow->mutex, NULL) != 0
        || !mst_cond_init(&shadow->changed)) {
        free(shadow);
        return mst_fail_memory(err, "shadow");
    }
    shadow->args = *spec;
    shadow->spec = *spec->spec;
    shadow->spec.retry.max_attempts = SHADOW_ATTEMPTS;
    shadow->empty = shadow->spec;
    shadow->empty.middlewares_len = 0;
    shadow->started_ms = mst_clock_wall_ms();
    shadow->until_ms =
        spec->duration_ms > 0 ? mst_clock_ms() + spec->duration_ms : INT64_MAX;
    atomic_init(&shadow->end, MST_SHADOW_RUNS);
    mst_error_clear(&shadow->error);
    enum mst_status status = mst_plan_init(&shadow->plan, &shadow->spec, err);
    shadow->plan.wait = shadow_wait;
    shadow->plan.wait_arg = shadow;
    if (status == MST_OK) {
        status = shadow_lanes(shadow, err);
    }
    if (status != MST_OK) {
        mst_shadow_destroy(shadow);
        return status;
    }
    *ret_shadow = shadow;
    return MST_OK;
}
