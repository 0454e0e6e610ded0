/* SPDX-License-Identifier: MIT */
/* Who asks, from where, and what that one may do. */
#include <stdio.h>
#include <strings.h>

#include "api/api_impl.h"
#include "api/router.h"
#include "base/address.h"

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

/* From the header "Authorization: Bearer TOKEN". */
static enum mst_api_role
access_role(struct mst_api *api, struct mst_api_request *request)
{
    static const char scheme[] = "Bearer ";
    const char *header = request->authorization;
    if (api->tokens == NULL) {
        (void)snprintf(request->who, sizeof(request->who), "%s",
                       request->certified ? "certificate" : "anyone");
        return MST_API_ADMIN;
    }
    if (header == NULL
        || strncasecmp(header, scheme, sizeof(scheme) - 1) != 0) {
        return MST_API_ANYONE;
    }
    header += sizeof(scheme) - 1;
    return mst_api_tokens_find(api->tokens, header + strspn(header, " "),
                               request->who);
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
        mst_api_refuse(answer, 401, "unauthorized", NULL, "%s",
                       request->authorization == NULL
                           ? "this needs a token"
                           : "this token is not known");
        mst_api_hint(answer, "send the header Authorization: Bearer TOKEN");
        if (request->authorization != NULL) {
            access_slow_down(api, answer);
        }
        return false;
    }
    if (request->role < needed) {
        mst_api_refuse(answer, 403, "forbidden", NULL,
                       "the role of this token is %s, this needs %s",
                       mst_api_role_name(request->role),
                       mst_api_role_name(needed));
        return false;
    }
    return true;
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
        && (scheme == NULL || strcasecmp(scheme + 3, own) != 0)) {
        mst_api_refuse(answer, 403, "foreign_origin", NULL,
                       "pages of other sites may not use this API");
        return false;
    }
    return true;
}
