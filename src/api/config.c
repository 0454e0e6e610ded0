/* SPDX-License-Identifier: MIT */
/* The configuration in force, and loading the file again. */
#include "api/definitions.h"

static void
config_show(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    struct mst_job_loan loan = mst_manager_borrow(api->args.manager, NULL);
    struct mst_buf text;
    (void)request;
    mst_buf_init(&text, MST_API_ANSWER_MAX);
    if (loan.config == NULL) {
        mst_api_refuse(answer, 503, "unavailable", NULL,
                       "nothing is loaded yet");
        answer->retry_after_s = 1;
    } else {
        mst_json_did(&answer->body, mst_config_json(loan.config, &text));
        mst_json_raw(&answer->body, NULL, mst_buf_slice(&text));
    }
    mst_buf_clear(&text);
    mst_manager_give_back(api->args.manager, &loan);
}

static void
config_reload(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer)
{
    struct mst_catalog *catalog = mst_api_catalog(api, answer);
    struct mst_problems problems = {0};
    struct mst_error err;
    (void)request;
    mst_error_clear(&err);
    if (catalog == NULL) {
        return;
    }
    enum mst_status status = mst_catalog_reload(catalog, &problems, &err);
    if (status == MST_OK) {
        mst_api_done(answer, "the file was loaded again: jobs that changed "
                             "drain and start anew");
    } else if (problems.errors > 0) {
        mst_api_refuse_problems(answer, &problems);
    } else {
        err.status = status;
        mst_api_fail(answer, &err);
    }
    mst_problems_clear(&problems);
}

const struct mst_api_operation mst_api_config[] = {
    {.method = "GET",
     .path = "/config",
     .role = MST_API_READ,
     .id = "getConfig",
     .quick = true,
     .summary = "The configuration in force: references as written, no "
                "secrets.",
     .status = 200,
     .answer = "Config",
     .run = config_show},
    {.method = "POST",
     .path = "/reload",
     .role = MST_API_ADMIN,
     .id = "reload",
     .summary = "Loads the file again, as SIGHUP does.",
     .status = 200,
     .answer = "Done",
     .run = config_reload},
    {0},
};
