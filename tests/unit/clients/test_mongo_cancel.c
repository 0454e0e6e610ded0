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
#include "clients/mongo_dial.h"
#include "clients/mongo_line.h"

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
cancel_silence(void *arg, bool is_silent)
{
    if (is_silent) {
        mst_mongo_cancel_now(arg);
    }
}

static void
silence_is_told_while_it_lasts(void **state)
{
    struct cancel_world *world = *state;
    int64_t began = mst_clock_ms();
    mongoc_stream_t *line = NULL;
    int fds[2];
    char byte;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds),
                     0);
    mst_mongo_cancel_watch(world->cancel, 20, cancel_silence, world->cancel);
    line = mst_mongo_line_create(fds[0], world->cancel);
    assert_non_null(line);
    assert_int_equal(mongoc_stream_read(line, &byte, 1, 1, FOREVER_MS), -1);
    assert_true(mst_clock_ms() - began < SOON_MS);
    mst_mongo_cancel_reset(world->cancel);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(mongoc_stream_read(line, &byte, 1, 1, FOREVER_MS), 1);
    assert_int_equal(byte, 'x');
    mongoc_stream_destroy(line);
    (void)close(fds[1]);
}

static void
line_moves_what_many_parts_hold(void **state)
{
    struct cancel_world *world = *state;
    enum { PARTS = 40, PART = 3 };
    char out[PARTS][PART];
    char in[PARTS * PART];
    mongoc_iovec_t parts[PARTS];
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds),
                     0);
    for (size_t i = 0; i < PARTS; i++) {
        memset(out[i], (int)('A' + i), PART);
        parts[i] = (mongoc_iovec_t){.iov_base = out[i], .iov_len = PART};
    }
    mongoc_stream_t *line = mst_mongo_line_create(fds[0], world->cancel);
    assert_int_equal(mongoc_stream_writev(line, parts, PARTS, FOREVER_MS),
                     sizeof(out));
    assert_int_equal(read(fds[1], in, sizeof(in)), sizeof(out));
    assert_memory_equal(in, out, sizeof(out));
    /* Nothing to read, and nobody waits: to be tried again. */
    assert_int_equal(mongoc_stream_read(line, in, 1, 1, 0), -1);
    assert_true(mongoc_stream_should_retry(line));
    assert_false(mongoc_stream_timed_out(line));
    assert_int_equal(mongoc_stream_read(line, in, 1, 1, 10), -1);
    assert_true(mongoc_stream_timed_out(line));
    /* At least two of eight are there. */
    assert_int_equal(write(fds[1], "abc", 3), 3);
    assert_int_equal(mongoc_stream_read(line, in, 8, 2, FOREVER_MS), 3);
    assert_false(mongoc_stream_check_closed(line));
    (void)close(fds[1]);
    assert_true(mongoc_stream_check_closed(line));
    assert_int_equal(mongoc_stream_read(line, in, 8, 1, FOREVER_MS), -1);
    assert_int_equal(mongoc_stream_read(line, in, 8, 0, FOREVER_MS), 0);
    mongoc_stream_destroy(line);
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

/* The library's words for a server that was never there, "refused" say. */
static void
first_dial_that_fails_says_so(void **state)
{
    struct cancel_world *world = *state;
    mongoc_uri_t *uri = mongoc_uri_new("mongodb://no-such-host.invalid/");
    assert_null(mst_mongo_dial(uri, mongoc_uri_get_hosts(uri), world->cancel,
                               &world->error));
    assert_non_null(strstr(world->error.message, "no-such-host.invalid"));
    mongoc_uri_destroy(uri);
}

/* libmongoc hangs when a stream initiator fails while it tries again a server
 * that it has met: there is a stream then, and its first use fails. */
static void
later_dial_that_fails_does_so_at_the_first_use(void **state)
{
    struct cancel_world *world = *state;
    mongoc_uri_t *good = mongoc_uri_new(world->uri);
    mongoc_uri_t *bad = mongoc_uri_new("mongodb://no-such-host.invalid/");
    char byte = 0;
    mongoc_stream_destroy(mst_mongo_dial(good, mongoc_uri_get_hosts(good),
                                         world->cancel, &world->error));
    (void)close(world->listener); /* refused from now on */
    world->listener = -1;
    for (int turn = 0; turn < 3; turn++) {
        const mongoc_uri_t *uri = turn == 0 ? bad : good;
        if (turn == 2) {
            mst_mongo_cancel_now(world->cancel);
        }
        mongoc_stream_t *stream = mst_mongo_dial(uri, mongoc_uri_get_hosts(uri),
                                                 world->cancel, &world->error);
        assert_non_null(stream);
        assert_int_equal(mongoc_stream_read(stream, &byte, 1, 1, SOON_MS), -1);
        mongoc_stream_destroy(stream);
    }
    mongoc_uri_destroy(good);
    mongoc_uri_destroy(bad);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_dial_that_fails_says_so,
                                        cancel_setup, cancel_teardown),
        cmocka_unit_test_setup_teardown(
            later_dial_that_fails_does_so_at_the_first_use, cancel_setup,
            cancel_teardown),
        cmocka_unit_test_setup_teardown(
            waiting_client_is_ended_from_another_thread, cancel_setup,
            cancel_teardown),
        cmocka_unit_test_setup_teardown(cancelled_client_does_not_connect,
                                        cancel_setup, cancel_teardown),
        cmocka_unit_test_setup_teardown(goodbye_to_a_dead_server_is_short,
                                        cancel_setup, cancel_teardown),
        cmocka_unit_test_setup_teardown(silence_is_told_while_it_lasts,
                                        cancel_setup, cancel_teardown),
        cmocka_unit_test_setup_teardown(line_moves_what_many_parts_hold,
                                        cancel_setup, cancel_teardown),
        cmocka_unit_test_setup_teardown(reset_lets_it_wait_again, cancel_setup,
                                        cancel_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
