/* SPDX-License-Identifier: MIT */
/* The dead letters of a job: list, one, send again, discard. */
#include <errno.h>
#include <stdlib.h>

#include "api/operations.h"
#include "jobs/words.h"

enum {
    LETTERS_DEFAULT = 100,
    LETTERS_MAX = 1000,
    LETTERS_REPLAY_MS = 10000,
    LETTERS_REPLAY_MAX_MS = 60000
};

struct letters_look {
    const struct mst_registry *registry;
    struct mst_json *out;
    size_t seen;
};

static enum mst_status
letters_list_one(void *arg, const struct mst_letter *one)
{
    struct letters_look *self = arg;
    struct mst_json *out = self->out;
    struct mst_buf place;
    mst_buf_init(&place, MST_SOURCE_PLACE_MAX);
    if (!mst_words_place(self->registry, one, true, &place)) {
        mst_buf_clear(&place);
        return MST_FATAL;
    }
    mst_json_open(out, NULL, '{');
    mst_json_number(out, "id", (int64_t)one->id);
    mst_json_time(out, "time", one->time_ms);
    mst_json_str(out, "job", one->job);
    mst_json_str(out, "sink", one->sink);
    mst_json_str(out, "stage", one->stage);
    mst_json_number(out, "attempts", one->attempts);
    mst_json_str(out, "op", mst_op_name(one->op));
    mst_json_raw(out, "position",
                 place.len > 0 ? mst_buf_slice(&place) : MST_SLICE_LIT("null"));
    mst_json_str(out, "reason", one->reason);
    mst_json_str(out, "hint", one->hint);
    mst_json_close(out, '}');
    mst_buf_clear(&place);
    return MST_OK;
}

static void
letters_list(struct mst_api *api, const struct mst_api_request *request,
             struct mst_api_answer *answer)
{
    struct mst_store *store = mst_manager_store(api->args.manager);
    const struct mst_api_value *limit = mst_api_query(request, "limit");
    const struct mst_api_value *after = mst_api_query(request, "after");
    struct mst_error err;
    struct letters_look self = {.registry =
                                    mst_manager_registry(api->args.manager),
                                .out = &answer->body};
    const struct mst_letter_filter filter = {
        .job = request->captures[0],
        .after = after->given ? (uint64_t)after->number : 0,
        .limit = limit->given ? (size_t)limit->number : LETTERS_DEFAULT};
    if (!mst_api_job_exists(api, request, answer)) {
        return;
    }
    mst_error_clear(&err);
    mst_json_open(&answer->body, NULL, '[');
    enum mst_status status = store->type->letters_list(
        store, &filter, letters_list_one, &self, &err);
    mst_json_close(&answer->body, ']');
    if (status != MST_OK) {
        mst_api_fail(answer, &err);
    }
}

/* The number in the path; false: refused. */
static bool
letters_id(const struct mst_api_request *request, uint64_t *ret_id,
           struct mst_api_answer *answer)
{
    const char *text = request->captures[1];
    char *end = NULL;
    errno = 0;
    unsigned long long id = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || id == 0
        || id > INT64_MAX) {
        mst_api_refuse(answer, 404, "not_found", NULL,
                       "'%s' is not the number of a letter", text);
        return false;
    }
    *ret_id = id;
    return true;
}

static enum mst_status
letters_show_one(void *arg, const struct mst_letter *one)
{
    struct letters_look *self = arg;
    self->seen++;
    return mst_words_letter(self->registry, one, &self->out->buf);
}

static void
letters_missing(const struct mst_api_request *request,
                struct mst_api_answer *answer)
{
    mst_api_refuse(answer, 404, "not_found", NULL, "job '%s' has no letter %s",
                   request->captures[0], request->captures[1]);
}

static void
letters_show(struct mst_api *api, const struct mst_api_request *request,
             struct mst_api_answer *answer)
{
    struct mst_store *store = mst_manager_store(api->args.manager);
    struct mst_error err;
    uint64_t id = 0;
    struct letters_look self = {.registry =
                                    mst_manager_registry(api->args.manager),
                                .out = &answer->body};
    if (!mst_api_job_exists(api, request, answer)
        || !letters_id(request, &id, answer)) {
        return;
    }
    const struct mst_letter_filter filter = {
        .job = request->captures[0], .id = id, .payloads = true};
    mst_error_clear(&err);
    if (store->type->letters_list(store, &filter, letters_show_one, &self, &err)
        != MST_OK) {
        mst_api_fail(answer, &err);
    } else if (self.seen == 0) {
        letters_missing(request, answer);
    }
}

/* Once it is known that there are some to send. */
static void
letters_send(struct mst_api *api, const struct mst_api_request *request,
             uint64_t id, struct mst_api_answer *answer)
{
    struct mst_manager *manager = api->args.manager;
    const struct mst_api_value *wait = mst_api_body(request, "timeout");
    struct mst_job_loan loan =
        mst_manager_borrow(manager, request->captures[0]);
    struct mst_replay_result result = {0};
    struct mst_error err;
    if (loan.connector == NULL) {
        mst_api_refuse(answer, 404, "not_found", NULL, "there is no job '%s'",
                       request->captures[0]);
        return;
    }
    const struct mst_replay_args args = {
        .config = loan.config,
        .connector = loan.connector,
        .registry = mst_manager_registry(manager),
        .store = mst_manager_store(manager),
        .id = id,
        .timeout_ms = wait->given ? wait->number : LETTERS_REPLAY_MS,
    };
    mst_error_clear(&err);
    enum mst_status status = mst_replay_run(&args, &result, &err);
    mst_manager_give_back(manager, &loan);
    if (status != MST_OK) {
        err.status = status; /* a lease that another holds is a conflict */
        mst_api_fail(answer, &err);
        return;
    }
    struct mst_json *out = &answer->body;
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "message", "the letters were sent again");
    mst_json_open(out, "item", '{');
    mst_json_number(out, "sent", (int64_t)result.found);
    mst_json_number(out, "delivered", (int64_t)result.delivered);
    mst_json_number(out, "rejected", (int64_t)result.rejected);
    mst_json_number(out, "left", (int64_t)result.orphans);
    mst_json_close(out, '}');
    mst_json_close(out, '}');
}

static void
letters_replay(struct mst_api *api, const struct mst_api_request *request,
               struct mst_api_answer *answer)
{
    letters_send(api, request, 0, answer);
}

static enum mst_status
letters_see(void *arg, const struct mst_letter *one)
{
    struct letters_look *self = arg;
    (void)one;
    self->seen++;
    return MST_OK;
}

static void
letters_replay_one(struct mst_api *api, const struct mst_api_request *request,
                   struct mst_api_answer *answer)
{
    struct mst_store *store = mst_manager_store(api->args.manager);
    struct letters_look self = {0};
    struct mst_error err;
    uint64_t id = 0;
    if (!mst_api_job_exists(api, request, answer)
        || !letters_id(request, &id, answer)) {
        return;
    }
    const struct mst_letter_filter filter = {.job = request->captures[0],
                                             .id = id};
    mst_error_clear(&err);
    if (store->type->letters_list(store, &filter, letters_see, &self, &err)
        != MST_OK) {
        mst_api_fail(answer, &err);
    } else if (self.seen == 0) {
        letters_missing(request, answer);
    } else {
        letters_send(api, request, id, answer);
    }
}

static void
letters_remove(struct mst_api *api, const struct mst_api_request *request,
               uint64_t id, struct mst_api_answer *answer)
{
    struct mst_store *store = mst_manager_store(api->args.manager);
    const struct mst_letter_filter filter = {.job = request->captures[0],
                                             .id = id};
    struct mst_error err;
    uint64_t deleted = 0;
    mst_error_clear(&err);
    if (store->type->letters_delete(store, &filter, &deleted, &err) != MST_OK) {
        mst_api_fail(answer, &err);
    } else if (deleted == 0 && id != 0) {
        letters_missing(request, answer);
    } else {
        mst_api_done(answer, "%llu letters were discarded",
                     (unsigned long long)deleted);
    }
}

static void
letters_discard(struct mst_api *api, const struct mst_api_request *request,
                struct mst_api_answer *answer)
{
    if (mst_api_job_exists(api, request, answer)) {
        letters_remove(api, request, 0, answer);
    }
}

static void
letters_discard_one(struct mst_api *api, const struct mst_api_request *request,
                    struct mst_api_answer *answer)
{
    uint64_t id = 0;
    if (mst_api_job_exists(api, request, answer)
        && letters_id(request, &id, answer)) {
        letters_remove(api, request, id, answer);
    }
}

static const struct mst_api_field letters_query[] = {
    MST_API_LIMIT(LETTERS_MAX),
    {.name = "after",
     .type = MST_API_NUMBER,
     .min = 0,
     .max = INT64_MAX,
     .help = "Only numbers above this one."},
};

static const struct mst_api_field letters_body[] = {
    {.name = "timeout",
     .type = MST_API_DURATION,
     .min = 100,
     .max = LETTERS_REPLAY_MAX_MS,
     .help = "Give up after this time; 10s unless said."},
};

const struct mst_api_operation mst_api_letters[] = {
    {.method = "GET",
     .path = "/jobs/{name}/dlq",
     .role = MST_API_READ,
     .id = "listLetters",
     .summary = "The dead letters of the job, without their payloads.",
     .query = letters_query,
     .query_len = MST_ARRAY_SIZE(letters_query),
     .status = 200,
     .answer = "Letters",
     .run = letters_list},
    {.method = "DELETE",
     .path = "/jobs/{name}/dlq",
     .role = MST_API_ADMIN,
     .id = "discardLetters",
     .summary = "Discards all dead letters of the job.",
     .status = 200,
     .answer = "Done",
     .run = letters_discard},
    {.method = "POST",
     .path = "/jobs/{name}/dlq/replay",
     .role = MST_API_OPERATE,
     .id = "replayLetters",
     .summary = "Sends all dead letters through the job again, which must "
                "not run meanwhile.",
     .body = letters_body,
     .body_len = MST_ARRAY_SIZE(letters_body),
     .status = 200,
     .answer = "ReplayDone",
     .run = letters_replay},
    {.method = "GET",
     .path = "/jobs/{name}/dlq/{id}",
     .role = MST_API_READ,
     .id = "getLetter",
     .summary = "One dead letter with all it has.",
     .status = 200,
     .answer = "Letter",
     .run = letters_show},
    {.method = "DELETE",
     .path = "/jobs/{name}/dlq/{id}",
     .role = MST_API_ADMIN,
     .id = "discardLetter",
     .summary = "Discards one dead letter.",
     .status = 200,
     .answer = "Done",
     .run = letters_discard_one},
    {.method = "POST",
     .path = "/jobs/{name}/dlq/{id}/replay",
     .role = MST_API_OPERATE,
     .id = "replayLetter",
     .summary = "Sends one dead letter through the job again, which must not "
                "run meanwhile.",
     .body = letters_body,
     .body_len = MST_ARRAY_SIZE(letters_body),
     .status = 200,
     .answer = "ReplayDone",
     .run = letters_replay_one},
    {0},
};
