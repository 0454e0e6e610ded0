/* SPDX-License-Identifier: MIT */
/* How servers are reached over HTTP: the keys that services share. */
#ifndef MST_CLIENTS_HTTP_OPTIONS_H
#define MST_CLIENTS_HTTP_OPTIONS_H

#include "core/inspect.h"
#include "core/option.h"

struct mst_http_options {
    char *username; /* NULL: no basic authentication */
    char *password;
    char *token; /* NULL: no bearer token */
    char *ca_file;
    char *certificate_file;
    char *key_file;
    char *key_password;
    bool insecure;
    int64_t connect_timeout_ms;
    int64_t timeout_ms; /* of a request with its answer */
    /* Not among the entries below: */
    int64_t keepalive_ms; /* idle connections are probed; 0: not */
    char *proxy; /* address, or "environment"; NULL: none, come what may */
};

enum { MST_HTTP_URL_SHOWN_MAX = 256 };

/* The entries of an option table for a struct that has these options at
 * `base`, an offset. */
/* clang-format off */
#define MST_HTTP_OPTION_ENTRIES(base)                                          \
    {.name = "username", .type = MST_OPTION_STRING,                            \
     .offset = (base) + offsetof(struct mst_http_options, username),           \
     .help = "Name for basic authentication."},                                \
    {.name = "password", .type = MST_OPTION_STRING,                            \
     .flags = MST_OPTION_SECRET,                                               \
     .offset = (base) + offsetof(struct mst_http_options, password),           \
     .help = "Password for basic authentication."},                            \
    {.name = "token", .type = MST_OPTION_STRING,                               \
     .flags = MST_OPTION_SECRET,                                               \
     .offset = (base) + offsetof(struct mst_http_options, token),              \
     .help = "Bearer token, instead of username and password."},               \
    {.name = "tls_ca_file", .type = MST_OPTION_STRING,                         \
     .offset = (base) + offsetof(struct mst_http_options, ca_file),            \
     .help = "PEM file of the authorities that the server's certificate is "   \
             "checked against; default: the system's."},                       \
    {.name = "tls_certificate_file", .type = MST_OPTION_STRING,                \
     .offset = (base) + offsetof(struct mst_http_options, certificate_file),   \
     .help = "PEM file with the client's certificate."},                       \
    {.name = "tls_key_file", .type = MST_OPTION_STRING,                        \
     .offset = (base) + offsetof(struct mst_http_options, key_file),           \
     .help = "PEM file with the client's key; default: tls_certificate_file "  \
             "has it too."},                                                   \
    {.name = "tls_key_password", .type = MST_OPTION_STRING,                    \
     .flags = MST_OPTION_SECRET,                                               \
     .offset = (base) + offsetof(struct mst_http_options, key_password),       \
     .help = "Password of the client's key."},                                 \
    {.name = "tls_insecure", .type = MST_OPTION_BOOL, .def = "false",          \
     .offset = (base) + offsetof(struct mst_http_options, insecure),           \
     .help = "Do not check the server's certificate. For tests only."},        \
    {.name = "connect_timeout", .type = MST_OPTION_DURATION, .def = "5s",      \
     .offset = (base) + offsetof(struct mst_http_options, connect_timeout_ms), \
     .min = 1, .max = 600000,                                                  \
     .help = "Longest wait for a TCP and TLS connection."},                    \
    {.name = "timeout", .type = MST_OPTION_DURATION, .def = "10s",             \
     .offset = (base) + offsetof(struct mst_http_options, timeout_ms),         \
     .min = 1, .max = 3600000,                                                 \
     .help = "Longest wait for a whole answer."}
/* clang-format on */

/* Says what is wrong or unwise about these options. */
void mst_http_options_check(const struct mst_http_options *options,
                            struct mst_complaints *complaints);

/* Says so when there is a path and the file can not be read. */
void mst_http_check_file(struct mst_complaints *complaints, const char *key,
                         const char *path);

/* MST_REJECTED: it is no http:// or https:// address with a host, or it has a
 * login, a query or a fragment in it. */
MST_MUST_CHECK enum mst_status mst_http_url_check(const char *url,
                                                  struct mst_error *err);

/* The address without login, query and fragment, for messages. */
void mst_http_url_show(const char *url, char out[MST_HTTP_URL_SHOWN_MAX]);

#endif
