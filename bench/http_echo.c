/* SPDX-License-Identifier: MIT */
/*
 * The server that benchmarks talk to: one thread, connections that are kept.
 * It answers /in with 204, and anything else with the body that came.
 *
 *   http_echo      prints the port it listens on, serves until it is ended
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ECHO_BUFFER = 128 * 1024, /* a request has to fit */
    ECHO_HEAD_MAX = 256,
    ECHO_PEERS = 256, /* file descriptors below that */
    ECHO_EVENTS = 64
};

struct echo_peer {
    int fd;
    size_t len;
    char data[ECHO_BUFFER + 1];
    char out[ECHO_BUFFER + ECHO_HEAD_MAX];
};

struct echo_server {
    int epoll;
    int listener;
    struct echo_peer *peers; /* by file descriptor */
};

/* Answers fit into the socket's buffer: one that does not ends the peer. */
static bool
echo_send(struct echo_peer *peer, const char *body, size_t len)
{
    bool drop = strncmp(peer->data, "POST /in ", 9) == 0;
    int head = drop ? snprintf(peer->out, ECHO_HEAD_MAX,
                               "HTTP/1.1 204 No Content\r\n\r\n")
                    : snprintf(peer->out, ECHO_HEAD_MAX,
                               "HTTP/1.1 200 OK\r\n"
                               "Content-Type: application/json\r\n"
                               "Content-Length: %zu\r\n\r\n",
                               len);
    size_t size = (size_t)head;
    if (!drop) {
        memcpy(peer->out + size, body, len);
        size += len;
    }
    return send(peer->fd, peer->out, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* The length of the body that the head announces. */
static size_t
echo_length(const char *head)
{
    const char *line = strstr(head, "\r\n");
    while (line != NULL) {
        line += 2;
        if (strncasecmp(line, "Content-Length:", 15) == 0) {
            return strtoul(line + 15, NULL, 10);
        }
        line = strstr(line, "\r\n");
    }
    return 0;
}

/* False: the peer is to be closed. */
static bool
echo_serve(struct echo_peer *peer)
{
    for (;;) {
        peer->data[peer->len] = '\0';
        char *end = strstr(peer->data, "\r\n\r\n");
        if (end == NULL) {
            return peer->len < ECHO_BUFFER;
        }
        end[2] = '\0';
        size_t head = (size_t)(end - peer->data) + 4;
        size_t body = echo_length(peer->data);
        end[2] = '\r';
        if (body > ECHO_BUFFER - head) {
            return false;
        }
        if (peer->len < head + body) {
            return true;
        }
        if (!echo_send(peer, peer->data + head, body)) {
            return false;
        }
        peer->len -= head + body;
        memmove(peer->data, peer->data + head + body, peer->len);
    }
}

static void
echo_read(struct echo_peer *peer)
{
    ssize_t n =
        recv(peer->fd, peer->data + peer->len, ECHO_BUFFER - peer->len, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        (void)close(peer->fd);
        return;
    }
    peer->len += (size_t)n;
    if (!echo_serve(peer)) {
        (void)close(peer->fd);
    }
}

static void
echo_accept(struct echo_server *server)
{
    int one = 1;
    int fd = accept(server->listener, NULL, NULL);
    if (fd >= ECHO_PEERS) {
        (void)close(fd);
    }
    if (fd < 0 || fd >= ECHO_PEERS) {
        return;
    }
    struct echo_peer *peer = &server->peers[fd];
    peer->fd = fd;
    peer->len = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0
        || epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        (void)close(peer->fd);
    }
}

/* A listener on a free port of loopback, which is printed. */
static int
echo_listen(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0
        || listen(fd, SOMAXCONN) != 0
        || getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        return -1;
    }
    (void)printf("%d\n", ntohs(address.sin_port));
    (void)fflush(stdout);
    return fd;
}

int
main(void)
{
    struct echo_server server = {
        .listener = echo_listen(),
        .epoll = epoll_create1(EPOLL_CLOEXEC),
        .peers = calloc(ECHO_PEERS, sizeof(struct echo_peer))};
    struct epoll_event events[ECHO_EVENTS];
    struct epoll_event incoming = {.events = EPOLLIN,
                                   .data.fd = server.listener};
    if (server.listener < 0 || server.epoll < 0 || server.peers == NULL
        || epoll_ctl(server.epoll, EPOLL_CTL_ADD, server.listener, &incoming)
               != 0) {
        perror("http_echo");
        free(server.peers);
        return 1;
    }
    for (;;) {
        int n = epoll_wait(server.epoll, events, ECHO_EVENTS, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == server.listener) {
                echo_accept(&server);
            } else {
                echo_read(&server.peers[fd]);
            }
        }
    }
}
