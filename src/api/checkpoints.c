/* SPDX-License-Identifier: MIT */
/* Where a job stands, and where it stood before. */
#include <stdio.h>

#include "api/operations.h"
#include "jobs/words.h"

enum { CHECKPOINTS_WORDS_MAX = 64 * 1024 };

struct checkpoints_list {
    const struct mst_registry *registry;
    struct mst_json *out;
};

/* As the published one has it: "2026-11-21 10:40:05 UTC". */
static void
checkpoints_updated(struct mst_json *out, int64_t wall_ms)
{
    char text[MST_TIME_TEXT_MAX];
    mst_time_format(wall_ms / 1000 * 1000, text);
    size_t len = strlen(text);
    char *day_end = strchr(text, 'T');
    if (day_end != NULL && len > 0 && len + 4 < sizeof(text)) {
        *day_end = ' ';
        (void)snprintf(text + len - 1, sizeof(text) - len + 1, " UTC");
    }
    mst_json_str(out, "updated_at", text);
}

/* A position is JSON for the sources that there are. */
static void
checkpoints_cursor(struct mst_json *out, const struct mst_checkpoint *one)
{
    json_t *json = json_loadb((const char *)one->position.data,
                              one->position.len, JSON_DECODE_ANY, NULL);
    const char *identity = one->identity != NULL ? one->identity : "";
    mst_json_open(out, "cursor", '{');
    if (json == NULL) {
        mst_json_str(out, "source", "unknown");
        mst_json_number(out, "raw_bytes", (int64_t)one->position.len);
    } else {
        mst_json_slice(out, "source",
                       mst_slice_of(identity, strcspn(identity, "/")));
        mst_json_raw(out, "data", one->position);
    }
    mst_json_close(out, '}');
    json_decref(json);
}

static enum mst_status
checkpoints_one(void *arg, const struct mst_checkpoint *one)
{
    struct checkpoints_list *self = arg;
    struct mst_json *out = self->out;
    struct mst_buf words;
    mst_buf_init(&words, CHECKPOINTS_WORDS_MAX);
    mst_words_position(self->registry, one->identity, one->position, &words);
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "job_name", one->job);
    checkpoints_updated(out, one->saved_ms);
    checkpoints_cursor(out, one);
    mst_json_time(out, "saved_at", one->saved_ms);
    mst_json_str(out, "origin",
                 one->origin == MST_POSITION_SET ? "set" : "saved");
    mst_json_str(out, "identity", one->identity);
    mst_json_slice(out, "position", one->position);
    mst_json_slice(out, "words", mst_buf_slice(&words));
    mst_json_number(out, "events", (int64_t)one->events);
    mst_json_close(out, '}');
    mst_buf_clear(&words);
    return MST_OK;
}

static void
checkpoints_list(struct mst_api *api, const struct mst_api_request *request,
                 struct mst_api_answer *answer)
{
    struct mst_store *store = mst_manager_store(api->args.manager);
    struct mst_error err;
    struct checkpoints_list self = {.registry =
                                        mst_manager_registry(api->args.manager),
                                    .out = &answer->body};
    if (!mst_api_job_exists(api, request, answer)) {
        return;
    }
    mst_error_clear(&err);
    mst_json_open(&answer->body, NULL, '[');
    enum mst_status status = store->type->checkpoint_list(
        store, request->captures[0], checkpoints_one, &self, &err);
    mst_json_close(&answer->body, ']');
    if (status != MST_OK) {
        mst_api_fail(answer, &err);
    }
}

const struct mst_api_operation mst_api_checkpoints[] = {
    {.method = "GET",
     .path = "/jobs/{name}/checkpoints",
     .role = MST_API_READ,
     .id = "listCheckpoints",
     .summary = "Where the job stands and stood, newest first.",
     .status = 200,
     .answer = "Checkpoints",
     .run = checkpoints_list},
    {0},
};
