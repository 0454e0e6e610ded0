/* SPDX-License-Identifier: MIT */
/* The server, and the sink as the engine sees it. */
#include "http_world.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "unit/cmocka_all.h"

enum { BODY_MAX = 1024 * 1024 };

struct serving {
    struct http_world *world;
    int fd;
};

/* False: the client is gone. */
static bool
serving_read(int fd, char *text, size_t cap, size_t *len)
{
    ssize_t n = recv(fd, text + *len, cap - 1 - *len, 0);
    if (n <= 0) {
        return false;
    }
    *len += (size_t)n;
    text[*len] = '\0';
    return true;
}

/* Reads one request; false: there is no further one. */
static bool
serving_next(int fd, char *text, struct http_asked *ret_asked)
{
    size_t len = 0;
    char *end = NULL;
    text[0] = '\0';
    while (end == NULL) {
        if (!serving_read(fd, text, BODY_MAX, &len)) {
            return false;
        }
        end = strstr(text, "\r\n\r\n");
    }
    const char *field = strstr(text, "Content-Length: ");
    size_t wanted = field == NULL ? 0 : strtoul(field + 16, NULL, 10);
    char *body = end + 4;
    while ((size_t)(text + len - body) < wanted) {
        if (!serving_read(fd, text, BODY_MAX, &len)) {
            return false;
        }
    }
    (void)snprintf(ret_asked->head, sizeof(ret_asked->head), "%.*s",
                   (int)(end - text) + 2, text);
    ret_asked->body = body;
    ret_asked->len = wanted;
    return true;
}

static void *
serving_run(void *arg)
{
    struct serving *serving = arg;
    struct http_world *world = serving->world;
    char *text = malloc(BODY_MAX);
    struct http_asked asked;
    int status = 1;
    while (text != NULL && status != 0
           && serving_next(serving->fd, text, &asked)) {
        char answer[256];
        (void)pthread_mutex_lock(&world->mutex);
        world->asked++;
        world->last = asked;
        status = world->answer(world, &asked);
        int n = snprintf(answer, sizeof(answer),
                         "HTTP/1.1 %d x\r\n%sContent-Length: %d\r\n\r\n%s",
                         status, world->more, status == 204 ? 0 : 4,
                         status == 204 ? "" : "body");
        (void)pthread_mutex_unlock(&world->mutex);
        if (status > 0
            && send(serving->fd, answer, (size_t)n, MSG_NOSIGNAL) < 0) {
            status = 0;
        }
    }
    (void)close(serving->fd);
    free(text);
    free(serving);
    atomic_fetch_sub(&world->connections, 1);
    return NULL;
}

static void *
accept_run(void *arg)
{
    struct http_world *world = arg;
    while (!atomic_load(&world->ending)) {
        int fd = accept(world->listener, NULL, NULL);
        struct serving *serving = malloc(sizeof(*serving));
        pthread_t thread;
        if (fd < 0 || serving == NULL) {
            free(serving);
            continue;
        }
        *serving = (struct serving){world, fd};
        atomic_fetch_add(&world->connections, 1);
        if (pthread_create(&thread, NULL, serving_run, serving) == 0) {
            (void)pthread_detach(thread);
        }
    }
    return NULL;
}

static void
on_confirm(const struct mst_delivery_owner *owner,
           struct mst_delivery *delivery, enum mst_status status,
           const struct mst_error *err)
{
    struct http_world *world = (void *)(uintptr_t)owner;
    size_t i = (size_t)(delivery - world->deliveries);
    if (status != MST_OK) {
        (void)pthread_mutex_lock(&world->mutex);
        world->err = *err;
        (void)pthread_mutex_unlock(&world->mutex);
    }
    assert_int_equal(atomic_exchange(&world->statuses[i], (int)status), -1);
    atomic_fetch_add(&world->total, 1);
}

static void
on_health(const struct mst_sink_host *host, const struct mst_error *err)
{
    (void)host;
    (void)err;
}

static void
on_ready(const struct mst_sink_host *host)
{
    (void)host;
}

size_t
http_world_numbers(const char *body, int *ret_numbers, size_t cap)
{
    size_t n = 0;
    for (const char *at = strstr(body, "\"n\":"); at != NULL && n < cap;
         at = strstr(at + 4, "\"n\":")) {
        ret_numbers[n++] = (int)strtol(at + 4, NULL, 10);
    }
    return n;
}

void
http_world_arrive(struct http_world *world, const struct http_asked *asked)
{
    int numbers[HTTP_MANY];
    size_t n = http_world_numbers(asked->body, numbers, HTTP_MANY);
    for (size_t i = 0; i < n; i++) {
        int key = numbers[i] % HTTP_KEYS;
        world->seen[numbers[i]]++;
        /* A repeat is no turn: it was there before. */
        world->turned +=
            world->seen[numbers[i]] == 1 && numbers[i] < world->newest[key];
        if (numbers[i] > world->newest[key]) {
            world->newest[key] = numbers[i];
        }
    }
}

static int
answer_well(struct http_world *world, const struct http_asked *asked)
{
    http_world_arrive(world, asked);
    return 204;
}

static void
fill_event(struct http_world *world, size_t i)
{
    int key = (int)(i % HTTP_KEYS);
    (void)snprintf(world->payloads[i], sizeof(world->payloads[i]),
                   "{\"n\":%zu}", i);
    (void)snprintf(world->marks[i], sizeof(world->marks[i]), "%zu", i);
    world->events[i] =
        (struct mst_event){.mark = mst_slice_str(world->marks[i]),
                           .key_kind = MST_KEY_BYTES,
                           .key = mst_slice_str(world->marks[i % HTTP_KEYS]),
                           .key_hash = mst_hash64(&key, sizeof(key)),
                           .op = MST_OP_CREATE,
                           .seq = i + 1};
    world->deliveries[i] =
        (struct mst_delivery){.event = &world->events[i],
                              .payload = mst_slice_str(world->payloads[i]),
                              .encoding = MST_ENCODING_JSON,
                              .owner = &world->owner};
    world->offered[i] = &world->deliveries[i];
    atomic_store(&world->statuses[i], -1);
}

static void
world_listen(struct http_world *world)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    world->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(world->listener >= 0);
    assert_int_equal(bind(world->listener, (struct sockaddr *)&address, len),
                     0);
    assert_int_equal(
        getsockname(world->listener, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(listen(world->listener, 64), 0);
    world->port = ntohs(address.sin_port);
    (void)snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u",
                   world->port);
    assert_int_equal(pthread_create(&world->acceptor, NULL, accept_run, world),
                     0);
}

int
http_world_setup(void **state)
{
    struct http_world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    world->owner.confirm = on_confirm;
    world->host =
        (struct mst_sink_host){.health = on_health, .ready = on_ready};
    world->answer = answer_well;
    world->more = "";
    (void)pthread_mutex_init(&world->mutex, NULL);
    world_listen(world);
    world->service = (struct mst_http_service){
        .host = world->url, .timeout_ms = 20000, .connect_timeout_ms = 5000};
    world->options =
        (struct http_sink_options){.concurrency = 4, .batch_bytes = 1U << 20};
    world->args = (struct mst_sink_args){.job = "job",
                                         .service_name = "h",
                                         .service = &world->service,
                                         .options = &world->options,
                                         .resource = "in",
                                         .encoding = MST_ENCODING_JSON,
                                         .memory = 8U << 20,
                                         .host = &world->host};
    for (size_t i = 0; i < HTTP_MANY; i++) {
        fill_event(world, i);
    }
    for (size_t i = 0; i < HTTP_KEYS; i++) {
        world->newest[i] = -1;
    }
    *state = world;
    return 0;
}

int
http_world_teardown(void **state)
{
    struct http_world *world = *state;
    if (world->ctx != NULL) {
        mst_http_sink.close(world->ctx);
        mst_http_sink.destroy(world->ctx);
    }
    atomic_store(&world->ending, true);
    (void)shutdown(world->listener, SHUT_RDWR);
    (void)pthread_join(world->acceptor, NULL);
    (void)close(world->listener);
    while (atomic_load(&world->connections) > 0) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    (void)pthread_mutex_destroy(&world->mutex);
    free(world);
    return 0;
}

void
http_world_open(struct http_world *world)
{
    const struct mst_sink_start start = {0};
    if (world->ctx == NULL) {
        assert_int_equal(mst_http_sink.create(&world->ctx, &world->args, NULL),
                         MST_OK);
    }
    assert_int_equal(mst_http_sink.open(world->ctx, &start, NULL), MST_OK);
}

size_t
http_world_offer(struct http_world *world, size_t from, size_t to,
                 enum mst_status *ret_status)
{
    size_t taken = 0;
    struct mst_error err;
    mst_error_clear(&err);
    *ret_status = mst_http_sink.write(world->ctx, &world->offered[from],
                                      to - from, &taken, &err);
    return taken;
}

void
http_world_drain(struct http_world *world)
{
    int64_t until = mst_clock_ms() + HTTP_DEADLINE_MS;
    enum mst_status status = MST_AGAIN;
    while (status == MST_AGAIN && mst_clock_ms() < until) {
        status = mst_http_sink.drain(world->ctx, 1000, NULL);
    }
    assert_int_equal(status, MST_OK);
}
