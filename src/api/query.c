/* SPDX-License-Identifier: MIT */
/* What stands behind the question mark. */
#include "api/field.h"
#include "api/router.h"
#include "base/hex.h"
#include "base/utf8.h"

bool
mst_api_unescape(const char *text, size_t len, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            int high = len - i < 3 ? -1 : mst_hex_digit((uint8_t)text[i + 1]);
            int low = high < 0 ? -1 : mst_hex_digit((uint8_t)text[i + 2]);
            if (low < 0) {
                return false;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || n + 1 >= size) {
            return false;
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return mst_utf8_valid((const uint8_t *)out, n) == n;
}

static const struct mst_api_value query_none;

const struct mst_api_value *
mst_api_query(const struct mst_api_request *request, const char *name)
{
    const struct mst_api_operation *operation = request->operation;
    size_t i = mst_api_field_find(operation->query, operation->query_len, name);
    return i < operation->query_len ? &request->query_values[i] : &query_none;
}

const struct mst_api_value *
mst_api_body(const struct mst_api_request *request, const char *name)
{
    const struct mst_api_operation *operation = request->operation;
    size_t i = mst_api_field_find(operation->body, operation->body_len, name);
    return i < operation->body_len ? &request->body_values[i] : &query_none;
}

/* One "name=value" of len bytes; its texts go to at, which moves on. */
static bool
query_pair(struct mst_api_request *request, const char *pair, size_t len,
           char **at, struct mst_api_answer *answer)
{
    const struct mst_api_operation *operation = request->operation;
    struct mst_error err;
    char *end = request->query_text + sizeof(request->query_text);
    size_t name_len = strcspn(pair, "=&");
    char name[64];
    if (!mst_api_unescape(pair, name_len, name, sizeof(name))) {
        mst_api_refuse(answer, 400, "bad_query", NULL,
                       "a name in the query can not be read");
        return false;
    }
    size_t i = mst_api_field_find(operation->query, operation->query_len, name);
    if (i == operation->query_len) {
        mst_api_refuse(answer, 400, "bad_query", name, "'%s' is not known here",
                       name);
        return false;
    }
    const char *value = name_len < len ? pair + name_len + 1 : "";
    size_t value_len = name_len < len ? len - name_len - 1 : 0;
    char *text = *at;
    if (request->query_values[i].given
        || !mst_api_unescape(value, value_len, text, (size_t)(end - text))) {
        mst_api_refuse(answer, 400, "bad_query", name,
                       "'%s' comes twice, or can not be read", name);
        return false;
    }
    *at = text + strlen(text) + (text + strlen(text) + 1 < end ? 1 : 0);
    if (!mst_api_field_read(&operation->query[i], text,
                            &request->query_values[i], &err)) {
        mst_api_refuse(answer, 400, "bad_query", name, "'%s' %s", name,
                       err.text);
        return false;
    }
    return true;
}

bool
mst_api_read_query(struct mst_api_request *request,
                   struct mst_api_answer *answer)
{
    const char *rest = request->query;
    char *at = request->query_text;
    while (rest != NULL && *rest != '\0') {
        size_t len = strcspn(rest, "&");
        if (len > 0 && !query_pair(request, rest, len, &at, answer)) {
            return false;
        }
        rest += len + (rest[len] == '&' ? 1 : 0);
    }
    const struct mst_api_operation *operation = request->operation;
    for (size_t i = 0; i < operation->query_len; i++) {
        const struct mst_api_field *field = &operation->query[i];
        if (field->required && !request->query_values[i].given) {
            mst_api_refuse(answer, 400, "bad_query", field->name,
                           "'%s' is missing in the query", field->name);
            return false;
        }
    }
    return true;
}
