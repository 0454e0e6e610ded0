/* SPDX-License-Identifier: MIT */
/* Answers, and the one shape that errors have. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/http.h"

void
mst_api_answer_init(struct mst_api_answer *answer)
{
    memset(answer, 0, sizeof(*answer));
    answer->status = 200;
    answer->type = "application/json";
    mst_json_init(&answer->body, MST_API_ANSWER_MAX);
}

static void
answer_end_stream(struct mst_api_answer *answer)
{
    if (answer->stream != NULL) {
        answer->stream->close(answer->stream);
        answer->stream = NULL;
    }
}

void
mst_api_answer_clear(struct mst_api_answer *answer)
{
    answer_end_stream(answer);
    mst_json_clear(&answer->body);
}

void
mst_api_request_clear(struct mst_api_request *request)
{
    for (size_t i = 0; i < MST_API_VALUES_MAX; i++) {
        free(request->texts[i]);
        request->texts[i] = NULL;
    }
    json_decref(request->json);
    request->json = NULL;
}

void
mst_api_refuse(struct mst_api_answer *answer, int status, const char *code,
               const char *path, const char *fmt, ...)
{
    char message[MST_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    mst_json_clear(&answer->body);
    mst_json_init(&answer->body, MST_API_ANSWER_MAX);
    answer->status = status;
    answer->type = "application/json";
    answer->cookie[0] = '\0';
    answer->etag[0] = '\0';
    answer->location[0] = '\0';
    answer_end_stream(answer);
    mst_json_open(&answer->body, NULL, '{');
    mst_json_str(&answer->body, "message", len < 0 ? code : message);
    mst_json_str(&answer->body, "code", code);
    if (path != NULL) {
        mst_json_str(&answer->body, "path", path);
    }
    mst_json_close(&answer->body, '}');
}

struct mst_json *
mst_api_reopen(struct mst_api_answer *answer)
{
    if (answer->body.failed || answer->body.buf.len == 0) {
        return NULL;
    }
    answer->body.buf.len--; /* the bracket */
    return &answer->body;
}

void
mst_api_hint(struct mst_api_answer *answer, const char *fmt, ...)
{
    char hint[MST_ERROR_HINT_MAX];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(hint, sizeof(hint), fmt, args);
    va_end(args);
    struct mst_json *out = len > 0 ? mst_api_reopen(answer) : NULL;
    if (out != NULL) {
        mst_json_str(out, "hint", hint);
        mst_json_close(out, '}');
    }
}

void
mst_api_fail(struct mst_api_answer *answer, const struct mst_error *err)
{
    switch (err->status) {
    case MST_END:
        mst_api_refuse(answer, 404, "not_found", NULL, "%s", err->text);
        break;
    case MST_REJECTED:
        mst_api_refuse(answer, 409, "conflict", NULL, "%s", err->text);
        break;
    case MST_AGAIN:
    case MST_RETRY:
    case MST_DISCONNECTED:
        mst_api_refuse(answer, 503, "unavailable", NULL, "%s", err->text);
        answer->retry_after_s = 1;
        break;
    case MST_OK:
    case MST_FATAL:
        mst_api_refuse(answer, 500, "failed", NULL, "%s", err->text);
        break;
    }
    if (err->hint[0] != '\0') {
        mst_api_hint(answer, "%s", err->hint);
    }
}
