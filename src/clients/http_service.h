/* SPDX-License-Identifier: MIT */
/* The keys of a [[services]] entry with provider = "http", which the sink and
 * the middleware share. */
#ifndef MST_CLIENTS_HTTP_SERVICE_H
#define MST_CLIENTS_HTTP_SERVICE_H

#include "clients/http_auth.h"

struct mst_http_tls {
    char *ca_file;
    char *certificate_file;
    char *key_file;
    char *key_password;
    bool insecure;
};

struct mst_http_service {
    char *host; /* http://... or https://..., with a path or without */
    struct mst_string_map headers;
    struct mst_http_auth_options auth;
    struct mst_http_tls tls;
    int64_t timeout_ms;
    int64_t connect_timeout_ms;
    int64_t keepalive_ms;
    char *proxy;
    int64_t max_retries;     /* -1: not given; see check */
    int64_t base_backoff_ms; /* likewise */
};

enum { MST_HTTP_SERVICE_OPTIONS = 10 };
extern const struct mst_option mst_http_service_keys[MST_HTTP_SERVICE_OPTIONS];

/* For the type tables. */
#define MST_HTTP_SERVICE_TABLE                                                 \
    {                                                                          \
        .options = mst_http_service_keys, .len = MST_HTTP_SERVICE_OPTIONS,     \
        .size = sizeof(struct mst_http_service),                               \
    }

/* For struct mst_inspect. */
void mst_http_service_check(const void *service,
                            struct mst_complaints *complaints);
void mst_http_service_doctor(const char *name, const void *service,
                             int timeout_ms, struct mst_findings *findings);

/* As doctor, for one address: certificates, the login, and what is answered
 * to HEAD. */
void mst_http_service_look(const struct mst_http_service *service,
                           const char *url, int timeout_ms,
                           struct mst_findings *findings);

/* How its requests are made; borrows from service. */
struct mst_http_options
mst_http_service_options(const struct mst_http_service *service);

/* Appends the service's own headers, each as "Name: value" and a NUL. */
MST_MUST_CHECK enum mst_status
mst_http_service_headers(const struct mst_http_service *service,
                         struct mst_buf *out);

#endif
