/* SPDX-License-Identifier: MIT */
/* TCP (all addresses of a name in a race), Unix sockets, TLS around them. */
#include "clients/mongo_dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "clients/mongo_line.h"
#include "log/log.h"

enum {
    DIAL_ADDRESSES = 8,
    DIAL_HEAD_START_MS = 250, /* for an address before the next one */
    DIAL_TIMEOUT_MS = 10000,  /* libmongoc's default */
    DIAL_KEEP_IDLE_S = 120,
    DIAL_KEEP_INTERVAL_S = 10,
    DIAL_KEEP_COUNT = 9
};

/* Sockets of one name, connecting side by side. */
struct dial {
    struct pollfd fds[DIAL_ADDRESSES + 1]; /* the last: cancelled */
    size_t len;                            /* begun */
    size_t open;                           /* of them, not failed */
    int error;                             /* why one failed, errno */
    struct mst_mongo_cancel *cancel;
};

static void
dial_set(int fd, int level, int name, int value)
{
    /* A connection without it works as well, only less long. */
    (void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* A socket that connects or has connected; -1 with errno. */
static int
dial_begin(int family, const struct sockaddr *address, socklen_t len)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    if (family != AF_UNIX) {
        dial_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        dial_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        dial_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, DIAL_KEEP_IDLE_S);
        dial_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, DIAL_KEEP_INTERVAL_S);
        dial_set(fd, IPPROTO_TCP, TCP_KEEPCNT, DIAL_KEEP_COUNT);
    }
    if (connect(fd, address, len) == 0 || errno == EINPROGRESS) {
        return fd;
    }
    int code = errno;
    (void)close(fd);
    errno = code;
    return -1;
}

static void
dial_add(struct dial *dial, const struct addrinfo *address)
{
    int fd =
        dial_begin(address->ai_family, address->ai_addr, address->ai_addrlen);
    if (fd < 0) {
        dial->error = errno;
        return;
    }
    dial->fds[dial->len++] = (struct pollfd){.fd = fd, .events = POLLOUT};
    dial->open++;
}

/* The socket that has connected, taken out; -1: none yet. Those that failed
 * are closed. */
static int
dial_take(struct dial *dial)
{
    for (size_t i = 0; i < dial->len; i++) {
        struct pollfd *one = &dial->fds[i];
        int code = 0;
        socklen_t len = sizeof(code);
        if (one->fd < 0 || one->revents == 0) {
            continue;
        }
        int fd = one->fd;
        one->fd = -1;
        dial->open--;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) == 0
            && code == 0) {
            return fd;
        }
        dial->error = code;
        (void)close(fd);
    }
    return -1;
}

/* The first socket of a name with several addresses that connects. */
static int
dial_race(struct dial *dial, const struct addrinfo *next, int timeout_ms)
{
    int64_t until = mst_clock_ms() + timeout_ms;
    int fd = -1;
    while (fd < 0) {
        if (next != NULL && dial->len < DIAL_ADDRESSES) {
            dial_add(dial, next);
            next = next->ai_next;
        }
        bool more = next != NULL && dial->len < DIAL_ADDRESSES;
        int64_t left = until - mst_clock_ms();
        if (left <= 0 || mst_mongo_cancel_wait(dial->cancel, 1) == 0) {
            dial->error = left <= 0 ? ETIMEDOUT : ECANCELED;
            break;
        }
        if (dial->open == 0 && !more) {
            break;
        }
        int wait =
            more && left > DIAL_HEAD_START_MS ? DIAL_HEAD_START_MS : (int)left;
        wait = dial->open == 0 ? 0 : wait;
        dial->fds[dial->len] = (struct pollfd){
            .fd = mst_mongo_cancel_fd(dial->cancel), .events = POLLIN};
        wait = mst_mongo_cancel_wait(dial->cancel, wait);
        if (poll(dial->fds, dial->len + 1, wait) > 0) {
            fd = dial_take(dial);
        }
    }
    for (size_t i = 0; i < dial->len; i++) {
        if (dial->fds[i].fd >= 0) {
            (void)close(dial->fds[i].fd);
        }
    }
    return fd;
}

static int
dial_failed(bson_error_t *error, const char *where, int code)
{
    char text[128];
    bson_set_error(error, MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_CONNECT,
                   "cannot connect to %s: %s", where,
                   strerror_r(code, text, sizeof(text)));
    return -1;
}

static int
dial_tcp(const mongoc_host_list_t *host, int timeout_ms,
         struct mst_mongo_cancel *cancel, bson_error_t *error)
{
    char port[8];
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_family = host->family,
                                   .ai_socktype = SOCK_STREAM};
    (void)snprintf(port, sizeof(port), "%u", (unsigned)host->port);
    int code = getaddrinfo(host->host, port, &hints, &found);
    if (code != 0) {
        bson_set_error(
            error, MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_NAME_RESOLUTION,
            "no address of %s is known: %s", host->host, gai_strerror(code));
        return -1;
    }
    int fd = -1;
    struct dial dial = {.cancel = cancel};
    if (found->ai_next == NULL) {
        /* libmongoc waits for several servers at once. */
        fd = dial_begin(found->ai_family, found->ai_addr, found->ai_addrlen);
        dial.error = errno;
    } else {
        fd = dial_race(&dial, found, timeout_ms);
    }
    freeaddrinfo(found);
    return fd < 0 ? dial_failed(error, host->host_and_port, dial.error) : fd;
}

static int
dial_unix(const mongoc_host_list_t *host, bson_error_t *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(host->host);
    if (len >= sizeof(address.sun_path)) {
        return dial_failed(error, host->host, ENAMETOOLONG);
    }
    memcpy(address.sun_path, host->host, len + 1);
    int fd =
        dial_begin(AF_UNIX, (const struct sockaddr *)&address, sizeof(address));
    return fd < 0 ? dial_failed(error, host->host, errno) : fd;
}

static bool
dial_wants_tls(const mongoc_uri_t *uri)
{
    const char *mechanism = mongoc_uri_get_auth_mechanism(uri);
    return mongoc_uri_get_tls(uri)
           || (mechanism != NULL && strcasecmp(mechanism, "MONGODB-X509") == 0);
}

/* Puts TLS around base, which is gone when it fails. */
static mongoc_stream_t *
dial_tls(mongoc_stream_t *base, const mongoc_uri_t *uri,
         const mongoc_host_list_t *host, int timeout_ms, bson_error_t *error)
{
    bool insecure =
        mongoc_uri_get_option_as_bool(uri, MONGOC_URI_TLSINSECURE, false);
    mongoc_ssl_opt_t options = {
        .pem_file = mongoc_uri_get_option_as_utf8(
            uri, MONGOC_URI_TLSCERTIFICATEKEYFILE, NULL),
        .pem_pwd = mongoc_uri_get_option_as_utf8(
            uri, MONGOC_URI_TLSCERTIFICATEKEYFILEPASSWORD, NULL),
        .ca_file =
            mongoc_uri_get_option_as_utf8(uri, MONGOC_URI_TLSCAFILE, NULL),
        .weak_cert_validation = mongoc_uri_get_option_as_bool(
            uri, MONGOC_URI_TLSALLOWINVALIDCERTIFICATES, insecure),
        .allow_invalid_hostname = mongoc_uri_get_option_as_bool(
            uri, MONGOC_URI_TLSALLOWINVALIDHOSTNAMES, insecure),
    };
    mongoc_stream_t *tls =
        mongoc_stream_tls_new_with_hostname(base, host->host, &options, 1);
    if (tls == NULL) {
        mongoc_stream_destroy(base);
        bson_set_error(error, MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET,
                       "the TLS files can not be used");
        return NULL;
    }
    if (!mongoc_stream_tls_handshake_block(tls, host->host, timeout_ms,
                                           error)) {
        mongoc_stream_destroy(tls);
        return NULL;
    }
    return tls;
}

/* A stream whose first use fails. libmongoc 1.23 tries a server again from
 * inside its scan, with the topology locked; an initiator that fails at once is
 * told to a function that locks it again, and the thread hangs for ever. */
static mongoc_stream_t *
dial_dead(struct mst_mongo_cancel *cancel)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair)
        != 0) {
        return NULL;
    }
    (void)close(pair[1]);
    mongoc_stream_t *stream = mst_mongo_line_create(pair[0], cancel);
    if (stream == NULL) {
        (void)close(pair[0]);
    }
    return stream;
}

/* The library has good words for an initiator that fails, and asks again from
 * inside its scan only for a server that it has met. */
static mongoc_stream_t *
dial_give_up(struct mst_mongo_cancel *cancel, const bson_error_t *error)
{
    if (!mst_mongo_cancel_has_met(cancel)) {
        return NULL;
    }
    if (!mst_mongo_cancel_is_now(cancel)) {
        mst_log_write(MST_LOG_WARN, "mongodb", NULL, 0, "%s", error->message);
    }
    return dial_dead(cancel);
}

mongoc_stream_t *
mst_mongo_dial(const mongoc_uri_t *uri, const mongoc_host_list_t *host,
               void *user_data, bson_error_t *error)
{
    struct mst_mongo_cancel *cancel = user_data;
    int timeout_ms = mongoc_uri_get_option_as_int32(
        uri, MONGOC_URI_CONNECTTIMEOUTMS, DIAL_TIMEOUT_MS);
    if (mst_mongo_cancel_wait(cancel, 1) == 0) {
        (void)dial_failed(error, host->host_and_port, ECANCELED);
        return dial_dead(cancel);
    }
    int fd = host->family == AF_UNIX
                 ? dial_unix(host, error)
                 : dial_tcp(host, timeout_ms, cancel, error);
    mongoc_stream_t *stream = fd < 0 ? NULL : mst_mongo_line_create(fd, cancel);
    if (fd >= 0 && stream == NULL) {
        (void)close(fd);
        (void)dial_failed(error, host->host_and_port, ENOMEM);
    }
    if (stream != NULL && dial_wants_tls(uri)) {
        stream = dial_tls(stream, uri, host, timeout_ms, error);
    }
    if (stream == NULL) {
        return dial_give_up(cancel, error);
    }
    mst_mongo_cancel_met(cancel);
    return stream;
}
