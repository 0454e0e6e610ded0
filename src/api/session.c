/* SPDX-License-Identifier: MIT */
/* A browser's session: begun with a token, shown, ended. */
#include <stdio.h>

#include "api/operations.h"
#include "api/sessions.h"

static const char *
session_cookie(const struct mst_api_request *request)
{
    return mst_api_session_cookie(request->secure);
}

static void
session_show(const struct mst_api_request *request, int64_t left_ms,
             struct mst_api_answer *answer)
{
    struct mst_json *out = &answer->body;
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "name", request->who);
    mst_json_str(out, "role", mst_api_role_name(request->role));
    mst_json_time(out, "expires_at",
                  left_ms > 0 ? mst_clock_wall_ms() + left_ms : 0);
    mst_json_close(out, '}');
}

static void
session_get(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    (void)api;
    session_show(request, request->badge.left_ms, answer);
}

static void
session_begin(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer)
{
    char text[MST_API_SESSION_TEXT_MAX];
    struct mst_error err;
    if (request->badge.kind != MST_API_BADGE_TOKEN) {
        mst_api_refuse(answer, 409, "no_token", NULL,
                       "a session is begun with a token");
        mst_api_hint(answer, "send the header Authorization: Bearer TOKEN");
        return;
    }
    if (mst_api_sessions_begin(api->sessions, request->badge.token,
                               mst_clock_ms(), text, &err)
        != MST_OK) {
        mst_api_fail(answer, &err);
        return;
    }
    (void)snprintf(answer->cookie, sizeof(answer->cookie),
                   "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s",
                   session_cookie(request), text, MST_API_SESSION_MS / 1000,
                   request->secure ? "; Secure" : "");
    session_show(request, MST_API_SESSION_MS, answer);
}

static void
session_end(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    if (request->badge.kind == MST_API_BADGE_SESSION) {
        mst_api_sessions_end(api->sessions, &request->badge);
    }
    (void)snprintf(answer->cookie, sizeof(answer->cookie),
                   "%s=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict%s",
                   session_cookie(request), request->secure ? "; Secure" : "");
    mst_api_done(answer, "the session is over");
}

const struct mst_api_operation mst_api_session[] = {
    {.method = "GET",
     .path = "/session",
     .role = MST_API_READ,
     .id = "getSession",
     .quick = true,
     .summary = "Who asks, what that one may do, and for how long.",
     .status = 200,
     .answer = "Session",
     .run = session_get},
    {.method = "POST",
     .path = "/session",
     .role = MST_API_READ,
     .id = "beginSession",
     .quick = true,
     .summary = "Trades the token for a cookie that no script can read.",
     .status = 200,
     .answer = "Session",
     .run = session_begin},
    {.method = "DELETE",
     .path = "/session",
     .role = MST_API_READ,
     .id = "endSession",
     .quick = true,
     .summary = "Ends the session whose cookie is sent.",
     .status = 200,
     .answer = "Done",
     .run = session_end},
    {0},
};
