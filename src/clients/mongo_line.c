/* SPDX-License-Identifier: MIT */
/* Reading, writing and polling for libmongoc, each beside the descriptor that
 * says that it is cancelled. */
#include "clients/mongo_line.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum {
    LINE_TYPE = 1000, /* the library's own are below */
    LINE_PARTS = 16   /* given to one sendmsg */
};

struct mongo_line {
    mongoc_stream_t stream; /* first: libmongoc knows it by this */
    int fd;                 /* -1: closed */
    int error;              /* errno of the last call, 0: none */
    bool is_silent;         /* and that was told */
    struct mst_mongo_cancel *cancel;
};

static struct mongo_line *
line_of(mongoc_stream_t *stream)
{
    return (struct mongo_line *)stream;
}

static int
line_close(mongoc_stream_t *stream)
{
    struct mongo_line *line = line_of(stream);
    if (line->fd >= 0) {
        (void)close(line->fd);
        line->fd = -1;
    }
    return 0;
}

static void
line_destroy(mongoc_stream_t *stream)
{
    (void)line_close(stream);
    free(line_of(stream));
}

static int
line_flush(mongoc_stream_t *stream)
{
    (void)stream;
    return 0;
}

static int
line_setsockopt(mongoc_stream_t *stream, int level, int name, void *value,
                mongoc_socklen_t len)
{
    return setsockopt(line_of(stream)->fd, level, name, value, len);
}

/* Milliseconds left until `until`, -1: for ever. */
static int
line_left(int64_t until)
{
    if (until < 0) {
        return -1;
    }
    int64_t left = until - mst_clock_ms();
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static int64_t
line_until(int32_t timeout_ms)
{
    return timeout_ms < 0 ? -1 : mst_clock_ms() + timeout_ms;
}

/* Tells a silence and its end. */
static void
line_tell(struct mongo_line *line, bool is_silent)
{
    if (line->is_silent != is_silent) {
        line->is_silent = is_silent;
        mst_mongo_cancel_tell(line->cancel, is_silent);
    }
}

/* Polls both; as poll. Cuts the wait where a silence has to be told. */
static int
line_poll_once(struct mongo_line *line, struct pollfd fds[2], int wait,
               int64_t began)
{
    int silent_ms = mst_mongo_cancel_silent_ms(line->cancel);
    if (silent_ms == 0 || line->is_silent) {
        return poll(fds, 2, wait);
    }
    int left = line_left(began + silent_ms);
    bool cut = wait < 0 || wait > left;
    int n = poll(fds, 2, cut ? left : wait);
    if (n == 0 && cut) {
        line_tell(line, true);
        return poll(fds, 2, wait < 0 ? -1 : wait - left);
    }
    return n;
}

/* Waits until the socket is ready; false with line->error otherwise.
 * timeout_ms 0 asks only, which libmongoc wants to hear as EAGAIN. */
static bool
line_wait(struct mongo_line *line, short events, int64_t until, bool asks)
{
    int64_t began = mst_clock_ms();
    struct pollfd fds[2] = {
        {.fd = line->fd, .events = events},
        {.fd = mst_mongo_cancel_fd(line->cancel), .events = POLLIN}};
    for (;;) {
        int wait = mst_mongo_cancel_wait(line->cancel, line_left(until));
        int n = line_poll_once(line, fds, wait, began);
        if (n > 0 && fds[1].revents != 0) {
            line->error = ECANCELED;
            return false;
        }
        if (n > 0) {
            line_tell(line, false);
            return true;
        }
        if (n < 0 && errno != EINTR) {
            line->error = errno;
            return false;
        }
        if (n == 0
            && mst_mongo_cancel_wait(line->cancel, line_left(until)) == 0) {
            line->error = asks ? EAGAIN : ETIMEDOUT;
            return false;
        }
    }
}

/* The parts of iov that are left after `done` bytes. */
static size_t
line_rest(const mongoc_iovec_t *iov, size_t iovcnt, size_t done,
          struct iovec out[LINE_PARTS])
{
    size_t n = 0;
    for (size_t i = 0; i < iovcnt && n < LINE_PARTS; i++) {
        if (done >= iov[i].iov_len) {
            done -= iov[i].iov_len;
            continue;
        }
        out[n].iov_base = (char *)iov[i].iov_base + done;
        out[n].iov_len = iov[i].iov_len - done;
        done = 0;
        n++;
    }
    return n;
}

static bool
line_is_again(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR
           || error == EINPROGRESS;
}

/* One sendmsg or recvmsg of what is left after `done` bytes, tried again until
 * it moved something. 0: the other side has closed; -1: line->error. */
static ssize_t
line_move(struct mongo_line *line, short events, struct msghdr *message,
          int64_t until, bool asks)
{
    for (;;) {
        ssize_t n = events == POLLOUT ? sendmsg(line->fd, message, MSG_NOSIGNAL)
                                      : recvmsg(line->fd, message, 0);
        if (n >= 0) {
            return n;
        }
        line->error = errno;
        if (!line_is_again(line->error)
            || !line_wait(line, events, until, asks)) {
            return -1;
        }
    }
}

static ssize_t
line_writev(mongoc_stream_t *stream, mongoc_iovec_t *iov, size_t iovcnt,
            int32_t timeout_ms)
{
    struct mongo_line *line = line_of(stream);
    int64_t until = line_until(timeout_ms);
    struct iovec parts[LINE_PARTS];
    size_t done = 0;
    struct msghdr message = {.msg_iov = parts};
    line->error = 0;
    while ((message.msg_iovlen = line_rest(iov, iovcnt, done, parts)) > 0) {
        ssize_t n = line_move(line, POLLOUT, &message, until, timeout_ms == 0);
        if (n < 0) {
            errno = line->error;
            return done > 0 ? (ssize_t)done : -1;
        }
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static ssize_t
line_readv(mongoc_stream_t *stream, mongoc_iovec_t *iov, size_t iovcnt,
           size_t min_bytes, int32_t timeout_ms)
{
    struct mongo_line *line = line_of(stream);
    int64_t until = line_until(timeout_ms);
    struct iovec parts[LINE_PARTS];
    size_t done = 0;
    struct msghdr message = {.msg_iov = parts};
    line->error = 0;
    while ((message.msg_iovlen = line_rest(iov, iovcnt, done, parts)) > 0) {
        ssize_t n = line_move(line, POLLIN, &message, until, timeout_ms == 0);
        if (n <= 0 && done < min_bytes) {
            errno = line->error;
            return -1;
        }
        done += n > 0 ? (size_t)n : 0;
        if (n <= 0 || done >= min_bytes) {
            break;
        }
    }
    errno = line->error;
    return (ssize_t)done;
}

static ssize_t
line_poll(mongoc_stream_poll_t *streams, size_t n, int32_t timeout_ms)
{
    struct mst_mongo_cancel *cancel = line_of(streams[0].stream)->cancel;
    struct pollfd *fds = calloc(n + 1, sizeof(*fds));
    if (fds == NULL) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        fds[i].fd = line_of(streams[i].stream)->fd;
        fds[i].events = (short)streams[i].events;
    }
    fds[n].fd = mst_mongo_cancel_fd(cancel);
    fds[n].events = POLLIN;
    int ready = poll(fds, n + 1, mst_mongo_cancel_wait(cancel, timeout_ms));
    bool over = ready > 0 ? fds[n].revents != 0
                          : ready == 0 && timeout_ms != 0
                                && mst_mongo_cancel_wait(cancel, 1) == 0;
    for (size_t i = 0; i < n && ready >= 0; i++) {
        streams[i].revents = over ? POLLERR : fds[i].revents;
    }
    free(fds);
    return over ? (ssize_t)n : ready;
}

static bool
line_check_closed(mongoc_stream_t *stream)
{
    struct mongo_line *line = line_of(stream);
    char byte;
    if (line->fd < 0 || mst_mongo_cancel_is_now(line->cancel)) {
        return true;
    }
    ssize_t n = recv(line->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && !line_is_again(errno));
}

static bool
line_timed_out(mongoc_stream_t *stream)
{
    return line_of(stream)->error == ETIMEDOUT;
}

static bool
line_should_retry(mongoc_stream_t *stream)
{
    return line_is_again(line_of(stream)->error);
}

mongoc_stream_t *
mst_mongo_line_create(int fd, struct mst_mongo_cancel *cancel)
{
    struct mongo_line *line = calloc(1, sizeof(*line));
    if (line == NULL) {
        return NULL;
    }
    line->fd = fd;
    line->cancel = cancel;
    line->stream = (mongoc_stream_t){
        .type = LINE_TYPE,
        .destroy = line_destroy,
        .close = line_close,
        .flush = line_flush,
        .writev = line_writev,
        .readv = line_readv,
        .setsockopt = line_setsockopt,
        .check_closed = line_check_closed,
        .poll = line_poll,
        .failed = line_destroy,
        .timed_out = line_timed_out,
        .should_retry = line_should_retry,
    };
    return &line->stream;
}
