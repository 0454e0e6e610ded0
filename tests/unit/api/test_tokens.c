/* SPDX-License-Identifier: MIT */
/* Tokens: made, kept as hashes, known again, and what each may do. */
#include "unit/jobs/daemon_world.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api_impl.h"
#include "api/router.h"
#include "api/sessions.h"
#include "unit/cmocka_all.h"

struct world {
    char path[128];
    char read[MST_API_TOKEN_TEXT_MAX];
    char operate[MST_API_TOKEN_TEXT_MAX];
    char admin[MST_API_TOKEN_TEXT_MAX];
};

static void
write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static int
world_open(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct mst_error err;
    struct mst_buf text;
    const char *parent = getenv("TMPDIR");
    (void)snprintf(world->path, sizeof(world->path), "%s/mst-tokens-XXXXXX",
                   parent != NULL ? parent : "/tmp");
    int fd = mkstemp(world->path);
    if (fd < 0) {
        return -1;
    }
    (void)close(fd);
    mst_log_set_level(MST_LOG_OFF);
    mst_buf_init(&text, 4096);
    assert_int_equal(mst_buf_append_str(&text, "# who may\n\n"), MST_OK);
    assert_int_equal(
        mst_api_token_make("looks", MST_API_READ, world->read, &text, &err),
        MST_OK);
    assert_int_equal(mst_api_token_make("works", MST_API_OPERATE,
                                        world->operate, &text, &err),
                     MST_OK);
    assert_int_equal(
        mst_api_token_make("rules", MST_API_ADMIN, world->admin, &text, &err),
        MST_OK);
    write_file(world->path, mst_buf_text(&text), 0600);
    mst_buf_clear(&text);
    *state = world;
    return 0;
}

static int
world_close(void **state)
{
    struct world *world = *state;
    (void)unlink(world->path);
    free(world);
    return 0;
}

static enum mst_api_role
find(struct mst_api_tokens *tokens, const char *token,
     char ret_name[MST_API_TOKEN_NAME_MAX])
{
    uint8_t hash[MST_API_HASH_LEN];
    assert_true(mst_api_token_hash(token, hash));
    return mst_api_tokens_find(tokens, hash, ret_name);
}

static void
a_token_is_known_by_its_hash_alone(void **state)
{
    struct world *world = *state;
    struct mst_api_tokens *tokens = NULL;
    struct mst_error err;
    char name[MST_API_TOKEN_NAME_MAX] = "";
    char text[4096] = "";
    assert_int_equal(mst_api_tokens_open(world->path, &tokens, &err), MST_OK);
    assert_int_equal(find(tokens, world->operate, name), MST_API_OPERATE);
    assert_string_equal(name, "works");
    assert_int_equal(find(tokens, "", name), MST_API_ANYONE);
    assert_int_equal(find(tokens, "mst_guess", name), MST_API_ANYONE);
    mst_api_tokens_close(tokens);
    FILE *file = fopen(world->path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
    (void)fclose(file);
    assert_null(strstr(text, world->operate));
    assert_null(strstr(text, world->operate + 4));
}

static void
two_tokens_are_never_the_same(void **state)
{
    struct world *world = *state;
    assert_string_not_equal(world->read, world->operate);
    assert_int_equal(strlen(world->read), strlen(world->operate));
    assert_true(strlen(world->read) >= 50);
}

static void
a_file_that_others_can_write_or_that_is_wrong_is_refused(void **state)
{
    static const struct {
        const char *text;
        mode_t mode;
        const char *says;
    } cases[] = {
        {"", 0620, "can be written by others"},
        {"one read\n", 0600, ":1: this is no"},
        {"one root 00\n", 0600, ":1: this is no"},
        {"# fine\none read "
         "zz00000000000000000000000000000000000000000000000000000000000000\n",
         0600, ":2: this is no"},
    };
    char path[160];
    (void)snprintf(path, sizeof(path), "%s.wrong",
                   ((struct world *)*state)->path);
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_api_tokens *tokens = NULL;
        struct mst_error err;
        write_file(path, cases[i].text, cases[i].mode);
        assert_int_equal(mst_api_tokens_open(path, &tokens, &err), MST_FATAL);
        assert_non_null(strstr(err.text, cases[i].says));
    }
    (void)unlink(path);
    struct mst_api_tokens *tokens = NULL;
    struct mst_error err;
    assert_int_equal(mst_api_tokens_open(path, &tokens, &err), MST_FATAL);
    assert_non_null(strstr(err.text, path));
}

static int
ask(struct mst_api *api, const struct mst_api_operation *one, const char *token)
{
    char header[128];
    char path[256];
    size_t n = 0;
    struct mst_api_answer answer;
    (void)snprintf(header, sizeof(header), "Bearer %s", token);
    for (const char *at = one->path; *at != '\0'; at++) {
        if (*at == '{') {
            path[n++] = 'x';
            at += strcspn(at, "}");
        } else {
            path[n++] = *at;
        }
    }
    path[n] = '\0';
    struct mst_api_request request = {.method = one->method,
                                      .path = path,
                                      .authorization =
                                          token[0] != '\0' ? header : NULL};
    mst_api_answer_init(&answer);
    mst_api_handle(api, &request, &answer);
    int status = answer.status;
    mst_api_answer_clear(&answer);
    mst_api_request_clear(&request);
    return status;
}

static void
every_operation_is_for_its_role_and_those_above(void **state)
{
    struct world *world = *state;
    const char *const given[] = {"", world->read, world->operate, world->admin};
    struct daemon_world daemon;
    struct mst_api api = {.loopback = true};
    struct mst_error err;
    daemon_world_open(&daemon, "");
    api.args.manager = daemon.manager;
    assert_int_equal(mst_log_ring_create(10, &api.args.ring, &err), MST_OK);
    assert_int_equal(mst_api_tokens_open(world->path, &api.tokens, &err),
                     MST_OK);
    assert_int_equal(mst_api_sessions_create(&api.sessions, &err), MST_OK);
    for (const mst_api_table *table = mst_api_tables; *table != NULL; table++) {
        for (mst_api_table one = *table; one->method != NULL; one++) {
            for (size_t role = 0; role < MST_ARRAY_SIZE(given); role++) {
                int status = ask(&api, one, given[role]);
                bool refused = status == 401 || status == 403;
                assert_int_equal(refused, role < one->role);
                assert_int_equal(status == 401, role == 0 && refused);
            }
        }
    }
    assert_int_equal(ask(&api, mst_api_tables[0], "wrong"), 401);
    assert_int_equal(atomic_load(&api.refused), 1);
    mst_api_sessions_destroy(api.sessions);
    mst_api_tokens_close(api.tokens);
    mst_log_ring_destroy(api.args.ring);
    daemon_world_close(&daemon);
}

static void
who_may_not_ask_is_not_told_what_there_is(void **state)
{
    static const struct mst_api_operation nowhere = {.method = "GET",
                                                     .path = "/nowhere"};
    struct world *world = *state;
    struct mst_api api = {.loopback = true};
    struct mst_error err;
    assert_int_equal(mst_api_tokens_open(world->path, &api.tokens, &err),
                     MST_OK);
    assert_int_equal(ask(&api, &nowhere, ""), 401);
    assert_int_equal(ask(&api, &nowhere, world->read), 404);
    mst_api_tokens_close(api.tokens);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_known_by_its_hash_alone),
        cmocka_unit_test(two_tokens_are_never_the_same),
        cmocka_unit_test(
            a_file_that_others_can_write_or_that_is_wrong_is_refused),
        cmocka_unit_test(every_operation_is_for_its_role_and_those_above),
        cmocka_unit_test(who_may_not_ask_is_not_told_what_there_is),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
