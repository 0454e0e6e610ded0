/* SPDX-License-Identifier: MIT */
/* Jobs to steer: start, stop, restart, pause, resume. */
#include "api/operations.h"

enum { ACTIONS_WAIT_MS = 2000 };

static void
actions_act(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer, enum mst_job_action action,
            const char *message)
{
    struct mst_manager *manager = api->args.manager;
    const char *name = request->captures[0];
    struct mst_error err;
    struct mst_api_job_item item = {.out = &answer->body, .message = message};
    mst_error_clear(&err);
    enum mst_status status =
        api->args.catalog != NULL
            ? mst_catalog_act(api->args.catalog, name, action, ACTIONS_WAIT_MS,
                              request->who, &err)
            : mst_manager_act(manager, name, action, ACTIONS_WAIT_MS, &err);
    if (status != MST_OK) {
        err.status = status;
        mst_api_fail(answer, &err);
    } else if (mst_manager_one(manager, name, mst_api_job_item, &item)
               != MST_OK) {
        mst_api_done(answer, "%s", message); /* a reload took it away */
    }
}

static void
actions_start(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer)
{
    actions_act(api, request, answer, MST_JOB_START, "the job starts");
}

static void
actions_stop(struct mst_api *api, const struct mst_api_request *request,
             struct mst_api_answer *answer)
{
    actions_act(api, request, answer, MST_JOB_STOP, "the job drains and stops");
}

static void
actions_restart(struct mst_api *api, const struct mst_api_request *request,
                struct mst_api_answer *answer)
{
    actions_act(api, request, answer, MST_JOB_RESTART, "the job starts anew");
}

static void
actions_pause(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer)
{
    actions_act(api, request, answer, MST_JOB_PAUSE,
                "the job drains and pauses");
}

static void
actions_resume(struct mst_api *api, const struct mst_api_request *request,
               struct mst_api_answer *answer)
{
    actions_act(api, request, answer, MST_JOB_RESUME, "the job goes on");
}

#define ACTION(verb, text)                                                     \
    {                                                                          \
        .method = "POST", .path = "/jobs/{name}/" #verb,                       \
        .role = MST_API_OPERATE, .id = #verb "Job", .summary = (text),         \
        .status = 200, .answer = "JobDone", .run = actions_##verb              \
    }

const struct mst_api_operation mst_api_actions[] = {
    ACTION(start, "Starts a job that is stopped, has failed or is through."),
    ACTION(stop, "Drains a job and stops it, until it is started again."),
    ACTION(restart, "Drains a job and starts it anew; one that is stopped "
                    "starts."),
    ACTION(pause, "Drains a job that runs, and keeps it as paused."),
    ACTION(resume, "Starts a job that was paused."),
    {0},
};
