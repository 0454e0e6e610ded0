/* SPDX-License-Identifier: MIT */
/* Jobs that people make, change and remove. */
#include <stdio.h>
#include <time.h>

#include "api/definitions.h"

enum { EDIT_DRAIN_MS = 10000, EDIT_PAUSE_MS = 10 };

static void
edit_put(struct mst_api *api, const struct mst_api_request *request,
         struct mst_api_answer *answer, const struct mst_catalog_write *write)
{
    struct mst_catalog_result result = {0};
    if (!mst_api_put_definition(api, request, answer, write, &result)) {
        return;
    }
    struct mst_api_job_item item = {
        .out = &answer->body,
        .message = result.created   ? "the job was made"
                   : result.changed ? "the job was changed"
                                    : "the job was so already"};
    if (result.created) {
        mst_api_set_location(answer, "/jobs", result.name);
    }
    /* Somebody may have removed it again. */
    if (mst_catalog_one(api->args.catalog, result.name, mst_api_job_item, &item)
        != MST_OK) {
        mst_api_done(answer, "%s", item.message);
    }
}

void
mst_api_create_job(struct mst_api *api, const struct mst_api_request *request,
                   struct mst_api_answer *answer)
{
    const struct mst_catalog_write write = {.kind = MST_DEFINITION_JOB,
                                            .match.must_not_exist = true};
    edit_put(api, request, answer, &write);
}

void
mst_api_replace_job(struct mst_api *api, const struct mst_api_request *request,
                    struct mst_api_answer *answer)
{
    const struct mst_catalog_write write = {.kind = MST_DEFINITION_JOB,
                                            .name = request->captures[0]};
    edit_put(api, request, answer, &write);
}

static void
edit_validate(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer)
{
    const struct mst_catalog_write write = {.kind = MST_DEFINITION_JOB,
                                            .only_check = true};
    struct mst_catalog_result result = {0};
    if (mst_api_put_definition(api, request, answer, &write, &result)) {
        answer->etag[0] = '\0';
        mst_api_done(answer, "nothing is wrong with it");
    }
}

static enum mst_status
edit_see_end(void *arg, const struct mst_job_look *look)
{
    bool *ended = arg;
    *ended = look->status.ended;
    return MST_OK;
}

/* What it saves while it drains must not come behind what is removed. False:
 * refused. */
static bool
edit_stop(struct mst_api *api, const struct mst_api_request *request,
          struct mst_api_answer *answer)
{
    static const struct timespec pause = {.tv_nsec = EDIT_PAUSE_MS * 1000000L};
    const char *name = request->captures[0];
    int64_t until = mst_clock_ms() + EDIT_DRAIN_MS;
    struct mst_error err;
    bool ended = false;
    mst_error_clear(&err);
    enum mst_status status = mst_catalog_act(
        api->args.catalog, name, MST_JOB_STOP, 0, request->who, &err);
    while (status == MST_OK && !ended) {
        if (mst_manager_one(api->args.manager, name, edit_see_end, &ended)
            != MST_OK) {
            return true;
        }
        if (!ended && mst_clock_ms() > until) {
            mst_api_refuse(answer, 409, "draining", NULL,
                           "job '%s' drains still; it is stopped, and nothing "
                           "was removed",
                           name);
            mst_api_hint(answer, "ask again when it has ended");
            return false;
        }
        (void)nanosleep(&pause, NULL);
    }
    /* One that was set aside does not run. */
    if (status != MST_OK && status != MST_END) {
        mst_api_fail(answer, &err);
        return false;
    }
    return true;
}

/* What the job left in the state. False: refused. */
static bool
edit_purge(struct mst_api *api, const struct mst_api_request *request,
           struct mst_api_answer *answer)
{
    struct mst_store *store = mst_manager_store(api->args.manager);
    const struct mst_letter_filter filter = {.job = request->captures[0]};
    uint64_t letters = 0;
    struct mst_error err;
    mst_error_clear(&err);
    enum mst_status status =
        store->type->checkpoint_delete(store, request->captures[0], &err);
    if (status == MST_OK || status == MST_END) {
        status = store->type->letters_delete(store, &filter, &letters, &err);
    }
    if (status != MST_OK && status != MST_END) {
        mst_api_fail(answer, &err);
        mst_api_hint(answer, "the job is gone; its checkpoints or letters are "
                             "there still");
        return false;
    }
    return true;
}

void
mst_api_remove_job(struct mst_api *api, const struct mst_api_request *request,
                   struct mst_api_answer *answer)
{
    bool purge = mst_api_query(request, "purge")->number == 1;
    struct mst_catalog_removal removal = {.kind = MST_DEFINITION_JOB,
                                          .name = request->captures[0],
                                          .only_check = purge};
    if (!mst_api_remove_definition(api, request, answer, &removal)) {
        return;
    }
    if (!purge) {
        mst_api_done(answer, "the job drains and is gone");
        return;
    }
    removal.only_check = false;
    if (edit_stop(api, request, answer)
        && mst_api_remove_definition(api, request, answer, &removal)
        && edit_purge(api, request, answer)) {
        mst_api_done(answer, "the job is gone, with its checkpoints and dead "
                             "letters");
    }
}

const struct mst_api_field mst_api_remove_job_query[MST_API_REMOVE_JOB_QUERY] =
    {
        {.name = "purge",
         .type = MST_API_CHOICE,
         .choices = (const char *const[]){"false", "true", NULL},
         .help = "Its checkpoints and dead letters go, too."},
};

const struct mst_api_operation mst_api_jobs_edit[] = {
    {.method = "POST",
     .path = "/jobs/validate",
     .role = MST_API_OPERATE,
     .id = "validateJob",
     .summary = "Checks a definition with all others, and keeps nothing.",
     .document = true,
     .status = 200,
     .answer = "Done",
     .run = edit_validate},
    {0},
};
