/* SPDX-License-Identifier: MIT */
/* Clients of a server that accepts and says nothing: their waiting is ended. */
#include "unit/cmocka_all.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "clients/mongo_client.h"

enum { FOREVER_MS = 60000, SOON_MS = 20000 };

struct cancel_world {
    int listener;
    char uri[128];
    struct mst_mongo_cancel *cancel;
    mongoc_client_t *client;
    bson_error_t error;
};

static int
cancel_setup(void **state)
{
    struct cancel_world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    world->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        bind(world->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(world->listener, 8), 0);
    assert_int_equal(
        getsockname(world->listener, (struct sockaddr *)&address, &len), 0);
    (void)snprintf(world->uri, sizeof(world->uri), "mongodb://%s:%u/",
                   "127.0.0.1", (unsigned)ntohs(address.sin_port));
    const struct mst_mongo_options options = {.connection_string = world->uri,
                                              .connect_timeout_ms = FOREVER_MS,
                                              .server_selection_timeout_ms =
                                                  FOREVER_MS,
                                              .socket_timeout_ms = FOREVER_MS};
    struct mst_error err;
    assert_int_equal(mst_mongo_cancel_create(&world->cancel, &err), MST_OK);
    assert_int_equal(mst_mongo_client_create(&options, "test", 0, world->cancel,
                                             &world->client, &err),
                     MST_OK);
    *state = world;
    return 0;
}

static int
cancel_teardown(void **state)
{
    struct cancel_world *world = *state;
    mongoc_client_destroy(world->client);
    mst_mongo_cancel_destroy(world->cancel);
    (void)close(world->listener);
    free(world);
    return 0;
}

static void *
cancel_ping(void *arg)
{
    struct cancel_world *world = arg;
    bson_t *ping = BCON_NEW("ping", BCON_INT32(1));
    bool ok = mongoc_client_command_simple(world->client, "admin", ping, NULL,
                                           NULL, &world->error);
    bson_destroy(ping);
    return ok ? world : NULL;
}

static void
waiting_client_is_ended_from_another_thread(void **state)
{
    struct cancel_world *world = *state;
    struct mst_error err;
    pthread_t thread;
    void *answered = NULL;
    int64_t began = mst_clock_ms();
    assert_int_equal(
        mst_thread_start(&thread, "ping", cancel_ping, world, &err), MST_OK);
    struct pollfd arrived = {.fd = world->listener, .events = POLLIN};
    assert_int_equal(poll(&arrived, 1, SOON_MS), 1);
    mst_mongo_cancel_now(world->cancel);
    assert_int_equal(pthread_join(thread, &answered), 0);
    assert_null(answered);
    assert_true(mst_clock_ms() - began < SOON_MS);
    assert_int_equal(mst_mongo_classify(&world->error, NULL), MST_DISCONNECTED);
}

static void
cancelled_client_does_not_connect(void **state)
{
    struct cancel_world *world = *state;
    int64_t began = mst_clock_ms();
    mst_mongo_cancel_now(world->cancel);
    assert_null(cancel_ping(world));
    assert_true(mst_clock_ms() - began < SOON_MS);
    struct pollfd arrived = {.fd = world->listener, .events = POLLIN};
    assert_int_equal(poll(&arrived, 1, 0), 0);
}

static void
goodbye_to_a_dead_server_is_short(void **state)
{
    struct cancel_world *world = *state;
    int64_t began = mst_clock_ms();
    mst_mongo_cancel_within(world->cancel, 50);
    assert_null(cancel_ping(world));
    assert_true(mst_clock_ms() - began < SOON_MS);
    assert_false(mst_mongo_cancel_is_now(world->cancel));
}

static void
reset_lets_it_wait_again(void **state)
{
    struct cancel_world *world = *state;
    mst_mongo_cancel_now(world->cancel);
    mst_mongo_cancel_within(world->cancel, 0);
    assert_true(mst_mongo_cancel_is_now(world->cancel));
    assert_int_equal(mst_mongo_cancel_wait(world->cancel, 70), 0);
    mst_mongo_cancel_reset(world->cancel);
    assert_false(mst_mongo_cancel_is_now(world->cancel));
    assert_int_equal(mst_mongo_cancel_wait(world->cancel, 70), 70);
    assert_int_equal(mst_mongo_cancel_wait(world->cancel, -1), -1);
    struct pollfd told = {.fd = mst_mongo_cancel_fd(world->cancel),
                          .events = POLLIN};
    assert_int_equal(poll(&told, 1, 0), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            waiting_client_is_ended_from_another_thread, cancel_setup,
            cancel_teardown),
        cmocka_unit_test_setup_teardown(cancelled_client_does_not_connect,
                                        cancel_setup, cancel_teardown),
        cmocka_unit_test_setup_teardown(goodbye_to_a_dead_server_is_short,
                                        cancel_setup, cancel_teardown),
        cmocka_unit_test_setup_teardown(reset_lets_it_wait_again, cancel_setup,
                                        cancel_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
