/* SPDX-License-Identifier: MIT */
/* Services as they answer now. What is asked of a server is done within a
 * deadline, on a thread that nobody else waits for. */
#include "api/operations.h"
#include "api/tools.h"
#include "core/inspect.h"

enum {
    REMOTE_TIMEOUT_MS = 5000,
    REMOTE_TIMEOUT_MAX_MS = 30000,
    REMOTE_SAMPLE = 100,
    REMOTE_SAMPLE_MAX = 10000,
    REMOTE_SCHEMAS_MAX = 1000,
    REMOTE_SCHEMA_TEXT_MAX = 2 * 1024 * 1024,
    REMOTE_NAME_MAX = 255
};

/* A service for as long as one works with it; NULL: refused. */
static const struct mst_config_service *
remote_borrow(struct mst_api *api, const struct mst_api_request *request,
              struct mst_api_answer *answer, struct mst_job_loan *ret_loan)
{
    const char *name = request->captures[0];
    *ret_loan = mst_manager_borrow(api->args.manager, NULL);
    const struct mst_config_service *service =
        ret_loan->config != NULL
            ? mst_config_find_service(ret_loan->config, name)
            : NULL;
    if (service == NULL || service->node == NULL) {
        mst_api_refuse(answer, 404, "not_found", NULL,
                       "there is no service '%s'", name);
        return NULL;
    }
    return service;
}

static int
remote_timeout(const struct mst_api_request *request)
{
    const struct mst_api_value *timeout = mst_api_query(request, "timeout");
    return timeout->given ? (int)timeout->number : REMOTE_TIMEOUT_MS;
}

struct remote_test {
    struct mst_findings findings; /* first: add casts back */
    struct mst_json *out;
    bool failed;
};

static void
remote_add(struct mst_findings *findings, enum mst_finding_level level,
           const char *what, const char *text, const char *hint)
{
    static const char *const levels[] = {"ok", "warn", "fail"};
    struct remote_test *test = (struct remote_test *)findings;
    bool hinted = hint != NULL && hint[0] != '\0' && level != MST_FINDING_OK;
    test->failed = test->failed || level == MST_FINDING_FAIL;
    mst_json_open(test->out, NULL, '{');
    mst_json_str(test->out, "level", levels[level]);
    mst_json_str(test->out, "what", what);
    mst_json_str(test->out, "text", text);
    mst_json_str(test->out, "hint", hinted ? hint : NULL);
    mst_json_close(test->out, '}');
}

static const struct mst_inspect *
remote_inspect(const struct mst_config_service *service)
{
    return service->source != NULL    ? service->source->inspect
           : service->sink != NULL    ? service->sink->inspect
           : service->schemas != NULL ? service->schemas->inspect
                                      : NULL;
}

static void
remote_test(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    struct mst_job_loan loan;
    struct remote_test test = {.findings = {.add = remote_add},
                               .out = &answer->body};
    const struct mst_config_service *service =
        remote_borrow(api, request, answer, &loan);
    if (service != NULL) {
        const struct mst_inspect *inspect = remote_inspect(service);
        mst_json_open(&answer->body, NULL, '{');
        mst_json_str(&answer->body, "service", service->name);
        mst_json_str(&answer->body, "provider", service->provider);
        mst_json_open(&answer->body, "findings", '[');
        if (inspect == NULL || inspect->service == NULL) {
            remote_add(&test.findings, MST_FINDING_OK, service->provider,
                       "nothing to connect to", NULL);
        } else {
            inspect->service(service->name, service->options,
                             remote_timeout(request), &test.findings);
        }
        mst_json_close(&answer->body, ']');
        mst_json_bool(&answer->body, "ok", !test.failed);
        mst_json_close(&answer->body, '}');
    }
    mst_manager_give_back(api->args.manager, &loan);
}

static void
remote_look(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer,
            enum mst_status (*tool)(const struct mst_api_look *look,
                                    struct mst_json *out,
                                    struct mst_error *err))
{
    const struct mst_api_value *sample = mst_api_query(request, "sample_size");
    struct mst_job_loan loan;
    struct mst_error err;
    mst_error_clear(&err);
    const struct mst_api_look look = {
        .service = remote_borrow(api, request, answer, &loan),
        .resource = mst_api_query(request, "resource")->text,
        .scripts = mst_manager_registry(api->args.manager)->scripts,
        .sample = sample->given ? sample->number : REMOTE_SAMPLE,
        .timeout_ms = remote_timeout(request)};
    if (look.service != NULL) {
        mst_api_tool_done(answer, tool(&look, &answer->body, &err), &err);
    }
    mst_manager_give_back(api->args.manager, &loan);
}

static void
remote_resources(struct mst_api *api, const struct mst_api_request *request,
                 struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    if (tools != NULL) {
        remote_look(api, request, answer, tools->resources);
    }
}

static void
remote_introspect(struct mst_api *api, const struct mst_api_request *request,
                  struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    if (tools != NULL) {
        remote_look(api, request, answer, tools->introspect);
    }
}

/* A tool that works on the schemas that are kept in a service. */
static void
remote_schemas(struct mst_api *api, const struct mst_api_request *request,
               struct mst_api_answer *answer, struct mst_api_subject *what,
               enum mst_status (*tool)(const struct mst_api_subject *what,
                                       struct mst_json *out,
                                       struct mst_error *err))
{
    struct mst_job_loan loan;
    struct mst_error err;
    mst_error_clear(&err);
    what->service = remote_borrow(api, request, answer, &loan);
    what->config = loan.config;
    if (what->service != NULL) {
        mst_api_tool_done(answer, tool(what, &answer->body, &err), &err);
    }
    mst_manager_give_back(api->args.manager, &loan);
}

static void
remote_list_schemas(struct mst_api *api, const struct mst_api_request *request,
                    struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    const struct mst_api_value *limit = mst_api_query(request, "limit");
    struct mst_api_subject what = {
        .after = mst_api_query(request, "after")->text,
        .limit = limit->given ? limit->number : REMOTE_SCHEMAS_MAX};
    if (tools != NULL) {
        remote_schemas(api, request, answer, &what, tools->subjects);
    }
}

static void
remote_show_schema(struct mst_api *api, const struct mst_api_request *request,
                   struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    struct mst_api_subject what = {.name = request->captures[1]};
    if (tools != NULL) {
        remote_schemas(api, request, answer, &what, tools->subject);
    }
}

static void
remote_add_schema(struct mst_api *api, const struct mst_api_request *request,
                  struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    const char *id = mst_api_body(request, "id")->text;
    const char *name = mst_api_body(request, "name")->text;
    struct mst_api_subject what = {
        .name = id != NULL && id[0] != '\0' ? id : name,
        .text = mst_api_body(request, "definition")->text,
        .kind = mst_api_body(request, "encoding")->text};
    if (what.name == NULL || what.name[0] == '\0') {
        mst_api_refuse(answer, 422, "missing_field", "name",
                       "'id' or 'name' is missing");
    } else if (tools != NULL) {
        remote_schemas(api, request, answer, &what, tools->subject_put);
    }
}

static void
remote_remove_schema(struct mst_api *api, const struct mst_api_request *request,
                     struct mst_api_answer *answer)
{
    const struct mst_api_tools *tools = mst_api_tools_of(api, answer);
    struct mst_api_subject what = {.name = request->captures[1]};
    if (tools != NULL) {
        remote_schemas(api, request, answer, &what, tools->subject_remove);
    }
}

#define REMOTE_TIMEOUT                                                         \
    {                                                                          \
        .name = "timeout", .type = MST_API_DURATION, .min = 100,               \
        .max = REMOTE_TIMEOUT_MAX_MS,                                          \
        .help = "How long the server may take (5s)."                           \
    }

static const struct mst_api_field remote_query[] = {REMOTE_TIMEOUT};

static const struct mst_api_field remote_introspect_query[] = {
    {.name = "resource",
     .type = MST_API_TEXT,
     .required = true,
     .max = 255,
     .help = "The collection."},
    {.name = "sample_size",
     .type = MST_API_NUMBER,
     .min = 1,
     .max = REMOTE_SAMPLE_MAX,
     .help = "So many random documents (100)."},
    REMOTE_TIMEOUT,
};

static const struct mst_api_field remote_list_query[] = {
    MST_API_LIMIT(REMOTE_SCHEMAS_MAX),
    {.name = "after",
     .type = MST_API_TEXT,
     .max = REMOTE_NAME_MAX,
     .help = "Only ids behind this one."},
};

static const char *const remote_encodings[] = {"json", "avro", NULL};

static const struct mst_api_field remote_schema_body[] = {
    {.name = "definition",
     .type = MST_API_TEXT,
     .required = true,
     .max = REMOTE_SCHEMA_TEXT_MAX,
     .help = "The schema as text."},
    {.name = "encoding",
     .type = MST_API_CHOICE,
     .required = true,
     .choices = remote_encodings,
     .help = "What the schema is for."},
    {.name = "id",
     .type = MST_API_TEXT,
     .max = REMOTE_NAME_MAX,
     .help = "What it goes by."},
    {.name = "name",
     .type = MST_API_TEXT,
     .max = REMOTE_NAME_MAX,
     .help = "The same, where no id is given."},
};

const struct mst_api_operation mst_api_services_remote[] = {
    {.method = "POST",
     .path = "/services/{name}/test",
     .role = MST_API_OPERATE,
     .id = "testService",
     .summary = "Connects to a service and says what is right and wrong.",
     .query = remote_query,
     .query_len = MST_ARRAY_SIZE(remote_query),
     .status = 200,
     .answer = "ServiceTest",
     .run = remote_test},
    {.method = "GET",
     .path = "/services/{name}/resources",
     .role = MST_API_READ,
     .id = "listResources",
     .summary = "The collections of a mongodb service.",
     .query = remote_query,
     .query_len = MST_ARRAY_SIZE(remote_query),
     .status = 200,
     .answer = "Resources",
     .run = remote_resources},
    {.method = "GET",
     .path = "/services/{name}/schema/introspect",
     .role = MST_API_READ,
     .id = "introspectResource",
     .summary = "Schemas of random documents: those that agree where others "
                "do not, the largest share first.",
     .query = remote_introspect_query,
     .query_len = MST_ARRAY_SIZE(remote_introspect_query),
     .status = 200,
     .answer = "Introspection",
     .run = remote_introspect},
    {.method = "GET",
     .path = "/services/{name}/schemas",
     .role = MST_API_READ,
     .id = "listServiceSchemas",
     .summary = "The schemas that a mongodb service keeps.",
     .query = remote_list_query,
     .query_len = MST_ARRAY_SIZE(remote_list_query),
     .status = 200,
     .answer = "ServiceSchemas",
     .run = remote_list_schemas},
    {.method = "POST",
     .path = "/services/{name}/schemas",
     .role = MST_API_OPERATE,
     .id = "addServiceSchema",
     .summary = "Keeps a schema in a mongodb service, or its next version.",
     .body = remote_schema_body,
     .body_len = MST_ARRAY_SIZE(remote_schema_body),
     .status = 201,
     .answer = "ServiceSchemaDone",
     .run = remote_add_schema},
    {.method = "GET",
     .path = "/services/{name}/schemas/{id}",
     .role = MST_API_READ,
     .id = "getServiceSchema",
     .summary = "The newest version of a schema that a service keeps.",
     .status = 200,
     .answer = "ServiceSchema",
     .run = remote_show_schema},
    {.method = "DELETE",
     .path = "/services/{name}/schemas/{id}",
     .role = MST_API_ADMIN,
     .id = "removeServiceSchema",
     .summary = "Removes a schema that a service keeps.",
     .status = 200,
     .answer = "Done",
     .run = remote_remove_schema},
    {0},
};
