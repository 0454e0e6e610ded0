/* SPDX-License-Identifier: MIT */
/* Segments compared one by one; what is in braces takes any. */
#include "api/router.h"

#include <stdio.h>

/* True: the path is of that form. Captures are filled in; one that can not be
 * read makes it another path. */
static bool
router_matches(const char *form, const char *path,
               char captures[MST_API_CAPTURES_MAX][MST_API_CAPTURE_MAX])
{
    size_t n = 0;
    while (*form == '/' && *path == '/') {
        form++;
        path++;
        size_t want = strcspn(form, "/");
        size_t have = strcspn(path, "/");
        if (form[0] == '{') {
            if (have == 0 || n == MST_API_CAPTURES_MAX
                || !mst_api_unescape(path, have, captures[n++],
                                     MST_API_CAPTURE_MAX)) {
                return false;
            }
        } else if (want != have || strncmp(form, path, want) != 0) {
            return false;
        }
        form += want;
        path += have;
    }
    return *form == '\0' && *path == '\0';
}

static void
router_allow(struct mst_api_answer *answer, const char *method)
{
    size_t len = strlen(answer->allow);
    (void)snprintf(answer->allow + len, sizeof(answer->allow) - len, "%s%s",
                   len > 0 ? ", " : "", method);
}

bool
mst_api_route(const mst_api_table *tables, struct mst_api_request *request,
              struct mst_api_answer *answer)
{
    char captures[MST_API_CAPTURES_MAX][MST_API_CAPTURE_MAX];
    for (; *tables != NULL; tables++) {
        for (mst_api_table one = *tables; one->method != NULL; one++) {
            if (!router_matches(one->path, request->path, captures)) {
                continue;
            }
            if (strcmp(one->method, request->method) != 0) {
                router_allow(answer, one->method);
                continue;
            }
            memcpy(request->captures, captures, sizeof(captures));
            request->operation = one;
            answer->allow[0] = '\0';
            return true;
        }
    }
    if (answer->allow[0] != '\0') {
        mst_api_refuse(answer, 405, "method_not_allowed", NULL,
                       "%.20s is not for this path; it takes %s",
                       request->method, answer->allow);
    } else {
        mst_api_refuse(answer, 404, "not_found", NULL, "there is no %.200s",
                       request->path);
        mst_api_hint(answer, "GET /openapi.json lists what there is");
    }
    return false;
}
