/* SPDX-License-Identifier: MIT */
/* Schemas: what is made of them, and the store that keeps them by subject. */
#include <stdio.h>

#include "api/operations.h"
#include "api/tools.h"

enum {
    SCHEMAS_TEXT_MAX = 2 * 1024 * 1024,
    SCHEMAS_NAME_MAX = 255,
    SCHEMAS_LIST_MAX = 1000
};

void
mst_api_tool_done(struct mst_api_answer *answer, enum mst_status status,
                  const struct mst_error *err)
{
    if (status == MST_OK) {
        return;
    }
    if (status == MST_REJECTED) {
        mst_api_refuse(answer, 422, "invalid", NULL, "%s", err->text);
        if (err->hint[0] != '\0') {
            mst_api_hint(answer, "%s", err->hint);
        }
        return;
    }
    mst_api_fail(answer, err);
}

const struct mst_api_tools *
mst_api_tools_of(struct mst_api *api, struct mst_api_answer *answer)
{
    if (api->args.tools == NULL) {
        mst_api_refuse(answer, 503, "unavailable", NULL,
                       "this program can not do that");
    }
    return api->args.tools;
}

static void
schemas_fill(struct mst_api *api, const struct mst_api_request *request,
             struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    const struct mst_api_value *seed = mst_api_body(request, "seed");
    struct mst_error err;
    mst_error_clear(&err);
    if (tools != NULL) {
        mst_api_tool_done(
            answer,
            tools->fill(mst_slice_str(mst_api_body(request, "schema")->text),
                        seed->given ? seed->number : 1, &answer->body, &err),
            &err);
    }
}

bool
mst_api_member(json_t *object, const char *of, const char *name, bool required,
               const char **ret_text, struct mst_api_answer *answer)
{
    json_t *member = json_object_get(object, name);
    char path[64];
    (void)snprintf(path, sizeof(path), "%s.%s", of, name);
    *ret_text = json_string_value(member);
    if (*ret_text != NULL && strlen(*ret_text) == json_string_length(member)) {
        return true;
    }
    if (member != NULL && !json_is_null(member)) {
        mst_api_refuse(answer, 422, "bad_field", path,
                       "'%s' is of the wrong type", path);
        return false;
    }
    if (required) {
        mst_api_refuse(answer, 422, "missing_field", path, "'%s' is missing",
                       path);
    }
    return !required;
}

bool
mst_api_schema_kind(const char *kind, const char *path, bool *ret_avro,
                    struct mst_api_answer *answer)
{
    *ret_avro = strcmp(kind, "avro") == 0;
    if (*ret_avro || strcmp(kind, "json") == 0) {
        return true;
    }
    mst_api_refuse(answer, 422, "bad_field", path,
                   "'%s' is neither \"json\" nor \"avro\"", path);
    return false;
}

static bool
schemas_convert_read(const struct mst_api_request *request,
                     struct mst_api_convert *what,
                     struct mst_api_answer *answer)
{
    json_t *source = json_object_get(request->json, "source");
    json_t *options = json_object_get(request->json, "options");
    const char *text = NULL;
    const char *from = NULL;
    if (!mst_api_member(source, "source", "schema_encoding", true, &from,
                        answer)
        || !mst_api_member(source, "source", "body", true, &text, answer)
        || !mst_api_member(options, "options", "name", false, &what->name,
                           answer)
        || !mst_api_member(options, "options", "namespace", false,
                           &what->name_space, answer)
        || !mst_api_schema_kind(from, "source.schema_encoding",
                                &what->from_avro, answer)) {
        return false;
    }
    what->schema = mst_slice_str(text);
    what->to_avro = mst_api_body(request, "target_encoding")->number == 1;
    if (what->to_avro == what->from_avro) {
        mst_api_refuse(answer, 422, "bad_field", "target_encoding",
                       "it has this encoding already");
        return false;
    }
    return true;
}

static void
schemas_convert(struct mst_api *api, const struct mst_api_request *request,
                struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    struct mst_api_convert what = {.name = NULL};
    struct mst_error err;
    mst_error_clear(&err);
    if (tools != NULL && schemas_convert_read(request, &what, answer)) {
        mst_api_tool_done(answer, tools->convert(&what, &answer->body, &err),
                          &err);
    }
}

/* A tool that works on the store that the configuration names. */
static void
schemas_ask(struct mst_api *api, struct mst_api_answer *answer,
            struct mst_api_subject *what,
            enum mst_status (*tool)(const struct mst_api_subject *what,
                                    struct mst_json *out,
                                    struct mst_error *err))
{
    struct mst_job_loan loan = mst_manager_borrow(api->args.manager, NULL);
    struct mst_error err;
    mst_error_clear(&err);
    if (loan.config == NULL) {
        mst_api_refuse(answer, 503, "unavailable", NULL,
                       "the daemon has not begun yet");
    } else {
        what->config = loan.config;
        mst_api_tool_done(answer, tool(what, &answer->body, &err), &err);
    }
    mst_manager_give_back(api->args.manager, &loan);
}

static void
schemas_list(struct mst_api *api, const struct mst_api_request *request,
             struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    const struct mst_api_value *limit = mst_api_query(request, "limit");
    struct mst_api_subject what = {
        .after = mst_api_query(request, "after")->text,
        .limit = limit->given ? limit->number : SCHEMAS_LIST_MAX};
    if (tools != NULL) {
        schemas_ask(api, answer, &what, tools->subjects);
    }
}

/* False: refused. */
static bool
schemas_version(const struct mst_api_request *request, int64_t *ret_version,
                struct mst_api_answer *answer)
{
    const char *text = request->captures[1];
    int64_t number = 0;
    if (strcmp(text, "latest") == 0) {
        *ret_version = 0;
        return true;
    }
    for (; *text >= '0' && *text <= '9' && number <= UINT32_MAX; text++) {
        number = 10 * number + (*text - '0');
    }
    if (*text != '\0' || number == 0 || number > UINT32_MAX) {
        mst_api_refuse(answer, 404, "not_found", NULL,
                       "a version is a number from 1, or 'latest'");
        return false;
    }
    *ret_version = number;
    return true;
}

static void
schemas_show(struct mst_api *api, const struct mst_api_request *request,
             struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    struct mst_api_subject what = {.name = request->captures[0]};
    if (tools != NULL) {
        schemas_ask(api, answer, &what, tools->subject);
    }
}

static void
schemas_show_version(struct mst_api *api, const struct mst_api_request *request,
                     struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    struct mst_api_subject what = {.name = request->captures[0], .limit = 1};
    if (tools != NULL && schemas_version(request, &what.version, answer)) {
        schemas_ask(api, answer, &what, tools->subject);
    }
}

static void
schemas_register(struct mst_api *api, const struct mst_api_request *request,
                 struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    struct mst_api_subject what = {
        .name = request->captures[0],
        .text = mst_api_body(request, "schema")->text,
        .kind = mst_api_body(request, "schema_encoding")->text,
        .level = mst_api_body(request, "compatibility")->text,
        .only_check = mst_api_body(request, "dry_run")->number != 0};
    if (tools == NULL) {
        return;
    }
    if (what.text == NULL && what.level == NULL) {
        mst_api_refuse(answer, 422, "missing_field", "schema",
                       "'schema' or 'compatibility' is missing");
        return;
    }
    schemas_ask(api, answer, &what, tools->subject_put);
}

static void
schemas_remove(struct mst_api *api, const struct mst_api_request *request,
               struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    struct mst_api_subject what = {.name = request->captures[0]};
    if (tools != NULL) {
        schemas_ask(api, answer, &what, tools->subject_remove);
    }
}

static void
schemas_remove_version(struct mst_api *api,
                       const struct mst_api_request *request,
                       struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    struct mst_api_subject what = {.name = request->captures[0]};
    if (tools == NULL || !schemas_version(request, &what.version, answer)) {
        return;
    }
    if (what.version == 0) {
        mst_api_refuse(answer, 422, "bad_field", NULL,
                       "say the number of the version");
        return;
    }
    schemas_ask(api, answer, &what, tools->subject_remove);
}

static const char *const schemas_encodings[] = {"json", "avro", NULL};
static const char *const schemas_levels[] = {"NONE",
                                             "BACKWARD",
                                             "BACKWARD_TRANSITIVE",
                                             "FORWARD",
                                             "FORWARD_TRANSITIVE",
                                             "FULL",
                                             "FULL_TRANSITIVE",
                                             NULL};

static const struct mst_api_field schemas_fill_body[] = {
    {.name = "schema",
     .type = MST_API_OBJECT,
     .required = true,
     .max = SCHEMAS_TEXT_MAX,
     .help = "A JSON Schema or an Avro schema."},
    {.name = "seed",
     .type = MST_API_NUMBER,
     .min = 0,
     .max = INT64_MAX,
     .help = "Another document; the same for the same number."},
};

static const struct mst_api_field schemas_convert_body[] = {
    {.name = "source",
     .type = MST_API_OBJECT,
     .required = true,
     .max = SCHEMAS_TEXT_MAX,
     .help = "{\"schema_encoding\", \"body\"}; body is the schema as text."},
    {.name = "target_encoding",
     .type = MST_API_CHOICE,
     .required = true,
     .choices = schemas_encodings,
     .help = "What it shall be: the other one."},
    {.name = "options",
     .type = MST_API_OBJECT,
     .max = 4096,
     .help = "{\"name\", \"namespace\"} of the outermost record."},
};

static const struct mst_api_field schemas_list_query[] = {
    MST_API_LIMIT(SCHEMAS_LIST_MAX),
    {.name = "after",
     .type = MST_API_TEXT,
     .max = SCHEMAS_NAME_MAX,
     .help = "Only names behind this one."},
};

static const struct mst_api_field schemas_register_body[] = {
    {.name = "schema",
     .type = MST_API_OBJECT,
     .max = SCHEMAS_TEXT_MAX,
     .help = "The schema, also as text; without it only the level changes."},
    {.name = "schema_encoding",
     .type = MST_API_CHOICE,
     .choices = schemas_encodings,
     .help = "Where the schema may be either."},
    {.name = "compatibility",
     .type = MST_API_CHOICE,
     .choices = schemas_levels,
     .help = "What new versions owe to old ones."},
    {.name = "dry_run",
     .type = MST_API_BOOL,
     .help = "Only tell what would happen."},
};

#define SCHEMAS_FIELDS(list) .body = (list), .body_len = MST_ARRAY_SIZE(list)

const struct mst_api_operation mst_api_schemas[] = {
    {.method = "POST",
     .path = "/schema/fill",
     .role = MST_API_OPERATE,
     .id = "fillSchema",
     .summary = "One document made up by a schema.",
     SCHEMAS_FIELDS(schemas_fill_body),
     .status = 200,
     .answer = "Document",
     .run = schemas_fill},
    {.method = "POST",
     .path = "/schema/convert",
     .role = MST_API_OPERATE,
     .id = "convertSchema",
     .summary = "JSON Schema to Avro, or back.",
     SCHEMAS_FIELDS(schemas_convert_body),
     .status = 200,
     .answer = "ConvertedSchema",
     .run = schemas_convert},
    {.method = "GET",
     .path = "/schemas",
     .role = MST_API_READ,
     .id = "listSubjects",
     .summary = "All subjects by name, with their newest versions.",
     .query = schemas_list_query,
     .query_len = MST_ARRAY_SIZE(schemas_list_query),
     .status = 200,
     .answer = "Subjects",
     .run = schemas_list},
    {.method = "GET",
     .path = "/schemas/{subject}",
     .role = MST_API_READ,
     .id = "getSubject",
     .summary = "One subject, with all its versions.",
     .status = 200,
     .answer = "Subject",
     .run = schemas_show},
    {.method = "POST",
     .path = "/schemas/{subject}",
     .role = MST_API_OPERATE,
     .id = "registerSchema",
     .summary = "Adds a version, or sets the level of compatibility.",
     SCHEMAS_FIELDS(schemas_register_body),
     .status = 200,
     .answer = "SubjectDone",
     .run = schemas_register},
    {.method = "DELETE",
     .path = "/schemas/{subject}",
     .role = MST_API_ADMIN,
     .id = "removeSubject",
     .summary = "Removes a subject with all versions.",
     .status = 200,
     .answer = "Done",
     .run = schemas_remove},
    {.method = "GET",
     .path = "/schemas/{subject}/versions/{version}",
     .role = MST_API_READ,
     .id = "getSchema",
     .summary = "One version, or 'latest'.",
     .status = 200,
     .answer = "SchemaVersion",
     .run = schemas_show_version},
    {.method = "DELETE",
     .path = "/schemas/{subject}/versions/{version}",
     .role = MST_API_ADMIN,
     .id = "removeSchema",
     .summary = "Removes one version; its number never returns.",
     .status = 200,
     .answer = "Done",
     .run = schemas_remove_version},
    {0},
};
