/* SPDX-License-Identifier: MIT */
/* libcurl, driven so that it can be woken while it waits. */
#include "clients/http_client.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "clients/http_easy.h"

enum { HTTP_POLL_MS = 1000, HTTP_GOOD = 200 };

struct mst_http {
    const struct mst_http_options *options;
    CURLM *multi;
    CURL *easy;
    atomic_bool interrupted;
    char text[CURL_ERROR_SIZE]; /* libcurl's words */
};

/* A request under way. */
struct http_call {
    const struct mst_http_request *request;
    CURL *easy;
    struct mst_http_answer *answer;
    struct curl_slist *headers;
    size_t header_bytes;
    bool too_large;
    bool whole_head;
    bool no_memory;
};

enum mst_status
mst_http_create(const struct mst_http_options *options,
                struct mst_http **ret_http, struct mst_error *err)
{
    struct mst_http *http = calloc(1, sizeof(*http));
    if (http == NULL) {
        return mst_fail_memory(err, "http");
    }
    http->options = options;
    http->multi = curl_multi_init();
    http->easy = curl_easy_init();
    if (http->multi == NULL || http->easy == NULL) {
        mst_http_destroy(http);
        return mst_fail_memory(err, "http");
    }
    *ret_http = http;
    return MST_OK;
}

void
mst_http_destroy(struct mst_http *http)
{
    if (http != NULL) {
        curl_easy_cleanup(http->easy);
        /* It holds no handles by now. */
        (void)curl_multi_cleanup(http->multi);
        free(http);
    }
}

void
mst_http_interrupt(struct mst_http *http, bool on)
{
    atomic_store(&http->interrupted, on);
    /* Without it the flag is seen at the next round. */
    (void)curl_multi_wakeup(http->multi);
}

static size_t
http_take_body(char *data, size_t size, size_t n, void *arg)
{
    struct http_call *call = arg;
    if (call->request->take != NULL) {
        long status = 0;
        (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        if (status == HTTP_GOOD) {
            return call->request->take(call->request->take_arg,
                                       mst_slice_of(data, size * n))
                       ? size * n
                       : 0;
        }
    }
    enum mst_status status =
        mst_buf_append(&call->answer->body, data, size * n);
    call->too_large = call->too_large || status == MST_REJECTED;
    call->no_memory = call->no_memory || status == MST_FATAL;
    return status == MST_OK ? size * n : 0;
}

/* Headers are counted, not kept: a server may send them without end. */
static size_t
http_take_header(char *data, size_t size, size_t n, void *arg)
{
    struct http_call *call = arg;
    call->header_bytes += size * n;
    call->whole_head = mst_http_easy_head(data, size * n, call->whole_head);
    call->too_large =
        call->too_large || call->header_bytes > MST_HTTP_HEADERS_MAX;
    return call->too_large ? 0 : size * n;
}

static bool
http_add_header(struct http_call *call, const char *line)
{
    struct curl_slist *longer = curl_slist_append(call->headers, line);
    call->headers = longer != NULL ? longer : call->headers;
    return longer != NULL;
}

static bool
http_add_headers(struct http_call *call, const char *const *headers)
{
    /* No round trip before a body is sent. */
    bool good = http_add_header(call, "Expect:");
    for (size_t i = 0; headers != NULL && headers[i] != NULL && good; i++) {
        good = http_add_header(call, headers[i]);
    }
    return good;
}

/* What has no end has no time-out but for silence. */
static bool
http_set_patience(CURL *easy, const struct mst_http_request *request)
{
    return request->take == NULL
           || (mst_http_easy_number(easy, CURLOPT_LOW_SPEED_LIMIT, 1)
               && mst_http_easy_number(easy, CURLOPT_LOW_SPEED_TIME,
                                       MST_HTTP_SILENCE_S));
}

static bool
http_set_body(CURL *easy, const struct mst_http_request *request)
{
    if (request->body.data == NULL) {
        return true;
    }
    return curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t)request->body.len)
               == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.data)
                  == CURLE_OK;
}

/* Everything is said anew for each request; connections stay. */
static bool
http_set_up(struct mst_http *http, const struct mst_http_request *request,
            struct http_call *call)
{
    CURL *easy = http->easy;
    curl_easy_reset(easy);
    http->text[0] = '\0';
    return http_add_headers(call, request->headers)
           && mst_http_easy_set_up(easy, http->options, request->url)
           && http_set_body(easy, request) && http_set_patience(easy, request)
           && mst_http_easy_number(easy, CURLOPT_NOBODY,
                                   strcmp(request->method, "HEAD") == 0 ? 1 : 0)
           && mst_http_easy_text(easy, CURLOPT_CUSTOMREQUEST, request->method)
           && curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers)
                  == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->text)
                  == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_take_body)
                  == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_WRITEDATA, call) == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_take_header)
                  == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_HEADERDATA, call) == CURLE_OK;
}

/* Until it is through or interrupted: CURLE_ABORTED_BY_CALLBACK. */
static CURLcode
http_drive(struct mst_http *http)
{
    int running = 1;
    int left = 0;
    CURLcode result = CURLE_ABORTED_BY_CALLBACK;
    CURLMcode code = curl_multi_add_handle(http->multi, http->easy);
    while (code == CURLM_OK && running > 0
           && !atomic_load(&http->interrupted)) {
        code = curl_multi_perform(http->multi, &running);
        if (code == CURLM_OK && running > 0) {
            code = curl_multi_poll(http->multi, NULL, 0, HTTP_POLL_MS, NULL);
        }
    }
    if (code != CURLM_OK) {
        result = CURLE_OUT_OF_MEMORY;
    } else if (running == 0) {
        CURLMsg *message = curl_multi_info_read(http->multi, &left);
        result = message != NULL ? message->data.result : CURLE_RECV_ERROR;
    }
    /* Fails only for handles that are not in there. */
    (void)curl_multi_remove_handle(http->multi, http->easy);
    return result;
}

static enum mst_status
http_fail(const struct mst_http *http, const struct mst_http_request *request,
          const struct http_call *call, CURLcode code, struct mst_error *err)
{
    char url[MST_HTTP_URL_SHOWN_MAX];
    mst_http_url_show(request->url, url);
    if (call->no_memory) {
        return mst_fail_memory(err, "http");
    }
    if (call->too_large) {
        return mst_fail(err, MST_RETRY, "http", 0,
                        "the answer of %s is larger than %zu bytes, or its "
                        "headers than %d",
                        url, call->answer->body.max, MST_HTTP_HEADERS_MAX);
    }
    if (atomic_load(&http->interrupted)) {
        return mst_fail(err, MST_RETRY, "http", 0,
                        "waiting for %s was interrupted", url);
    }
    return mst_http_easy_fail(code, http->text, request->url, err);
}

enum mst_status
mst_http_run(struct mst_http *http, const struct mst_http_request *request,
             struct mst_http_answer *answer, struct mst_error *err)
{
    struct http_call call = {
        .request = request, .easy = http->easy, .answer = answer};
    CURLcode code = CURLE_OUT_OF_MEMORY;
    mst_buf_reset(&answer->body);
    call.no_memory = !http_set_up(http, request, &call);
    if (!call.no_memory) {
        code = http_drive(http);
    }
    enum mst_status status = MST_OK;
    if (code == CURLE_OK && call.whole_head) {
        mst_http_easy_answer(http->easy, answer);
    } else {
        status = http_fail(http, request, &call, code, err);
    }
    curl_slist_free_all(call.headers);
    return status;
}
