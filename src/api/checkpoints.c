/* SPDX-License-Identifier: MIT */
/* Where a job stands, and where it stood before. */
#include <stdio.h>

#include "api/operations.h"
#include "jobs/reposition.h"
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

/* What there is after a change. */
static void
checkpoints_done(struct mst_json *out, struct mst_slice position,
                 struct mst_slice words)
{
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "message", "the job goes on from there");
    mst_json_open(out, "item", '{');
    mst_json_slice(out, "position", position);
    mst_json_slice(out, "words", words);
    mst_json_close(out, '}');
    mst_json_close(out, '}');
}

static void
checkpoints_refuse(struct mst_api_answer *answer, enum mst_status status,
                   const struct mst_error *err, const char *path)
{
    if (status == MST_END) {
        mst_api_refuse(answer, 422, "bad_position", path, "%s", err->text);
        if (err->hint[0] != '\0') {
            mst_api_hint(answer, "%s", err->hint);
        }
    } else {
        struct mst_error said = *err;
        said.status = status;
        mst_api_fail(answer, &said);
    }
}

/* A change of a job's position, to what `value` says. */
static void
checkpoints_change(struct mst_api *api, const struct mst_api_request *request,
                   const struct mst_api_value *position, int64_t wall_ms,
                   struct mst_api_answer *answer)
{
    struct mst_manager *manager = api->args.manager;
    struct mst_job_loan loan =
        mst_manager_borrow(manager, request->captures[0]);
    const struct mst_reposition what = {.config = loan.config,
                                        .connector = loan.connector,
                                        .store = mst_manager_store(manager)};
    struct mst_buf at;
    struct mst_buf words;
    struct mst_error err;
    mst_error_clear(&err);
    mst_buf_init(&at, MST_POSITION_MAX);
    mst_buf_init(&words, CHECKPOINTS_WORDS_MAX);
    enum mst_status status =
        position == NULL
            ? mst_reposition_to(&what, wall_ms,
                                mst_api_body(request, "force")->number == 1,
                                &at, &words, &err)
            : mst_buf_append_str(&at, position->text);
    if (status == MST_OK && position != NULL) {
        status = mst_reposition_set(&what, mst_buf_slice(&at), &words, &err);
    }
    mst_manager_give_back(manager, &loan);
    if (status == MST_OK) {
        checkpoints_done(&answer->body, mst_buf_slice(&at),
                         mst_buf_slice(&words));
    } else {
        checkpoints_refuse(answer, status, &err,
                           position != NULL ? "position" : NULL);
    }
    mst_buf_clear(&at);
    mst_buf_clear(&words);
}

static void
checkpoints_set(struct mst_api *api, const struct mst_api_request *request,
                struct mst_api_answer *answer)
{
    if (mst_api_job_exists(api, request, answer)) {
        checkpoints_change(api, request, mst_api_body(request, "position"), 0,
                           answer);
    }
}

static void
checkpoints_rewind(struct mst_api *api, const struct mst_api_request *request,
                   struct mst_api_answer *answer)
{
    const struct mst_api_value *to = mst_api_body(request, "to");
    const struct mst_api_value *back = mst_api_body(request, "back");
    if (to->given == back->given) {
        mst_api_refuse(answer, 422, "missing_field", "to",
                       "say either 'to', a time, or 'back', a duration");
    } else if (mst_api_job_exists(api, request, answer)) {
        checkpoints_change(api, request, NULL,
                           to->given ? to->number
                                     : mst_clock_wall_ms() - back->number,
                           answer);
    }
}

static void
checkpoints_reset(struct mst_api *api, const struct mst_api_request *request,
                  struct mst_api_answer *answer)
{
    struct mst_store *store = mst_manager_store(api->args.manager);
    struct mst_error err;
    if (!mst_api_job_exists(api, request, answer)) {
        return;
    }
    mst_error_clear(&err);
    enum mst_status status =
        store->type->checkpoint_delete(store, request->captures[0], &err);
    if (status != MST_OK) {
        checkpoints_refuse(answer, status, &err, NULL);
    } else {
        mst_api_done(answer, "no checkpoint any more, the job begins at its "
                             "start");
    }
}

static const struct mst_api_field checkpoints_set_body[] = {
    {.name = "position",
     .type = MST_API_OBJECT,
     .required = true,
     .max = 64LL * 1024,
     .help = "In the source's own form, as the list shows it."},
};

static const struct mst_api_field checkpoints_rewind_body[] = {
    {.name = "to", .type = MST_API_TIME, .help = "The moment."},
    {.name = "back",
     .type = MST_API_DURATION,
     .min = 0,
     .max = 366LL * 24 * 3600 * 1000,
     .help = "So long before now."},
    {.name = "force",
     .type = MST_API_BOOL,
     .help = "Save it although the server can not be asked."},
};

const struct mst_api_operation mst_api_checkpoints[] = {
    {.method = "GET",
     .path = "/jobs/{name}/checkpoints",
     .role = MST_API_READ,
     .id = "listCheckpoints",
     .summary = "Where the job stands and stood, newest first.",
     .status = 200,
     .answer = "Checkpoints",
     .run = checkpoints_list},
    {.method = "PUT",
     .path = "/jobs/{name}/checkpoints",
     .role = MST_API_ADMIN,
     .id = "setCheckpoint",
     .summary = "Says where a stopped job goes on.",
     .body = checkpoints_set_body,
     .body_len = MST_ARRAY_SIZE(checkpoints_set_body),
     .status = 200,
     .answer = "PositionDone",
     .run = checkpoints_set},
    {.method = "DELETE",
     .path = "/jobs/{name}/checkpoints",
     .role = MST_API_ADMIN,
     .id = "resetCheckpoint",
     .summary = "Lets a stopped job begin at its start.",
     .status = 200,
     .answer = "Done",
     .run = checkpoints_reset},
    {.method = "POST",
     .path = "/jobs/{name}/checkpoints/rewind",
     .role = MST_API_ADMIN,
     .id = "rewindCheckpoint",
     .summary = "Lets a stopped job go on from a moment.",
     .body = checkpoints_rewind_body,
     .body_len = MST_ARRAY_SIZE(checkpoints_rewind_body),
     .status = 200,
     .answer = "PositionDone",
     .run = checkpoints_rewind},
    {0},
};
