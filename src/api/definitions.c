/* SPDX-License-Identifier: MIT */
/* Making, changing and removing what people define: races, and what is wrong
 * with it. */
#include "api/definitions.h"

#include <stdio.h>
#include <stdlib.h>

enum { DEFINITIONS_PROBLEMS_MAX = 4 * 1024 * 1024 };

struct mst_catalog *
mst_api_catalog(const struct mst_api *api, struct mst_api_answer *answer)
{
    if (api->args.catalog == NULL) {
        mst_api_refuse(answer, 503, "unavailable", NULL,
                       "nothing can be changed here");
    }
    return api->args.catalog;
}

void
mst_api_set_etag(struct mst_api_answer *answer, uint64_t revision)
{
    answer->etag[0] = '\0';
    if (revision != 0) {
        (void)snprintf(answer->etag, sizeof(answer->etag), "\"%llu\"",
                       (unsigned long long)revision);
    }
}

void
mst_api_set_location(struct mst_api_answer *answer, const char *where,
                     const char *name)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = answer->location;
    size_t size = sizeof(answer->location);
    size_t n = (size_t)snprintf(out, size, "%s/", where);
    for (; *name != '\0' && n + 4 < size; name++) {
        unsigned char c = (unsigned char)*name;
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
            || (c >= 'a' && c <= 'z') || strchr("-._~", c) != NULL) {
            out[n++] = (char)c;
        } else {
            out[n++] = '%';
            out[n++] = hex[c >> 4];
            out[n++] = hex[c & 15];
        }
    }
    out[n] = '\0';
}

/* The revision in a tag; one that is none matches nothing. */
static uint64_t
definitions_tag(const char *text)
{
    char *end = NULL;
    unsigned long long revision =
        text[0] == '"' ? strtoull(text + 1, &end, 10) : 0;
    return end != NULL && strcmp(end, "\"") == 0 && text[1] >= '0'
                   && text[1] <= '9'
               ? revision
               : 0;
}

bool
mst_api_is_known(const struct mst_api_request *request,
                 struct mst_api_answer *answer, uint64_t revision)
{
    mst_api_set_etag(answer, revision);
    bool known = revision != 0 && request->if_none_match != NULL
                 && strcmp(request->if_none_match, answer->etag) == 0;
    if (known) {
        answer->status = 304;
    }
    return known;
}

bool
mst_api_match(const struct mst_api_request *request,
              struct mst_api_answer *answer, struct mst_catalog_match *match)
{
    const char *none = request->if_none_match;
    if (none != NULL && strcmp(none, "*") != 0) {
        mst_api_refuse(answer, 400, "bad_header", "If-None-Match",
                       "If-None-Match may only be * here");
        return false;
    }
    match->must_not_exist = match->must_not_exist || none != NULL;
    if (request->if_match != NULL) {
        match->must_exist = true;
        if (strcmp(request->if_match, "*") != 0) {
            match->has_revision = true;
            match->revision = definitions_tag(request->if_match);
        }
    }
    return true;
}

void
mst_api_refuse_problems(struct mst_api_answer *answer,
                        const struct mst_problems *problems)
{
    const struct mst_problem *first = NULL;
    for (size_t i = 0; i < problems->len && first == NULL; i++) {
        if (problems->items[i].severity == MST_PROBLEM_ERROR) {
            first = &problems->items[i];
        }
    }
    char more[64] = "";
    if (problems->errors > 1) {
        (void)snprintf(more, sizeof(more), " (and %zu more)",
                       problems->errors - 1);
    }
    mst_api_refuse(answer, 422, "invalid",
                   first != NULL && first->path[0] != '\0' ? first->path : NULL,
                   "%s%s", first != NULL ? first->text : "out of memory", more);
    if (first != NULL && first->hint != NULL) {
        mst_api_hint(answer, "%s", first->hint);
    }
    struct mst_buf list;
    mst_buf_init(&list, DEFINITIONS_PROBLEMS_MAX);
    struct mst_json *out = mst_problems_json(problems, &list) == MST_OK
                               ? mst_api_reopen(answer)
                               : NULL;
    if (out != NULL) {
        mst_json_raw(out, "problems", mst_buf_slice(&list));
        mst_json_close(out, '}');
    }
    mst_buf_clear(&list);
}

/* A precondition of the client's own is 412, what is there already 409. */
static void
definitions_fail(const struct mst_api_request *request,
                 struct mst_api_answer *answer, enum mst_status status,
                 struct mst_error *err)
{
    bool asked = request->if_match != NULL || request->if_none_match != NULL;
    bool raced = status == MST_AGAIN
                 || (asked && (status == MST_END || status == MST_REJECTED)
                     && err->code == MST_CATALOG_UNMET);
    err->status = status;
    mst_api_fail(answer, err);
    if (raced) {
        mst_api_refuse(answer, 412, "changed", NULL, "%s", err->text);
        if (err->hint[0] != '\0') {
            mst_api_hint(answer, "%s", err->hint);
        }
    }
}

bool
mst_api_put_definition(struct mst_api *api,
                       const struct mst_api_request *request,
                       struct mst_api_answer *answer,
                       const struct mst_catalog_write *write,
                       struct mst_catalog_result *ret_result)
{
    struct mst_catalog *catalog = mst_api_catalog(api, answer);
    struct mst_catalog_write all = *write;
    struct mst_problems problems = {0};
    struct mst_error err;
    mst_error_clear(&err);
    if (catalog == NULL || !mst_api_match(request, answer, &all.match)) {
        return false;
    }
    all.text = request->body;
    all.who = request->who;
    enum mst_status status =
        mst_catalog_put(catalog, &all, &problems, ret_result, &err);
    if (status == MST_REJECTED && problems.errors > 0) {
        mst_api_refuse_problems(answer, &problems);
    } else if (status != MST_OK) {
        definitions_fail(request, answer, status, &err);
    } else {
        answer->status = ret_result->created ? 201 : 200;
        mst_api_set_etag(answer, ret_result->revision);
    }
    mst_problems_clear(&problems);
    return status == MST_OK;
}

bool
mst_api_remove_definition(struct mst_api *api,
                          const struct mst_api_request *request,
                          struct mst_api_answer *answer,
                          const struct mst_catalog_removal *removal)
{
    struct mst_catalog *catalog = mst_api_catalog(api, answer);
    struct mst_catalog_removal all = *removal;
    struct mst_error err;
    mst_error_clear(&err);
    if (catalog == NULL || !mst_api_match(request, answer, &all.match)) {
        return false;
    }
    all.who = request->who;
    enum mst_status status = mst_catalog_remove(catalog, &all, &err);
    if (status != MST_OK) {
        definitions_fail(request, answer, status, &err);
    }
    return status == MST_OK;
}
