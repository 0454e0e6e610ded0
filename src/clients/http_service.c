/* SPDX-License-Identifier: MIT */
/* Options of HTTP servers, and a look at one. */
#include "clients/http_service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clients/tls_expiry.h"

enum { SERVICE_HOST_MAX = 256, SERVICE_TEXT_MAX = 1024 * 1024 };

#define AT(field)  offsetof(struct mst_http_service, field)
#define TLS(field) offsetof(struct mst_http_tls, field)

static const struct mst_option service_tls[] = {
    {.name = "ca_file",
     .type = MST_OPTION_STRING,
     .offset = TLS(ca_file),
     .help = "PEM file of the authorities that the server's certificate is "
             "checked against; default: the system's."},
    {.name = "certificate_file",
     .type = MST_OPTION_STRING,
     .offset = TLS(certificate_file),
     .help = "PEM file with the client's certificate."},
    {.name = "key_file",
     .type = MST_OPTION_STRING,
     .offset = TLS(key_file),
     .help = "PEM file with the client's key; default: certificate_file has "
             "it too."},
    {.name = "key_password",
     .type = MST_OPTION_STRING,
     .flags = MST_OPTION_SECRET,
     .offset = TLS(key_password),
     .help = "Password of the client's key."},
    {.name = "insecure_skip_verify",
     .type = MST_OPTION_BOOL,
     .def = "false",
     .offset = TLS(insecure),
     .help = "Do not check the server's certificate. For tests only."},
};

static const struct mst_option_table service_tls_table = {
    .options = service_tls,
    .len = MST_ARRAY_SIZE(service_tls),
    .size = sizeof(struct mst_http_tls)};

static const struct mst_option_table service_auth_table = {
    .options = mst_http_auth_options,
    .len = MST_HTTP_AUTH_OPTIONS,
    .size = sizeof(struct mst_http_auth_options)};

const struct mst_option mst_http_service_keys[MST_HTTP_SERVICE_OPTIONS] = {
    {.name = "host",
     .type = MST_OPTION_STRING,
     .offset = AT(host),
     .flags = MST_OPTION_REQUIRED,
     .help = "Address, http://... or https://..., with the first part of the "
             "path if there is one; `resource` follows it."},
    {.name = "headers",
     .type = MST_OPTION_STRING_MAP,
     .offset = AT(headers),
     .flags = MST_OPTION_SECRET,
     .help = "Headers of every request: { \"X-Tenant\" = \"a\" }."},
    {.name = "auth",
     .type = MST_OPTION_TABLE,
     .offset = AT(auth),
     .table = &service_auth_table,
     .help = "How requests log in: { kind = \"bearer\", token = \"...\" }."},
    {.name = "tls",
     .type = MST_OPTION_TABLE,
     .offset = AT(tls),
     .table = &service_tls_table,
     .help = "Certificates: { ca_file, certificate_file, key_file }."},
    {.name = "timeout_sec",
     .type = MST_OPTION_DURATION,
     .offset = AT(timeout_ms),
     .flags = MST_OPTION_SECONDS,
     .def = "30s",
     .min = 1,
     .max = 3600000,
     .help = "Longest wait for a whole answer."},
    {.name = "connection_timeout_sec",
     .type = MST_OPTION_DURATION,
     .offset = AT(connect_timeout_ms),
     .flags = MST_OPTION_SECONDS,
     .def = "10s",
     .min = 1,
     .max = 600000,
     .help = "Longest wait for a TCP and TLS connection."},
    {.name = "tcp_keepalive_sec",
     .type = MST_OPTION_DURATION,
     .offset = AT(keepalive_ms),
     .flags = MST_OPTION_SECONDS,
     .def = "300s",
     .min = 0,
     .max = 86400000,
     .help = "How often an idle connection is probed; 0: never."},
    {.name = "proxy",
     .type = MST_OPTION_STRING,
     .offset = AT(proxy),
     .help = "Proxy to go through, http://host:port; environment: what "
             "http_proxy, https_proxy and no_proxy say. Default: none."},
    {.name = "max_retries",
     .type = MST_OPTION_INT,
     .offset = AT(max_retries),
     .flags = MST_OPTION_HIDDEN,
     .def = "-1",
     .min = -1,
     .max = 1000000,
     .help = "Of the published mstream; `retry` of the connector does it."},
    {.name = "base_backoff_ms",
     .type = MST_OPTION_INT,
     .offset = AT(base_backoff_ms),
     .flags = MST_OPTION_HIDDEN,
     .def = "-1",
     .min = -1,
     .max = 3600000,
     .help = "Of the published mstream; `retry` of the connector does it."},
};

static void
service_complain(struct mst_complaints *complaints, bool error, const char *key,
                 const char *text, const char *hint)
{
    struct mst_error err;
    mst_error_clear(&err);
    (void)mst_fail(&err, MST_FATAL, "http", 0, "%s", text);
    if (hint != NULL) {
        mst_error_hint(&err, "%s", hint);
    }
    complaints->add(complaints, error, key, &err);
}

/* Headers that the connector makes itself. */
static bool
service_owns(const char *name)
{
    static const char *const own[] = {"Content-Length",
                                      "Transfer-Encoding",
                                      "Content-Encoding",
                                      "Connection",
                                      "Host",
                                      "Expect"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(own); i++) {
        if (strcasecmp(own[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void
service_check_headers(const struct mst_string_map *headers,
                      struct mst_complaints *complaints)
{
    for (size_t i = 0; i < headers->len; i++) {
        struct mst_slice value = mst_slice_str(headers->values[i]);
        if (!mst_http_is_token(mst_slice_str(headers->names[i]))
            || service_owns(headers->names[i])) {
            service_complain(complaints, true, "headers",
                             "a name is none that a header can have here",
                             "Host, Content-Length and the like are made by "
                             "the connector");
        } else if (!mst_http_is_value(value)) {
            service_complain(complaints, true, "headers",
                             "a value has a line break or another control "
                             "character in it",
                             NULL);
        }
    }
}

static void
service_check_tls(const struct mst_http_tls *tls,
                  struct mst_complaints *complaints)
{
    if (tls->key_file != NULL && tls->certificate_file == NULL) {
        service_complain(complaints, true, "tls",
                         "'key_file' has no effect without "
                         "'certificate_file'",
                         NULL);
    }
    mst_http_check_file(complaints, "tls", tls->ca_file);
    mst_http_check_file(complaints, "tls", tls->certificate_file);
    mst_http_check_file(complaints, "tls", tls->key_file);
    if (tls->insecure) {
        service_complain(complaints, false, "tls",
                         "the server's certificate is not checked: who stands "
                         "between can read and change everything",
                         NULL);
    }
}

void
mst_http_service_check(const void *service, struct mst_complaints *complaints)
{
    const struct mst_http_service *http = service;
    struct mst_error err;
    mst_error_clear(&err);
    if (mst_http_url_check(http->host, &err) != MST_OK) {
        if (err.hint[0] != '\0') {
            mst_error_hint(&err, "use 'auth'");
        }
        complaints->add(complaints, true, "host", &err);
    } else if (http->auth.kind != MST_HTTP_AUTH_NONE
               && strncasecmp(http->host, "https://", 8) != 0) {
        service_complain(complaints, false, "host",
                         "the login goes over the network in the clear",
                         "use https://");
    }
    if (http->max_retries >= 0) {
        service_complain(complaints, false, "max_retries",
                         "it has no effect: a job tries again until it "
                         "succeeds",
                         "bound that with retry = { max_attempts = ... } of "
                         "the connector");
    }
    if (http->base_backoff_ms >= 0) {
        service_complain(complaints, false, "base_backoff_ms",
                         "it has no effect",
                         "use retry = { base = \"1s\" } of the connector");
    }
    service_check_headers(&http->headers, complaints);
    service_check_tls(&http->tls, complaints);
    mst_http_auth_check(&http->auth, complaints);
}

struct mst_http_options
mst_http_service_options(const struct mst_http_service *service)
{
    return (struct mst_http_options){
        .ca_file = service->tls.ca_file,
        .certificate_file = service->tls.certificate_file,
        .key_file = service->tls.key_file,
        .key_password = service->tls.key_password,
        .insecure = service->tls.insecure,
        .connect_timeout_ms = service->connect_timeout_ms,
        .timeout_ms = service->timeout_ms,
        .keepalive_ms = service->keepalive_ms,
        .proxy = service->proxy};
}

enum mst_status
mst_http_service_headers(const struct mst_http_service *service,
                         struct mst_buf *out)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; status == MST_OK && i < service->headers.len; i++) {
        status =
            mst_http_add_header(out, mst_slice_str(service->headers.names[i]),
                                mst_slice_str(service->headers.values[i]));
    }
    return status;
}

/* --- doctor --------------------------------------------------------------- */

static void
service_look_tls(const struct mst_http_service *service, const char *url,
                 int timeout_ms, struct mst_findings *findings)
{
    char host[SERVICE_HOST_MAX];
    uint16_t port = 0;
    int64_t end_ms = 0;
    const char *file = service->tls.certificate_file;
    if (service->proxy == NULL
        && mst_tls_expiry_place(url, host, sizeof(host), &port)
        && mst_tls_expiry_server(host, port, timeout_ms, &end_ms, NULL)
               == MST_OK) {
        mst_tls_expiry_tell(findings, host, end_ms);
    }
    if (file != NULL && mst_tls_expiry_file(file, &end_ms, NULL) == MST_OK) {
        mst_tls_expiry_tell(findings, file, end_ms);
    }
}

static void
service_tell(const char *url, const struct mst_http_answer *answer,
             struct mst_findings *findings)
{
    char shown[MST_HTTP_URL_SHOWN_MAX];
    char text[MST_HTTP_URL_SHOWN_MAX + 64];
    mst_http_url_show(url, shown);
    (void)snprintf(text, sizeof(text), "%s answers, with status %ld to HEAD",
                   shown, answer->status);
    bool refused =
        answer->status == 401 || answer->status == 403 || answer->status == 407;
    bool moved = answer->status >= 300 && answer->status < 400;
    findings->add(findings,
                  refused ? MST_FINDING_FAIL
                  : moved ? MST_FINDING_WARN
                  : answer->status >= 500 && answer->status != 501
                      ? MST_FINDING_WARN
                      : MST_FINDING_OK,
                  "reachable", text,
                  refused ? "check 'auth' of the service"
                  : moved ? "redirects are not followed: write the address "
                            "that is meant"
                          : NULL);
}

/* Header lines for a request: the service's and the login's. */
static enum mst_status
service_lines(const struct mst_http_service *service, const char *login,
              struct mst_buf *block, const char *lines[], size_t cap)
{
    size_t n = 0;
    enum mst_status status = mst_http_service_headers(service, block);
    for (size_t at = 0; status == MST_OK && at < block->len && n + 2 < cap;) {
        lines[n] = (const char *)block->data + at;
        at += strlen(lines[n++]) + 1;
    }
    if (login != NULL) {
        lines[n++] = login;
    }
    lines[n] = NULL;
    return status;
}

static void
service_look_at(const struct mst_http_service *service, const char *url,
                const struct mst_http_options *http, struct mst_http *client,
                struct mst_findings *findings)
{
    enum { LINES = 64 };
    const char *lines[LINES];
    struct mst_http_auth *auth = NULL;
    struct mst_http_answer answer = {0};
    struct mst_buf block;
    struct mst_error err;
    mst_error_clear(&err);
    mst_buf_init(&block, SERVICE_TEXT_MAX);
    mst_buf_init(&answer.body, SERVICE_TEXT_MAX);
    enum mst_status status =
        mst_http_auth_create(&service->auth, http, &auth, &err);
    if (status == MST_OK && mst_http_auth_is_due(auth)) {
        status = mst_http_auth_renew(auth, &err);
    }
    if (status == MST_OK) {
        status = service_lines(service, mst_http_auth_line(auth), &block, lines,
                               LINES);
    }
    if (status == MST_OK) {
        const struct mst_http_request request = {
            .method = "HEAD", .url = url, .headers = lines};
        status = mst_http_run(client, &request, &answer, &err);
    }
    if (status == MST_OK) {
        service_tell(url, &answer, findings);
    } else {
        findings->add(findings, MST_FINDING_FAIL, "reachable", err.text,
                      err.hint[0] == '\0' ? NULL : err.hint);
    }
    mst_http_auth_destroy(auth);
    mst_buf_clear(&answer.body);
    mst_buf_clear(&block);
}

void
mst_http_service_look(const struct mst_http_service *service, const char *url,
                      int timeout_ms, struct mst_findings *findings)
{
    struct mst_http_options http = mst_http_service_options(service);
    struct mst_http *client = NULL;
    if (http.timeout_ms > timeout_ms) {
        http.timeout_ms = timeout_ms;
    }
    if (mst_http_create(&http, &client, NULL) != MST_OK) {
        return;
    }
    service_look_at(service, url, &http, client, findings);
    service_look_tls(service, url, timeout_ms, findings);
    mst_http_destroy(client);
}

void
mst_http_service_doctor(const char *name, const void *service, int timeout_ms,
                        struct mst_findings *findings)
{
    (void)name;
    const struct mst_http_service *http = service;
    mst_http_service_look(http, http->host, timeout_ms, findings);
}
