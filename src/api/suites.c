/* SPDX-License-Identifier: MIT */
/* Tests of scripts that are kept, and run by their ids. */
#include <stdlib.h>

#include "api/items.h"
#include "api/transforms.h"

enum {
    SUITES_NAME_MAX = 256,
    SUITES_WORDS_MAX = 4096,
    SUITES_TEXT_MAX = 2 * 1024 * 1024
};

/* {"type": "lua", "script"}, or http's for the published mstream's clients.
 * False: refused. */
static bool
suites_context(const struct mst_api_request *request,
               struct mst_api_answer *answer)
{
    json_t *context = json_object_get(request->json, "context");
    const char *type = NULL;
    const char *text = NULL;
    if (!mst_api_member(context, "context", "type", true, &type, answer)) {
        return false;
    }
    bool lua = strcmp(type, "lua") == 0;
    if (!lua && strcmp(type, "http") != 0) {
        mst_api_refuse(answer, 422, "bad_field", "context.type",
                       "'context.type' is neither \"lua\" nor \"http\"");
        return false;
    }
    return mst_api_member(context, "context", lua ? "script" : "endpoint", true,
                          &text, answer);
}

/* Cases that could never be run are not kept. */
static bool
suites_check(struct mst_api *api, const struct mst_api_request *request,
             struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    const struct mst_api_transform what = {
        .cases = mst_api_body(request, "cases")->text, .only_check = true};
    struct mst_json nothing;
    struct mst_error err;
    if (tools == NULL || !suites_context(request, answer)) {
        return false;
    }
    mst_error_clear(&err);
    mst_json_init(&nothing, SUITES_TEXT_MAX);
    enum mst_status status = tools->transform_test(&what, &nothing, &err);
    mst_api_tool_done(answer, status, &err);
    mst_json_clear(&nothing);
    return status == MST_OK;
}

static void
suites_brief(const json_t *item, struct mst_json *out)
{
    mst_json_str(out, "name", json_string_value(json_object_get(item, "name")));
    mst_json_str(out, "description",
                 json_string_value(json_object_get(item, "description")));
    mst_json_number(out, "case_count",
                    (int64_t)json_array_size(json_object_get(item, "cases")));
}

static const struct mst_api_item_kind suites_kind = {.kind = MST_RECORD_SUITE,
                                                     .what = "test suite",
                                                     .where = "/test-suites",
                                                     .check = suites_check,
                                                     .brief = suites_brief};

static void
suites_list(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    mst_api_items_list(api, request, answer, &suites_kind);
}

static void
suites_show(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    mst_api_item_show(api, request, answer, &suites_kind);
}

static void
suites_create(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer)
{
    mst_api_item_create(api, request, answer, &suites_kind);
}

static void
suites_replace(struct mst_api *api, const struct mst_api_request *request,
               struct mst_api_answer *answer)
{
    mst_api_item_replace(api, request, answer, &suites_kind);
}

static void
suites_remove(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer)
{
    mst_api_item_remove(api, request, answer, &suites_kind);
}

/* The script that a suite is run on; NULL: refused. */
static const char *
suites_script(const struct mst_api_request *request, const json_t *suite,
              struct mst_api_answer *answer)
{
    const struct mst_api_value *other = mst_api_body(request, "script");
    const char *script = other->given
                             ? other->text
                             : json_string_value(json_object_get(
                                 json_object_get(suite, "context"), "script"));
    if (script == NULL) {
        mst_api_refuse(answer, 422, "invalid", "script",
                       "the suite is one of an HTTP service: only scripts are "
                       "run here");
        mst_api_hint(answer, "send a \"script\" to run its cases on");
    }
    return script;
}

static void
suites_run(struct mst_api *api, const struct mst_api_request *request,
           struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    json_t *suite = tools == NULL
                        ? NULL
                        : mst_api_item_load(api, request, answer, &suites_kind);
    if (suite == NULL) {
        return;
    }
    char *cases = json_dumps(json_object_get(suite, "cases"), JSON_COMPACT);
    struct mst_api_transform what = {
        .script = suites_script(request, suite, answer), .cases = cases};
    if (cases == NULL) {
        answer->body.failed = true;
    } else if (what.script != NULL) {
        mst_api_transform_run(api, &what, tools->transform_test, "success",
                              answer);
    }
    free(cases);
    json_decref(suite);
}

static const struct mst_api_field suites_list_query[] = {
    MST_API_LIMIT(MST_API_ITEMS_LIST_MAX),
    {.name = "after",
     .type = MST_API_TEXT,
     .max = MST_API_ITEM_ID_MAX,
     .help = "Only ids behind this one."},
};

static const struct mst_api_field suites_body[] = {
    MST_API_ITEM_FIELDS,
    {.name = "name",
     .type = MST_API_TEXT,
     .required = true,
     .max = SUITES_NAME_MAX,
     .help = "For people."},
    {.name = "description",
     .type = MST_API_TEXT,
     .max = SUITES_WORDS_MAX,
     .help = "For people."},
    {.name = "context",
     .type = MST_API_OBJECT,
     .required = true,
     .max = SUITES_TEXT_MAX,
     .help = "{\"type\": \"lua\", \"script\"}, what is tested; or {\"type\": "
             "\"http\", \"endpoint\"}, which is only kept."},
    {.name = "source_ref",
     .type = MST_API_OBJECT,
     .max = SUITES_WORDS_MAX,
     .help = "{\"service_name\", \"resource\"}: where the script comes from."},
    {.name = "input_schema",
     .type = MST_API_OBJECT,
     .max = SUITES_TEXT_MAX,
     .help = "What inputs are like, for people."},
    {.name = "cases",
     .type = MST_API_LIST,
     .required = true,
     .max = SUITES_TEXT_MAX,
     .help = "As POST /transform/test/run takes them."},
};

static const struct mst_api_field suites_run_body[] = {
    {.name = "script",
     .type = MST_API_TEXT,
     .max = SUITES_TEXT_MAX,
     .help = "To be run instead of the suite's own."},
};

#define SUITES_FIELDS(list) .body = (list), .body_len = MST_ARRAY_SIZE(list)

const struct mst_api_operation mst_api_suites[] = {
    {.method = "GET",
     .path = "/test-suites",
     .role = MST_API_READ,
     .id = "listTestSuites",
     .summary = "All tests that are kept, by id.",
     .query = suites_list_query,
     .query_len = MST_ARRAY_SIZE(suites_list_query),
     .status = 200,
     .answer = "TestSuites",
     .run = suites_list},
    {.method = "POST",
     .path = "/test-suites",
     .role = MST_API_OPERATE,
     .id = "createTestSuite",
     .summary = "Keeps a test.",
     SUITES_FIELDS(suites_body),
     .status = 201,
     .answer = "TestSuiteDone",
     .run = suites_create},
    {.method = "GET",
     .path = "/test-suites/{id}",
     .role = MST_API_READ,
     .id = "getTestSuite",
     .summary = "One test with its cases.",
     .status = 200,
     .answer = "TestSuite",
     .run = suites_show},
    {.method = "PUT",
     .path = "/test-suites/{id}",
     .role = MST_API_OPERATE,
     .id = "replaceTestSuite",
     .summary = "Changes a test: what is left out is gone.",
     SUITES_FIELDS(suites_body),
     .status = 200,
     .answer = "TestSuiteDone",
     .run = suites_replace},
    {.method = "DELETE",
     .path = "/test-suites/{id}",
     .role = MST_API_OPERATE,
     .id = "removeTestSuite",
     .summary = "Removes a test.",
     .status = 200,
     .answer = "Done",
     .run = suites_remove},
    {.method = "POST",
     .path = "/test-suites/{id}/run",
     .role = MST_API_OPERATE,
     .id = "runTestSuite",
     .summary = "Runs a test on its script, or on another one.",
     SUITES_FIELDS(suites_run_body),
     .status = 200,
     .answer = "TestDone",
     .run = suites_run},
    {0},
};
