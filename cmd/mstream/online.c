/* SPDX-License-Identifier: MIT */
/* One request, its answer, and what went wrong in words. */
#include "online.h"

#include <stdio.h>
#include <stdlib.h>

#include "clients/http_client.h"
#include "output.h"

enum { ONLINE_ANSWER_MAX = 64 * 1024 * 1024, ONLINE_TIMEOUT_MS = 10000 };

static enum mst_status
online_url(const char *base, const char *const *segments, struct mst_buf *url)
{
    size_t len = strlen(base);
    while (len > 0 && base[len - 1] == '/') {
        len--;
    }
    enum mst_status status = mst_buf_append(url, base, len);
    for (; *segments != NULL && status == MST_OK; segments++) {
        status = mst_buf_append_char(url, '/');
        if (status == MST_OK) {
            status = mst_http_append_escaped(url, mst_slice_str(*segments));
        }
    }
    return status == MST_OK && mst_buf_text(url) == NULL ? MST_FATAL : status;
}

/* An answer of 200 with JSON in it, or NULL with err as the daemon said it. */
static json_t *
online_read(const struct mst_http_answer *answer, struct mst_error *err)
{
    json_t *json =
        json_loadb((const char *)answer->body.data, answer->body.len, 0, NULL);
    if (answer->status >= 200 && answer->status < 300 && json != NULL) {
        return json;
    }
    const char *message = json_string_value(json_object_get(json, "message"));
    const char *hint = json_string_value(json_object_get(json, "hint"));
    if (message != NULL) {
        (void)mst_fail(err, MST_FATAL, "api", answer->status, "%s", message);
        mst_error_hint(err, "%s",
                       answer->status == 401 ? "set MSTREAM_TOKEN"
                       : hint != NULL        ? hint
                                             : "");
    } else {
        (void)mst_fail(err, MST_FATAL, "api", answer->status,
                       "this is no mstream daemon: it answered %ld without "
                       "JSON",
                       answer->status);
    }
    json_decref(json);
    return NULL;
}

static json_t *
online_ask(const char *method, const char *url,
           const struct mst_http_options *options, struct mst_error *err)
{
    static const char *const headers[] = {"Accept: application/json", NULL};
    struct mst_http *http = NULL;
    struct mst_http_answer answer = {0};
    json_t *json = NULL;
    const struct mst_http_request request = {
        .method = method,
        .url = url,
        .headers = headers,
        /* A POST without a body still has a length. */
        .body =
            strcmp(method, "GET") == 0 ? MST_SLICE_NONE : mst_slice_of("", 0)};
    if (mst_http_url_check(url, err) != MST_OK
        || mst_http_create(options, &http, err) != MST_OK) {
        return NULL;
    }
    mst_buf_init(&answer.body, ONLINE_ANSWER_MAX);
    if (mst_http_run(http, &request, &answer, err) == MST_OK) {
        json = online_read(&answer, err);
    } else if (err->hint[0] == '\0') {
        mst_error_hint(err, "is mstreamd running? --url or MSTREAM_URL says "
                            "where");
    }
    mst_buf_clear(&answer.body);
    mst_http_destroy(http);
    return json;
}

json_t *
mst_online_call(const struct mst_cli_args *args, const char *method,
                const char *const *segments, int *ret_code)
{
    const char *base = mst_cli_value(args, "url");
    const char *known = getenv("MSTREAM_URL");
    struct mst_http_options options = {
        /* Borrowed; the client does not change them. */
        .token = getenv("MSTREAM_TOKEN"),
        .ca_file = (char *)(uintptr_t)mst_cli_value(args, "ca-file"),
        .connect_timeout_ms = ONLINE_TIMEOUT_MS,
    };
    struct mst_buf url;
    struct mst_error err;
    *ret_code = MST_EXIT_USAGE;
    if (!mst_cli_duration(args, "timeout", ONLINE_TIMEOUT_MS,
                          &options.timeout_ms)) {
        return NULL;
    }
    if (base == NULL) {
        base = known != NULL && known[0] != '\0' ? known : MST_ONLINE_URL;
    }
    if (options.token != NULL && options.token[0] == '\0') {
        options.token = NULL;
    }
    *ret_code = MST_EXIT_FAILED;
    mst_error_clear(&err);
    mst_buf_init(&url, 8192);
    json_t *json = NULL;
    if (online_url(base, segments, &url) == MST_OK) {
        json = online_ask(method, (const char *)url.data, &options, &err);
    } else {
        (void)mst_fail(&err, MST_FATAL, "api", 0, "this name is too long");
    }
    mst_buf_clear(&url);
    if (json == NULL) {
        mst_cli_error(args, &err);
        return NULL;
    }
    *ret_code = MST_EXIT_OK;
    return json;
}

const char *
mst_online_text(const json_t *object, const char *key, char out[64])
{
    const json_t *value = json_object_get(object, key);
    if (json_is_string(value)) {
        return json_string_value(value);
    }
    if (json_is_integer(value)) {
        (void)snprintf(out, 64, "%lld", (long long)json_integer_value(value));
        return out;
    }
    if (json_is_real(value)) {
        (void)snprintf(out, 64, "%.1f", json_real_value(value));
        return out;
    }
    return "-";
}

int
mst_online_print(const json_t *answer)
{
    struct mst_output out;
    char *text = json_dumps(answer, JSON_COMPACT | JSON_ENCODE_ANY);
    mst_output_init(&out);
    if (text == NULL) {
        out.json.failed = true;
    } else {
        mst_output_json(&out, NULL, mst_slice_str(text));
        mst_output_newline(&out);
    }
    free(text);
    return mst_output_end(&out, MST_EXIT_OK);
}
