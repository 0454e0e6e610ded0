/* SPDX-License-Identifier: MIT */
/* Other middlewares beside a job's own: begin, look, end, switch. */
#include <stdlib.h>

#include "api/definitions.h"
#include "api/field.h"
#include "jobs/control_shadow.h"

enum {
    SHADOW_SERVICES_MAX = 100,
    SHADOW_IGNORE_MAX = 100,
    SHADOW_SAMPLES = 10,
    SHADOW_SAMPLES_MAX = 40,
    SHADOW_POSITION_MAX = 64 * 1024,
    SHADOW_END_MS = 5000
};

/* The document of a request, as it is read. Ownership: of texts. */
struct shadow_body {
    char *middlewares;
    char *services[SHADOW_SERVICES_MAX];
    size_t services_len;
    const char *ignore[SHADOW_IGNORE_MAX]; /* borrowed from the request */
    size_t ignore_len;
    int64_t events;
    int64_t duration_ms;
    int64_t samples;
};

static void
shadow_body_clear(struct shadow_body *body)
{
    free(body->middlewares);
    for (size_t i = 0; i < body->services_len; i++) {
        free(body->services[i]);
    }
}

static bool
shadow_refuse(struct mst_api_answer *answer, const char *path, const char *why)
{
    mst_api_refuse(answer, 422, "bad_field", path, "'%s' %s", path, why);
    return false;
}

static bool
shadow_read_services(const json_t *json, struct shadow_body *body,
                     struct mst_api_answer *answer)
{
    if (!json_is_array(json) || json_array_size(json) > SHADOW_SERVICES_MAX) {
        return shadow_refuse(answer, "services", "is a list of at most 100");
    }
    for (size_t i = 0; i < json_array_size(json); i++) {
        const json_t *one = json_array_get(json, i);
        if (!json_is_object(one)) {
            return shadow_refuse(answer, "services", "has one that is none");
        }
        body->services[i] = json_dumps(one, JSON_COMPACT);
        if (body->services[i] == NULL) {
            return shadow_refuse(answer, "services", "is too much");
        }
        body->services_len++;
    }
    return true;
}

static bool
shadow_read_ignore(const json_t *json, struct shadow_body *body,
                   struct mst_api_answer *answer)
{
    if (!json_is_array(json) || json_array_size(json) > SHADOW_IGNORE_MAX) {
        return shadow_refuse(answer, "ignore", "is a list of at most 100");
    }
    for (size_t i = 0; i < json_array_size(json); i++) {
        const char *field = json_string_value(json_array_get(json, i));
        if (field == NULL || field[0] == '\0') {
            return shadow_refuse(answer, "ignore", "is a list of fields");
        }
        body->ignore[body->ignore_len++] = field;
    }
    return true;
}

static bool
shadow_read_number(const json_t *json, const char *name, int64_t least,
                   int64_t most, int64_t *ret, struct mst_api_answer *answer)
{
    int64_t value = json_integer_value(json);
    if (!json_is_integer(json) || value < least || value > most) {
        return shadow_refuse(answer, name, "is no number, or out of range");
    }
    *ret = value;
    return true;
}

static bool
shadow_read_duration(const json_t *json, int64_t *ret,
                     struct mst_api_answer *answer)
{
    static const struct mst_api_field field = {.name = "duration",
                                               .type = MST_API_DURATION,
                                               .min = 100,
                                               .max = (int64_t)366 * 24 * 3600
                                                      * 1000};
    struct mst_api_value value = {0};
    struct mst_error err;
    mst_error_clear(&err);
    bool good =
        json_is_string(json)
        && mst_api_field_read(&field, json_string_value(json), &value, &err);
    if (!good) {
        return shadow_refuse(answer, "duration",
                             "is no duration from 100ms on, such as \"10m\"");
    }
    *ret = value.number;
    return true;
}

static bool
shadow_read_one(const char *name, const json_t *json, struct shadow_body *body,
                struct mst_api_answer *answer)
{
    if (strcmp(name, "middlewares") == 0) {
        body->middlewares =
            json_is_array(json) ? json_dumps(json, JSON_COMPACT) : NULL;
        return body->middlewares != NULL
               || shadow_refuse(answer, name, "is a list of steps");
    }
    if (strcmp(name, "services") == 0) {
        return shadow_read_services(json, body, answer);
    }
    if (strcmp(name, "ignore") == 0) {
        return shadow_read_ignore(json, body, answer);
    }
    if (strcmp(name, "events") == 0) {
        return shadow_read_number(json, name, 1, INT64_MAX, &body->events,
                                  answer);
    }
    if (strcmp(name, "samples") == 0) {
        return shadow_read_number(json, name, 0, SHADOW_SAMPLES_MAX,
                                  &body->samples, answer);
    }
    if (strcmp(name, "duration") == 0) {
        return shadow_read_duration(json, &body->duration_ms, answer);
    }
    mst_api_refuse(answer, 422, "unknown_field", name,
                   "'%.100s' is not known here", name);
    return false;
}

static bool
shadow_read(const struct mst_api_request *request, struct shadow_body *body,
            struct mst_api_answer *answer)
{
    const char *name = NULL;
    json_t *json = NULL;
    json_object_foreach(request->json, name, json)
    {
        if (!json_is_null(json) && !shadow_read_one(name, json, body, answer)) {
            return false;
        }
    }
    if (body->middlewares == NULL) {
        mst_api_refuse(answer, 422, "missing_field", "middlewares",
                       "'middlewares' is missing");
        return false;
    }
    return true;
}

static void
shadow_failed(struct mst_api_answer *answer, enum mst_status status,
              const struct mst_problems *problems, struct mst_error *err)
{
    if (status == MST_REJECTED && problems->errors > 0) {
        mst_api_refuse_problems(answer, problems);
    } else {
        err->status = status;
        mst_api_fail(answer, err);
    }
}

/* The report of a shadow with a message before it. */
static void
shadow_answer(struct mst_api_answer *answer, struct mst_job_shadow *shadow,
              const char *message)
{
    mst_json_open(&answer->body, NULL, '{');
    if (message != NULL) {
        mst_json_str(&answer->body, "message", message);
    }
    mst_job_shadow_report(shadow, &answer->body);
    mst_json_close(&answer->body, '}');
}

static void
shadow_look(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    struct mst_job_shadow *shadow = NULL;
    struct mst_error err;
    mst_error_clear(&err);
    enum mst_status status = mst_manager_shadow_ref(
        api->args.manager, request->captures[0], &shadow, &err);
    if (status != MST_OK) {
        mst_api_fail(answer, &err);
        return;
    }
    shadow_answer(answer, shadow, NULL);
    mst_job_shadow_unref(shadow);
}

static void
shadow_begin(struct mst_api *api, const struct mst_api_request *request,
             struct mst_api_answer *answer)
{
    struct mst_catalog *catalog = mst_api_catalog(api, answer);
    struct shadow_body body = {.samples = SHADOW_SAMPLES};
    struct mst_slice services[SHADOW_SERVICES_MAX];
    struct mst_problems problems = {0};
    struct mst_error err;
    mst_error_clear(&err);
    if (catalog == NULL) {
        return;
    }
    if (shadow_read(request, &body, answer)) {
        for (size_t i = 0; i < body.services_len; i++) {
            services[i] = mst_slice_str(body.services[i]);
        }
        const struct mst_catalog_shadow what = {
            .name = request->captures[0],
            .middlewares = mst_slice_str(body.middlewares),
            .services = services,
            .services_len = body.services_len,
            .events = (uint64_t)body.events,
            .duration_ms = body.duration_ms,
            .ignore = body.ignore,
            .ignore_len = body.ignore_len,
            .samples = (size_t)body.samples};
        enum mst_status status =
            mst_catalog_shadow_start(catalog, &what, &problems, &err);
        if (status != MST_OK) {
            shadow_failed(answer, status, &problems, &err);
        } else {
            answer->status = 201;
            mst_api_done(answer, "the shadow runs beside the job");
        }
    }
    mst_problems_clear(&problems);
    shadow_body_clear(&body);
}

static void
shadow_end(struct mst_api *api, const struct mst_api_request *request,
           struct mst_api_answer *answer)
{
    struct mst_job_shadow *shadow = NULL;
    struct mst_error err;
    mst_error_clear(&err);
    if (mst_manager_shadow_take(api->args.manager, request->captures[0],
                                &shadow, &err)
        != MST_OK) {
        mst_api_fail(answer, &err);
        return;
    }
    mst_shadow_stop(shadow->shadow, MST_SHADOW_STOPPED);
    (void)mst_shadow_wait(shadow->shadow, SHADOW_END_MS);
    shadow_answer(answer, shadow, "the shadow has ended");
    mst_job_shadow_unref(shadow);
}

static void
shadow_switch(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer)
{
    struct mst_catalog *catalog = mst_api_catalog(api, answer);
    const struct mst_api_value *most = mst_api_body(request, "max_different");
    struct mst_catalog_result result = {0};
    struct mst_job_shadow *shadow = NULL;
    struct mst_problems problems = {0};
    struct mst_buf position;
    struct mst_error err;
    mst_error_clear(&err);
    if (catalog == NULL) {
        return;
    }
    mst_buf_init(&position, SHADOW_POSITION_MAX);
    const struct mst_catalog_switch what = {.name = request->captures[0],
                                            .max_different =
                                                most->given ? most->number : -1,
                                            .who = request->who};
    /* The job takes the report with it when it is replaced. */
    enum mst_status status =
        mst_manager_shadow_ref(api->args.manager, what.name, &shadow, &err);
    if (status == MST_OK) {
        status = mst_catalog_shadow_switch(catalog, &what, &problems, &result,
                                           &position, &err);
    }
    if (status != MST_OK) {
        shadow_failed(answer, status, &problems, &err);
    } else {
        const char *where = position.len > 0 ? mst_buf_text(&position) : NULL;
        mst_api_set_etag(answer, result.revision);
        mst_json_open(&answer->body, NULL, '{');
        mst_json_str(&answer->body, "message",
                     "the shadow's middlewares are the job's now");
        mst_json_number(&answer->body, "revision", (int64_t)result.revision);
        mst_json_str(&answer->body, "position", where);
        mst_json_open(&answer->body, "report", '{');
        mst_job_shadow_report(shadow, &answer->body);
        mst_json_close(&answer->body, '}');
        mst_json_close(&answer->body, '}');
    }
    mst_job_shadow_unref(shadow);
    mst_buf_clear(&position);
    mst_problems_clear(&problems);
}

static const struct mst_api_field shadow_switch_body[] = {
    {.name = "max_different",
     .type = MST_API_NUMBER,
     .min = 0,
     .max = INT64_MAX,
     .help = "Only if events were compared, and at most so many of them came "
             "out differently."},
};

const struct mst_api_operation mst_api_shadow[] = {
    {.method = "GET",
     .path = "/jobs/{name}/shadow",
     .role = MST_API_READ,
     .id = "getShadow",
     .summary = "What the shadow of a job has found so far.",
     .status = 200,
     .answer = "Shadow",
     .run = shadow_look},
    {.method = "POST",
     .path = "/jobs/{name}/shadow",
     .role = MST_API_ADMIN,
     .id = "startShadow",
     .summary = "Runs other middlewares beside a job's own on the same events, "
                "publishes nothing, and compares.",
     .document = true,
     .status = 201,
     .answer = "Done",
     .run = shadow_begin},
    {.method = "DELETE",
     .path = "/jobs/{name}/shadow",
     .role = MST_API_OPERATE,
     .id = "stopShadow",
     .summary = "Ends the shadow of a job, and says what it found.",
     .status = 200,
     .answer = "Shadow",
     .run = shadow_end},
    {.method = "POST",
     .path = "/jobs/{name}/shadow/switch",
     .role = MST_API_ADMIN,
     .id = "switchShadow",
     .summary = "Makes the shadow's middlewares those of the job, at one "
                "position.",
     .body = shadow_switch_body,
     .body_len = MST_ARRAY_SIZE(shadow_switch_body),
     .status = 200,
     .answer = "ShadowSwitch",
     .run = shadow_switch},
    {0},
};
