/* SPDX-License-Identifier: MIT */
/* civetweb: connections and headers. What is inside is for handle.c. */
#include <arpa/inet.h>
#include <civetweb.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "api/api_impl.h"
#include "api/tls.h"
#include "base/thread.h"

enum {
    /* One connection has one thread. Beside the streams there are always
     * some for questions. */
    SERVER_STREAMS_MAX = 200,
    SERVER_THREADS = SERVER_STREAMS_MAX + 8,
    SERVER_HEADERS_MAX = MG_MAX_HEADERS - 1,
    SERVER_HEAD_MAX = 1024,
    SERVER_JOIN_MAX = 8 * 1024
};

struct server_writer {
    struct mst_api_writer writer; /* first: cast back */
    struct mg_connection *connection;
};

static bool
server_write(struct mst_api_writer *self, const void *data, size_t len)
{
    struct server_writer *writer = (struct server_writer *)self;
    const char *at = data;
    while (len > 0) {
        int n = mg_write(writer->connection, at, len);
        if (n <= 0) {
            return false;
        }
        at += n;
        len -= (size_t)n;
    }
    return true;
}

/* Headers that a page needs for its safety, and those of the answer. */
static void
server_head(const struct mst_api_answer *answer, uint64_t number, bool close,
            struct mst_buf *out)
{
    enum mst_status status = mst_buf_printf(
        out,
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Content-Security-Policy: default-src 'none'\r\nX-Request-Id: %llu\r\n",
        answer->status, mg_get_response_code_text(NULL, answer->status),
        answer->type, (unsigned long long)number);
    if (status == MST_OK && answer->allow[0] != '\0') {
        status = mst_buf_printf(out, "Allow: %s\r\n", answer->allow);
    }
    if (status == MST_OK && answer->status == 401) {
        status = mst_buf_append_str(out, "WWW-Authenticate: Bearer\r\n");
    }
    if (status == MST_OK && answer->retry_after_s > 0) {
        status =
            mst_buf_printf(out, "Retry-After: %d\r\n", answer->retry_after_s);
    }
    if (status == MST_OK && answer->stream == NULL) {
        status = mst_buf_printf(out, "Content-Length: %zu\r\n",
                                answer->body.buf.len);
    }
    if (status == MST_OK) {
        status = mst_buf_printf(out, "Connection: %s\r\n\r\n",
                                close ? "close" : "keep-alive");
    }
    if (status != MST_OK) {
        mst_buf_reset(out);
    }
}

/* Head and body in one write where that costs no second copy of much. */
static void
server_send(struct mg_connection *connection,
            const struct mst_api_answer *answer, uint64_t number, bool close)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    bool headless = info != NULL && info->request_method != NULL
                    && strcmp(info->request_method, "HEAD") == 0;
    struct server_writer writer = {.writer.write = server_write,
                                   .connection = connection};
    const struct mst_buf *body = &answer->body.buf;
    struct mst_buf out;
    mst_buf_init(&out, SERVER_HEAD_MAX + SERVER_JOIN_MAX);
    server_head(answer, number, close, &out);
    bool join = !headless && body->len <= SERVER_JOIN_MAX;
    bool sent =
        out.len > 0
        && (!join || mst_buf_append(&out, body->data, body->len) == MST_OK)
        && server_write(&writer.writer, out.data, out.len)
        && (join || headless
            || server_write(&writer.writer, body->data, body->len));
    if (!sent) {
        mg_disable_connection_keep_alive(connection);
    }
    mst_buf_clear(&out);
}

static void
server_stream(struct mst_api *api, struct mg_connection *connection,
              const struct mst_api_request *request,
              struct mst_api_answer *answer)
{
    struct server_writer writer = {.writer.write = server_write,
                                   .connection = connection};
    mg_disable_connection_keep_alive(connection);
    if (atomic_fetch_add(&api->streams, 1) >= SERVER_STREAMS_MAX) {
        mst_api_refuse(answer, 503, "too_many", NULL,
                       "%d streams are open, which is all there may be",
                       SERVER_STREAMS_MAX);
        answer->retry_after_s = 5;
        server_send(connection, answer, request->number, true);
    } else {
        server_send(connection, answer, request->number, true);
        answer->stream(api, request, &writer.writer);
    }
    (void)atomic_fetch_sub(&api->streams, 1);
}

/* Exactly one header of that name; ret NULL: none. False: there are more. */
static bool
server_header(const struct mg_request_info *info, const char *name,
              const char **ret)
{
    *ret = NULL;
    for (int i = 0; i < info->num_headers; i++) {
        if (strcasecmp(info->http_headers[i].name, name) == 0) {
            if (*ret != NULL) {
                return false;
            }
            *ret = info->http_headers[i].value;
        }
    }
    return true;
}

/* What makes two programs see two different requests is none. */
static bool
server_framing(const struct mst_api *api, const struct mg_request_info *info,
               struct mst_api_answer *answer)
{
    const char *length = NULL;
    const char *coding = NULL;
    if (info->num_headers > SERVER_HEADERS_MAX) {
        mst_api_refuse(answer, 431, "too_many_headers", NULL,
                       "there are more than %d headers", SERVER_HEADERS_MAX);
        return false;
    }
    if (!server_header(info, "Content-Length", &length)
        || !server_header(info, "Transfer-Encoding", &coding)
        || (length != NULL && coding != NULL)
        || (length != NULL
            && (length[0] == '\0'
                || length[strspn(length, "0123456789")] != '\0'))) {
        mst_api_refuse(answer, 400, "bad_framing", NULL,
                       "the length of the body is said twice, or wrong");
        return false;
    }
    if (coding != NULL) {
        mst_api_refuse(answer, 411, "length_required", NULL,
                       "bodies come with a Content-Length here");
        return false;
    }
    if (info->content_length > 0
        && (uint64_t)info->content_length > api->config.max_body_bytes) {
        mst_api_refuse(answer, 413, "too_large", NULL,
                       "the body is larger than %llu bytes",
                       (unsigned long long)api->config.max_body_bytes);
        mst_api_hint(answer, "[api] max_body_bytes sets the limit");
        return false;
    }
    return true;
}

/* NULL with a refusal, or without when there is none; freed by the caller. */
static uint8_t *
server_body(struct mg_connection *connection,
            const struct mg_request_info *info, struct mst_slice *ret_body,
            struct mst_api_answer *answer)
{
    if (info->content_length <= 0) {
        return NULL;
    }
    size_t len = (size_t)info->content_length;
    uint8_t *body = malloc(len);
    /* One call has one time-out, however slow the bytes come. */
    if (body == NULL || mg_read(connection, body, len) != (int)len) {
        mst_api_refuse(answer, body == NULL ? 503 : 408, "incomplete", NULL,
                       "the body did not come in time, or there is no memory "
                       "for it");
        free(body);
        return NULL;
    }
    *ret_body = mst_slice_of(body, len);
    return body;
}

static bool
server_headers(const struct mg_request_info *info,
               struct mst_api_request *request, struct mst_api_answer *answer)
{
    if (!server_header(info, "Content-Type", &request->content_type)
        || !server_header(info, "Authorization", &request->authorization)
        || !server_header(info, "Origin", &request->origin)
        || !server_header(info, "Host", &request->host)
        || !server_header(info, "Last-Event-ID", &request->last_event_id)) {
        mst_api_refuse(answer, 400, "bad_headers", NULL,
                       "a header that is for one comes twice");
        return false;
    }
    return true;
}

static int
server_begin(struct mg_connection *connection)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    struct mst_api *api = info->user_data;
    struct mst_api_answer answer;
    struct mst_api_request request = {
        /* The same, without its body. */
        .method = strcmp(info->request_method, "HEAD") == 0
                      ? "GET"
                      : info->request_method,
        .path = info->local_uri_raw,
        .query = info->query_string,
        .peer = info->remote_addr,
        .certified = info->client_cert != NULL,
        .number = atomic_fetch_add(&api->requests, 1) + 1,
    };
    mst_api_answer_init(&answer);
    uint8_t *body = NULL;
    /* It may come in pieces, of which the first is taken. */
    (void)server_header(info, "Accept", &request.accept);
    bool readable = server_framing(api, info, &answer)
                    && server_headers(info, &request, &answer);
    if (readable) {
        body = server_body(connection, info, &request.body, &answer);
        readable = answer.status < 400;
    }
    if (readable) {
        mst_api_handle(api, &request, &answer);
    } else {
        mg_disable_connection_keep_alive(connection);
        mst_api_count(&api->counts, NULL, answer.status, 0);
    }
    int status = answer.status;
    if (answer.stream != NULL && strcmp(info->request_method, "HEAD") != 0) {
        server_stream(api, connection, &request, &answer);
    } else {
        server_send(connection, &answer, request.number, !readable);
    }
    mst_api_request_clear(&request);
    mst_api_answer_clear(&answer);
    free(body);
    return status;
}

/* What civetweb itself refuses. */
static int
server_error(struct mg_connection *connection, int status, const char *message)
{
    struct mst_api_answer answer;
    mst_api_answer_init(&answer);
    mst_api_refuse(&answer, status, "bad_request", NULL, "%s", message);
    mg_disable_connection_keep_alive(connection);
    server_send(connection, &answer, 0, true);
    mst_api_answer_clear(&answer);
    return 0;
}

static int
server_log(const struct mg_connection *connection, const char *message)
{
    (void)connection;
    mst_log_debug("api", "%s", message);
    return 1;
}

/* A context made here says what is wrong with it; civetweb keeps it. */
static int
server_tls(void **context, void *user_data)
{
    struct mst_api *api = user_data;
    if (*context != NULL) {
        return 1; /* it is freed with the API */
    }
    *context = mst_api_tls_context(api->tls);
    return 1;
}

static enum mst_status
server_refused(struct mst_api *api, const char *text, struct mst_error *err)
{
    (void)mst_fail(err, MST_FATAL, "api", 0, "the API does not start on %s: %s",
                   api->config.host, text);
    return MST_FATAL;
}

static enum mst_status
server_start(struct mst_api *api, struct mst_error *err)
{
    static const struct mg_callbacks callbacks = {
        .begin_request = server_begin,
        .http_error = server_error,
        .log_message = server_log,
        .external_ssl_ctx = server_tls,
    };
    const char *host = strcmp(api->config.host, "localhost") == 0
                           ? "127.0.0.1"
                           : api->config.host;
    char port[MST_API_URL_MAX];
    char threads[16];
    char text[256] = "";
    unsigned code = 0;
    (void)snprintf(port, sizeof(port), "%s:%lld%s", host,
                   (long long)api->config.port, api->tls != NULL ? "s" : "");
    (void)snprintf(threads, sizeof(threads), "%d", SERVER_THREADS);
    const char *options[] = {
        "listening_ports", port, "num_threads", threads,
        /* A request has so long to come in, an answer to go out. */
        "request_timeout_ms", "5000", "keep_alive_timeout_ms", "500",
        "enable_keep_alive", "yes", "connection_queue", "512", "listen_backlog",
        "1024", "tcp_nodelay", "1", "decode_url", "no",
        "enable_directory_listing", "no", NULL};
    struct mg_init_data init = {.callbacks = &callbacks,
                                .user_data = api,
                                .configuration_options = options};
    struct mg_error_data error = {
        .code = &code, .text = text, .text_buffer_size = sizeof(text)};
    /* Without the flag for TLS: that would have OpenSSL set up twice. */
    (void)mg_init_library(MG_FEATURES_DEFAULT);
    api->server = mg_start2(&init, &error);
    return api->server == NULL ? server_refused(api, text, err) : MST_OK;
}

enum mst_status
mst_api_listen(struct mst_api *api, struct mst_error *err)
{
    struct mg_server_port ports[1];
    enum mst_status status = MST_OK;
    if (api->config.tls_cert != NULL) {
        status = mst_api_tls_create(&api->config, &api->tls, err);
    }
    if (status == MST_OK) {
        status = server_start(api, err);
    }
    if (status != MST_OK) {
        return status;
    }
    if (mg_get_server_ports(api->server, 1, ports) < 1) {
        return server_refused(api, "it has no port", err);
    }
    api->port = (uint16_t)ports[0].port;
    (void)snprintf(api->url, sizeof(api->url), "http%s://%s:%d",
                   api->tls != NULL ? "s" : "", api->config.host,
                   ports[0].port);
    return MST_OK;
}

/* Until it has stopped, connects to it: who waits for a connection looks only
 * then, or every two seconds, whether that is over. */
static void *
server_nudge(void *arg)
{
    struct mst_api *api = arg;
    static const struct timespec pause = {.tv_nsec = 10 * 1000000L};
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                               .sin_port = htons(api->port)};
    (void)inet_pton(AF_INET, api->config.host, &name.sin_addr);
    while (!atomic_load(&api->stopped)) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0) {
            (void)connect(fd, (const struct sockaddr *)&name, sizeof(name));
        }
        (void)nanosleep(&pause, NULL);
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    return NULL;
}

static void
server_stop(struct mst_api *api)
{
    pthread_t nudge;
    struct mst_error ignored;
    bool nudged =
        mst_thread_start(&nudge, "api-stop", server_nudge, api, &ignored)
        == MST_OK;
    mg_stop(api->server);
    (void)mg_exit_library();
    api->server = NULL;
    atomic_store(&api->stopped, true);
    if (nudged) {
        (void)pthread_join(nudge, NULL);
    }
}

void
mst_api_unlisten(struct mst_api *api)
{
    if (api->server != NULL) {
        server_stop(api);
    }
    mst_api_tls_destroy(api->tls);
    api->tls = NULL;
}
