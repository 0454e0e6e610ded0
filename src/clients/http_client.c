/* SPDX-License-Identifier: MIT */
/* libcurl, driven so that it can be woken while it waits. */
#include "clients/http_client.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
    HTTP_HEADERS_MAX = 256 * 1024, /* bytes of all header lines */
    HTTP_POLL_MS = 1000,
    HTTP_RETRY_AFTER_MAX_S = 3600,
    HTTP_GOOD = 200
};

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
    (void)data;
    call->header_bytes += size * n;
    call->too_large = call->too_large || call->header_bytes > HTTP_HEADERS_MAX;
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

/* libcurl copies texts, and ignores NULL for what is not set. */
static bool
http_set_login(const struct mst_http *http)
{
    const struct mst_http_options *options = http->options;
    CURL *easy = http->easy;
    CURLcode code = CURLE_OK;
    if (options->token != NULL) {
        code = curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        code = code != CURLE_OK ? code
                                : curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER,
                                                   options->token);
    } else if (options->username != NULL) {
        const char *password = options->password;
        code = curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        code = code != CURLE_OK ? code
                                : curl_easy_setopt(easy, CURLOPT_USERNAME,
                                                   options->username);
        code = code != CURLE_OK
                   ? code
                   : curl_easy_setopt(easy, CURLOPT_PASSWORD,
                                      password == NULL ? "" : password);
    }
    return code == CURLE_OK;
}

/* True: both could be set. */
static bool
http_set_text(CURL *easy, CURLoption option, const char *text)
{
    return text == NULL || curl_easy_setopt(easy, option, text) == CURLE_OK;
}

static bool
http_set_number(CURL *easy, CURLoption option, int64_t number)
{
    return curl_easy_setopt(easy, option, (long)number) == CURLE_OK;
}

static bool
http_set_tls(const struct mst_http *http)
{
    const struct mst_http_options *options = http->options;
    CURL *easy = http->easy;
    const char *key = options->key_file != NULL ? options->key_file
                                                : options->certificate_file;
    return http_set_text(easy, CURLOPT_CAINFO, options->ca_file)
           && http_set_text(easy, CURLOPT_SSLCERT, options->certificate_file)
           && http_set_text(easy, CURLOPT_SSLKEY, key)
           && http_set_text(easy, CURLOPT_KEYPASSWD, options->key_password)
           && http_set_number(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
           && http_set_number(easy, CURLOPT_SSL_VERIFYPEER,
                              options->insecure ? 0 : 1)
           && http_set_number(easy, CURLOPT_SSL_VERIFYHOST,
                              options->insecure ? 0 : 2);
}

static bool
http_set_transfer(const struct mst_http *http)
{
    const struct mst_http_options *options = http->options;
    CURL *easy = http->easy;
    return http_set_number(easy, CURLOPT_NOSIGNAL, 1)
           && http_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
           && http_set_text(easy, CURLOPT_PROXY, "")
           && http_set_text(easy, CURLOPT_USERAGENT, "mstream")
           && http_set_number(easy, CURLOPT_FOLLOWLOCATION, 0)
           && http_set_number(easy, CURLOPT_CONNECTTIMEOUT_MS,
                              options->connect_timeout_ms)
           && http_set_number(easy, CURLOPT_TIMEOUT_MS, options->timeout_ms);
}

/* What has no end has no time-out but for silence. */
static bool
http_set_patience(CURL *easy, const struct mst_http_request *request)
{
    return request->take == NULL
           || (http_set_number(easy, CURLOPT_LOW_SPEED_LIMIT, 1)
               && http_set_number(easy, CURLOPT_LOW_SPEED_TIME,
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
    return http_add_headers(call, request->headers) && http_set_transfer(http)
           && http_set_tls(http) && http_set_login(http)
           && http_set_body(easy, request) && http_set_patience(easy, request)
           && http_set_text(easy, CURLOPT_URL, request->url)
           && http_set_text(easy, CURLOPT_CUSTOMREQUEST, request->method)
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

/* Whether no time heals it. */
static bool
http_is_for_a_person(CURLcode code)
{
    switch ((int)code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        return true;
    default:
        return false;
    }
}

static enum mst_status
http_fail(const struct mst_http *http, const struct mst_http_request *request,
          const struct http_call *call, CURLcode code, struct mst_error *err)
{
    char url[MST_HTTP_URL_SHOWN_MAX];
    mst_http_url_show(request->url, url);
    if (call->no_memory || code == CURLE_OUT_OF_MEMORY) {
        return mst_fail_memory(err, "http");
    }
    if (call->too_large) {
        return mst_fail(err, MST_RETRY, "http", 0,
                        "the answer of %s is larger than %zu bytes, or its "
                        "headers than %d",
                        url, call->answer->body.max, HTTP_HEADERS_MAX);
    }
    if (atomic_load(&http->interrupted)) {
        return mst_fail(err, MST_RETRY, "http", 0,
                        "waiting for %s was interrupted", url);
    }
    enum mst_status status = http_is_for_a_person(code) ? MST_FATAL : MST_RETRY;
    (void)mst_fail(err, status, "http", (int64_t)code, "%s: %s", url,
                   http->text[0] != '\0' ? http->text
                                         : curl_easy_strerror(code));
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        mst_error_hint(err, "check 'tls_ca_file', and that the certificate "
                            "is for this host");
    }
    return status;
}

static void
http_take_answer(const struct mst_http *http, struct mst_http_answer *answer)
{
    const char *type = NULL;
    curl_off_t seconds = 0;
    answer->status = 0;
    answer->content_type[0] = '\0';
    answer->retry_after_ms = 0;
    (void)curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE,
                            &answer->status);
    if (curl_easy_getinfo(http->easy, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK
        && type != NULL && strlen(type) < MST_HTTP_CONTENT_TYPE_MAX) {
        memcpy(answer->content_type, type, strlen(type) + 1);
    }
    if (curl_easy_getinfo(http->easy, CURLINFO_RETRY_AFTER, &seconds)
            == CURLE_OK
        && seconds > 0) {
        seconds =
            seconds < HTTP_RETRY_AFTER_MAX_S ? seconds : HTTP_RETRY_AFTER_MAX_S;
        answer->retry_after_ms = (int64_t)seconds * 1000;
    }
}

enum mst_status
mst_http_run(struct mst_http *http, const struct mst_http_request *request,
             struct mst_http_answer *answer, struct mst_error *err)
{
    struct http_call call = {
        .request = request, .easy = http->easy, .answer = answer};
    CURLcode code = CURLE_OUT_OF_MEMORY;
    mst_buf_reset(&answer->body);
    if (http_set_up(http, request, &call)) {
        code = http_drive(http);
    }
    enum mst_status status = MST_OK;
    if (code == CURLE_OK) {
        http_take_answer(http, answer);
    } else {
        status = http_fail(http, request, &call, code, err);
    }
    curl_slist_free_all(call.headers);
    return status;
}

enum mst_status
mst_http_append_escaped(struct mst_buf *out, struct mst_slice text)
{
    static const char digits[] = "0123456789ABCDEF";
    enum mst_status status = mst_buf_reserve(out, text.len * 3);
    for (size_t i = 0; i < text.len && status == MST_OK; i++) {
        uint8_t byte = text.data[i];
        bool plain = (byte >= 'a' && byte <= 'z')
                     || (byte >= 'A' && byte <= 'Z')
                     || (byte >= '0' && byte <= '9') || byte == '-'
                     || byte == '.' || byte == '_' || byte == '~';
        if (plain) {
            out->data[out->len++] = byte;
        } else {
            out->data[out->len++] = '%';
            out->data[out->len++] = (uint8_t)digits[byte >> 4];
            out->data[out->len++] = (uint8_t)digits[byte & 15];
        }
    }
    return status;
}
