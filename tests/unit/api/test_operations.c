/* SPDX-License-Identifier: MIT */
/* Every operation there is, called as no client should. */
#include "unit/jobs/daemon_world.h"

#include <stdio.h>

#include "api/api_impl.h"
#include "api/router.h"
#include "api/tools.h"
#include "unit/cmocka_all.h"

enum { DEEP = 2000, LONG = 100 * 1000 };

static const char one_job[] = DAEMON_WORLD_SERVICES DAEMON_WORLD_JOB("j", "");

struct world {
    struct daemon_world daemon;
    struct mst_api api;
};

/* Tools that take nothing. */
static enum mst_status
refuse_schema(struct mst_slice schema, int64_t seed, struct mst_json *out,
              struct mst_error *err)
{
    (void)schema;
    (void)seed;
    (void)out;
    return mst_fail(err, MST_REJECTED, "test", 0, "no");
}

static enum mst_status
refuse_convert(const struct mst_api_convert *what, struct mst_json *out,
               struct mst_error *err)
{
    (void)what;
    return refuse_schema(MST_SLICE_NONE, 0, out, err);
}

static enum mst_status
refuse_look(const struct mst_api_look *look, struct mst_json *out,
            struct mst_error *err)
{
    (void)look;
    return refuse_schema(MST_SLICE_NONE, 0, out, err);
}

static enum mst_status
refuse_subject(const struct mst_api_subject *what, struct mst_json *out,
               struct mst_error *err)
{
    (void)what;
    return refuse_schema(MST_SLICE_NONE, 0, out, err);
}

static enum mst_status
refuse_dry_run(const struct mst_api_dry_run *what, struct mst_json *out,
               struct mst_error *err)
{
    (void)what;
    (void)out;
    return mst_fail(err, MST_REJECTED, "test", 0, "refused");
}

static enum mst_status
refuse_transform(const struct mst_api_transform *what, struct mst_json *out,
                 struct mst_error *err)
{
    (void)what;
    return refuse_schema(MST_SLICE_NONE, 0, out, err);
}

static const struct mst_api_tools refusing_tools = {
    .transform = refuse_transform,
    .transform_validate = refuse_transform,
    .transform_test = refuse_transform,
    .transform_generate = refuse_transform,
    .transform_completions = refuse_transform,
    .dry_run = refuse_dry_run,
    .fill = refuse_schema,
    .convert = refuse_convert,
    .resources = refuse_look,
    .introspect = refuse_look,
    .subjects = refuse_subject,
    .subject = refuse_subject,
    .subject_put = refuse_subject,
    .subject_remove = refuse_subject,
};

static int
world_open(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct mst_error err;
    daemon_world_open_kept(&world->daemon, one_job);
    world->api.args.manager = world->daemon.manager;
    world->api.args.tools = &refusing_tools;
    world->api.args.catalog = world->daemon.catalog;
    world->api.args.records = world->daemon.records;
    world->api.loopback = true;
    if (mst_api_gate_create(&world->api.scripts, &err) != MST_OK) {
        return -1;
    }
    if (mst_log_ring_create(100, &world->api.args.ring, &err) != MST_OK) {
        return -1;
    }
    *state = world;
    return 0;
}

static int
world_close(void **state)
{
    struct world *world = *state;
    mst_api_gate_destroy(world->api.scripts);
    mst_log_ring_destroy(world->api.args.ring);
    daemon_world_close(&world->daemon);
    free(world);
    return 0;
}

/* The path with its braces filled. */
static void
fill_path(const char *form, const char *id, char out[256])
{
    size_t n = 0;
    for (; *form != '\0'; form++) {
        if (*form == '{') {
            const char *value = strncmp(form, "{name}", 6) == 0 ? "j" : id;
            n += (size_t)snprintf(out + n, 256 - n, "%s", value);
            form += strcspn(form, "}");
        } else {
            out[n++] = *form;
        }
    }
    out[n] = '\0';
}

/* Its status; the answer is JSON, and an error has its shape. */
static int
call(struct world *world, struct mst_api_request *request)
{
    struct mst_api_answer answer;
    json_t *json = NULL;
    mst_api_answer_init(&answer);
    mst_api_handle(&world->api, request, &answer);
    if (answer.stream == NULL && strcmp(answer.type, "application/json") == 0) {
        json = json_loadb((const char *)answer.body.buf.data,
                          answer.body.buf.len, 0, NULL);
        if (json == NULL) {
            fail_msg("%s %s: %.*s", request->method, request->path,
                     (int)answer.body.buf.len,
                     (const char *)answer.body.buf.data);
        }
        if (answer.status >= 400) {
            assert_true(json_is_string(json_object_get(json, "message")));
            assert_true(json_is_string(json_object_get(json, "code")));
        }
    }
    int status = answer.status;
    json_decref(json);
    mst_api_answer_clear(&answer);
    mst_api_request_clear(request);
    return status;
}

static int
call_body(struct world *world, const struct mst_api_operation *one,
          const char *path, const char *body)
{
    struct mst_api_request request = {.method = one->method,
                                      .path = path,
                                      .content_type = "application/json",
                                      .body = mst_slice_str(body)};
    return call(world, &request);
}

typedef void (*each_operation)(struct world *world,
                               const struct mst_api_operation *one,
                               const char *path);

static void
each(struct world *world, each_operation check)
{
    for (const mst_api_table *table = mst_api_tables; *table != NULL; table++) {
        for (mst_api_table one = *table; one->method != NULL; one++) {
            char path[256];
            fill_path(one->path, "1", path);
            check(world, one, path);
        }
    }
}

static void
check_one_is_whole(struct world *world, const struct mst_api_operation *one,
                   const char *path)
{
    (void)world;
    assert_non_null(one->run);
    assert_non_null(one->id);
    assert_non_null(one->summary);
    assert_non_null(one->answer);
    assert_int_equal(path[0], '/');
    assert_true(one->query_len <= MST_API_VALUES_MAX);
    assert_true(one->body_len <= MST_API_VALUES_MAX);
    /* Whatever changes something is not for those who only read; sessions are
     * their own. */
    bool reads =
        strcmp(one->method, "GET") == 0 || strcmp(one->path, "/session") == 0;
    assert_true(reads ? one->role <= MST_API_READ : one->role > MST_API_READ);
}

static void
every_operation_is_described(void **state)
{
    each(*state, check_one_is_whole);
}

static void
check_wrong_bodies(struct world *world, const struct mst_api_operation *one,
                   const char *path)
{
    static const char *const values[] = {"true", "null",        "[]",
                                         "[1]",  "-1",          "1e999",
                                         "1.5",  "\"\\u0000\"", "{\"a\":[]}"};
    static const char *const wholes[] = {
        "",      "null", "[]", "{",    "}",         "\"text\"",
        "{} {}", "nul",  "{1", "\xFF", "{\"a\":1}", "{\"a\":1,\"a\":2}",
        "7",     "[[["};
    bool takes = one->body_len > 0 || one->document;
    for (size_t i = 0; takes && i < MST_ARRAY_SIZE(wholes); i++) {
        int status = call_body(world, one, path, wholes[i]);
        bool optional =
            wholes[i][0] == '\0' && !one->document && !one->body[0].required;
        assert_true(optional || (status >= 400 && status < 500));
    }
    for (size_t f = 0; f < one->body_len; f++) {
        for (size_t i = 0; i < MST_ARRAY_SIZE(values); i++) {
            char body[256];
            if (i == 0 && one->body[f].type == MST_API_BOOL) {
                continue; /* true is what it takes */
            }
            (void)snprintf(body, sizeof(body), "{\"%s\":%s}", one->body[f].name,
                           values[i]);
            int status = call_body(world, one, path, body);
            assert_true(status >= 400 && status < 500);
        }
    }
}

static void
a_body_of_the_wrong_shape_is_refused_by_every_operation(void **state)
{
    each(*state, check_wrong_bodies);
}

static void
check_deep_and_long(struct world *world, const struct mst_api_operation *one,
                    const char *path)
{
    char *body = malloc((size_t)LONG + 64);
    assert_non_null(body);
    if (one->body_len > 0) {
        memset(body, '[', DEEP);
        memset(body + DEEP, ']', DEEP);
        body[2 * DEEP] = '\0';
        assert_int_equal(call_body(world, one, path, body), 400);
        int n = snprintf(body, LONG, "{\"%s\":\"", one->body[0].name);
        memset(body + n, 'x', LONG);
        memcpy(body + n + LONG, "\"}", 3);
        int status = call_body(world, one, path, body);
        /* 404: it was not too long for what is not there. */
        assert_true(status == 422 || status == 400 || status == 404);
        struct mst_api_request request = {.method = one->method,
                                          .path = path,
                                          .content_type = "text/plain",
                                          .body = MST_SLICE_LIT("{}")};
        assert_int_equal(call(world, &request), 415);
    }
    free(body);
}

static void
a_body_that_is_too_deep_or_too_long_is_refused(void **state)
{
    each(*state, check_deep_and_long);
}

static void
check_wrong_queries(struct world *world, const struct mst_api_operation *one,
                    const char *path)
{
    static const char *const queries[] = {"nobody=1", "%",     "%zz=1", "=",
                                          "&&&=",     "%00=1", "nobody"};
    static const char *const values[] = {"%", "%00", "%FF", "%GG"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(queries); i++) {
        struct mst_api_request request = {
            .method = one->method, .path = path, .query = queries[i]};
        assert_int_equal(call(world, &request), 400);
    }
    for (size_t f = 0; f < one->query_len; f++) {
        for (size_t i = 0; i < MST_ARRAY_SIZE(values); i++) {
            char query[128];
            (void)snprintf(query, sizeof(query), "%s=%s", one->query[f].name,
                           values[i]);
            struct mst_api_request request = {
                .method = one->method, .path = path, .query = query};
            assert_int_equal(call(world, &request), 400);
        }
        char twice[128];
        (void)snprintf(twice, sizeof(twice), "%s=1&%s=1", one->query[f].name,
                       one->query[f].name);
        struct mst_api_request request = {
            .method = one->method, .path = path, .query = twice};
        assert_int_equal(call(world, &request), 400);
    }
}

static void
a_query_that_is_wrong_is_refused_by_every_operation(void **state)
{
    each(*state, check_wrong_queries);
}

static void
check_no_job(struct world *world, const struct mst_api_operation *one,
             const char *path)
{
    (void)path;
    if (strstr(one->path, "{name}") != NULL && one->body_len == 0
        && !one->document && (one->query_len == 0 || !one->query[0].required)) {
        char other[256];
        (void)snprintf(other, sizeof(other), "%.*s/no%%20body%s",
                       (int)(strchr(one->path, '{') - one->path - 1), one->path,
                       strchr(one->path, '}') + 1);
        char filled[256];
        fill_path(other, "1", filled);
        struct mst_api_request request = {.method = one->method,
                                          .path = filled};
        assert_int_equal(call(world, &request), 404);
    }
}

static void
a_job_that_is_not_there_is_404_for_every_operation(void **state)
{
    each(*state, check_no_job);
}

static void
check_other_method(struct world *world, const struct mst_api_operation *one,
                   const char *path)
{
    static const char *const methods[] = {"PATCH", "OPTIONS", "HEAD",
                                          "TRACE", "get",     ""};
    (void)one;
    for (size_t i = 0; i < MST_ARRAY_SIZE(methods); i++) {
        struct mst_api_request request = {.method = methods[i], .path = path};
        assert_int_equal(call(world, &request), 405);
    }
}

static void
a_method_that_is_not_there_is_405_for_every_path(void **state)
{
    each(*state, check_other_method);
}

static void
check_foreign(struct world *world, const struct mst_api_operation *one,
              const char *path)
{
    struct mst_api_request origin = {.method = one->method,
                                     .path = path,
                                     .host = "127.0.0.1:8787",
                                     .origin = "http://evil.example"};
    assert_int_equal(call(world, &origin), 403);
    struct mst_api_request null_origin = {.method = one->method,
                                          .path = path,
                                          .host = "127.0.0.1:8787",
                                          .origin = "null"};
    assert_int_equal(call(world, &null_origin), 403);
    struct mst_api_request host = {
        .method = one->method, .path = path, .host = "127.evil.example:8787"};
    assert_int_equal(call(world, &host), 403);
}

static void
pages_of_other_sites_are_refused_by_every_operation(void **state)
{
    each(*state, check_foreign);
}

static void
own_pages_and_clients_without_an_origin_may_ask(void **state)
{
    static const char *const hosts[] = {"127.0.0.1:8787", "localhost:8787",
                                        "LOCALHOST", "127.0.0.2:1"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(hosts); i++) {
        char origin[64];
        (void)snprintf(origin, sizeof(origin), "http://%s", hosts[i]);
        struct mst_api_request request = {.method = "GET",
                                          .path = "/jobs",
                                          .host = hosts[i],
                                          .origin = i % 2 == 0 ? origin : NULL};
        assert_int_equal(call(*state, &request), 200);
    }
}

static void
a_path_in_any_disguise_is_another_path(void **state)
{
    static const char *const paths[] = {"",
                                        "/",
                                        "/jobs/",
                                        "//jobs",
                                        "/jobs//metrics",
                                        "/JOBS",
                                        "/jobs/j/",
                                        "/jobs/%00",
                                        "/jobs/%FF",
                                        "/jobs/%2",
                                        "/jobs/../health",
                                        "/jobs/j/metrics/x",
                                        "jobs",
                                        "/jobs/j%2Fmetrics"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(paths); i++) {
        struct mst_api_request request = {.method = "GET", .path = paths[i]};
        assert_int_equal(call(*state, &request), 404);
    }
    char *path = malloc(LONG);
    assert_non_null(path);
    (void)snprintf(path, LONG, "/jobs/%05000d", 1);
    struct mst_api_request request = {.method = "GET", .path = path};
    assert_int_equal(call(*state, &request), 404);
    free(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_is_described),
        cmocka_unit_test(
            a_body_of_the_wrong_shape_is_refused_by_every_operation),
        cmocka_unit_test(a_body_that_is_too_deep_or_too_long_is_refused),
        cmocka_unit_test(a_query_that_is_wrong_is_refused_by_every_operation),
        cmocka_unit_test(a_job_that_is_not_there_is_404_for_every_operation),
        cmocka_unit_test(a_method_that_is_not_there_is_405_for_every_path),
        cmocka_unit_test(pages_of_other_sites_are_refused_by_every_operation),
        cmocka_unit_test(own_pages_and_clients_without_an_origin_may_ask),
        cmocka_unit_test(a_path_in_any_disguise_is_another_path),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
