/* SPDX-License-Identifier: MIT */
/* The body of a request: JSON, with a bound on everything. */
#include <strings.h>

#include "api/field.h"
#include "api/router.h"

enum { BODY_DEPTH_MAX = 32 };

/* Deepest nesting of brackets outside of texts. */
static size_t
body_depth(struct mst_slice text)
{
    size_t depth = 0;
    size_t deepest = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (quoted) {
            i += c == '\\' ? 1 : 0;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            depth++;
            deepest = depth > deepest ? depth : deepest;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return deepest;
}

static bool
body_is_json(const char *type)
{
    static const char json[] = "application/json";
    return type != NULL && strncasecmp(type, json, sizeof(json) - 1) == 0
           && (type[sizeof(json) - 1] == '\0' || type[sizeof(json) - 1] == ';'
               || type[sizeof(json) - 1] == ' ');
}

static bool
body_parse(struct mst_api_request *request, struct mst_api_answer *answer)
{
    json_error_t where;
    if (!body_is_json(request->content_type)) {
        mst_api_refuse(answer, 415, "not_json", NULL, "the body must be JSON");
        mst_api_hint(answer, "send the header Content-Type: application/json");
        return false;
    }
    if (body_depth(request->body) > BODY_DEPTH_MAX) {
        mst_api_refuse(answer, 400, "bad_json", NULL,
                       "the JSON is nested deeper than %d", BODY_DEPTH_MAX);
        return false;
    }
    request->json =
        json_loadb((const char *)request->body.data, request->body.len,
                   JSON_REJECT_DUPLICATES, &where);
    if (request->json == NULL) {
        mst_api_refuse(answer, 400, "bad_json", NULL,
                       "line %d, column %d: %.120s", where.line, where.column,
                       where.text);
        return false;
    }
    return true;
}

/* What a field may be given as. */
static bool
body_value(struct mst_api_request *request, size_t i, json_t *json,
           struct mst_error *err)
{
    const struct mst_api_field *field = &request->operation->body[i];
    struct mst_api_value *value = &request->body_values[i];
    if ((json_is_object(json) && field->type == MST_API_OBJECT)
        || (json_is_array(json) && field->type == MST_API_LIST)) {
        request->texts[i] = json_dumps(json, JSON_COMPACT);
        return request->texts[i] != NULL
               && mst_api_field_read(field, request->texts[i], value, err);
    }
    if (json_is_boolean(json) && field->type == MST_API_BOOL) {
        *value = (struct mst_api_value){.given = true,
                                        .number = json_is_true(json) ? 1 : 0};
        return true;
    }
    if (json_is_integer(json)
        && (field->type == MST_API_NUMBER || field->type == MST_API_DURATION)) {
        int64_t unit = field->type == MST_API_DURATION ? 1000 : 1;
        int64_t number = 0;
        if (__builtin_mul_overflow((int64_t)json_integer_value(json), unit,
                                   &number)) {
            number = INT64_MAX;
        }
        return mst_api_field_number(field, number, value, err);
    }
    if (json_is_string(json) && field->type != MST_API_NUMBER
        && field->type != MST_API_LIST) {
        if (strlen(json_string_value(json)) != json_string_length(json)) {
            return mst_fail(err, MST_REJECTED, "api", 0, "has a NUL in it")
                   == MST_OK;
        }
        return mst_api_field_read(field, json_string_value(json), value, err);
    }
    return mst_fail(err, MST_REJECTED, "api", 0, "is of the wrong type")
           == MST_OK;
}

static bool
body_values(struct mst_api_request *request, struct mst_api_answer *answer)
{
    const struct mst_api_operation *operation = request->operation;
    const char *name = NULL;
    json_t *json = NULL;
    struct mst_error err;
    json_object_foreach(request->json, name, json)
    {
        size_t i =
            mst_api_field_find(operation->body, operation->body_len, name);
        if (i == operation->body_len) {
            mst_api_refuse(answer, 422, "unknown_field", name,
                           "'%.100s' is not known here", name);
            return false;
        }
        mst_error_clear(&err);
        if (!body_value(request, i, json, &err)) {
            mst_api_refuse(answer, 422, "bad_field", name, "'%s' %s", name,
                           err.text[0] != '\0' ? err.text : "is too much");
            return false;
        }
    }
    for (size_t i = 0; i < operation->body_len; i++) {
        const struct mst_api_field *field = &operation->body[i];
        if (field->required && !request->body_values[i].given) {
            mst_api_refuse(answer, 422, "missing_field", field->name,
                           "'%s' is missing", field->name);
            return false;
        }
    }
    return true;
}

static bool
body_is_required(const struct mst_api_operation *operation)
{
    bool required = false;
    for (size_t i = 0; i < operation->body_len; i++) {
        required = required || operation->body[i].required;
    }
    return required;
}

bool
mst_api_read_body(struct mst_api_request *request,
                  struct mst_api_answer *answer)
{
    const struct mst_api_operation *operation = request->operation;
    if ((operation->body_len == 0 && !operation->document)
        || (request->body.len == 0 && !operation->document
            && !body_is_required(operation))) {
        return true;
    }
    if (!body_parse(request, answer)) {
        return false;
    }
    if (!json_is_object(request->json)) {
        mst_api_refuse(answer, 422, "bad_field", NULL,
                       "the body must be a JSON object");
        return false;
    }
    return operation->document || body_values(request, answer);
}
