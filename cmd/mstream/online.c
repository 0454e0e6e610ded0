/* SPDX-License-Identifier: MIT */
/* One request, its answer, and what went wrong in words. */
#include "online.h"

#include <stdio.h>
#include <stdlib.h>

#include "clients/http_client.h"
#include "output.h"

enum {
    ONLINE_ANSWER_MAX = 64 * 1024 * 1024,
    ONLINE_TIMEOUT_MS = 10000,
    ONLINE_URL_MAX = 8192,
    ONLINE_GOOD = 200,
    ONLINE_BUSY = 500 /* statuses from here on pass by themselves */
};

/* Everything that a request goes by. */
struct online_target {
    struct mst_http_options options;
    struct mst_buf url;
};

static enum mst_status
online_url(const char *base, const char *const *segments, const char *query,
           struct mst_buf *url)
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
    if (status == MST_OK && query != NULL && query[0] != '\0') {
        status = mst_buf_printf(url, "?%s", query);
    }
    return status == MST_OK && mst_buf_text(url) == NULL ? MST_FATAL : status;
}

/* Each mistake in a line of its own; as many as there is room for. */
static void
online_problems(const json_t *problems, struct mst_error *err)
{
    for (size_t i = 0; i < json_array_size(problems); i++) {
        const json_t *one = json_array_get(problems, i);
        const char *path = json_string_value(json_object_get(one, "path"));
        const char *text = json_string_value(json_object_get(one, "message"));
        const char *hint = json_string_value(json_object_get(one, "hint"));
        size_t used = strlen(err->text);
        (void)snprintf(err->text + used, sizeof(err->text) - used,
                       "\n  %s%s%s%s%s%s", path != NULL ? path : "",
                       path != NULL && path[0] != '\0' ? ": " : "",
                       text != NULL ? text : "", hint != NULL ? " (" : "",
                       hint != NULL ? hint : "", hint != NULL ? ")" : "");
    }
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
        const json_t *problems = json_object_get(json, "problems");
        if (json_array_size(problems) > 1) {
            online_problems(problems, err);
        }
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
online_ask(const struct mst_online_message *message, const char *url,
           const struct mst_http_options *options, struct mst_error *err)
{
    char match[128];
    const char *const headers[] = {
        "Accept: application/json", "Content-Type: application/json",
        message->if_match != NULL ? match : NULL, NULL};
    struct mst_http *http = NULL;
    struct mst_http_answer answer = {0};
    json_t *json = NULL;
    const struct mst_http_request request = {
        .method = message->method,
        .url = url,
        .headers = headers,
        /* A POST without a body still has a length. */
        .body = message->body.data != NULL            ? message->body
                : strcmp(message->method, "GET") == 0 ? MST_SLICE_NONE
                                                      : mst_slice_of("", 0)};
    (void)snprintf(match, sizeof(match), "If-Match: \"%s\"",
                   message->if_match != NULL ? message->if_match : "");
    if (mst_http_create(options, &http, err) != MST_OK) {
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

/* The flags and the environment. Ownership: the url is the caller's. */
static enum mst_status
online_target(const struct mst_cli_args *args, const char *const *segments,
              const char *query, struct online_target *target,
              struct mst_error *err)
{
    const char *base = mst_cli_value(args, "url");
    const char *known = getenv("MSTREAM_URL");
    const char *token = getenv("MSTREAM_TOKEN");
    mst_buf_init(&target->url, ONLINE_URL_MAX);
    target->options = (struct mst_http_options){
        /* Borrowed; the client does not change them. */
        .token =
            token != NULL && token[0] != '\0' ? (char *)(uintptr_t)token : NULL,
        .ca_file = (char *)(uintptr_t)mst_cli_value(args, "ca-file"),
        .connect_timeout_ms = ONLINE_TIMEOUT_MS,
    };
    if (base == NULL) {
        base = known != NULL && known[0] != '\0' ? known : MST_ONLINE_URL;
    }
    if (!mst_cli_duration(args, "timeout", ONLINE_TIMEOUT_MS,
                          &target->options.timeout_ms)) {
        return MST_REJECTED;
    }
    if (mst_http_url_check(base, err) != MST_OK) {
        return MST_FATAL;
    }
    return online_url(base, segments, query, &target->url) == MST_OK
               ? MST_OK
               : mst_fail(err, MST_FATAL, "api", 0, "this name is too long");
}

static json_t *
online_send(const struct mst_cli_args *args,
            const struct mst_online_message *message, struct mst_error *err)
{
    struct online_target target;
    json_t *json = NULL;
    mst_error_clear(err);
    enum mst_status status =
        online_target(args, message->segments, message->query, &target, err);
    target.options.timeout_ms += message->extra_ms;
    if (status == MST_OK) {
        json = online_ask(message, (const char *)target.url.data,
                          &target.options, err);
    } else {
        err->status = status;
    }
    mst_buf_clear(&target.url);
    return json;
}

json_t *
mst_online_ask(const struct mst_cli_args *args, const char *method,
               const char *const *segments, const char *query,
               struct mst_error *err)
{
    const struct mst_online_message message = {
        .method = method, .segments = segments, .query = query};
    return online_send(args, &message, err);
}

json_t *
mst_online_send(const struct mst_cli_args *args,
                const struct mst_online_message *message, int *ret_code)
{
    struct mst_error err;
    json_t *json = online_send(args, message, &err);
    *ret_code = json != NULL                 ? MST_EXIT_OK
                : err.status == MST_REJECTED ? MST_EXIT_USAGE
                                             : MST_EXIT_FAILED;
    if (*ret_code == MST_EXIT_FAILED) {
        mst_cli_error(args, &err);
    }
    return json;
}

json_t *
mst_online_query(const struct mst_cli_args *args, const char *method,
                 const char *const *segments, const char *query, int *ret_code)
{
    const struct mst_online_message message = {
        .method = method, .segments = segments, .query = query};
    return mst_online_send(args, &message, ret_code);
}

json_t *
mst_online_call(const struct mst_cli_args *args, const char *method,
                const char *const *segments, int *ret_code)
{
    return mst_online_query(args, method, segments, NULL, ret_code);
}

enum mst_status
mst_online_stream(const struct mst_cli_args *args, const char *const *segments,
                  const char *query, const struct mst_online_listener *listener,
                  struct mst_error *err)
{
    char id[64];
    const char *headers[] = {"Accept: text/event-stream",
                             listener->last_id[0] != '\0' ? id : NULL, NULL};
    struct online_target target;
    struct mst_http *http = NULL;
    struct mst_http_answer answer = {0};
    mst_error_clear(err);
    (void)snprintf(id, sizeof(id), "Last-Event-ID: %s", listener->last_id);
    enum mst_status status = online_target(args, segments, query, &target, err);
    target.options.timeout_ms = 0; /* it has no end */
    const struct mst_http_request request = {
        .method = "GET",
        .headers = headers,
        .take = listener->take,
        .take_arg = listener->arg,
        .url = status == MST_OK ? (const char *)target.url.data : NULL};
    if (status == MST_OK) {
        status = mst_http_create(&target.options, &http, err);
    }
    if (status == MST_OK) {
        mst_buf_init(&answer.body, ONLINE_ANSWER_MAX);
        status = mst_http_run(http, &request, &answer, err);
        if (status == MST_OK && answer.status != ONLINE_GOOD) {
            json_decref(online_read(&answer, err));
            status = answer.status >= ONLINE_BUSY ? MST_RETRY : MST_FATAL;
        }
        mst_buf_clear(&answer.body);
    }
    mst_http_destroy(http);
    mst_buf_clear(&target.url);
    return status;
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

/* Every key with a value, in a line each; what is in objects below them. */
static void
online_lines(struct mst_output *out, const json_t *object, int indent)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        char text[64];
        if (json_is_object(value) && strcmp(key, "pipeline") != 0) {
            mst_output_text(out, "%*s%s\n", indent, "", key);
            online_lines(out, value, indent + 2);
        } else if (json_is_array(value) || json_is_object(value)) {
            char *dump = json_dumps(value, 0);
            mst_output_text(out, "%*s%-*s  %s\n", indent, "", 24 - indent, key,
                            dump != NULL ? dump : "-");
            free(dump);
        } else {
            const char *shown = json_is_true(value) ? "yes"
                                : json_is_false(value)
                                    ? "no"
                                    : mst_online_text(object, key, text);
            mst_output_text(out, "%*s%-*s  %s\n", indent, "", 24 - indent, key,
                            shown);
        }
    }
}

int
mst_online_say(const struct mst_cli_args *args, const json_t *answer)
{
    struct mst_output out;
    char text[64];
    if (args->json) {
        return mst_online_print(answer);
    }
    mst_output_init(&out);
    mst_output_text(&out, "%s\n", mst_online_text(answer, "message", text));
    return mst_output_end(&out, MST_EXIT_OK);
}

int
mst_online_show(const struct mst_cli_args *args, const char *const *segments)
{
    int code = MST_EXIT_OK;
    struct mst_output out;
    json_t *answer = mst_online_call(args, "GET", segments, &code);
    if (answer == NULL) {
        return code;
    }
    if (args->json) {
        code = mst_online_print(answer);
    } else {
        mst_output_init(&out);
        online_lines(&out, answer, 0);
        code = mst_output_end(&out, MST_EXIT_OK);
    }
    json_decref(answer);
    return code;
}
