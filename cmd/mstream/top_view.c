/* SPDX-License-Identifier: MIT */
/* The table of mstream top. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "online.h"
#include "table.h"
#include "top.h"

enum { TOP_HEAD = 3 /* rows that are no jobs */, TOP_LINE_MAX = 512 };

/* A job's row. Borrowed. */
struct top_row {
    const json_t *job;
    const char *name;
    const char *state;
    int trouble; /* the worse, the more */
    double rate;
    double lag; /* seconds; < 0: not known */
    int64_t lag_events;
    int64_t errors;
    int64_t queue;
};

static const char *const top_sorts[] = {"name",   "rate",  "lag",
                                        "errors", "queue", "state"};

const char *
mst_top_sort_name(enum mst_top_sort sort)
{
    return top_sorts[sort];
}

static int
top_trouble(const json_t *job, const char *state)
{
    static const char *const order[] = {"completed", "stopped",  "paused",
                                        "running",   "draining", "starting",
                                        "retrying",  "failed"};
    int trouble = 0;
    for (size_t i = 0; i < MST_ARRAY_SIZE(order); i++) {
        trouble = strcmp(state, order[i]) == 0 ? (int)i : trouble;
    }
    return json_is_true(json_object_get(job, "stuck"))
               ? (int)MST_ARRAY_SIZE(order)
               : trouble;
}

static double
top_number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static const json_t *
top_metrics_before(const struct mst_top_look *before, const char *name)
{
    for (size_t i = 0; i < json_array_size(before->jobs); i++) {
        const json_t *job = json_array_get(before->jobs, i);
        const char *other = json_string_value(json_object_get(job, "name"));
        if (other != NULL && strcmp(other, name) == 0) {
            return json_object_get(job, "metrics");
        }
    }
    return NULL;
}

static double
top_rate(const struct mst_top_look *now, const struct mst_top_look *before,
         const struct top_row *row, const json_t *metrics)
{
    const json_t *old = top_metrics_before(before, row->name);
    int64_t ms = now->at_ms - before->at_ms;
    if (old == NULL || ms <= 0) {
        bool runs = strcmp(row->state, "running") == 0;
        return runs ? top_number(metrics, "throughput_per_second") : 0;
    }
    double more = top_number(metrics, "events_processed")
                  - top_number(old, "events_processed");
    return more > 0 ? more * 1000 / (double)ms : 0;
}

static struct top_row
top_row(const struct mst_top_look *now, const struct mst_top_look *before,
        const json_t *job)
{
    const json_t *metrics = json_object_get(job, "metrics");
    const char *name = json_string_value(json_object_get(job, "name"));
    const char *state = json_string_value(json_object_get(job, "state"));
    bool known = json_is_true(json_object_get(metrics, "lag_known"));
    struct top_row row = {
        .job = job,
        .name = name != NULL ? name : "-",
        .state = state != NULL ? state : "-",
        .lag = known ? top_number(metrics, "current_lag_seconds") : -1,
        .lag_events = (int64_t)top_number(metrics, "lag_events"),
        .errors = (int64_t)top_number(metrics, "total_errors"),
        .queue = (int64_t)top_number(metrics, "memory_bytes"),
    };
    row.trouble = top_trouble(job, row.state);
    row.rate = top_rate(now, before, &row, metrics);
    return row;
}

static double
top_weight(const struct top_row *row, enum mst_top_sort sort)
{
    switch (sort) {
    case MST_TOP_BY_RATE:
        return row->rate;
    case MST_TOP_BY_LAG:
        return row->lag;
    case MST_TOP_BY_ERRORS:
        return (double)row->errors;
    case MST_TOP_BY_QUEUE:
        return (double)row->queue;
    case MST_TOP_BY_STATE:
        return row->trouble;
    case MST_TOP_BY_NAME:
    case MST_TOP_SORTS:
    default:
        return 0;
    }
}

static int
top_compare(const void *a, const void *b, void *arg)
{
    const struct top_row *one = a;
    const struct top_row *other = b;
    const enum mst_top_sort *sort = arg;
    double left = top_weight(one, *sort);
    double right = top_weight(other, *sort);
    return left > right   ? -1
           : left < right ? 1
                          : strcmp(one->name, other->name);
}

/* "12.3k", "4.0M" */
static void
top_short(double number, char out[32])
{
    static const char *const units[] = {"", "k", "M", "G", "T"};
    size_t unit = 0;
    while (number >= 1000 && unit + 1 < MST_ARRAY_SIZE(units)) {
        number /= 1000;
        unit++;
    }
    (void)snprintf(out, 32,
                   unit == 0 && number == floor(number) ? "%.0f%s" : "%.1f%s",
                   number, units[unit]);
}

static void
top_add_row(struct mst_table *table, const struct top_row *row)
{
    const json_t *reason = json_object_get(row->job, "reason");
    char rate[32];
    char lag[32] = "-";
    char events[32] = "-";
    char errors[32];
    char queue[32];
    char text[64];
    top_short(row->rate, rate);
    top_short((double)row->errors, errors);
    top_short((double)row->queue, queue);
    if (row->lag >= 0) {
        (void)snprintf(lag, sizeof(lag), "%.1f", row->lag);
    }
    if (row->lag_events >= 0 && row->lag >= 0) {
        top_short((double)row->lag_events, events);
    }
    mst_table_add(table, "%s", row->name);
    mst_table_add(table, "%s%s", row->state,
                  json_is_true(json_object_get(row->job, "stuck")) ? " (stuck)"
                                                                   : "");
    mst_table_add(table, "%s", rate);
    mst_table_add(table, "%s", lag);
    mst_table_add(table, "%s", events);
    mst_table_add(table, "%s", errors);
    mst_table_add(table, "%s", queue);
    mst_table_add(
        table, "%s",
        json_is_object(reason) ? mst_online_text(reason, "message", text) : "");
}

/* "3 jobs: 2 running, 1 failed; up 12 s; by lag" */
static void
top_head(const struct mst_top_look *now, enum mst_top_sort sort, size_t width,
         struct mst_output *out)
{
    static const char *const states[] = {"running", "retrying",  "paused",
                                         "stopped", "completed", "failed",
                                         "stuck"};
    const json_t *counts = json_object_get(now->stats, "jobs");
    char line[TOP_LINE_MAX];
    size_t jobs = json_array_size(now->jobs);
    int len =
        snprintf(line, sizeof(line), "%zu job%s", jobs, jobs == 1 ? "" : "s");
    for (size_t i = 0; i < MST_ARRAY_SIZE(states); i++) {
        int64_t n = (int64_t)top_number(counts, states[i]);
        if (n > 0) {
            len += snprintf(line + len, sizeof(line) - (size_t)len, ", %lld %s",
                            (long long)n, states[i]);
        }
    }
    (void)snprintf(line + len, sizeof(line) - (size_t)len, "; up %lld s; by %s",
                   (long long)top_number(now->stats, "uptime_seconds"),
                   mst_top_sort_name(sort));
    if (width > 0 && width < strlen(line)) {
        line[width] = '\0';
    }
    mst_output_text(out, "%s\n\n", line);
}

void
mst_top_view(const struct mst_top_look *now, const struct mst_top_look *before,
             enum mst_top_sort sort, size_t width, size_t rows,
             struct mst_output *out)
{
    static const char *const headings[] = {"JOB",     "STATE",  "EVENTS/S",
                                           "LAG S",   "BEHIND", "ERRORS",
                                           "QUEUE B", "REASON"};
    struct mst_table table;
    size_t len = json_array_size(now->jobs);
    struct top_row *all = calloc(len + 1, sizeof(*all));
    if (all == NULL) {
        out->json.failed = true;
        return;
    }
    for (size_t i = 0; i < len; i++) {
        all[i] = top_row(now, before, json_array_get(now->jobs, i));
    }
    qsort_r(all, len, sizeof(*all), top_compare, &sort);
    top_head(now, sort, width, out);
    mst_table_init(&table, headings, MST_ARRAY_SIZE(headings));
    table.width = width;
    /* Cut, not scrolled: sorting brings up what matters. */
    size_t room = rows > TOP_HEAD ? rows - TOP_HEAD : 1;
    for (size_t i = 0; i < len && (rows == 0 || i < room); i++) {
        top_add_row(&table, &all[i]);
    }
    mst_table_end(&table, out);
    free(all);
}
