/* SPDX-License-Identifier: MIT */
/* What the answers of registries mean. */
#include "clients/registry_call.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "clients/registry_json.h"

enum { CALL_MESSAGE_MAX = 400, CALL_URL_MAX = 4096 };

/* What an error's body says. */
struct call_problem {
    uint32_t code; /* 0: it does not say */
    char message[CALL_MESSAGE_MAX];
};

/* What registries say goes to people as it is, but for control characters,
 * length, and our own login, should it be repeated there. */
static void
call_take_message(const struct registry_line *line, struct mst_slice value,
                  char out[CALL_MESSAGE_MAX])
{
    const struct mst_http_options *http = &line->service->http;
    struct mst_buf text;
    mst_buf_init(&text, value.len);
    if (registry_json_string(value, &text) == MST_OK
        && mst_buf_text(&text) != NULL) {
        (void)snprintf(out, CALL_MESSAGE_MAX, "%s", (char *)text.data);
    }
    mst_buf_clear(&text);
    out[mst_utf8_valid((const uint8_t *)out, strlen(out))] = '\0';
    for (char *at = out; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == '\x7f') {
            *at = ' ';
        }
    }
    if ((http->password != NULL && strstr(out, http->password) != NULL)
        || (http->token != NULL && strstr(out, http->token) != NULL)) {
        out[0] = '\0';
    }
}

static void
call_read_problem(const struct registry_line *line, struct mst_slice body,
                  struct call_problem *problem)
{
    struct registry_json json;
    struct mst_slice name;
    struct mst_slice value;
    memset(problem, 0, sizeof(*problem));
    if (!registry_json_begin(&json, body, '{')) {
        return;
    }
    while (registry_json_next(&json, &name, &value)) {
        if (mst_slice_is(name, "error_code")
            && !registry_json_number(value, &problem->code)) {
            problem->code = 0;
        } else if (mst_slice_is(name, "message")) {
            call_take_message(line, value, problem->message);
        }
    }
}

/* A refusal that is about what was asked for, not about who asks or where. */
static bool
call_is_refusal(long status, const struct call_problem *problem)
{
    if (status == 409 || status == 422) {
        return true;
    }
    return status == 404
           && (problem->code == REGISTRY_NO_SUBJECT
               || problem->code == REGISTRY_NO_VERSION
               || problem->code == REGISTRY_NO_SCHEMA);
}

static const char *
call_words(long status, uint32_t code)
{
    switch (code) {
    case REGISTRY_NO_SUBJECT:
        return "there is no such subject";
    case REGISTRY_NO_VERSION:
        return "the subject has no such version";
    case REGISTRY_NO_SCHEMA:
        return "there is no such schema";
    case 42201:
        return "the schema is not valid";
    case 42202:
        return "the version is not valid";
    case 42203:
        return "the compatibility level is not valid";
    case 42205:
        return "the registry takes no schemas now";
    case 50001:
        return "the registry's storage fails";
    case 50002:
        return "the registry timed out";
    case 50003:
        return "the registry could not ask its leader";
    default:
        break;
    }
    switch (status) {
    case 401:
        return "the login is refused";
    case 403:
        return "the login has not the right";
    case 404:
        return "there is no schema registry at this address";
    case 409:
        return "the schema is not compatible with those before it";
    case 422:
        return "the schema is refused";
    case 429:
        return "too many requests";
    default:
        return status >= 300 && status < 400 ? "redirects are not followed"
                                             : "the registry can not answer";
    }
}

static void
call_hint(long status, struct mst_error *err)
{
    if (status == 401 || status == 403) {
        mst_error_hint(err, "check 'username' and 'password', or 'token', of "
                            "the service");
    } else if (status >= 300 && status < 400) {
        mst_error_hint(err, "write the address that it leads to in 'url'");
    } else if (status == 404) {
        mst_error_hint(err, "check 'url' of the service: some registries have "
                            "a path, such as /apis/ccompat/v7");
    }
}

static enum mst_status
call_status(long status, const struct call_problem *problem)
{
    if (call_is_refusal(status, problem)) {
        return MST_REJECTED;
    }
    return status >= 500 || status == 408 || status == 429 ? MST_RETRY
                                                           : MST_FATAL;
}

static enum mst_status
call_refused(const struct registry_line *line, const char *url,
             const struct mst_http_answer *answer, struct mst_error *err)
{
    struct call_problem problem;
    char shown[MST_HTTP_URL_SHOWN_MAX];
    call_read_problem(line, mst_buf_slice(&answer->body), &problem);
    mst_http_url_show(url, shown);
    enum mst_status status = call_status(answer->status, &problem);
    (void)mst_fail(err, status, "registry",
                   problem.code != 0 ? (int64_t)problem.code : answer->status,
                   "%s: %s%s%s (%u)", shown,
                   call_words(answer->status, problem.code),
                   problem.message[0] != '\0' ? ": " : "", problem.message,
                   problem.code != 0 ? problem.code : (unsigned)answer->status);
    if (status != MST_REJECTED) {
        call_hint(answer->status, err);
    }
    err->retry_after_ms = answer->retry_after_ms;
    return status;
}

/* The answer of one address. */
static enum mst_status
call_one(struct registry_line *line, const char *url, struct mst_slice body,
         struct mst_http_answer *answer, struct mst_error *err)
{
    static const char *const headers[] = {
        "Accept: application/vnd.schemaregistry.v1+json, application/json",
        "Content-Type: application/vnd.schemaregistry.v1+json", NULL};
    const struct mst_http_request request = {
        .method = body.data == NULL ? "GET" : "POST",
        .url = url,
        .headers = headers,
        .body = body,
    };
    enum mst_status status = mst_http_run(line->http, &request, answer, err);
    if (status != MST_OK) {
        return status;
    }
    if (answer->status < 200 || answer->status > 299) {
        return call_refused(line, url, answer, err);
    }
    struct registry_json json;
    struct mst_slice text = mst_buf_slice(&answer->body);
    if (registry_json_begin(&json, text, '{')
        || registry_json_begin(&json, text, '[')) {
        return MST_OK;
    }
    char shown[MST_HTTP_URL_SHOWN_MAX];
    mst_http_url_show(url, shown);
    return mst_fail(err, MST_RETRY, "registry", answer->status,
                    "%s: the answer is no JSON of a schema registry", shown);
}

/* Without a slash at its end, and with the path. */
static enum mst_status
call_url(const char *base, const char *path, char url[CALL_URL_MAX],
         struct mst_error *err)
{
    size_t len = strlen(base);
    while (len > 0 && base[len - 1] == '/') {
        len--;
    }
    int n = snprintf(url, CALL_URL_MAX, "%.*s%s", (int)len, base, path);
    return n > 0 && n < CALL_URL_MAX
               ? MST_OK
               : mst_fail(err, MST_REJECTED, "registry", 0,
                          "the name of the subject is too long");
}

enum mst_status
registry_call(struct registry_line *line, const char *path,
              struct mst_slice body, struct mst_http_answer *answer,
              struct mst_error *err)
{
    const struct mst_strings *urls = &line->service->urls;
    enum mst_status status = MST_RETRY;
    for (size_t i = 0; i < urls->len; i++) {
        size_t at = (line->url + i) % urls->len;
        char url[CALL_URL_MAX];
        status = call_url(urls->items[at], path, url, err);
        if (status == MST_OK) {
            status = call_one(line, url, body, answer, err);
        }
        if (status == MST_OK || status == MST_REJECTED) {
            line->url = at;
            break;
        }
    }
    return status;
}
