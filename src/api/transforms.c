/* SPDX-License-Identifier: MIT */
/* Scripts that somebody writes: tried, checked, tested. */
#include "api/transforms.h"
#include "api/operations.h"
#include "api/tools.h"

enum {
    /* For all scripts of a request; one call has a second. */
    TRANSFORMS_MS = 10 * 1000,
    TRANSFORMS_TEXT_MAX = 2 * 1024 * 1024,
    TRANSFORMS_ATTRIBUTES_MAX = 64 * 1024,
    TRANSFORMS_CASES = 64,
    TRANSFORMS_CASES_MAX = 500
};

/* What came of it, as it is or as the item of a message. */
static void
transforms_answer(struct mst_api_answer *answer, const char *message,
                  const struct mst_json *item)
{
    struct mst_slice text = mst_buf_slice(&item->buf);
    if (item->failed) {
        answer->body.failed = true;
    } else if (message == NULL) {
        mst_json_raw(&answer->body, NULL, text);
    } else {
        mst_json_open(&answer->body, NULL, '{');
        mst_json_str(&answer->body, "message", message);
        mst_json_raw(&answer->body, "item", text);
        mst_json_close(&answer->body, '}');
    }
}

void
mst_api_transform_run(struct mst_api *api, struct mst_api_transform *what,
                      mst_api_transform_tool tool, const char *message,
                      struct mst_api_answer *answer)
{
    struct mst_json item;
    struct mst_error err;
    mst_error_clear(&err);
    what->stop = &api->stopping;
    what->timeout_ms = TRANSFORMS_MS;
    if (!mst_api_gate_enter(api->scripts)) {
        mst_api_refuse(answer, 429, "busy", NULL,
                       "too many scripts run already");
        answer->retry_after_s = 1;
        return;
    }
    mst_json_init(&item, MST_API_ANSWER_MAX);
    enum mst_status status = tool(what, &item, &err);
    mst_api_gate_leave(api->scripts);
    if (status == MST_OK) {
        transforms_answer(answer, message, &item);
    } else if (status == MST_REJECTED) {
        mst_api_refuse(answer, 400, "rejected", NULL, "%s", err.text);
        if (err.hint[0] != '\0') {
            mst_api_hint(answer, "%s", err.hint);
        }
    } else {
        err.status = status;
        mst_api_fail(answer, &err);
    }
    mst_json_clear(&item);
}

/* {"schema_encoding", "body"}, or nothing. False: refused. */
static bool
transforms_schema(const struct mst_api_request *request, const char *name,
                  struct mst_api_written *ret, struct mst_api_answer *answer)
{
    json_t *object = json_object_get(request->json, name);
    const char *kind = NULL;
    if (object == NULL) {
        return true;
    }
    return mst_api_member(object, name, "schema_encoding", true, &kind, answer)
           && mst_api_schema_kind(kind, name, &ret->avro, answer)
           && mst_api_member(object, name, "body", true, &ret->text, answer);
}

/* What all of them may be given. False: refused. */
static bool
transforms_read(const struct mst_api_request *request,
                struct mst_api_transform *what, struct mst_api_answer *answer)
{
    const struct mst_api_value *encoding = mst_api_body(request, "encoding");
    const struct mst_api_value *limit = mst_api_body(request, "max_cases");
    what->script = mst_api_body(request, "script")->text;
    what->payload = mst_api_body(request, "payload")->text;
    if (what->payload == NULL) {
        what->payload = mst_api_body(request, "sample_input")->text;
    }
    what->encoding = encoding->given ? encoding->text : "json";
    what->attributes = mst_api_body(request, "attributes")->text;
    what->cases = mst_api_body(request, "cases")->text;
    what->limit = limit->given ? limit->number : TRANSFORMS_CASES;
    return transforms_schema(request, "input_schema", &what->reads, answer)
           && transforms_schema(request, "schema", &what->writes, answer);
}

static void
transforms_do(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer, mst_api_transform_tool tool,
              const char *message)
{
    struct mst_api_transform what = {.script = NULL};
    if (transforms_read(request, &what, answer)) {
        mst_api_transform_run(api, &what, tool, message, answer);
    }
}

static void
transforms_run(struct mst_api *api, const struct mst_api_request *request,
               struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    if (tools != NULL) {
        transforms_do(api, request, answer, tools->transform, "success");
    }
}

static void
transforms_validate(struct mst_api *api, const struct mst_api_request *request,
                    struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    if (tools != NULL) {
        transforms_do(api, request, answer, tools->transform_validate, NULL);
    }
}

static void
transforms_test(struct mst_api *api, const struct mst_api_request *request,
                struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    if (tools != NULL) {
        transforms_do(api, request, answer, tools->transform_test, "success");
    }
}

static void
transforms_generate(struct mst_api *api, const struct mst_api_request *request,
                    struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    if (tools != NULL) {
        transforms_do(api, request, answer, tools->transform_generate,
                      "success");
    }
}

static void
transforms_completions(struct mst_api *api,
                       const struct mst_api_request *request,
                       struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    const struct mst_api_transform nothing = {.script = NULL};
    struct mst_error err;
    (void)request;
    mst_error_clear(&err);
    if (tools != NULL) {
        mst_api_tool_done(
            answer, tools->transform_completions(&nothing, &answer->body, &err),
            &err);
    }
}

static const char *const transforms_encodings[] = {"json", "bson", "avro",
                                                   NULL};

#define TRANSFORMS_SCRIPT                                                      \
    {                                                                          \
        .name = "script", .type = MST_API_TEXT, .required = true,              \
        .max = TRANSFORMS_TEXT_MAX, .help = "The Lua script."                  \
    }

#define TRANSFORMS_SCHEMAS                                                     \
    {.name = "input_schema",                                                   \
     .type = MST_API_OBJECT,                                                   \
     .max = TRANSFORMS_TEXT_MAX,                                               \
     .help = "{\"schema_encoding\", \"body\"}: what payloads are of."},        \
    {                                                                          \
        .name = "schema", .type = MST_API_OBJECT, .max = TRANSFORMS_TEXT_MAX,  \
        .help = "{\"schema_encoding\", \"body\"}: what results have to be of." \
    }

static const struct mst_api_field transforms_run_body[] = {
    TRANSFORMS_SCRIPT,
    {.name = "payload",
     .type = MST_API_OBJECT,
     .max = TRANSFORMS_TEXT_MAX,
     .help = "The document, or its JSON as a text; of another encoding "
             "base64. Without it the event has none."},
    {.name = "encoding",
     .type = MST_API_CHOICE,
     .choices = transforms_encodings,
     .help = "Of the payload; json unless said. avro wants input_schema."},
    {.name = "attributes",
     .type = MST_API_OBJECT,
     .max = TRANSFORMS_ATTRIBUTES_MAX,
     .help = "Of the event: texts."},
    TRANSFORMS_SCHEMAS,
};

static const struct mst_api_field transforms_validate_body[] = {
    TRANSFORMS_SCRIPT,
};

static const struct mst_api_field transforms_test_body[] = {
    TRANSFORMS_SCRIPT,
    {.name = "cases",
     .type = MST_API_LIST,
     .required = true,
     .max = TRANSFORMS_TEXT_MAX,
     .help = "{\"name\", \"input\", \"expected\"?, \"assertions\"?, ...}"},
    TRANSFORMS_SCHEMAS,
};

static const struct mst_api_field transforms_generate_body[] = {
    TRANSFORMS_SCRIPT,
    {.name = "sample_input",
     .type = MST_API_OBJECT,
     .required = true,
     .max = TRANSFORMS_TEXT_MAX,
     .help = "A document that is as they are."},
    {.name = "attributes",
     .type = MST_API_OBJECT,
     .max = TRANSFORMS_ATTRIBUTES_MAX,
     .help = "Of each event: texts."},
    {.name = "max_cases",
     .type = MST_API_NUMBER,
     .min = 1,
     .max = TRANSFORMS_CASES_MAX,
     .help = "No more cases than this; 64 unless said."},
};

#define TRANSFORMS_FIELDS(list) .body = (list), .body_len = MST_ARRAY_SIZE(list)

const struct mst_api_operation mst_api_transforms[] = {
    {.method = "POST",
     .path = "/transform/run",
     .role = MST_API_OPERATE,
     .id = "runTransform",
     .summary = "Runs a script on one event.",
     TRANSFORMS_FIELDS(transforms_run_body),
     .status = 200,
     .answer = "TransformDone",
     .run = transforms_run},
    {.method = "POST",
     .path = "/transform/validate",
     .role = MST_API_OPERATE,
     .id = "validateTransform",
     .summary = "What is wrong with a script, and what looks wrong.",
     TRANSFORMS_FIELDS(transforms_validate_body),
     .status = 200,
     .answer = "Diagnostics",
     .run = transforms_validate},
    {.method = "GET",
     .path = "/transform/completions",
     .role = MST_API_READ,
     .id = "getCompletions",
     .summary = "The functions of scripts, for editors.",
     .status = 200,
     .answer = "Completions",
     .run = transforms_completions},
    {.method = "POST",
     .path = "/transform/test/generate",
     .role = MST_API_OPERATE,
     .id = "generateTests",
     .summary = "Cases for a script, with what it makes of them now.",
     TRANSFORMS_FIELDS(transforms_generate_body),
     .status = 200,
     .answer = "GeneratedTests",
     .run = transforms_generate},
    {.method = "POST",
     .path = "/transform/test/run",
     .role = MST_API_OPERATE,
     .id = "runTests",
     .summary = "Runs a script on the cases of a test.",
     TRANSFORMS_FIELDS(transforms_test_body),
     .status = 200,
     .answer = "TestDone",
     .run = transforms_test},
    {0},
};
