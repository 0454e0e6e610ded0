/* SPDX-License-Identifier: MIT */
/* The server with real connections: many at once, ended in the middle. */
#include "unit/jobs/daemon_world.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/api_impl.h"
#include "unit/cmocka_all.h"

enum { PATIENCE_S = 30, CLIENTS = 6, ROUNDS = 100 };

#define END " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static const char one_job[] = DAEMON_WORLD_SERVICES DAEMON_WORLD_JOB("j", "");

struct world {
    struct daemon_world daemon;
    struct mst_log_ring *ring;
    struct mst_api *api;
    uint16_t port;
    atomic_bool over;
};

static int
world_open(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct mst_error err;
    char host[] = "127.0.0.1";
    const struct mst_config_api config = {
        .enabled = true, .host = host, .max_body_bytes = 100};
    assert_non_null(world);
    daemon_world_open(&world->daemon, one_job);
    assert_int_equal(mst_log_ring_create(100, &world->ring, &err), MST_OK);
    const struct mst_api_args args = {.config = &config,
                                      .manager = world->daemon.manager,
                                      .ring = world->ring};
    assert_int_equal(mst_api_start(&args, &world->api, &err), MST_OK);
    const char *port = strrchr(mst_api_url(world->api), ':');
    assert_non_null(port);
    world->port = (uint16_t)strtoul(port + 1, NULL, 10);
    *state = world;
    return 0;
}

static int
world_close(void **state)
{
    struct world *world = *state;
    mst_api_stop(world->api);
    mst_log_ring_destroy(world->ring);
    daemon_world_close(&world->daemon);
    free(world);
    return 0;
}

/* -1: it is not there any more. */
static int
call_up(const struct world *world, const char *text)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    const struct sockaddr_in name = {.sin_family = AF_INET,
                                     .sin_port = htons(world->port),
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (const struct sockaddr *)&name, sizeof(name)) != 0
        || send(fd, text, strlen(text), MSG_NOSIGNAL) < 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* Until the text has come; false: it ended before. */
static bool
hear(int fd, const char *text)
{
    char got[16 * 1024] = "";
    size_t len = 0;
    while (strstr(got, text) == NULL && len < sizeof(got) - 1) {
        ssize_t n = recv(fd, got + len, sizeof(got) - 1 - len, 0);
        if (n <= 0) {
            return false;
        }
        len += (size_t)n;
        got[len] = '\0';
    }
    return true;
}

static void *
client_main(void *arg)
{
    static const char *const requests[] = {
        "GET /jobs" END,          "GET /health" END, "GET /nowhere" END,
        "POST /jobs/no/stop" END, "GET /jo",         "GARBAGE\r\n\r\n",
        "GET /logs/stream" END,   "GET /metrics" END};
    struct world *world = arg;
    for (int i = 0; i < ROUNDS && !atomic_load(&world->over); i++) {
        size_t which = (size_t)i % MST_ARRAY_SIZE(requests);
        int fd = call_up(world, requests[which]);
        if (fd >= 0 && which != 4) {
            (void)hear(fd, "HTTP/1.1");
        }
        if (fd >= 0) {
            (void)close(fd);
        }
        mst_log_ring_add(world->ring, MST_LOG_INFO, "test", NULL, 0, "line");
    }
    return NULL;
}

static void
many_clients_are_answered_and_the_next_one_too(void **state)
{
    struct world *world = *state;
    pthread_t threads[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, client_main, world),
                         0);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    int fd = call_up(world, "GET /livez" END "GET /jobs" END);
    assert_true(fd >= 0);
    assert_true(hear(fd, "\"name\":\"j\""));
    (void)close(fd);
}

static void
an_end_in_the_middle_ends_every_connection(void **state)
{
    struct world *world = *state;
    pthread_t threads[CLIENTS];
    int stream = call_up(world, "GET /logs/stream" END);
    int silent = call_up(world, "GET /jo");
    assert_true(stream >= 0 && silent >= 0);
    assert_true(hear(stream, "text/event-stream"));
    for (size_t i = 0; i < CLIENTS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, client_main, world),
                         0);
    }
    int fd = call_up(world, "GET /jobs" END);
    assert_true(fd >= 0 && hear(fd, "\"name\":\"j\""));
    mst_api_stop(world->api);
    world->api = NULL;
    atomic_store(&world->over, true);
    assert_false(hear(stream, "what never comes"));
    assert_false(hear(silent, "what never comes"));
    assert_false(hear(fd, "what never comes"));
    for (size_t i = 0; i < CLIENTS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    (void)close(fd);
    (void)close(stream);
    (void)close(silent);
}

static void
a_port_that_is_taken_is_said(void **state)
{
    struct world *world = *state;
    struct mst_api *api = NULL;
    struct mst_error err;
    char host[] = "127.0.0.1";
    const struct mst_config_api config = {
        .enabled = true, .host = host, .port = world->port};
    const struct mst_api_args args = {.config = &config,
                                      .manager = world->daemon.manager,
                                      .ring = world->ring};
    assert_int_equal(mst_api_start(&args, &api, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "can not listen on 127.0.0.1"));
    assert_null(api);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            many_clients_are_answered_and_the_next_one_too, world_open,
            world_close),
        cmocka_unit_test_setup_teardown(
            an_end_in_the_middle_ends_every_connection, world_open,
            world_close),
        cmocka_unit_test_setup_teardown(a_port_that_is_taken_is_said,
                                        world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
