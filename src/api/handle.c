/* SPDX-License-Identifier: MIT */
/* The way of a request to its operation: site, route, access, input. */
#include "api/api_impl.h"
#include "api/router.h"
#include "base/clock.h"

/* Whoever may not ask is not told what there is. */
static bool
handle_route(struct mst_api *api, struct mst_api_request *request,
             struct mst_api_answer *answer)
{
    bool found = mst_api_route(mst_api_tables, request, answer);
    return mst_api_access(api, request, answer) && found;
}

/* Who changed what, also when it was refused. */
static void
handle_audit(const struct mst_api_request *request,
             const struct mst_api_answer *answer)
{
    const struct mst_log_field fields[] = {
        MST_LOG_STR("who", request->who),
        MST_LOG_STR("peer", request->peer != NULL ? request->peer : "-"),
        MST_LOG_STR("method", request->method),
        MST_LOG_STR("path", request->path),
        MST_LOG_NUM("status", answer->status),
        MST_LOG_NUM("request", request->number),
    };
    mst_log_write(MST_LOG_INFO, "audit", fields, MST_ARRAY_SIZE(fields), "%s",
                  request->operation->id);
}

static void
handle_end(struct mst_api *api, const struct mst_api_request *request,
           const struct mst_api_answer *answer, int64_t since_ns)
{
    if (request->operation != NULL
        && strcmp(request->operation->method, "GET") != 0) {
        handle_audit(request, answer);
    }
    mst_api_count(&api->counts, request->operation, answer->status, since_ns);
}

bool
mst_api_admit(struct mst_api *api, struct mst_api_request *request,
              struct mst_api_answer *answer)
{
    int64_t since_ns = mst_clock_ns();
    if (mst_api_same_site(api, request, answer)
        && handle_route(api, request, answer)) {
        return true;
    }
    handle_end(api, request, answer, since_ns);
    return false;
}

void
mst_api_run(struct mst_api *api, struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    int64_t since_ns = mst_clock_ns();
    if (mst_api_read_query(request, answer)
        && mst_api_read_body(request, answer)) {
        answer->status = request->operation->status;
        request->operation->run(api, request, answer);
    }
    if (answer->body.failed) {
        mst_api_refuse(answer, 500, "failed", NULL,
                       "out of memory, or too much for one answer");
        mst_api_hint(answer, "ask for less with ?limit=");
    }
    handle_end(api, request, answer, since_ns);
}

void
mst_api_handle(struct mst_api *api, struct mst_api_request *request,
               struct mst_api_answer *answer)
{
    if (mst_api_admit(api, request, answer)) {
        mst_api_run(api, request, answer);
    }
}
