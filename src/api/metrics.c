/* SPDX-License-Identifier: MIT */
/* /metrics: family by family, and in each job by job. See docs/metrics.md. */
#include "api/metrics.h"

#include <stdlib.h>

#include "api/operations.h"

/* Quoted, of the longest name there may be. */
enum { METRICS_LABEL_MAX = 64 * 1024 };

static char *
metrics_labels(const char *job)
{
    struct mst_buf out;
    mst_buf_init(&out, METRICS_LABEL_MAX);
    char *labels = mst_metrics_label(&out, "job_name", job) == MST_OK
                       ? mst_buf_text(&out)
                       : NULL;
    labels = labels != NULL ? strdup(labels) : NULL;
    mst_buf_clear(&out);
    return labels;
}

static enum mst_status
metrics_take(void *arg, const struct mst_job_look *look)
{
    struct mst_metrics_jobs *all = arg;
    struct mst_metrics_job *items =
        realloc(all->items, (all->len + 1) * sizeof(*items));
    if (items == NULL) {
        return MST_FATAL;
    }
    all->items = items;
    items[all->len] =
        (struct mst_metrics_job){.labels = metrics_labels(look->name),
                                 .status = look->status,
                                 .stuck = look->stuck,
                                 .leaving = look->leaving,
                                 .horizon_ms = look->horizon_ms,
                                 .has_shadow = look->has_shadow};
    if (look->has_shadow) {
        items[all->len].shadow = look->shadow;
    }
    return items[all->len++].labels != NULL ? MST_OK : MST_FATAL;
}

static void
metrics_get(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    struct mst_metrics_jobs jobs = {0};
    struct mst_metrics_text text = {
        .out = &answer->body, .open = mst_metrics_wants_open(request->accept)};
    answer->type = mst_metrics_content_type(text.open);
    mst_json_did(text.out,
                 mst_manager_each(api->args.manager, "", metrics_take, &jobs));
    if (!text.out->failed) {
        mst_metrics_write_jobs(&text, &jobs);
        mst_metrics_write_process(&text, api);
        mst_metrics_write_api(&text, api);
        mst_metrics_end(&text);
    }
    for (size_t i = 0; i < jobs.len; i++) {
        free(jobs.items[i].labels);
    }
    free(jobs.items);
}

const struct mst_api_operation mst_api_metrics[] = {
    {.method = "GET",
     .path = "/metrics",
     .role = MST_API_READ,
     .id = "getMetrics",
     .quick = true,
     .summary = "All numbers in Prometheus' text format, or as OpenMetrics "
                "where the client would rather have that.",
     .status = 200,
     .answer = "Metrics",
     .run = metrics_get},
    {0},
};
