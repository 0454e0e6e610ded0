/* SPDX-License-Identifier: MIT */
/* An HTTP sink, a server of threads in this process, and deliveries with what
 * became of them. */
#ifndef MST_TESTS_UNIT_SINKS_HTTP_WORLD_H
#define MST_TESTS_UNIT_SINKS_HTTP_WORLD_H

#include <pthread.h>
#include <stdatomic.h>

#include "clients/http_service.h"
#include "sinks/http/http_sink.h"
#include "sinks/http/http_sink_options.h"

enum { HTTP_MANY = 2000, HTTP_DEADLINE_MS = 30000, HTTP_KEYS = 10 };

/* A request as the server has it; texts end with NUL. */
struct http_asked {
    char head[4096];
    char *body;
    size_t len;
};

struct http_world {
    struct mst_delivery_owner owner; /* first: on_confirm casts */
    struct mst_sink_host host;
    /* Returns the status to answer with; 0: hang up; -1: say nothing and keep
     * the connection. Lock: mutex held. */
    int (*answer)(struct http_world *world, const struct http_asked *asked);
    const char *more; /* header lines of answers, "" or "A: b\r\n" */
    int listener;
    uint16_t port;
    pthread_t acceptor;
    atomic_bool ending;
    atomic_size_t connections; /* served now */
    char url[64];
    struct mst_http_service service;
    struct http_sink_options options;
    struct mst_sink_args args;
    void *ctx;
    struct mst_event events[HTTP_MANY];
    struct mst_delivery deliveries[HTTP_MANY];
    struct mst_delivery *offered[HTTP_MANY];
    char payloads[HTTP_MANY][32]; /* {"n":<number>} */
    char marks[HTTP_MANY][16];
    atomic_int statuses[HTTP_MANY]; /* -1: not yet */
    atomic_size_t total;
    pthread_mutex_t mutex;
    /* Lock: mutex held. */
    size_t asked;
    struct http_asked last;
    int seen[HTTP_MANY];   /* how often each arrived with 2xx */
    int newest[HTTP_KEYS]; /* per key */
    int turned;            /* events that came behind a later one */
    unsigned seed;
    struct mst_error err; /* of the last failure */
};

int http_world_setup(void **state);
int http_world_teardown(void **state);
/* Makes the sink where there is none yet, and opens it. */
void http_world_open(struct http_world *world);
/* Offers from..to-1 once; returns how many are taken. */
size_t http_world_offer(struct http_world *world, size_t from, size_t to,
                        enum mst_status *ret_status);
/* Drains until all that was taken is confirmed. */
void http_world_drain(struct http_world *world);
/* Notes the numbers in a body as arrived. Lock: mutex held. */
void http_world_arrive(struct http_world *world,
                       const struct http_asked *asked);
/* The numbers in a body; returns how many. */
size_t http_world_numbers(const char *body, int *ret_numbers, size_t cap);

#endif
