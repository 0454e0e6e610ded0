/* SPDX-License-Identifier: MIT */
#include "dlq_online.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "online.h"
#include "output.h"
#include "table.h"

enum { ONLINE_PAGE = 1000, ONLINE_EXTRA_MS = 5000 };

/* --job, which a daemon has to be told; NULL: said that it is missing. */
static const char *
online_job(const struct mst_cli_args *args)
{
    const char *job = mst_cli_value(args, "job");
    if (job == NULL) {
        mst_cli_fail(args, NULL, "with --url say of which job: --job NAME");
    }
    return job;
}

static int64_t
online_id(const json_t *letter)
{
    return json_integer_value(json_object_get(letter, "id"));
}

/* Adds a job's letters to list, page by page, until there are `limit` (0: no
 * limit). */
static int
online_add(const struct mst_cli_args *args, const char *job, int64_t limit,
           json_t *list)
{
    const char *const path[] = {"jobs", job, "dlq", NULL};
    int64_t after = 0;
    int code = MST_EXIT_OK;
    for (bool more = true; more && code == MST_EXIT_OK;) {
        int64_t left = limit - (int64_t)json_array_size(list);
        int64_t page = limit == 0 || left > ONLINE_PAGE ? ONLINE_PAGE : left;
        char query[96];
        if (page <= 0) {
            break;
        }
        (void)snprintf(query, sizeof(query), "limit=%" PRId64 "&after=%" PRId64,
                       page, after);
        json_t *letters = mst_online_query(args, "GET", path, query, &code);
        size_t n = json_array_size(letters);
        more = (int64_t)n == page;
        after = n > 0 ? online_id(json_array_get(letters, n - 1)) : after;
        if (letters != NULL && json_array_extend(list, letters) != 0) {
            mst_cli_fail(args, NULL, "out of memory");
            code = MST_EXIT_FAILED;
        }
        json_decref(letters);
    }
    return code;
}

static int
online_add_all(const struct mst_cli_args *args, int64_t limit, json_t *list)
{
    static const char *const path[] = {"jobs", NULL};
    int code = MST_EXIT_OK;
    json_t *jobs = mst_online_call(args, "GET", path, &code);
    for (size_t i = 0; i < json_array_size(jobs) && code == MST_EXIT_OK; i++) {
        const char *name =
            json_string_value(json_object_get(json_array_get(jobs, i), "name"));
        code = name != NULL ? online_add(args, name, limit, list) : code;
    }
    json_decref(jobs);
    return code;
}

static void
online_table(const json_t *list, struct mst_output *out)
{
    static const char *const headings[] = {"ID",    "TIME",     "JOB",   "SINK",
                                           "STAGE", "ATTEMPTS", "REASON"};
    static const char *const keys[] = {"id",    "time",     "job",   "sink",
                                       "stage", "attempts", "reason"};
    struct mst_table table;
    mst_table_init(&table, headings, MST_ARRAY_SIZE(headings));
    for (size_t i = 0; i < json_array_size(list); i++) {
        for (size_t k = 0; k < MST_ARRAY_SIZE(keys); k++) {
            char text[64];
            mst_table_add(
                &table, "%s",
                mst_online_text(json_array_get(list, i), keys[k], text));
        }
    }
    if (json_array_size(list) == 0) {
        mst_output_text(out, "there are no dead letters\n");
    }
    mst_table_end(&table, out);
}

int
mst_dlq_online_list(const struct mst_cli_args *args, int64_t limit)
{
    const char *job = mst_cli_value(args, "job");
    struct mst_output out;
    json_t *list = json_array();
    int code = job != NULL ? online_add(args, job, limit, list)
                           : online_add_all(args, limit, list);
    if (code == MST_EXIT_OK && args->json) {
        code = mst_online_print(list);
    } else if (code == MST_EXIT_OK) {
        mst_output_init(&out);
        online_table(list, &out);
        code = mst_output_end(&out, MST_EXIT_OK);
    }
    json_decref(list);
    return code;
}

int
mst_dlq_online_show(const struct mst_cli_args *args, uint64_t id)
{
    const char *job = online_job(args);
    char number[24];
    (void)snprintf(number, sizeof(number), "%" PRIu64, id);
    const char *const path[] = {"jobs", job, "dlq", number, NULL};
    return job != NULL ? mst_online_show(args, path) : MST_EXIT_USAGE;
}

/* What is done to one letter or all of them; NULL: said what went wrong. */
static json_t *
online_act(const struct mst_cli_args *args, const char *method, uint64_t id,
           const char *verb, const char *body, int *ret_code)
{
    const char *job = online_job(args);
    char number[24];
    (void)snprintf(number, sizeof(number), "%" PRIu64, id);
    const char *const one[] = {"jobs", job, "dlq", number, verb, NULL};
    const char *const all[] = {"jobs", job, "dlq", verb, NULL};
    const struct mst_online_message message = {
        .method = method,
        .segments = id != 0 ? one : all,
        .body = body != NULL ? mst_slice_str(body) : MST_SLICE_NONE,
        /* A daemon keeps the same time, and says what it did. */
        .extra_ms = ONLINE_EXTRA_MS};
    *ret_code = MST_EXIT_USAGE;
    return job != NULL ? mst_online_send(args, &message, ret_code) : NULL;
}

/* {"timeout": ...}, the caller's to free; NULL: no memory. */
static char *
online_timeout(const struct mst_cli_args *args)
{
    const char *timeout = mst_cli_value(args, "timeout");
    json_t *body = timeout != NULL ? json_pack("{s:s}", "timeout", timeout)
                                   : json_object();
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    return text;
}

int
mst_dlq_online_replay(const struct mst_cli_args *args, uint64_t id)
{
    struct mst_output out;
    char sent[64];
    char delivered[64];
    char rejected[64];
    int code = MST_EXIT_FAILED;
    char *body = online_timeout(args);
    json_t *answer = body != NULL
                         ? online_act(args, "POST", id, "replay", body, &code)
                         : NULL;
    free(body);
    if (answer == NULL) {
        return code;
    }
    const json_t *item = json_object_get(answer, "item");
    bool refused = json_integer_value(json_object_get(item, "rejected")) > 0;
    if (args->json) {
        code = mst_online_print(answer);
    } else {
        mst_output_init(&out);
        mst_output_text(&out,
                        "%s sent again, %s delivered, %s rejected again\n",
                        mst_online_text(item, "sent", sent),
                        mst_online_text(item, "delivered", delivered),
                        mst_online_text(item, "rejected", rejected));
        code = mst_output_end(&out, MST_EXIT_OK);
    }
    json_decref(answer);
    return code == MST_EXIT_OK && refused ? MST_EXIT_REJECTED : code;
}

int
mst_dlq_online_discard(const struct mst_cli_args *args, uint64_t id)
{
    int code = MST_EXIT_OK;
    json_t *answer = online_act(args, "DELETE", id, NULL, NULL, &code);
    if (answer != NULL) {
        code = mst_online_say(args, answer);
        json_decref(answer);
    }
    return code;
}
