/* SPDX-License-Identifier: MIT */
/* Who asks, from where, and what that one may do. */
#include <stdio.h>
#include <strings.h>

#include "api/api_impl.h"
#include "api/router.h"
#include "api/sessions.h"
#include "base/address.h"
#include "base/clock.h"

enum { ACCESS_SLOW_MS = 250, ACCESS_SLOWED_MAX = 8, ACCESS_HOST_MAX = 256 };

/* A failed attempt costs time, of which none is ours. */
static void
access_slow_down(struct mst_api *api, struct mst_api_answer *answer)
{
    (void)atomic_fetch_add(&api->refused, 1);
    if (atomic_load(&api->slowed) < ACCESS_SLOWED_MAX) {
        answer->delay_ms = ACCESS_SLOW_MS;
    } else {
        mst_api_refuse(answer, 429, "too_many", NULL,
                       "too many attempts with wrong tokens");
        answer->retry_after_s = 1;
    }
}

const char *
mst_api_session_cookie(bool secure)
{
    /* The prefix has browsers take it from this host alone, over TLS. */
    return secure ? "__Host-mstream" : "mstream";
}

/* From the header "Authorization: Bearer TOKEN". */
static bool
access_token(const char *header, struct mst_api_badge *badge)
{
    static const char scheme[] = "Bearer ";
    if (header == NULL
        || strncasecmp(header, scheme, sizeof(scheme) - 1) != 0) {
        return false;
    }
    header += sizeof(scheme) - 1;
    badge->kind = MST_API_BADGE_TOKEN;
    return mst_api_token_hash(header + strspn(header, " "), badge->token);
}

/* From the header "Cookie: a=b; mstream=SESSION". */
static bool
access_session(struct mst_api *api, const struct mst_api_request *request,
               struct mst_api_badge *badge)
{
    const char *name = mst_api_session_cookie(request->secure);
    size_t len = strlen(name);
    const char *at = request->cookie;
    char text[MST_API_SESSION_TEXT_MAX];
    while (at != NULL && (strncmp(at, name, len) != 0 || at[len] != '=')) {
        at = strchr(at, ';');
        at = at != NULL ? at + 1 + strspn(at + 1, " ") : NULL;
    }
    if (at == NULL || api->sessions == NULL) {
        return false;
    }
    at += len + 1;
    (void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(at, "; "), at);
    return mst_api_sessions_find(api->sessions, text, mst_clock_ms(), badge);
}

/* Who sends a token is known by that alone. */
static enum mst_api_role
access_role(struct mst_api *api, struct mst_api_request *request)
{
    struct mst_api_badge *badge = &request->badge;
    if (api->tokens == NULL) {
        (void)snprintf(request->who, sizeof(request->who), "%s",
                       request->certified ? "certificate" : "anyone");
        return MST_API_ADMIN;
    }
    if (request->authorization != NULL
            ? !access_token(request->authorization, badge)
            : !access_session(api, request, badge)) {
        return MST_API_ANYONE;
    }
    enum mst_api_role role =
        mst_api_tokens_find(api->tokens, badge->token, request->who);
    if (role == MST_API_ANYONE && badge->kind == MST_API_BADGE_SESSION) {
        mst_api_sessions_end(api->sessions, badge); /* its token is gone */
    }
    return role;
}

bool
mst_api_access_lasts(struct mst_api *api, const struct mst_api_badge *badge)
{
    char name[MST_API_TOKEN_NAME_MAX];
    return badge->kind == MST_API_BADGE_NONE
           || ((badge->kind != MST_API_BADGE_SESSION
                || mst_api_sessions_lasts(api->sessions, badge, mst_clock_ms()))
               && mst_api_tokens_find(api->tokens, badge->token, name)
                      != MST_API_ANYONE);
}

/* A browser sends the cookie whoever made the page; it says who did. False:
 * refused. */
static bool
access_page(const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    if (request->badge.kind != MST_API_BADGE_SESSION
        || strcmp(request->method, "GET") == 0 || request->origin != NULL) {
        return true;
    }
    mst_api_refuse(answer, 403, "foreign_origin", NULL,
                   "a change by cookie needs the header Origin");
    return false;
}

static void
access_unknown(struct mst_api *api, const struct mst_api_request *request,
               struct mst_api_answer *answer)
{
    const char *text = "this needs a token";
    if (request->authorization != NULL) {
        text = "this token is not known";
    } else if (request->cookie != NULL) {
        text = "this needs a token, or a session that is not over";
    }
    mst_api_refuse(answer, 401, "unauthorized", NULL, "%s", text);
    mst_api_hint(answer, "send the header Authorization: Bearer TOKEN");
    if (request->authorization != NULL) {
        access_slow_down(api, answer);
    }
}

bool
mst_api_access(struct mst_api *api, struct mst_api_request *request,
               struct mst_api_answer *answer)
{
    enum mst_api_role needed =
        request->operation != NULL ? request->operation->role : MST_API_READ;
    if (needed == MST_API_ANYONE) {
        return true;
    }
    request->role = access_role(api, request);
    if (request->role == MST_API_ANYONE) {
        access_unknown(api, request, answer);
        return false;
    }
    if (request->role < needed) {
        mst_api_refuse(answer, 403, "forbidden", NULL,
                       "the role of this token is %s, this needs %s",
                       mst_api_role_name(request->role),
                       mst_api_role_name(needed));
        return false;
    }
    return access_page(request, answer);
}

/* The name in "name:port" and "[address]:port". */
static void
access_host(const char *text, char out[ACCESS_HOST_MAX])
{
    bool brackets = text[0] == '[';
    text += brackets ? 1 : 0;
    size_t len = strcspn(text, brackets ? "]" : ":");
    (void)snprintf(out, ACCESS_HOST_MAX, "%.*s",
                   (int)(len < ACCESS_HOST_MAX ? len : 0), text);
}

static bool
access_is_local(const char *host)
{
    struct mst_address address;
    return strcasecmp(host, "localhost") == 0
           || (mst_address_parse(host, 0, &address)
               && mst_address_is_loopback(&address));
}

bool
mst_api_same_site(const struct mst_api *api,
                  const struct mst_api_request *request,
                  struct mst_api_answer *answer)
{
    const char *own = request->host != NULL ? request->host : "";
    char host[ACCESS_HOST_MAX];
    access_host(own, host);
    /* A name of somebody else's that leads here: the page it came with may
     * not use what only this machine reaches. */
    if (api->loopback && request->host != NULL && !access_is_local(host)) {
        mst_api_refuse(answer, 403, "foreign_host", NULL,
                       "the API of this machine is not called '%s'", host);
        return false;
    }
    const char *scheme =
        request->origin != NULL ? strstr(request->origin, "://") : NULL;
    if (request->origin != NULL
        && (scheme == NULL || strcasecmp(scheme + 3, own) != 0
            || (request->secure
                && strncasecmp(request->origin, "https://", 8) != 0))) {
        mst_api_refuse(answer, 403, "foreign_origin", NULL,
                       "pages of other sites may not use this API");
        return false;
    }
    return true;
}
