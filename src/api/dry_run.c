/* SPDX-License-Identifier: MIT */
/* What the sinks of a job would get, without writing it. */
#include "api/operations.h"
#include "api/tools.h"

enum {
    DRY_LIMIT = 10,
    DRY_LIMIT_MAX = 100,
    DRY_TIMEOUT_MS = 5000,
    DRY_TIMEOUT_MAX_MS = 30000
};

static void
dry_run(struct mst_api *api, const struct mst_api_request *request,
        struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    const struct mst_api_value *limit = mst_api_body(request, "limit");
    const struct mst_api_value *timeout = mst_api_body(request, "timeout");
    struct mst_manager *manager = api->args.manager;
    struct mst_error err;
    if (tools == NULL) {
        return;
    }
    struct mst_job_loan loan =
        mst_manager_borrow(manager, request->captures[0]);
    const struct mst_api_dry_run what = {
        .config = loan.config,
        .connector = loan.connector,
        .registry = mst_manager_registry(manager),
        .store = mst_manager_store(manager),
        .limit = limit->given ? limit->number : DRY_LIMIT,
        .timeout_ms = timeout->given ? timeout->number : DRY_TIMEOUT_MS,
        .follow = mst_api_body(request, "follow")->number == 1};
    mst_error_clear(&err);
    if (loan.connector == NULL) {
        mst_api_refuse(answer, 404, "not_found", NULL, "there is no job '%s'",
                       request->captures[0]);
    } else {
        mst_api_tool_done(answer, tools->dry_run(&what, &answer->body, &err),
                          &err);
    }
    mst_manager_give_back(manager, &loan);
}

static const struct mst_api_field dry_run_body[] = {
    {.name = "limit",
     .type = MST_API_NUMBER,
     .min = 1,
     .max = DRY_LIMIT_MAX,
     .help = "End after this many events; 10 unless said."},
    {.name = "timeout",
     .type = MST_API_DURATION,
     .min = 100,
     .max = DRY_TIMEOUT_MAX_MS,
     .help = "Give up after this time; 5s unless said."},
    {.name = "follow",
     .type = MST_API_BOOL,
     .help = "Wait for events that come; else only what is there now."},
};

const struct mst_api_operation mst_api_dry_run[] = {
    {.method = "POST",
     .path = "/jobs/{name}/dry-run",
     .role = MST_API_OPERATE,
     .id = "dryRunJob",
     .summary = "Shows what each sink of a job would get from where it stands; "
                "writes and saves nothing.",
     .body = dry_run_body,
     .body_len = MST_ARRAY_SIZE(dry_run_body),
     .status = 200,
     .answer = "DryRun",
     .run = dry_run},
    {0},
};
