/* SPDX-License-Identifier: MIT */
/* What a shadow has found, as numbers and as JSON. */
#include "base/clock.h"
#include "base/thread.h"
#include "pipeline/shadow_impl.h"

static const char *const report_outcomes[] = {
    [MST_SHADOW_EQUAL] = "equal",
    [MST_SHADOW_DIFFERENT] = "different",
    [MST_SHADOW_DROPPED_LIVE] = "dropped_only_live",
    [MST_SHADOW_DROPPED] = "dropped_only_shadow",
    [MST_SHADOW_MORE] = "more_results",
    [MST_SHADOW_FEWER] = "fewer_results",
    [MST_SHADOW_REJECTED_LIVE] = "rejected_only_live",
    [MST_SHADOW_REJECTED] = "rejected_only_shadow",
};

static const char *const report_ends[] = {
    [MST_SHADOW_RUNS] = "running",        [MST_SHADOW_ALL] = "events",
    [MST_SHADOW_TIME] = "duration",       [MST_SHADOW_STOPPED] = "stopped",
    [MST_SHADOW_JOB_ENDED] = "job_ended", [MST_SHADOW_FAILED] = "failed",
};

const char *
mst_shadow_outcome_name(enum mst_shadow_outcome outcome)
{
    return report_outcomes[outcome];
}

const char *
mst_shadow_end_name(enum mst_shadow_end end)
{
    return report_ends[end];
}

/* Eight classes per doubling: times are right to about an eighth. */
static size_t
report_class(uint64_t ns)
{
    unsigned top = 63U - (unsigned)__builtin_clzll(ns | 1);
    if (top < 3) {
        return (size_t)ns;
    }
    size_t class = (size_t)(top - 2) * SHADOW_TIME_STEPS
                   + (size_t)((ns >> (top - 3)) & (SHADOW_TIME_STEPS - 1));
    return class < SHADOW_TIME_CLASSES ? class : SHADOW_TIME_CLASSES - 1;
}

/* The greatest time of a class. */
static uint64_t
report_bound(size_t class)
{
    if (class < SHADOW_TIME_STEPS) {
        return class;
    }
    unsigned shift = (unsigned)(class / SHADOW_TIME_STEPS) - 1;
    uint64_t step = SHADOW_TIME_STEPS + class % SHADOW_TIME_STEPS;
    return ((step + 1) << shift) - 1;
}

void
mst_shadow_times_add(struct shadow_times *times, uint64_t ns)
{
    times->classes[report_class(ns)]++;
    times->events++;
    times->wall_ns += ns;
    times->max_ns = ns > times->max_ns ? ns : times->max_ns;
}

/* The time that so many of a hundred events stay below. */
static uint64_t
report_quantile(const struct shadow_times *times, unsigned percent)
{
    uint64_t wanted = (times->events * percent + 99) / 100;
    uint64_t seen = 0;
    for (size_t i = 0; i < SHADOW_TIME_CLASSES && times->events > 0; i++) {
        seen += times->classes[i];
        if (seen >= wanted) {
            uint64_t bound = report_bound(i);
            return bound < times->max_ns ? bound : times->max_ns;
        }
    }
    return 0;
}

void
mst_shadow_times_read(const struct shadow_times *times,
                      struct mst_shadow_cost *ret_cost)
{
    *ret_cost = (struct mst_shadow_cost){
        .events = times->events,
        .wall_ns = times->wall_ns,
        .cpu_ns = times->cpu_ns,
        .p50_ns = report_quantile(times, 50),
        .p99_ns = report_quantile(times, 99),
        .max_ns = times->max_ns,
    };
}

void
mst_shadow_read(struct mst_shadow *shadow, struct mst_shadow_look *ret_look)
{
    const struct shadow_findings *findings = &shadow->findings;
    if (mst_clock_ms() >= shadow->until_ms) {
        mst_shadow_stop(shadow, MST_SHADOW_TIME);
    }
    ret_look->skipped = atomic_load(&shadow->skipped);
    ret_look->waiting = atomic_load(&shadow->waiting);
    ret_look->memory = atomic_load(&shadow->used);
    mst_mutex_lock(&shadow->mutex);
    /* It runs until what it took is compared. */
    ret_look->end = shadow->running > 0
                        ? MST_SHADOW_RUNS
                        : (enum mst_shadow_end)atomic_load(&shadow->end);
    ret_look->error = shadow->error;
    ret_look->started_ms = shadow->started_ms;
    ret_look->ended_ms = shadow->ended_ms;
    ret_look->compared = findings->compared;
    ret_look->failed = findings->failed;
    for (size_t i = 0; i < MST_SHADOW_OUTCOMES; i++) {
        ret_look->outcomes[i] = findings->outcomes[i];
    }
    mst_shadow_times_read(&findings->live, &ret_look->live);
    mst_shadow_times_read(&findings->shadow, &ret_look->shadow);
    mst_mutex_unlock(&shadow->mutex);
}

static void
report_cost(struct mst_json *out, const char *name,
            const struct mst_shadow_cost *cost)
{
    uint64_t events = cost->events > 0 ? cost->events : 1;
    mst_json_open(out, name, '{');
    mst_json_number(out, "events", (int64_t)cost->events);
    mst_json_number(out, "mean_ns", (int64_t)(cost->wall_ns / events));
    mst_json_number(out, "cpu_ns", (int64_t)(cost->cpu_ns / events));
    mst_json_number(out, "p50_ns", (int64_t)cost->p50_ns);
    mst_json_number(out, "p99_ns", (int64_t)cost->p99_ns);
    mst_json_number(out, "max_ns", (int64_t)cost->max_ns);
    mst_json_close(out, '}');
}

static void
report_findings(struct mst_shadow *shadow, struct mst_json *out)
{
    const struct shadow_findings *findings = &shadow->findings;
    mst_mutex_lock(&shadow->mutex);
    mst_json_open(out, "fields", '[');
    for (size_t i = 0; i < findings->fields_len; i++) {
        const struct shadow_field *field = &findings->fields[i];
        mst_json_open(out, NULL, '{');
        mst_json_str(out, "field", field->path);
        for (int k = 0; k <= MST_CONTRAST_ORDER; k++) {
            mst_json_number(out, mst_contrast_name((enum mst_contrast_kind)k),
                            (int64_t)field->counts[k]);
        }
        mst_json_close(out, '}');
    }
    mst_json_close(out, ']');
    mst_json_number(out, "other_fields", (int64_t)findings->other_fields);
    mst_json_open(out, "samples", '[');
    for (size_t i = 0; i < findings->samples_len; i++) {
        mst_json_raw(out, NULL, mst_buf_slice(&findings->samples[i].buf));
    }
    mst_json_close(out, ']');
    mst_mutex_unlock(&shadow->mutex);
}

void
mst_shadow_report(struct mst_shadow *shadow, struct mst_json *out)
{
    struct mst_shadow_look look;
    mst_shadow_read(shadow, &look);
    mst_json_str(out, "state", mst_shadow_end_name(look.end));
    if (look.error.status != MST_OK) {
        mst_json_str(out, "error", look.error.text);
    }
    mst_json_time(out, "started", look.started_ms);
    mst_json_time(out, "ended", look.ended_ms);
    mst_json_number(out, "compared", (int64_t)look.compared);
    mst_json_number(out, "skipped", (int64_t)look.skipped);
    mst_json_number(out, "failed", (int64_t)look.failed);
    mst_json_number(out, "waiting", (int64_t)look.waiting);
    mst_json_number(out, "memory", (int64_t)look.memory);
    mst_json_open(out, "outcomes", '{');
    for (int i = 0; i < MST_SHADOW_OUTCOMES; i++) {
        mst_json_number(out,
                        mst_shadow_outcome_name((enum mst_shadow_outcome)i),
                        (int64_t)look.outcomes[i]);
    }
    mst_json_close(out, '}');
    mst_json_open(out, "cost", '{');
    report_cost(out, "live", &look.live);
    report_cost(out, "shadow", &look.shadow);
    mst_json_close(out, '}');
    report_findings(shadow, out);
}
