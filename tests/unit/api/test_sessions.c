/* SPDX-License-Identifier: MIT */
/* Sessions of browsers: begun with a token, known by a cookie, ended by time,
 * by hand and with their token. */
#include "unit/jobs/daemon_world.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api_impl.h"
#include "api/sessions.h"
#include "unit/cmocka_all.h"

static const uint8_t one_token[MST_API_HASH_LEN] = {1};
static const uint8_t other_token[MST_API_HASH_LEN] = {2};

static struct mst_api_sessions *
make(void)
{
    struct mst_api_sessions *sessions = NULL;
    struct mst_error err;
    assert_int_equal(mst_api_sessions_create(&sessions, &err), MST_OK);
    return sessions;
}

static void
begin(struct mst_api_sessions *sessions, const uint8_t *token, int64_t now,
      char ret_text[MST_API_SESSION_TEXT_MAX])
{
    struct mst_error err;
    assert_int_equal(
        mst_api_sessions_begin(sessions, token, now, ret_text, &err), MST_OK);
}

static void
a_session_is_known_until_its_time_is_over(void **state)
{
    struct mst_api_sessions *sessions = make();
    struct mst_api_badge badge;
    char text[MST_API_SESSION_TEXT_MAX];
    char again[MST_API_SESSION_TEXT_MAX];
    const int64_t end = 1000 + MST_API_SESSION_MS;
    (void)state;
    begin(sessions, one_token, 1000, text);
    begin(sessions, one_token, 1000, again);
    assert_string_not_equal(text, again);
    assert_int_equal(strlen(text), 64);
    assert_true(mst_api_sessions_find(sessions, text, 2000, &badge));
    assert_memory_equal(badge.token, one_token, sizeof(one_token));
    assert_int_equal(badge.left_ms, MST_API_SESSION_MS - 1000);
    assert_true(mst_api_sessions_find(sessions, text, end - 1, &badge));
    assert_true(mst_api_sessions_lasts(sessions, &badge, end - 1));
    assert_false(mst_api_sessions_lasts(sessions, &badge, end));
    assert_false(mst_api_sessions_find(sessions, text, end, &badge));
    assert_false(mst_api_sessions_find(sessions, "", 2000, &badge));
    text[0] = text[0] == '0' ? '1' : '0';
    assert_false(mst_api_sessions_find(sessions, text, 2000, &badge));
    mst_api_sessions_destroy(sessions);
}

static void
a_session_that_was_ended_is_over_and_no_other_is(void **state)
{
    struct mst_api_sessions *sessions = make();
    struct mst_api_badge badge;
    struct mst_api_badge kept;
    char text[MST_API_SESSION_TEXT_MAX];
    char other[MST_API_SESSION_TEXT_MAX];
    (void)state;
    begin(sessions, one_token, 1, text);
    begin(sessions, one_token, 1, other);
    assert_true(mst_api_sessions_find(sessions, text, 2, &badge));
    mst_api_sessions_end(sessions, &badge);
    mst_api_sessions_end(sessions, &badge);
    assert_false(mst_api_sessions_find(sessions, text, 2, &badge));
    assert_true(mst_api_sessions_find(sessions, other, 2, &kept));
    mst_api_sessions_destroy(sessions);
}

static void
one_token_does_not_push_the_sessions_of_others_out(void **state)
{
    struct mst_api_sessions *sessions = make();
    struct mst_api_badge badge;
    char first[MST_API_SESSION_TEXT_MAX];
    char mine[MST_API_SESSION_TEXT_MAX];
    char newest[MST_API_SESSION_TEXT_MAX];
    (void)state;
    begin(sessions, other_token, 1, mine);
    begin(sessions, one_token, 2, first);
    for (int i = 0; i < 2 * MST_API_SESSIONS_MAX; i++) {
        begin(sessions, one_token, 3 + i, newest);
    }
    assert_true(mst_api_sessions_find(sessions, mine, 1000, &badge));
    assert_true(mst_api_sessions_find(sessions, newest, 1000, &badge));
    assert_false(mst_api_sessions_find(sessions, first, 1000, &badge));
    mst_api_sessions_destroy(sessions);
}

struct world {
    char path[128];
    char token[MST_API_TOKEN_TEXT_MAX];
    struct daemon_world daemon;
    struct mst_api api;
    char cookie[256]; /* as a browser sends it */
};

/* The answer's status; what it sets as a cookie is kept. */
static int
ask(struct world *world, struct mst_api_request request)
{
    struct mst_api_answer answer;
    mst_api_answer_init(&answer);
    request.host = "127.0.0.1:8787";
    mst_api_handle(&world->api, &request, &answer);
    if (answer.cookie[0] != '\0') {
        (void)snprintf(world->cookie, sizeof(world->cookie), "%s",
                       answer.cookie);
    }
    int status = answer.status;
    mst_api_answer_clear(&answer);
    mst_api_request_clear(&request);
    return status;
}

static struct world *
world_open(bool secure)
{
    struct world *world = calloc(1, sizeof(*world));
    struct mst_error err;
    struct mst_buf line;
    const char *parent = getenv("TMPDIR");
    assert_non_null(world);
    (void)snprintf(world->path, sizeof(world->path), "%s/mst-sessions-XXXXXX",
                   parent != NULL ? parent : "/tmp");
    int fd = mkstemp(world->path);
    assert_true(fd >= 0);
    mst_log_set_level(MST_LOG_OFF);
    mst_buf_init(&line, 1024);
    assert_int_equal(
        mst_api_token_make("me", MST_API_OPERATE, world->token, &line, &err),
        MST_OK);
    assert_int_equal(write(fd, line.data, line.len), (ssize_t)line.len);
    (void)close(fd);
    mst_buf_clear(&line);
    daemon_world_open(&world->daemon, "");
    world->api.args.manager = world->daemon.manager;
    world->api.loopback = true;
    world->api.sessions = make();
    assert_int_equal(mst_api_tokens_open(world->path, &world->api.tokens, &err),
                     MST_OK);
    char header[128];
    (void)snprintf(header, sizeof(header), "Bearer %s", world->token);
    assert_int_equal(
        ask(world, (struct mst_api_request){.method = "POST",
                                            .path = "/session",
                                            .secure = secure,
                                            .authorization = header}),
        200);
    return world;
}

static void
world_close(struct world *world)
{
    (void)unlink(world->path);
    mst_api_sessions_destroy(world->api.sessions);
    mst_api_tokens_close(world->api.tokens);
    daemon_world_close(&world->daemon);
    free(world);
}

static void
a_token_is_traded_for_a_cookie_that_is_for_this_site_alone(void **state)
{
    struct world *world = world_open(false);
    (void)state;
    assert_null(strstr(world->cookie, world->token));
    assert_non_null(strstr(world->cookie, "; HttpOnly; SameSite=Strict"));
    assert_null(strstr(world->cookie, "Secure"));
    char sent[256];
    (void)snprintf(sent, sizeof(sent), "theme=dark; %.*s; last=1",
                   (int)strcspn(world->cookie, ";"), world->cookie);
    const struct {
        const char *method;
        const char *path;
        const char *origin;
        int status;
    } cases[] = {
        {"GET", "/jobs", NULL, 200},
        {"GET", "/jobs", "http://127.0.0.1:8787", 200},
        {"GET", "/jobs", "http://evil.example", 403},
        {"POST", "/jobs/none/stop", "http://127.0.0.1:8787", 404},
        {"POST", "/jobs/none/stop", NULL, 403},
        {"POST", "/jobs/none/stop", "http://127.0.0.1:8788", 403},
        {"POST", "/jobs/none/stop", "null", 403},
        {"DELETE", "/jobs/none/dlq", "http://127.0.0.1:8787", 403}, /* role */
        {"POST", "/session", "http://127.0.0.1:8787", 409},
        {"DELETE", "/session", NULL, 403},
        {"DELETE", "/session", "http://127.0.0.1:8787", 200},
        {"GET", "/jobs", NULL, 401},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_api_request request = {.method = cases[i].method,
                                          .path = cases[i].path,
                                          .origin = cases[i].origin,
                                          .cookie = sent};
        int status = ask(world, request);
        if (status != cases[i].status) {
            fail_msg("%s %s %zu: %d", cases[i].method, cases[i].path, i,
                     status);
        }
    }
    assert_non_null(strstr(world->cookie, "mstream=; Path=/; Max-Age=0"));
    world_close(world);
}

static void
over_tls_the_cookie_is_for_tls_and_this_host_alone(void **state)
{
    struct world *world = world_open(true);
    char sent[256];
    (void)state;
    assert_ptr_equal(strstr(world->cookie, "__Host-mstream="), world->cookie);
    assert_non_null(strstr(world->cookie, "; Secure"));
    (void)snprintf(sent, sizeof(sent), "%.*s", (int)strcspn(world->cookie, ";"),
                   world->cookie);
    struct mst_api_request request = {
        .method = "GET", .path = "/jobs", .secure = true, .cookie = sent};
    assert_int_equal(ask(world, request), 200);
    request.origin = "https://127.0.0.1:8787";
    assert_int_equal(ask(world, request), 200);
    request.origin = "http://127.0.0.1:8787"; /* anybody between may be that */
    assert_int_equal(ask(world, request), 403);
    request.origin = NULL;
    request.cookie = sent + strlen("__Host-");
    assert_int_equal(ask(world, request), 401);
    world_close(world);
}

static void
a_session_ends_with_its_token(void **state)
{
    struct world *world = world_open(false);
    char sent[256];
    struct mst_error err;
    (void)state;
    (void)snprintf(sent, sizeof(sent), "%.*s", (int)strcspn(world->cookie, ";"),
                   world->cookie);
    struct mst_api_request request = {
        .method = "GET", .path = "/session", .cookie = sent};
    assert_int_equal(ask(world, request), 200);
    struct mst_api_badge badge;
    assert_true(mst_api_sessions_find(world->api.sessions,
                                      strchr(sent, '=') + 1, 0, &badge));
    assert_true(mst_api_access_lasts(&world->api, &badge));
    mst_api_tokens_close(world->api.tokens);
    assert_int_equal(truncate(world->path, 0), 0);
    assert_int_equal(mst_api_tokens_open(world->path, &world->api.tokens, &err),
                     MST_OK);
    assert_false(mst_api_access_lasts(&world->api, &badge));
    assert_int_equal(ask(world, request), 401);
    assert_false(mst_api_sessions_lasts(world->api.sessions, &badge, 0));
    world_close(world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_known_until_its_time_is_over),
        cmocka_unit_test(a_session_that_was_ended_is_over_and_no_other_is),
        cmocka_unit_test(one_token_does_not_push_the_sessions_of_others_out),
        cmocka_unit_test(
            a_token_is_traded_for_a_cookie_that_is_for_this_site_alone),
        cmocka_unit_test(over_tls_the_cookie_is_for_tls_and_this_host_alone),
        cmocka_unit_test(a_session_ends_with_its_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
