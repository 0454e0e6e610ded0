/* SPDX-License-Identifier: MIT */
/* openapi.json, from the tables that requests are routed and checked by. */
#include <string.h>

#include "api/openapi_shapes.h"
#include "api/operations.h"

static void
openapi_type(struct mst_json *out, const char *name,
             const struct mst_api_field *field)
{
    mst_json_open(out, name, '{');
    if (field->help != NULL) {
        mst_json_str(out, "description", field->help);
    }
    switch (field->type) {
    case MST_API_NUMBER:
        mst_json_str(out, "type", "integer");
        mst_json_number(out, "minimum", field->min);
        mst_json_number(out, "maximum", field->max);
        break;
    case MST_API_CHOICE:
        mst_json_str(out, "type", "string");
        mst_json_open(out, "enum", '[');
        for (size_t i = 0; field->choices[i] != NULL; i++) {
            mst_json_str(out, NULL, field->choices[i]);
        }
        mst_json_close(out, ']');
        break;
    case MST_API_TIME:
        mst_json_str(out, "type", "string");
        mst_json_str(out, "format", "date-time");
        break;
    case MST_API_OBJECT:
        mst_json_raw(out, "type", MST_SLICE_LIT("[\"object\",\"string\"]"));
        break;
    case MST_API_LIST:
        mst_json_str(out, "type", "array");
        break;
    case MST_API_DURATION:
        mst_json_raw(out, "type", MST_SLICE_LIT("[\"string\",\"integer\"]"));
        break;
    case MST_API_BOOL:
        mst_json_str(out, "type", "boolean");
        break;
    case MST_API_TEXT:
        mst_json_str(out, "type", "string");
        mst_json_number(out, "maxLength", field->max);
        break;
    }
    mst_json_close(out, '}');
}

static void
openapi_parameter(struct mst_json *out, const char *in,
                  const struct mst_api_field *field)
{
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "name", field->name);
    mst_json_str(out, "in", in);
    mst_json_bool(out, "required", field->required);
    openapi_type(out, "schema", field);
    mst_json_close(out, '}');
}

/* What stands in braces in the path, then the query. */
static void
openapi_parameters(struct mst_json *out, const struct mst_api_operation *one)
{
    mst_json_open(out, "parameters", '[');
    for (const char *at = strchr(one->path, '{'); at != NULL;
         at = strchr(at + 1, '{')) {
        char name[32] = "";
        size_t len = strcspn(at + 1, "}");
        memcpy(name, at + 1, len < sizeof(name) ? len : 0);
        const struct mst_api_field field = {.name = name,
                                            .type = MST_API_TEXT,
                                            .required = true,
                                            .max = MST_API_CAPTURE_MAX - 1};
        openapi_parameter(out, "path", &field);
    }
    for (size_t i = 0; i < one->query_len; i++) {
        openapi_parameter(out, "query", &one->query[i]);
    }
    mst_json_close(out, ']');
}

static void
openapi_body(struct mst_json *out, const struct mst_api_operation *one)
{
    mst_json_open(out, "requestBody", '{');
    mst_json_open(out, "content", '{');
    mst_json_open(out, "application/json", '{');
    mst_json_open(out, "schema", '{');
    mst_json_str(out, "type", "object");
    mst_json_bool(out, "additionalProperties", one->document);
    mst_json_open(out, "properties", '{');
    for (size_t i = 0; i < one->body_len; i++) {
        openapi_type(out, one->body[i].name, &one->body[i]);
    }
    mst_json_close(out, '}');
    mst_json_open(out, "required", '[');
    for (size_t i = 0; i < one->body_len; i++) {
        if (one->body[i].required) {
            mst_json_str(out, NULL, one->body[i].name);
        }
    }
    mst_json_close(out, ']');
    mst_json_close(out, '}');
    mst_json_close(out, '}');
    mst_json_close(out, '}');
    mst_json_close(out, '}');
}

/* One answer: its content is of that shape. */
static void
openapi_answer(struct mst_json *out, const char *status, const char *words,
               const char *shape)
{
    const struct mst_api_shape *known = mst_api_shapes;
    while (known->name != NULL && strcmp(known->name, shape) != 0) {
        known++;
    }
    mst_json_open(out, status, '{');
    mst_json_str(out, "description", words);
    mst_json_open(out, "content", '{');
    mst_json_open(out, known->name != NULL ? known->type : "application/json",
                  '{');
    mst_json_open(out, "schema", '{');
    struct mst_buf ref;
    mst_buf_init(&ref, 128);
    mst_json_did(out, mst_buf_printf(&ref, "#/components/schemas/%s", shape));
    mst_json_slice(out, "$ref", mst_buf_slice(&ref));
    mst_buf_clear(&ref);
    mst_json_close(out, '}');
    mst_json_close(out, '}');
    mst_json_close(out, '}');
    mst_json_close(out, '}');
}

static void
openapi_method(struct mst_json *out, const struct mst_api_operation *one)
{
    static const char *const methods[][2] = {
        {"GET", "get"}, {"POST", "post"}, {"PUT", "put"}, {"DELETE", "delete"}};
    const char *method = "get";
    for (size_t i = 0; i < MST_ARRAY_SIZE(methods); i++) {
        method =
            strcmp(one->method, methods[i][0]) == 0 ? methods[i][1] : method;
    }
    mst_json_open(out, method, '{');
    mst_json_str(out, "operationId", one->id);
    mst_json_str(out, "summary", one->summary);
    mst_json_str(out, "x-role", mst_api_role_name(one->role));
    openapi_parameters(out, one);
    if (one->body_len > 0 || one->document) {
        openapi_body(out, one);
    }
    mst_json_open(out, "responses", '{');
    openapi_answer(out, one->status == 201 ? "201" : "200", "Done.",
                   one->answer);
    openapi_answer(out, "default", "Refused, with the reason.", "Error");
    mst_json_close(out, '}');
    mst_json_open(out, "security", '[');
    if (one->role != MST_API_ANYONE) {
        mst_json_raw(out, NULL,
                     MST_SLICE_LIT("{\"token\":[]},{\"session\":[]}"));
    }
    mst_json_close(out, ']');
    mst_json_close(out, '}');
}

/* True: an operation of the path stands before this one. */
static bool
openapi_seen(const struct mst_api_operation *table,
             const struct mst_api_operation *one)
{
    for (; table != one; table++) {
        if (strcmp(table->path, one->path) == 0) {
            return true;
        }
    }
    return false;
}

/* All operations of the path, of which this is the first. They are in one
 * table. */
static void
openapi_path(struct mst_json *out, const struct mst_api_operation *first)
{
    mst_json_open(out, first->path, '{');
    for (mst_api_table one = first; one->method != NULL; one++) {
        if (strcmp(one->path, first->path) == 0) {
            openapi_method(out, one);
        }
    }
    mst_json_close(out, '}');
}

static void
openapi_paths(struct mst_json *out)
{
    mst_json_open(out, "paths", '{');
    for (const mst_api_table *table = mst_api_tables; *table != NULL; table++) {
        for (mst_api_table one = *table; one->method != NULL; one++) {
            if (!openapi_seen(*table, one)) {
                openapi_path(out, one);
            }
        }
    }
    mst_json_close(out, '}');
}

static void
openapi_components(const struct mst_api *api, struct mst_json *out)
{
    mst_json_open(out, "components", '{');
    mst_json_open(out, "schemas", '{');
    for (const struct mst_api_shape *shape = mst_api_shapes;
         shape->name != NULL; shape++) {
        mst_json_raw(out, shape->name, mst_slice_str(shape->schema));
    }
    mst_json_close(out, '}');
    mst_json_open(out, "securitySchemes", '{');
    mst_json_raw(out, "token",
                 MST_SLICE_LIT("{\"type\":\"http\",\"scheme\":\"bearer\"}"));
    mst_json_open(out, "session", '{');
    mst_json_str(out, "type", "apiKey");
    mst_json_str(out, "in", "cookie");
    mst_json_str(out, "name", mst_api_session_cookie(api->tls != NULL));
    mst_json_close(out, '}');
    mst_json_close(out, '}');
    mst_json_close(out, '}');
}

static void
openapi_get(struct mst_api *api, const struct mst_api_request *request,
            struct mst_api_answer *answer)
{
    struct mst_json *out = &answer->body;
    (void)request;
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "openapi", "3.1.0");
    mst_json_open(out, "info", '{');
    mst_json_str(out, "title", "mstream");
    mst_json_str(out, "version", MST_VERSION);
    mst_json_str(out, "description",
                 "Jobs of an mstream daemon: how they are, and steering them. "
                 "x-role is what a token must be for.");
    mst_json_close(out, '}');
    mst_json_open(out, "servers", '[');
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "url", api->url);
    mst_json_close(out, '}');
    mst_json_close(out, ']');
    openapi_paths(out);
    openapi_components(api, out);
    mst_json_close(out, '}');
}

const struct mst_api_operation mst_api_openapi[] = {
    {.method = "GET",
     .path = "/openapi.json",
     .role = MST_API_READ,
     .id = "getOpenApi",
     .quick = true,
     .summary = "This description.",
     .status = 200,
     .answer = "OpenApi",
     .run = openapi_get},
    {0},
};
