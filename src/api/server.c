/* SPDX-License-Identifier: MIT */
/*
 * One thread that takes connections and moves their bytes, for as many as
 * there are. Whoever says nothing, or says it slowly, costs a little memory
 * for a few seconds, and never a thread.
 */
#include "api/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/conn.h"
#include "base/clock.h"
#include "base/thread.h"

enum {
    SERVER_EVENTS = 64,   /* that one turn looks at */
    SERVER_ACCEPTS = 64,  /* that one turn takes */
    SERVER_TICK_MS = 100, /* how late it may be */
    SERVER_FEED_NS = 10 * 1000 * 1000,
    SERVER_DEAF_MS = 100,
    SERVER_STOP_MS = 2000
};

/* The oldest connection that says nothing. Who has many loses one of those,
 * so that nobody can push all others out. NULL: all are at work. */
static struct mst_api_conn *
server_victim(const struct mst_api_server *server,
              const struct mst_address *peer)
{
    struct mst_api_conn *oldest = NULL;
    struct mst_api_conn *own = NULL;
    size_t idle = 0;
    size_t owned = 0;
    for (struct mst_api_conn *conn = server->first; conn != NULL;
         conn = conn->next) {
        if (mst_api_conn_is_idle(conn)) {
            idle++;
            oldest = oldest != NULL ? oldest : conn;
            if (mst_address_same_host(&conn->peer, peer)) {
                owned++;
                own = own != NULL ? own : conn;
            }
        }
    }
    return owned * 2 >= idle ? own : oldest;
}

/* False: there is no room, and none can be made. */
static bool
server_make_room(struct mst_api_server *server, const struct mst_address *peer,
                 size_t most)
{
    if (server->len - server->streams < most) {
        return true;
    }
    struct mst_api_conn *victim = server_victim(server, peer);
    if (victim != NULL) {
        mst_api_conn_destroy(victim);
    }
    return victim != NULL;
}

/* Nothing can be taken now: what waits, waits in the system's queue. */
static void
server_be_deaf(struct mst_api_server *server)
{
    struct epoll_event event = {.events = 0, .data.ptr = server};
    server->deaf_ms = server->now_ms + SERVER_DEAF_MS;
    (void)epoll_ctl(server->epoll, EPOLL_CTL_MOD, server->listener, &event);
}

static void
server_hear(struct mst_api_server *server)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = server};
    if (server->deaf_ms > 0 && server->now_ms >= server->deaf_ms
        && server->listener >= 0) {
        server->deaf_ms = 0;
        (void)epoll_ctl(server->epoll, EPOLL_CTL_MOD, server->listener, &event);
    }
}

static void
server_accept(struct mst_api_server *server)
{
    for (int i = 0; i < SERVER_ACCEPTS; i++) {
        struct mst_address peer = {.len = sizeof(peer.name)};
        int fd = accept4(server->listener, (struct sockaddr *)&peer.name,
                         &peer.len, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
            /* Somebody's place is free for the next one. */
            if (!server_make_room(server, &peer, 0)) {
                server_be_deaf(server);
                return;
            }
            continue;
        }
        if (fd < 0) {
            return;
        }
        if (!server_make_room(server, &peer, MST_API_CONNS_MAX)) {
            (void)close(fd);
            server_be_deaf(server);
            return;
        }
        struct mst_api_conn *conn = mst_api_conn_open(server, fd, &peer);
        if (conn != NULL) {
            mst_api_conn_step(conn);
        }
    }
}

static void
server_answers(struct mst_api_server *server)
{
    uint64_t count = 0;
    ssize_t n = read(server->wake, &count, sizeof(count));
    (void)n; /* it is empty when nobody woke it */
    struct mst_api_call *call = mst_api_workers_done(server->workers);
    while (call != NULL) {
        struct mst_api_call *next = call->next;
        mst_api_conn_answered(call->conn);
        call = next;
    }
}

/* Streams get what is new, each in its turn, but not all of the time. */
static void
server_feed(struct mst_api_server *server)
{
    int64_t until = mst_clock_ns() + SERVER_FEED_NS;
    if (server->streams == 0
        || server->now_ms - server->streamed_ms < SERVER_TICK_MS) {
        return;
    }
    struct mst_api_conn *conn =
        server->fed != NULL ? server->fed : server->first;
    for (; conn != NULL && mst_clock_ns() < until; conn = conn->next) {
        mst_api_conn_feed(conn);
    }
    server->fed = conn;
    server->streamed_ms = conn == NULL ? server->now_ms : server->streamed_ms;
}

/* Those that are late, or over. */
static void
server_sweep(struct mst_api_server *server)
{
    struct mst_api_conn *next = NULL;
    bool ready = server->ready;
    bool stopping = server->stop_ms > 0;
    server->ready = false;
    for (struct mst_api_conn *conn = server->first; conn != NULL; conn = next) {
        next = conn->next;
        if (conn->ready && ready) {
            mst_api_conn_step(conn);
        }
        if (server->now_ms >= conn->deadline_ms) {
            mst_api_conn_late(conn);
        }
        if (conn->state == MST_API_CONN_OVER
            || (stopping
                && (mst_api_conn_is_idle(conn)
                    || conn->state == MST_API_CONN_STREAM))) {
            mst_api_conn_destroy(conn);
        }
    }
}

static void
server_events(struct mst_api_server *server, struct epoll_event *events, int n)
{
    bool accepts = false;
    bool answers = false;
    for (int i = 0; i < n; i++) {
        struct mst_api_conn *conn = events[i].data.ptr;
        if (events[i].data.ptr == server) {
            accepts = true;
        } else if (conn == NULL) {
            answers = true;
        } else if ((events[i].events & (EPOLLHUP | EPOLLERR)) != 0) {
            mst_api_conn_hung_up(conn);
        } else {
            mst_api_conn_step(conn);
        }
    }
    if (answers) {
        server_answers(server);
    }
    server_sweep(server);
    server_feed(server);
    if (accepts && server->listener >= 0) {
        server_accept(server);
    }
}

/* Takes nobody any more. */
static void
server_begin_stop(struct mst_api_server *server)
{
    server->stop_ms = server->now_ms + SERVER_STOP_MS;
    (void)close(server->listener);
    server->listener = -1;
}

static int
server_timeout(const struct mst_api_server *server)
{
    if (server->ready || server->fed != NULL) {
        return 0;
    }
    return server->len > 0 || server->deaf_ms > 0 || server->stop_ms > 0
               ? SERVER_TICK_MS
               : -1;
}

static void *
server_run(void *arg)
{
    struct mst_api_server *server = arg;
    struct epoll_event events[SERVER_EVENTS];
    bool open = true;
    while (open) {
        int n = epoll_wait(server->epoll, events, SERVER_EVENTS,
                           server_timeout(server));
        server->now_ms = mst_clock_ms();
        if (atomic_load(&server->api->stopping) && server->stop_ms == 0) {
            server_begin_stop(server);
        }
        server_hear(server);
        server_events(server, events, n > 0 ? n : 0);
        open = server->stop_ms == 0
               || (server->len > 0 && server->now_ms < server->stop_ms);
    }
    return NULL;
}

static enum mst_status
server_open(struct mst_api_server *server, struct mst_error *err)
{
    struct epoll_event wake = {.events = EPOLLIN};
    struct epoll_event connect = {.events = EPOLLIN, .data.ptr = server};
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->epoll < 0 || server->wake < 0
        || epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->wake, &wake) != 0
        || epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->listener, &connect)
               != 0) {
        return mst_fail(err, MST_FATAL, "api", errno,
                        "the API can not watch its connections");
    }
    enum mst_status status = mst_api_workers_create(server->api, server->wake,
                                                    &server->workers, err);
    if (status == MST_OK) {
        status =
            mst_thread_start(&server->thread, "api", server_run, server, err);
    }
    return status;
}

static void
server_destroy(struct mst_api_server *server)
{
    mst_api_workers_destroy(server->workers);
    while (server->first != NULL) {
        mst_api_conn_destroy(server->first);
    }
    const int fds[] = {server->listener, server->epoll, server->wake};
    for (size_t i = 0; i < MST_ARRAY_SIZE(fds); i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
    free(server);
}

enum mst_status
mst_api_server_start(struct mst_api *api, int listener, struct mst_error *err)
{
    struct mst_api_server *server = calloc(1, sizeof(*server));
    if (server == NULL) {
        (void)close(listener);
        return mst_fail_memory(err, "api");
    }
    server->api = api;
    server->listener = listener;
    server->epoll = -1;
    server->wake = -1;
    enum mst_status status = server_open(server, err);
    if (status != MST_OK) {
        server_destroy(server);
        return status;
    }
    api->server = server;
    return MST_OK;
}

void
mst_api_server_stop(struct mst_api *api)
{
    static const uint64_t wake = 1;
    struct mst_api_server *server = api->server;
    if (server == NULL) {
        return;
    }
    ssize_t n = write(server->wake, &wake, sizeof(wake));
    (void)n; /* full is awake */
    (void)pthread_join(server->thread, NULL);
    server_destroy(server);
    api->server = NULL;
}
