/* SPDX-License-Identifier: MIT */
/* Reading the end of certificates, from files and from servers. */
#include "clients/tls_expiry.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define ORIGIN "tls"

enum { EXPIRY_SOON_DAYS = 30 };

static bool
expiry_of(const X509 *certificate, int64_t *ret_wall_ms)
{
    struct tm end;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) {
        return false;
    }
    int64_t days = mst_time_days(end.tm_year + 1900, (unsigned)end.tm_mon + 1,
                                 (unsigned)end.tm_mday);
    *ret_wall_ms =
        (((days * 24 + end.tm_hour) * 60 + end.tm_min) * 60 + end.tm_sec)
        * 1000;
    return true;
}

enum mst_status
mst_tls_expiry_file(const char *path, int64_t *ret_wall_ms,
                    struct mst_error *err)
{
    FILE *file = fopen(path, "re");
    X509 *certificate =
        file != NULL ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    bool ok = certificate != NULL && expiry_of(certificate, ret_wall_ms);
    X509_free(certificate);
    if (file != NULL) {
        (void)fclose(file);
    }
    return ok ? MST_OK
              : mst_fail(err, MST_REJECTED, ORIGIN, 0,
                         "'%s' holds no certificate that can be read", path);
}

/* A connected socket that gives up after timeout_ms, or -1. */
static int
expiry_connect(const char *host, uint16_t port, int timeout_ms)
{
    char service[8];
    (void)snprintf(service, sizeof(service), "%u", port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, service, &hints, &found) != 0) {
        return -1;
    }
    struct timeval limit = {.tv_sec = timeout_ms / 1000,
                            .tv_usec = (timeout_ms % 1000) * 1000L};
    int fd = -1;
    for (struct addrinfo *one = found; one != NULL && fd < 0;
         one = one->ai_next) {
        fd = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            continue;
        }
        /* The limit on sending is that of connecting, too. */
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
        if (connect(fd, one->ai_addr, one->ai_addrlen) != 0) {
            (void)close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

/* Shakes hands; the server's certificate, or NULL. */
static X509 *
expiry_handshake(int fd, const char *host)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = context != NULL ? SSL_new(context) : NULL;
    X509 *certificate = NULL;
    if (ssl != NULL) {
        struct in6_addr address;
        bool literal = inet_pton(AF_INET, host, &address) == 1
                       || inet_pton(AF_INET6, host, &address) == 1;
        SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
        char name[256]; /* what SSL_set_tlsext_host_name does, for const */
        (void)snprintf(name, sizeof(name), "%s", host);
        bool ready = literal
                     || SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
                                 TLSEXT_NAMETYPE_host_name, name)
                            == 1;
        if (ready && SSL_set_fd(ssl, fd) == 1) {
            /* A server that wants a client's certificate may end the
             * handshake, but it has shown its own before. */
            (void)SSL_connect(ssl);
            certificate = SSL_get1_peer_certificate(ssl);
        }
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    return certificate;
}

enum mst_status
mst_tls_expiry_server(const char *host, uint16_t port, int timeout_ms,
                      int64_t *ret_wall_ms, struct mst_error *err)
{
    int fd = expiry_connect(host, port, timeout_ms);
    if (fd < 0) {
        return mst_fail(err, MST_DISCONNECTED, ORIGIN, 0,
                        "cannot connect to %s:%u", host, port);
    }
    X509 *certificate = expiry_handshake(fd, host);
    (void)close(fd);
    bool ok = certificate != NULL && expiry_of(certificate, ret_wall_ms);
    X509_free(certificate);
    return ok ? MST_OK
              : mst_fail(err, MST_DISCONNECTED, ORIGIN, 0,
                         "%s:%u shows no certificate", host, port);
}

bool
mst_tls_expiry_place(const char *url, char *host, size_t size,
                     uint16_t *ret_port)
{
    if (strncasecmp(url, "https://", 8) != 0) {
        return false;
    }
    url += 8;
    bool bracket = url[0] == '[';
    size_t len = strcspn(url, bracket ? "]" : ":/");
    const char *behind = url + len + (bracket && url[len] == ']' ? 1 : 0);
    (void)snprintf(host, size, "%.*s", (int)(bracket ? len - 1 : len),
                   url + (bracket ? 1 : 0));
    long port = behind[0] == ':' ? strtol(behind + 1, NULL, 10) : 443;
    *ret_port = (uint16_t)port;
    return port > 0 && port <= UINT16_MAX;
}

void
mst_tls_expiry_tell(struct mst_findings *findings, const char *whose,
                    int64_t end_ms)
{
    char end[MST_TIME_TEXT_MAX];
    char text[512];
    int64_t left_ms = end_ms - mst_clock_wall_ms();
    mst_time_format(end_ms, end);
    (void)snprintf(text, sizeof(text), "that of %.300s %s %s", whose,
                   left_ms < 0 ? "ended at" : "is good until", end);
    enum mst_finding_level level = MST_FINDING_OK;
    if (left_ms < INT64_C(86400000) * EXPIRY_SOON_DAYS) {
        level = left_ms < 0 ? MST_FINDING_FAIL : MST_FINDING_WARN;
    }
    findings->add(findings, level, "certificate", text,
                  level == MST_FINDING_OK ? NULL : "renew it");
}
