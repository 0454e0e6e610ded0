/* SPDX-License-Identifier: MIT */
/* What every store of subjects does: one suite, run on SQLite and MongoDB. */
#include "unit/state/subjects_world.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "schema/subject.h"
#include "state/sqlite_subjects.h"

#define RECORD(fields)                                                         \
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"
#define FIELD(name)    "{\"name\":\"" name "\",\"type\":\"int\"}"
#define FIELD_OR(name) "{\"name\":\"" name "\",\"type\":\"int\",\"default\":0}"

static struct mst_subject
load(struct mst_subject_store *store, const char *name)
{
    struct mst_subject subject;
    struct mst_error err = {.status = MST_OK};
    if (store->type->load(store, name, &subject, &err) != MST_OK) {
        fail_msg("%s: %s", name, err.text);
    }
    return subject;
}

static enum mst_status
set_keys(struct mst_subject_store *store, const char *subject,
         enum mst_subject_key key, const char *first, const char *second,
         struct mst_error *err)
{
    char *names[2] = {(char *)(uintptr_t)first, (char *)(uintptr_t)second};
    const struct mst_subject_names list = {
        .names = names, .len = (size_t)(first != NULL) + (second != NULL)};
    struct mst_subject_change change = {.subject = subject};
    struct mst_subject_result result;
    struct mst_compat_report report = {.len = 0};
    change.keys[key] = &list;
    mst_error_clear(err);
    enum mst_status status =
        mst_subject_apply(store, &change, &report, &result, err);
    mst_compat_report_clear(&report);
    return status;
}

static void
set_level(struct mst_subject_store *store, const char *subject,
          enum mst_schema_level level)
{
    struct mst_subject_change change = {.subject = subject, .level = &level};
    struct mst_subject_result result;
    struct mst_compat_report report = {.len = 0};
    struct mst_error err;
    assert_int_equal(mst_subject_apply(store, &change, &report, &result, &err),
                     MST_OK);
    mst_compat_report_clear(&report);
}

static void
a_subject_is_read_as_it_was_written(void **state)
{
    struct world *world = world_of(state);
    struct mst_error err;
    const char *text =
        "{\"type\":\"record\",\"name\":\"R\",\"doc\":\"\xC3\xA4\","
        "\"fields\":[" FIELD("a") "," FIELD("b") "]}";
    int64_t before = mst_clock_wall_ms();
    assert_int_equal(world_add(world->store, "orders-value", text), 1);
    assert_int_equal(set_keys(world->store, "orders-value",
                              MST_SUBJECT_KEY_PROPERTIES, "a", "b", &err),
                     MST_OK);
    assert_int_equal(set_keys(world->store, "orders-value", MST_SUBJECT_SORT_BY,
                              "-b", NULL, &err),
                     MST_OK);
    set_level(world->store, "orders-value", MST_LEVEL_FULL_TRANSITIVE);
    struct mst_subject_store *other = world_open(world);
    struct mst_subject got = load(other, "orders-value");
    assert_string_equal(got.name, "orders-value");
    assert_int_equal(got.level, MST_LEVEL_FULL_TRANSITIVE);
    assert_int_equal(got.versions_len, 1);
    assert_int_equal(got.versions[0].number, 1);
    assert_true(got.versions[0].id > 0);
    assert_int_equal(got.versions[0].kind, MST_SCHEMA_KIND_AVRO);
    assert_true(mst_slice_is(got.versions[0].text, text));
    assert_true(got.versions[0].created_ms >= before);
    assert_true(got.revision != 0);
    assert_int_equal(got.keys[MST_SUBJECT_KEY_PROPERTIES].len, 2);
    assert_string_equal(got.keys[MST_SUBJECT_KEY_PROPERTIES].names[1], "b");
    assert_int_equal(got.keys[MST_SUBJECT_UNIQUE_BY].len, 0);
    assert_string_equal(got.keys[MST_SUBJECT_SORT_BY].names[0], "-b");
    struct mst_subject same;
    assert_int_equal(other->type->find(other, got.versions[0].id, &same, &err),
                     MST_OK);
    assert_string_equal(same.name, "orders-value");
    assert_int_equal(other->type->find(other, 4000000000U, &same, &err),
                     MST_END);
    assert_int_equal(other->type->load(other, "nobody", &same, &err), MST_END);
    mst_subject_clear(&same);
    mst_subject_clear(&got);
    other->type->destroy(other);
}

static void
the_same_text_gets_the_same_version_and_id(void **state)
{
    struct world *world = world_of(state);
    struct mst_subject_store *store = world->store;
    struct mst_subject_result first = {0};
    struct mst_subject_result again = {0};
    struct mst_error err;
    assert_int_equal(
        world_register(store, "a", RECORD(FIELD("x")), &first, &err), MST_OK);
    assert_true(first.is_new);
    assert_int_equal(
        world_register(store, "a",
                       "{ \"name\": \"R\",\n \"fields\": [ {\"type\": \"int\", "
                       "\"name\": \"x\"} ], \"type\": \"record\" }",
                       &again, &err),
        MST_OK);
    assert_false(again.is_new);
    assert_int_equal(again.version, first.version);
    assert_int_equal(again.id, first.id);
    /* A default is no white space. */
    assert_int_equal(world_add(store, "a", RECORD(FIELD_OR("x"))), 2);
    assert_int_equal(
        world_register(store, "b", RECORD(FIELD("x")), &again, &err), MST_OK);
    assert_true(again.is_new);
    assert_int_equal(again.version, 1);
    assert_int_equal(again.id, first.id);
    assert_int_equal(mst_subject_delete(store, "b", 0, &err), MST_OK);
    assert_int_equal(mst_subject_delete(store, "a", 0, &err), MST_OK);
    assert_int_equal(
        world_register(store, "c", RECORD(FIELD("y")), &again, &err), MST_OK);
    assert_true(again.id > first.id + 1);
    assert_int_equal(
        world_register(store, "c2", RECORD(FIELD("x")), &again, &err), MST_OK);
    assert_int_equal(again.id, first.id);
}

static void
a_save_over_what_others_changed_is_refused(void **state)
{
    struct world *world = world_of(state);
    struct mst_subject_store *store = world->store;
    struct mst_error err;
    assert_int_equal(world_add(store, "a", RECORD(FIELD("x"))), 1);
    struct mst_subject mine = load(store, "a");
    set_level(store, "a", MST_LEVEL_NONE);
    assert_int_equal(store->type->save(store, &mine, &err), MST_AGAIN);
    assert_int_equal(store->type->remove(store, &mine, &err), MST_AGAIN);
    struct mst_subject theirs = load(store, "a");
    assert_int_equal(theirs.level, MST_LEVEL_NONE);
    mst_subject_clear(&theirs);
    /* Removed and made again is another one too. */
    assert_int_equal(mst_subject_delete(store, "a", 0, &err), MST_OK);
    assert_int_equal(store->type->save(store, &mine, &err), MST_AGAIN);
    assert_int_equal(world_add(store, "a", RECORD(FIELD("x"))), 1);
    assert_int_equal(store->type->save(store, &mine, &err), MST_AGAIN);
    mine.revision = 0; /* as one that found nothing */
    assert_int_equal(store->type->save(store, &mine, &err), MST_AGAIN);
    mst_subject_clear(&mine);
}

static void
what_is_not_compatible_changes_nothing(void **state)
{
    struct world *world = world_of(state);
    struct mst_subject_store *store = world->store;
    struct mst_subject_result result;
    struct mst_error err;
    assert_int_equal(world_add(store, "a", RECORD(FIELD("x"))), 1);
    assert_int_equal(world_register(store, "a",
                                    RECORD(FIELD("x") "," FIELD("y")), &result,
                                    &err),
                     MST_REJECTED);
    assert_non_null(strstr(err.text, "not BACKWARD compatible"));
    assert_true(err.hint[0] != '\0');
    struct mst_subject got = load(store, "a");
    assert_int_equal(got.versions_len, 1);
    mst_subject_clear(&got);
    set_level(store, "a", MST_LEVEL_NONE);
    assert_int_equal(world_add(store, "a", RECORD(FIELD("x") "," FIELD("y"))),
                     2);
    /* Forward: the old schema must find its fields in new data. */
    set_level(store, "a", MST_LEVEL_FORWARD);
    assert_int_equal(
        world_register(store, "a", RECORD(FIELD("x")), &result, &err), MST_OK);
    assert_int_equal(result.version, 1); /* the text of version 1 */
    assert_int_equal(
        world_register(store, "a", RECORD(FIELD("y")), &result, &err),
        MST_REJECTED);
    assert_int_equal(
        world_register(store, "a", "{\"type\":\"rec\"}", &result, &err),
        MST_REJECTED);
    assert_int_equal(world_register(store, "", RECORD(""), &result, &err),
                     MST_REJECTED);
    assert_int_equal(world_register(store, "a\nb", RECORD(""), &result, &err),
                     MST_REJECTED);
}

static void
transitive_levels_look_at_every_version(void **state)
{
    struct world *world = world_of(state);
    struct mst_subject_store *store = world->store;
    struct mst_subject_result result;
    struct mst_error err;
    /* 2 reads 1, 3 reads 2, but 3 does not read 1: x had no default there. */
    assert_int_equal(world_add(store, "a", RECORD("")), 1);
    assert_int_equal(world_add(store, "a", RECORD(FIELD_OR("x"))), 2);
    set_level(store, "a", MST_LEVEL_BACKWARD_TRANSITIVE);
    assert_int_equal(
        world_register(store, "a", RECORD(FIELD("x")), &result, &err),
        MST_REJECTED);
    set_level(store, "a", MST_LEVEL_BACKWARD);
    assert_int_equal(world_add(store, "a", RECORD(FIELD("x"))), 3);
}

static void
keys_name_what_the_schema_has(void **state)
{
    struct world *world = world_of(state);
    struct mst_subject_store *store = world->store;
    struct mst_subject_result result;
    struct mst_error err;
    const char *text = RECORD(
        FIELD("customer") ",{\"name\":\"address\",\"type\":[\"null\",{\"type\":"
                          "\"record\",\"name\":\"A\",\"fields\":[" FIELD(
                              "zip") "]}]}");
    assert_int_equal(world_add(store, "a", text), 1);
    assert_int_equal(set_keys(store, "a", MST_SUBJECT_KEY_PROPERTIES,
                              "customer", "address.zip", &err),
                     MST_OK);
    assert_int_equal(
        set_keys(store, "a", MST_SUBJECT_UNIQUE_BY, "custmer", NULL, &err),
        MST_REJECTED);
    assert_non_null(strstr(err.text, "unique_by of subject 'a'"));
    assert_non_null(strstr(err.text, "'custmer'"));
    assert_non_null(strstr(err.hint, "did you mean 'customer'?"));
    assert_int_equal(
        set_keys(store, "a", MST_SUBJECT_SORT_BY, "-address.city", NULL, &err),
        MST_REJECTED);
    assert_non_null(strstr(err.text, "'address.city'"));
    assert_int_equal(
        set_keys(store, "a", MST_SUBJECT_UNIQUE_BY, "", NULL, &err),
        MST_REJECTED);
    assert_int_equal(
        set_keys(store, "nobody", MST_SUBJECT_UNIQUE_BY, "x", NULL, &err),
        MST_END);
    /* A version that loses a key property is refused whatever the level. */
    set_level(store, "a", MST_LEVEL_NONE);
    assert_int_equal(
        world_register(store, "a", RECORD(FIELD("y")), &result, &err),
        MST_REJECTED);
    assert_non_null(strstr(err.text, "key_properties"));
    assert_int_equal(
        set_keys(store, "a", MST_SUBJECT_KEY_PROPERTIES, NULL, NULL, &err),
        MST_OK);
    assert_int_equal(world_add(store, "a", RECORD(FIELD("y"))), 2);
    assert_int_equal(
        set_keys(store, "a", MST_SUBJECT_KEY_PROPERTIES, "y", NULL, &err),
        MST_OK);
    /* ... and so is going back to one that has not. */
    assert_int_equal(mst_subject_delete(store, "a", 2, &err), MST_REJECTED);
}

static void
numbers_of_deleted_versions_do_not_return(void **state)
{
    struct world *world = world_of(state);
    struct mst_subject_store *store = world->store;
    struct mst_error err;
    assert_int_equal(world_add(store, "a", RECORD("")), 1);
    assert_int_equal(world_add(store, "a", RECORD(FIELD_OR("x"))), 2);
    assert_int_equal(mst_subject_delete(store, "a", 2, &err), MST_OK);
    assert_int_equal(mst_subject_delete(store, "a", 2, &err), MST_END);
    assert_int_equal(world_add(store, "a", RECORD(FIELD_OR("y"))), 3);
    struct mst_subject got = load(store, "a");
    assert_int_equal(got.versions_len, 2);
    assert_non_null(mst_subject_version(&got, 1));
    assert_null(mst_subject_version(&got, 2));
    assert_int_equal(mst_subject_version(&got, 0)->number, 3);
    mst_subject_clear(&got);
    /* With the last one the subject is gone. */
    assert_int_equal(mst_subject_delete(store, "a", 1, &err), MST_OK);
    assert_int_equal(mst_subject_delete(store, "a", 3, &err), MST_OK);
    assert_int_equal(store->type->load(store, "a", &got, &err), MST_END);
    assert_int_equal(mst_subject_delete(store, "a", 0, &err), MST_END);
    mst_error_clear(&err);
    assert_int_equal(mst_subject_delete(store, "a", 3, &err), MST_END);
    assert_string_equal(err.text, "there is no subject 'a'");
}

struct seen {
    char names[256];
    size_t stop_after;
    size_t n;
};

static enum mst_status
remember(void *arg, const struct mst_subject *one)
{
    struct seen *seen = arg;
    size_t len = strlen(seen->names);
    (void)snprintf(seen->names + len, sizeof(seen->names) - len, "%s:%zu ",
                   one->name, one->versions_len);
    return ++seen->n == seen->stop_after ? MST_REJECTED : MST_OK;
}

static void
all_are_listed_but_damaged_ones_which_are_told(void **state)
{
    struct world *world = world_of(state);
    struct mst_subject_store *store = world->store;
    struct mst_error err;
    struct mst_subject got;
    struct seen seen = {.names = ""};
    assert_int_equal(store->type->list(store, remember, &seen, &err), MST_OK);
    assert_string_equal(seen.names, "");
    (void)world_add(store, "c", RECORD(""));
    (void)world_add(store, "a", RECORD(""));
    (void)world_add(store, "a", RECORD(FIELD_OR("x")));
    (void)world_add(store, "b", RECORD(""));
    assert_int_equal(store->type->list(store, remember, &seen, &err), MST_OK);
    assert_string_equal(seen.names, "a:2 b:1 c:1 ");
    seen = (struct seen){.stop_after = 2};
    assert_int_equal(store->type->list(store, remember, &seen, &err),
                     MST_REJECTED);
    assert_string_equal(seen.names, "a:2 b:1 ");
    world_damage(world, "b");
    seen = (struct seen){.names = ""};
    assert_int_equal(store->type->list(store, remember, &seen, &err),
                     MST_FATAL);
    assert_string_equal(seen.names, "a:2 c:1 ");
    assert_non_null(strstr(err.text, "version 1 of subject 'b'"));
    assert_int_equal(store->type->load(store, "b", &got, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "damaged"));
    assert_true(err.hint[0] != '\0');
    struct mst_subject_result result;
    assert_int_equal(world_register(store, "b", RECORD(""), &result, &err),
                     MST_FATAL);
    /* What the hint says works. */
    assert_int_equal(mst_subject_delete(store, "b", 0, &err), MST_OK);
    assert_int_equal(world_add(store, "b", RECORD("")), 1);
}

static void
wait_for(pid_t child)
{
    int code = 0;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_true(WIFEXITED(code) && WEXITSTATUS(code) == 0);
}

/* A child that registers n schemas of its own. */
static pid_t
start_registering(const struct world *world, int who, int n, int out)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child != 0) {
        return child;
    }
    struct mst_subject_store *store = world_open(world);
    for (int i = 0; i < n; i++) {
        char text[128];
        (void)snprintf(text, sizeof(text),
                       "{\"type\":\"fixed\",\"name\":\"F%d_%d\",\"size\":4}",
                       who, i);
        uint32_t version = world_add(store, "shared", text);
        if (write(out, &version, sizeof(version)) != sizeof(version)) {
            _exit(1);
        }
    }
    _exit(0);
}

static void
processes_that_register_at_once_get_versions_of_their_own(void **state)
{
    enum { WORKERS = 3, EACH = 8 };
    struct world *world = world_of(state);
    pid_t children[WORKERS];
    int ends[2];
    bool taken[WORKERS * EACH + 2] = {false};
    assert_int_equal(world_add(world->store, "shared", "\"string\""), 1);
    set_level(world->store, "shared", MST_LEVEL_NONE);
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < WORKERS; i++) {
        children[i] = start_registering(world, i, EACH, ends[1]);
    }
    assert_int_equal(close(ends[1]), 0);
    uint32_t version = 0;
    int n = 0;
    for (; read(ends[0], &version, sizeof(version)) == sizeof(version); n++) {
        assert_in_range(version, 2, WORKERS * EACH + 1);
        assert_false(taken[version]);
        taken[version] = true;
    }
    assert_int_equal(n, WORKERS * EACH);
    for (int i = 0; i < WORKERS; i++) {
        wait_for(children[i]);
    }
    assert_int_equal(close(ends[0]), 0);
    struct mst_subject got = load(world->store, "shared");
    assert_int_equal(got.versions_len, WORKERS * EACH + 1);
    for (size_t i = 1; i < got.versions_len; i++) {
        assert_int_equal(got.versions[i].number, i + 1);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(got.versions[i].id, got.versions[j].id);
        }
    }
    mst_subject_clear(&got);
}

static void
what_a_killed_process_was_answered_is_there(void **state)
{
    struct world *world = world_of(state);
    uint32_t answered = 1;
    assert_int_equal(world_add(world->store, "shared", "\"string\""), 1);
    set_level(world->store, "shared", MST_LEVEL_NONE);
    for (int round = 0; round < 4; round++) {
        int ends[2];
        uint32_t version = 0;
        assert_int_equal(pipe(ends), 0);
        pid_t child = start_registering(world, 100 + round, 10000, ends[1]);
        assert_int_equal(close(ends[1]), 0);
        for (int i = 0; i < 2 + 3 * round; i++) {
            assert_int_equal(read(ends[0], &version, sizeof(version)),
                             sizeof(version));
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        while (read(ends[0], &version, sizeof(version)) == sizeof(version)) {
        }
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_int_equal(close(ends[0]), 0);
        struct mst_subject got = load(world->store, "shared");
        /* One that was not answered may be there. */
        assert_in_range(got.last, version, version + 1);
        assert_true(version > answered);
        assert_int_equal(got.versions_len, got.last);
        answered = got.last;
        mst_subject_clear(&got);
    }
}

static void
documents_of_the_published_mstream_are_subjects(void **state)
{
    struct world *world = world_of(state);
    struct mst_subject_store *store = world->store;
    struct mst_subject_result result;
    struct mst_error err;
    struct seen seen = {.names = ""};
    world_publish(world, "{\"id\":\"0f1e\",\"name\":\"order\",\"encoding\":"
                         "\"avro\",\"definition\":\"\\\"int\\\"\","
                         "\"created_at\":\"2026-01-01T00:00:00Z\"}");
    world_publish(world, "{\"id\":\"bare\",\"name\":null,\"encoding\":\"avro\","
                         "\"definition\":\"not checked by anybody\"}");
    struct mst_subject got = load(store, "order");
    assert_true(mst_slice_is(got.versions[0].text, "\"int\""));
    assert_int_equal(got.versions[0].number, 1);
    mst_subject_clear(&got);
    got = load(store, "0f1e");
    assert_string_equal(got.name, "order");
    mst_subject_clear(&got);
    got = load(store, "bare");
    assert_string_equal(got.name, "bare");
    mst_subject_clear(&got);
    assert_int_equal(store->type->list(store, remember, &seen, &err), MST_OK);
    assert_string_equal(seen.names, "bare:1 order:1 ");
    /* The next version makes it one of ours, which both can read. */
    assert_int_equal(
        world_register(store, "order", "\"string\"", &result, &err),
        MST_REJECTED);
    assert_int_equal(world_add(store, "order", "\"int\""), 1);
    assert_int_equal(world_add(store, "order", "\"long\""), 2);
    got = load(store, "order");
    assert_int_equal(got.versions_len, 2);
    assert_true(got.versions[0].id != 0);
    mst_subject_clear(&got);
    char *text = world_document(world, "order");
    assert_non_null(strstr(text, "\"name\" : \"order\""));
    assert_non_null(strstr(text, "\"encoding\" : \"avro\""));
    assert_non_null(strstr(text, "\"definition\" : \"\\\"long\\\"\""));
    free(text);
    seen = (struct seen){.names = ""};
    assert_int_equal(store->type->list(store, remember, &seen, &err), MST_OK);
    assert_string_equal(seen.names, "bare:1 order:2 ");
}

static void
a_reader_of_nothing_is_told_so(void **state)
{
    struct mst_subject_store *store = NULL;
    struct mst_error err;
    struct world *world = world_of(state);
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/none", world->place.directory);
    assert_int_equal(mst_sqlite_subjects_open(path, true, &store, &err),
                     MST_END);
    assert_int_equal(world_add(world->store, "a", RECORD("")), 1);
    assert_int_equal(
        mst_sqlite_subjects_open(world->place.directory, true, &store, &err),
        MST_OK);
    struct mst_subject got = load(store, "a");
    assert_int_equal(store->type->save(store, &got, &err), MST_FATAL);
    mst_subject_clear(&got);
    store->type->destroy(store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TESTS(a_subject_is_read_as_it_was_written),
        WORLD_TESTS(the_same_text_gets_the_same_version_and_id),
        WORLD_TESTS(a_save_over_what_others_changed_is_refused),
        WORLD_TESTS(what_is_not_compatible_changes_nothing),
        WORLD_TESTS(transitive_levels_look_at_every_version),
        WORLD_TESTS(keys_name_what_the_schema_has),
        WORLD_TESTS(numbers_of_deleted_versions_do_not_return),
        WORLD_TESTS(all_are_listed_but_damaged_ones_which_are_told),
        WORLD_TESTS(processes_that_register_at_once_get_versions_of_their_own),
        WORLD_TESTS(what_a_killed_process_was_answered_is_there),
        WORLD_TEST(documents_of_the_published_mstream_are_subjects, "mongodb"),
        WORLD_TEST(a_reader_of_nothing_is_told_so, "sqlite"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
