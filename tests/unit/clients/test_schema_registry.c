/* SPDX-License-Identifier: MIT */
/* A registry over HTTP, played by a thread that follows a script. */
#include "clients/schema_registry.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "clients/registry_service.h"
#include "unit/cmocka_all.h"

enum { REQUEST_MAX = 64 * 1024, WAIT_MS = 20000 };

/* Answers by turns, each on a connection of its own; the last one stays. */
struct script {
    const char *const *answers; /* "": none, the connection stays open */
    size_t len;
    size_t asked;
    char request[REQUEST_MAX]; /* the last one */
    int listener;
    int silent; /* connection that gets no answer, -1: none */
    uint16_t port;
    pthread_mutex_t mutex; /* guards asked, request */
    pthread_t thread;
};

struct world {
    struct script script;
    struct registry_service service;
    char *url;
    char address[64];
    void *store;
};

/* Until the head and as much of a body as it promises are there. */
static bool
script_is_whole(const char *request, size_t len)
{
    const char *body = strstr(request, "\r\n\r\n");
    const char *length = strstr(request, "Content-Length: ");
    if (body == NULL) {
        return false;
    }
    size_t wanted =
        length == NULL || length > body
            ? 0
            : strtoul(length + strlen("Content-Length: "), NULL, 10);
    return (size_t)(request + len - (body + 4)) >= wanted;
}

static void
script_serve(struct script *script, int connection)
{
    char request[REQUEST_MAX];
    size_t len = 0;
    ssize_t n = 1;
    request[0] = '\0';
    while (n > 0 && !script_is_whole(request, len) && len < REQUEST_MAX - 1) {
        n = recv(connection, request + len, REQUEST_MAX - 1 - len, 0);
        len += n > 0 ? (size_t)n : 0;
        request[len] = '\0';
    }
    mst_mutex_lock(&script->mutex);
    size_t turn = script->asked < script->len ? script->asked : script->len - 1;
    script->asked++;
    memcpy(script->request, request, len + 1);
    mst_mutex_unlock(&script->mutex);
    const char *answer = script->answers[turn];
    if (answer[0] == '\0') {
        script->silent = connection;
        return;
    }
    (void)!send(connection, answer, strlen(answer), MSG_NOSIGNAL);
    (void)close(connection);
}

static void *
script_main(void *arg)
{
    struct script *script = arg;
    int connection = accept(script->listener, NULL, NULL);
    while (connection >= 0) {
        script_serve(script, connection);
        connection = accept(script->listener, NULL, NULL);
    }
    return NULL;
}

static size_t
script_asked(struct script *script)
{
    mst_mutex_lock(&script->mutex);
    size_t asked = script->asked;
    mst_mutex_unlock(&script->mutex);
    return asked;
}

static void
world_open(struct world *world, const char *const *answers, size_t len)
{
    struct sockaddr_in where = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(where);
    const struct mst_schema_store_args args = {.service_name = "registry",
                                               .service = &world->service};
    struct mst_error err;
    memset(world, 0, sizeof(*world));
    world->script.answers = answers;
    world->script.len = len;
    world->script.silent = -1;
    world->script.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(world->script.listener >= 0);
    assert_int_equal(
        bind(world->script.listener, (struct sockaddr *)&where, size), 0);
    assert_int_equal(listen(world->script.listener, 8), 0);
    assert_int_equal(
        getsockname(world->script.listener, (struct sockaddr *)&where, &size),
        0);
    (void)snprintf(world->address, sizeof(world->address),
                   "http://127.0.0.1:%d/base/", ntohs(where.sin_port));
    world->url = world->address;
    world->service.urls = (struct mst_strings){&world->url, 1};
    world->service.http.connect_timeout_ms = WAIT_MS;
    world->service.http.timeout_ms = WAIT_MS;
    world->service.latest_max_age_ms = WAIT_MS * 100;
    assert_int_equal(pthread_mutex_init(&world->script.mutex, NULL), 0);
    assert_int_equal(mst_thread_start(&world->script.thread, "script",
                                      script_main, &world->script, &err),
                     MST_OK);
    assert_int_equal(mst_schema_registry.open(&world->store, &args, &err),
                     MST_OK);
}

static void
world_close(struct world *world)
{
    mst_schema_registry.close(world->store);
    (void)shutdown(world->script.listener, SHUT_RDWR);
    (void)pthread_join(world->script.thread, NULL);
    (void)close(world->script.listener);
    if (world->script.silent >= 0) {
        (void)close(world->script.silent);
    }
    (void)pthread_mutex_destroy(&world->script.mutex);
}

#define ANSWER(status, body)                                                   \
    "HTTP/1.1 " status " x\r\nConnection: close\r\n\r\n" body

static enum mst_status
read_schema(struct world *world, const char *resource,
            struct mst_schema_text *schema, struct mst_error *err)
{
    struct mst_schema_ref ref;
    mst_error_clear(err);
    assert_int_equal(mst_schema_ref_parse(resource, &ref, err), MST_OK);
    return mst_schema_registry.read(world->store, &ref, schema, err);
}

static void
a_schema_is_read_once_and_kept(void **state)
{
    static const char *const answers[] = {
        ANSWER("200", "{\"schema\":\"{\\\"a\\\": \\\"\\u00e9\\\"}\","
                      "\"references\":[]}"),
        ANSWER("200", "{\"subject\":\"a/b\",\"version\":3,\"id\":9,"
                      "\"schemaType\":\"JSON\",\"schema\":\"true\"}"),
        ANSWER("500", "")};
    struct world world;
    struct mst_schema_text schema;
    struct mst_error err;
    (void)state;
    world_open(&world, answers, MST_ARRAY_SIZE(answers));
    mst_schema_text_init(&schema);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(read_schema(&world, "258", &schema, &err), MST_OK);
        assert_string_equal(mst_buf_text(&schema.text),
                            "{\"a\": \"\xc3\xa9\"}");
        assert_int_equal(schema.id, 258);
        assert_int_equal(schema.kind, MST_SCHEMA_KIND_AVRO);
        assert_non_null(strstr(world.script.request,
                               "GET /base/schemas/ids/258 HTTP/1.1\r\n"));
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(read_schema(&world, "a/b", &schema, &err), MST_OK);
        assert_string_equal(mst_buf_text(&schema.text), "true");
        assert_int_equal(schema.id, 9);
        assert_int_equal(schema.version, 3);
        assert_int_equal(schema.kind, MST_SCHEMA_KIND_JSON);
        assert_non_null(strstr(world.script.request,
                               "GET /base/subjects/a%2Fb/versions/latest "));
    }
    assert_int_equal(script_asked(&world.script), 2);
    mst_schema_text_clear(&schema);
    world_close(&world);
}

static void
each_answer_has_its_status_and_its_words(void **state)
{
    static const struct {
        const char *answer;
        enum mst_status status;
        const char *said;
    } cases[] = {
        {ANSWER("404", "{\"error_code\":40403,\"message\":\"m\\nn\"}"),
         MST_REJECTED, "there is no such schema: m n (40403)"},
        {ANSWER("404", "<html>"), MST_FATAL, "no schema registry at this"},
        {ANSWER("401", "{\"error_code\":401}"), MST_FATAL, "login is refused"},
        {ANSWER("302", ""), MST_FATAL, "redirects are not followed"},
        {ANSWER("500", "{\"error_code\":50001}"), MST_RETRY, "storage fails"},
        {ANSWER("503", "\xff\xfe"), MST_RETRY, "can not answer (503)"},
        {ANSWER("200", "hello"), MST_RETRY, "no JSON of a schema registry"},
        {ANSWER("200", "{}"), MST_RETRY, "not what was asked for"},
        {ANSWER("200", "{\"schema\":7}"), MST_RETRY, "not what was asked for"},
        {ANSWER("200", "{\"schema\":\"x\""), MST_RETRY, "not what was asked"},
        {ANSWER("200", "{\"schemaType\":\"PROTOBUF\",\"schema\":\"x\"}"),
         MST_REJECTED, "type \"PROTOBUF\" are not supported"},
        {ANSWER("200", "{\"schema\":\"x\",\"references\":[{\"name\":\"n\"}]}"),
         MST_REJECTED, "references to other subjects"},
        {"HTTP/1.1 200 x\r\nContent-Length: 99\r\n\r\n{\"schema\":", MST_RETRY,
         "transfer closed"},
        {"nonsense\r\n\r\n", MST_RETRY, "http://127.0.0.1"},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct world world;
        struct mst_schema_text schema;
        struct mst_error err;
        world_open(&world, &cases[i].answer, 1);
        mst_schema_text_init(&schema);
        assert_int_equal(read_schema(&world, "5", &schema, &err),
                         cases[i].status);
        assert_int_equal(err.status, cases[i].status);
        if (strstr(err.text, cases[i].said) == NULL) {
            fail_msg("'%s' is not in '%s'", cases[i].said, err.text);
        }
        assert_non_null(strstr(err.text, "schema 5: "));
        assert_int_equal(schema.text.len, 0);
        mst_schema_text_clear(&schema);
        world_close(&world);
    }
}

static void
a_login_is_sent_and_no_answer_brings_it_back(void **state)
{
    static const char *const answers[] = {
        ANSWER("401", "{\"error_code\":401,\"message\":\"no s3cret\"}")};
    struct world world;
    struct mst_schema_text schema;
    struct mst_error err;
    (void)state;
    world_open(&world, answers, 1);
    world.service.http.username = (char *)(uintptr_t) "app";
    world.service.http.password = (char *)(uintptr_t) "s3cret";
    mst_schema_text_init(&schema);
    assert_int_equal(read_schema(&world, "5", &schema, &err), MST_FATAL);
    assert_non_null(
        strstr(world.script.request, "Authorization: Basic YXBwOnMzY3JldA=="));
    assert_null(strstr(err.text, "s3cret"));
    world.service.http.username = NULL;
    world.service.http.token = (char *)(uintptr_t) "s3cret";
    assert_int_equal(read_schema(&world, "6", &schema, &err), MST_FATAL);
    assert_non_null(
        strstr(world.script.request, "Authorization: Bearer s3cret"));
    assert_null(strstr(err.text, "s3cret"));
    world_close(&world);
}

static void
a_schema_is_posted_and_its_number_read(void **state)
{
    static const char *const answers[] = {
        ANSWER("404", "{\"error_code\":40403}"),
        ANSWER("200", "{\"is_compatible\":false,\"messages\":[\"why\"]}"),
        ANSWER("404", "{\"error_code\":40401}"),
        ANSWER("200", "{\"is_compatible\":true}"),
        ANSWER("409", "{\"error_code\":409,\"message\":\"why\"}"),
        ANSWER("200", "{\"id\":77}")};
    struct world world;
    struct mst_schema_text schema;
    struct mst_error err;
    uint32_t id = 1;
    const struct mst_schema_store_type *type = &mst_schema_registry;
    (void)state;
    world_open(&world, answers, MST_ARRAY_SIZE(answers));
    mst_schema_text_init(&schema);
    assert_int_equal(mst_buf_append_str(&schema.text, "{\"a\":\"\n\"}"),
                     MST_OK);
    assert_int_equal(type->find(world.store, "s", &schema, &id, &err),
                     MST_REJECTED);
    assert_non_null(strstr(world.script.request, "POST /base/subjects/s HTTP"));
    assert_non_null(strstr(world.script.request,
                           "\r\n\r\n{\"schema\":\"{\\\"a\\\":\\\"\\n\\\"}\"}"));
    assert_int_equal(type->check(world.store, "s", &schema, &err),
                     MST_REJECTED);
    assert_non_null(strstr(err.text, "[\"why\"]"));
    assert_int_equal(type->check(world.store, "s", &schema, &err), MST_OK);
    assert_int_equal(type->check(world.store, "s", &schema, &err), MST_OK);
    assert_int_equal(type->add(world.store, "s", &schema, &id, &err),
                     MST_REJECTED);
    assert_non_null(strstr(err.text, "not compatible"));
    assert_int_equal(id, 1);
    assert_int_equal(type->add(world.store, "s", &schema, &id, &err), MST_OK);
    assert_int_equal(id, 77);
    mst_schema_text_clear(&schema);
    world_close(&world);
}

static void *
interrupt_soon(void *arg)
{
    struct world *world = arg;
    int64_t until = mst_clock_ms() + WAIT_MS;
    while (script_asked(&world->script) == 0 && mst_clock_ms() < until) {
        (void)usleep(1000);
    }
    mst_schema_registry.interrupt(world->store, true);
    return NULL;
}

static void
waiting_is_interrupted_until_that_is_taken_back(void **state)
{
    static const char *const answers[] = {"",
                                          ANSWER("200", "{\"schema\":\"x\"}")};
    struct world world;
    struct mst_schema_text schema;
    struct mst_error err;
    pthread_t thread;
    (void)state;
    world_open(&world, answers, MST_ARRAY_SIZE(answers));
    mst_schema_text_init(&schema);
    assert_int_equal(
        mst_thread_start(&thread, "soon", interrupt_soon, &world, &err),
        MST_OK);
    assert_int_equal(read_schema(&world, "5", &schema, &err), MST_RETRY);
    (void)pthread_join(thread, NULL);
    assert_non_null(strstr(err.text, "interrupted"));
    assert_int_equal(read_schema(&world, "5", &schema, &err), MST_RETRY);
    assert_int_equal(script_asked(&world.script), 1);
    mst_schema_registry.interrupt(world.store, false);
    assert_int_equal(read_schema(&world, "5", &schema, &err), MST_OK);
    mst_schema_text_clear(&schema);
    world_close(&world);
}

static void
what_does_not_answer_in_time_is_tried_later(void **state)
{
    static const char *const answers[] = {""};
    struct world world;
    struct mst_schema_text schema;
    struct mst_error err;
    (void)state;
    world_open(&world, answers, 1);
    world.service.http.timeout_ms = 50;
    mst_schema_text_init(&schema);
    assert_int_equal(read_schema(&world, "5", &schema, &err), MST_RETRY);
    assert_non_null(strstr(err.text, "timed out"));
    world_close(&world);
}

static void
addresses_without_a_host_or_with_a_login_are_refused(void **state)
{
    static const struct {
        const char *url;
        bool good;
        const char *shown;
    } cases[] = {
        {"http://h", true, "http://h"},
        {"HTTPS://[::1]:8081/a/b", true, "HTTPS://[::1]:8081/a/b"},
        {"http://u:p@h/x", false, "http://h/x"},
        {"http://h/x?token=s", false, "http://h/x"},
        {"http://h/#s", false, "http://h/"},
        {"http:///x", false, "http:///x"},
        {"ftp://h", false, "ftp://h"},
        {"http://h x", false, "http://h x"},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        char shown[MST_HTTP_URL_SHOWN_MAX];
        struct mst_error err;
        assert_int_equal(mst_http_url_check(cases[i].url, &err),
                         cases[i].good ? MST_OK : MST_REJECTED);
        mst_http_url_show(cases[i].url, shown);
        assert_string_equal(shown, cases[i].shown);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schema_is_read_once_and_kept),
        cmocka_unit_test(each_answer_has_its_status_and_its_words),
        cmocka_unit_test(a_login_is_sent_and_no_answer_brings_it_back),
        cmocka_unit_test(a_schema_is_posted_and_its_number_read),
        cmocka_unit_test(waiting_is_interrupted_until_that_is_taken_back),
        cmocka_unit_test(what_does_not_answer_in_time_is_tried_later),
        cmocka_unit_test(addresses_without_a_host_or_with_a_login_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
