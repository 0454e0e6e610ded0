/* SPDX-License-Identifier: MIT */
/* All operations, in the order of the documentation; and what they share. */
#include "api/operations.h"

#include <stdarg.h>
#include <stdio.h>

const mst_api_table mst_api_tables[] = {
    mst_api_system,     mst_api_metrics,     mst_api_jobs_edit,
    mst_api_dry_run,    mst_api_jobs,        mst_api_actions,
    mst_api_shadow,     mst_api_checkpoints, mst_api_letters,
    mst_api_schemas,    mst_api_transforms,  mst_api_suites,
    mst_api_workspaces, mst_api_services,    mst_api_services_remote,
    mst_api_scripts,    mst_api_config,      mst_api_logs,
    mst_api_openapi,    mst_api_session,     NULL,
};

void
mst_api_done(struct mst_api_answer *answer, const char *fmt, ...)
{
    char message[MST_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    mst_json_open(&answer->body, NULL, '{');
    mst_json_str(&answer->body, "message", len < 0 ? "done" : message);
    mst_json_close(&answer->body, '}');
}

enum mst_status
mst_api_job_item(void *arg, const struct mst_job_look *look)
{
    struct mst_api_job_item *self = arg;
    mst_json_open(self->out, NULL, '{');
    mst_json_str(self->out, "message", self->message);
    mst_api_job_json(self->out, "item", look);
    mst_json_close(self->out, '}');
    return MST_OK;
}

static enum mst_status
operations_see(void *arg, const struct mst_job_look *look)
{
    (void)arg;
    (void)look;
    return MST_OK;
}

bool
mst_api_job_exists(struct mst_api *api, const struct mst_api_request *request,
                   struct mst_api_answer *answer)
{
    const char *name = request->captures[0];
    if (mst_manager_one(api->args.manager, name, operations_see, NULL)
        == MST_OK) {
        return true;
    }
    mst_api_refuse(answer, 404, "not_found", NULL, "there is no job '%s'",
                   name);
    return false;
}

enum mst_status
mst_api_each_job(struct mst_api *api, const char *after, mst_job_each each,
                 void *arg)
{
    return api->args.catalog != NULL
               ? mst_catalog_each(api->args.catalog, after, each, arg)
               : mst_manager_each(api->args.manager, after, each, arg);
}

void
mst_api_census_add(struct mst_api_census *census,
                   const struct mst_job_look *look)
{
    mst_job_totals_add(&census->totals, &look->status.totals);
    census->stuck += look->stuck ? 1 : 0;
    if (look->status.elsewhere) {
        census->elsewhere++;
        return;
    }
    switch (look->status.state) {
    case MST_JOB_RETRYING:
        census->retrying++;
        census->running++;
        break;
    case MST_JOB_STARTING:
    case MST_JOB_RUNNING:
    case MST_JOB_DRAINING:
        census->running++;
        break;
    case MST_JOB_PAUSED:
        census->paused++;
        break;
    case MST_JOB_STOPPED:
        census->stopped++;
        break;
    case MST_JOB_COMPLETED:
        census->completed++;
        break;
    case MST_JOB_FAILED:
        census->failed++;
        break;
    }
}
