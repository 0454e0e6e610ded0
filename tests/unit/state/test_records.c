/* SPDX-License-Identifier: MIT */
/* What every store of records does: one suite, run on SQLite and MongoDB. */
#include "unit/state/place.h"

#include <signal.h>
#include <sys/wait.h>

#include "core/record_store.h"
#include "core/revision.h"
#include "state/mongo_records.h"
#include "state/sqlite_records.h"

struct records_world {
    struct place place;
    struct mst_record_store *store; /* NULL: no server */
};

static struct mst_record_store *
open_store(const struct records_world *world)
{
    struct mst_record_store *store = NULL;
    struct mst_error err = {.status = MST_OK};
    enum mst_status status =
        world->place.mongodb
            ? mst_mongo_records_create(&world->place.options, "test",
                                       world->place.collection, &store, &err)
            : mst_sqlite_records_open(world->place.directory, false, &store,
                                      &err);
    if (status != MST_OK) {
        fail_msg("%s", err.text);
    }
    return store;
}

static int
setup(void **state)
{
    struct records_world *world = calloc(1, sizeof(*world));
    if (world == NULL
        || !place_make(&world->place, *state, "mstream_records_test")) {
        return 1;
    }
    *state = world;
    world->store = world->place.is_there ? open_store(world) : NULL;
    return 0;
}

static int
teardown(void **state)
{
    struct records_world *world = *state;
    if (world->store != NULL) {
        world->store->type->destroy(world->store);
    }
    int code = place_end(&world->place);
    free(world);
    return code;
}

static struct records_world *
world_of(void **state)
{
    struct records_world *world = *state;
    if (world->store == NULL) {
        skip();
    }
    return world;
}

/* In borrowed memory. */
static struct mst_record
record_of(const char *name, uint64_t revision, const char *body)
{
    return (struct mst_record){.name = (char *)(uintptr_t)name,
                               .revision = revision,
                               .body = mst_slice_str(body),
                               .changed_by = (char *)(uintptr_t) "anna",
                               .created_ms = 1700000000123,
                               .changed_ms = 1700000000456};
}

static enum mst_status
save(struct mst_record_store *store, enum mst_record_kind kind,
     const char *name, uint64_t replaces, const char *body,
     uint64_t *ret_revision)
{
    struct mst_error err;
    struct mst_record record =
        record_of(name, mst_next_revision(replaces), body);
    mst_error_clear(&err);
    enum mst_status status =
        store->type->save(store, kind, &record, replaces, &err);
    if (status != MST_OK && status != MST_AGAIN) {
        fail_msg("%s: %s", name, err.text);
    }
    if (status == MST_OK && ret_revision != NULL) {
        *ret_revision = record.revision;
    }
    return status;
}

static void
add(struct mst_record_store *store, enum mst_record_kind kind, const char *name)
{
    assert_int_equal(save(store, kind, name, 0, "{}", NULL), MST_OK);
}

static struct mst_record
load(struct mst_record_store *store, enum mst_record_kind kind,
     const char *name)
{
    struct mst_record record;
    struct mst_error err = {.status = MST_OK};
    if (store->type->load(store, kind, name, &record, &err) != MST_OK) {
        fail_msg("%s: %s", name, err.text);
    }
    return record;
}

static enum mst_status
try_load(struct mst_record_store *store, enum mst_record_kind kind,
         const char *name, struct mst_error *err)
{
    struct mst_record record = {.name = NULL};
    mst_error_clear(err);
    enum mst_status status = store->type->load(store, kind, name, &record, err);
    mst_record_clear(&record);
    return status;
}

static void
a_record_is_read_as_it_was_written(void **state)
{
    static const uint8_t sealed[] = {0x00, 0xFF, 'a', 0x00, 0xC3, 0x28};
    struct records_world *world = world_of(state);
    struct mst_record_store *store = world->store;
    struct mst_error err;
    char by[] = "anna \xC3\xA4";
    struct mst_record record = record_of("orders \xC3\xA4.$", 17, "{\"a\":1}");
    record.changed_by = by;
    assert_int_equal(store->type->save(store, MST_RECORD_JOB, &record, 0, &err),
                     MST_OK);
    record.body = mst_slice_of(sealed, sizeof(sealed));
    record.revision = 18;
    assert_int_equal(
        store->type->save(store, MST_RECORD_SERVICE, &record, 0, &err), MST_OK);
    record.body = MST_SLICE_NONE;
    record.revision = 19;
    assert_int_equal(
        store->type->save(store, MST_RECORD_DESIRED, &record, 0, &err), MST_OK);

    struct mst_record_store *other = open_store(world);
    struct mst_record got = load(other, MST_RECORD_JOB, "orders \xC3\xA4.$");
    assert_string_equal(got.name, "orders \xC3\xA4.$");
    assert_string_equal(got.changed_by, "anna \xC3\xA4");
    assert_int_equal(got.revision, 17);
    assert_int_equal(got.created_ms, 1700000000123);
    assert_int_equal(got.changed_ms, 1700000000456);
    assert_true(mst_slice_is(got.body, "{\"a\":1}"));
    mst_record_clear(&got);
    got = load(other, MST_RECORD_SERVICE, "orders \xC3\xA4.$");
    assert_int_equal(got.revision, 18);
    assert_true(
        mst_slice_equal(got.body, mst_slice_of(sealed, sizeof(sealed))));
    mst_record_clear(&got);
    got = load(other, MST_RECORD_DESIRED, "orders \xC3\xA4.$");
    assert_int_equal(got.revision, 19);
    assert_int_equal(got.body.len, 0);
    mst_record_clear(&got);
    other->type->destroy(other);
}

static void
a_save_replaces_all_but_the_day_of_its_making(void **state)
{
    struct records_world *world = world_of(state);
    struct mst_record_store *store = world->store;
    struct mst_error err;
    char by[] = "bert";
    add(store, MST_RECORD_JOB, "a");
    struct mst_record first = load(store, MST_RECORD_JOB, "a");
    struct mst_record record =
        record_of("a", mst_next_revision(first.revision), "{\"b\":2}");
    record.changed_by = by;
    record.created_ms = 5;
    record.changed_ms = 1800000000000;
    assert_int_equal(
        store->type->save(store, MST_RECORD_JOB, &record, first.revision, &err),
        MST_OK);
    struct mst_record got = load(store, MST_RECORD_JOB, "a");
    assert_int_equal(got.revision, first.revision + 1);
    assert_int_equal(got.created_ms, first.created_ms);
    assert_int_equal(got.changed_ms, 1800000000000);
    assert_string_equal(got.changed_by, "bert");
    assert_true(mst_slice_is(got.body, "{\"b\":2}"));
    mst_record_clear(&got);
    mst_record_clear(&first);
}

static void
a_save_over_what_others_changed_is_refused(void **state)
{
    struct records_world *world = world_of(state);
    struct mst_record_store *store = world->store;
    const struct mst_record_store_type *type = store->type;
    struct mst_error err;
    uint64_t old = 0;
    uint64_t now = 0;
    assert_int_equal(save(store, MST_RECORD_JOB, "a", 0, "1", &old), MST_OK);
    assert_int_equal(save(store, MST_RECORD_JOB, "a", old, "2", &now), MST_OK);
    assert_int_equal(save(store, MST_RECORD_JOB, "a", old, "3", NULL),
                     MST_AGAIN);
    assert_int_equal(save(store, MST_RECORD_JOB, "a", 0, "3", NULL), MST_AGAIN);
    assert_int_equal(type->remove(store, MST_RECORD_JOB, "a", old, &err),
                     MST_AGAIN);
    assert_non_null(strstr(err.text, "job 'a' was changed by somebody else"));
    struct mst_record got = load(store, MST_RECORD_JOB, "a");
    assert_true(mst_slice_is(got.body, "2"));
    mst_record_clear(&got);
    /* The state of a job is a record of its own. */
    assert_int_equal(save(store, MST_RECORD_DESIRED, "a", 0, "paused", NULL),
                     MST_OK);
    assert_int_equal(type->remove(store, MST_RECORD_JOB, "a", now, &err),
                     MST_OK);
    assert_int_equal(save(store, MST_RECORD_JOB, "a", now, "3", NULL),
                     MST_AGAIN);
    assert_int_equal(type->remove(store, MST_RECORD_JOB, "a", now, &err),
                     MST_END);
    assert_int_equal(type->remove(store, MST_RECORD_JOB, "a", 0, &err),
                     MST_END);
    /* Removed and made again is another one. */
    assert_int_equal(save(store, MST_RECORD_JOB, "a", 0, "4", &now), MST_OK);
    assert_int_equal(save(store, MST_RECORD_JOB, "a", old + 1, "3", NULL),
                     MST_AGAIN);
    assert_int_equal(type->remove(store, MST_RECORD_JOB, "a", 0, &err), MST_OK);
    assert_int_equal(try_load(store, MST_RECORD_JOB, "a", &err), MST_END);
    assert_non_null(strstr(err.text, "there is no job 'a'"));
    assert_int_equal(try_load(store, MST_RECORD_DESIRED, "a", &err), MST_OK);
}

static void
what_no_store_can_keep_is_refused_by_all(void **state)
{
    struct records_world *world = world_of(state);
    struct mst_record_store *store = world->store;
    struct mst_error err;
    char longest[MST_RECORD_NAME_MAX + 2];
    char *large = malloc(MST_RECORD_BODY_MAX + 1);
    assert_non_null(large);
    memset(large, 'x', MST_RECORD_BODY_MAX + 1);
    memset(longest, 'n', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    const char *bad[] = {"", "\xC3\x28", longest};
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        struct mst_record record = record_of(bad[i], 1, "{}");
        assert_int_equal(
            store->type->save(store, MST_RECORD_JOB, &record, 0, &err),
            MST_REJECTED);
        assert_int_equal(try_load(store, MST_RECORD_JOB, bad[i], &err),
                         MST_END);
        assert_int_equal(
            store->type->remove(store, MST_RECORD_JOB, bad[i], 0, &err),
            MST_END);
    }
    longest[sizeof(longest) - 2] = '\0';
    struct mst_record record = record_of(longest, 1, "");
    record.body = mst_slice_of(large, MST_RECORD_BODY_MAX + 1);
    assert_int_equal(store->type->save(store, MST_RECORD_JOB, &record, 0, &err),
                     MST_REJECTED);
    record.body.len--;
    assert_int_equal(store->type->save(store, MST_RECORD_JOB, &record, 0, &err),
                     MST_OK);
    struct mst_record got = load(store, MST_RECORD_JOB, longest);
    assert_true(mst_slice_equal(got.body, record.body));
    mst_record_clear(&got);
    free(large);
}

struct seen {
    char names[256];
    size_t stop_after;
    size_t n;
    struct mst_record_store *store; /* asked meanwhile */
};

static enum mst_status
remember(void *arg, const struct mst_record *one)
{
    struct seen *seen = arg;
    size_t len = strlen(seen->names);
    (void)snprintf(seen->names + len, sizeof(seen->names) - len, "%s ",
                   one->name);
    if (seen->store != NULL) {
        struct mst_record same = load(seen->store, MST_RECORD_JOB, one->name);
        assert_int_equal(same.revision, one->revision);
        mst_record_clear(&same);
    }
    return ++seen->n == seen->stop_after ? MST_REJECTED : MST_OK;
}

static void
damage(const struct records_world *world, const char *job)
{
    if (!world->place.mongodb) {
        char sql[256];
        (void)snprintf(sql, sizeof(sql),
                       "UPDATE records SET body = CAST('[]' AS BLOB)"
                       " WHERE name = '%s'",
                       job);
        fixture_sql(world->place.directory, sql);
        return;
    }
    bson_t *filter = BCON_NEW("_id", "{", "kind", BCON_UTF8("job"), "name",
                              BCON_UTF8(job), "}");
    bson_t *update = BCON_NEW("$set", "{", "definition", BCON_UTF8("[]"), "}");
    place_update(&world->place, filter, update);
    bson_destroy(filter);
    bson_destroy(update);
}

static void
all_are_listed_but_damaged_ones_which_are_told(void **state)
{
    struct records_world *world = world_of(state);
    struct mst_record_store *store = world->store;
    const struct mst_record_store_type *type = store->type;
    struct mst_error err;
    struct seen seen = {.names = "", .store = store};
    assert_int_equal(type->list(store, MST_RECORD_JOB, remember, &seen, &err),
                     MST_OK);
    assert_string_equal(seen.names, "");
    const char *names[] = {"b", "a", "\xC3\xA4", "B", "a-1", "c"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(names); i++) {
        add(store, MST_RECORD_JOB, names[i]);
    }
    add(store, MST_RECORD_SERVICE, "service");
    add(store, MST_RECORD_DESIRED, "wanted");
    assert_int_equal(type->list(store, MST_RECORD_JOB, remember, &seen, &err),
                     MST_OK);
    assert_string_equal(seen.names, "B a a-1 b c \xC3\xA4 ");
    seen = (struct seen){.stop_after = 2};
    assert_int_equal(type->list(store, MST_RECORD_JOB, remember, &seen, &err),
                     MST_REJECTED);
    assert_string_equal(seen.names, "B a ");
    damage(world, "b");
    seen = (struct seen){.names = ""};
    assert_int_equal(type->list(store, MST_RECORD_JOB, remember, &seen, &err),
                     MST_FATAL);
    assert_string_equal(seen.names, "B a a-1 c \xC3\xA4 ");
    assert_non_null(strstr(err.text, "job 'b'"));
    assert_int_equal(try_load(store, MST_RECORD_JOB, "b", &err), MST_FATAL);
    assert_non_null(strstr(err.text, "damaged"));
    assert_true(err.retry_after_ms < 0);
    /* What the hint says works. */
    assert_non_null(strstr(err.hint, "delete the job"));
    assert_int_equal(type->remove(store, MST_RECORD_JOB, "b", 0, &err), MST_OK);
    add(store, MST_RECORD_JOB, "b");
    seen = (struct seen){.names = ""};
    assert_int_equal(
        type->list(store, MST_RECORD_SERVICE, remember, &seen, &err), MST_OK);
    assert_int_equal(
        type->list(store, MST_RECORD_DESIRED, remember, &seen, &err), MST_OK);
    assert_string_equal(seen.names, "service wanted ");
}

/* Adds one to the number of job "shared" n times, against all others. */
static pid_t
start_counting(const struct records_world *world, int n, int out)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child != 0) {
        return child;
    }
    struct mst_record_store *store = open_store(world);
    for (int i = 0; i < n; i++) {
        enum mst_status status;
        long number = 0;
        do {
            char text[32];
            struct mst_record got = load(store, MST_RECORD_JOB, "shared");
            number = strtol((const char *)got.body.data, NULL, 10) + 1;
            (void)snprintf(text, sizeof(text), "%ld", number);
            status =
                save(store, MST_RECORD_JOB, "shared", got.revision, text, NULL);
            mst_record_clear(&got);
        } while (status == MST_AGAIN);
        if (write(out, &number, sizeof(number)) != sizeof(number)) {
            _exit(1);
        }
    }
    _exit(0);
}

static void
of_those_who_save_at_once_one_wins_each_time(void **state)
{
    enum { WORKERS = 3, EACH = 10 };
    struct records_world *world = world_of(state);
    pid_t children[WORKERS];
    int ends[2];
    assert_int_equal(save(world->store, MST_RECORD_JOB, "shared", 0, "0", NULL),
                     MST_OK);
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < WORKERS; i++) {
        children[i] = start_counting(world, EACH, ends[1]);
    }
    assert_int_equal(close(ends[1]), 0);
    for (int i = 0; i < WORKERS; i++) {
        int code = 0;
        assert_int_equal(waitpid(children[i], &code, 0), children[i]);
        assert_true(WIFEXITED(code) && WEXITSTATUS(code) == 0);
    }
    assert_int_equal(close(ends[0]), 0);
    struct mst_record got = load(world->store, MST_RECORD_JOB, "shared");
    assert_true(mst_slice_is(got.body, "30"));
    mst_record_clear(&got);
}

static void
what_a_killed_process_was_answered_is_there(void **state)
{
    struct records_world *world = world_of(state);
    long answered = 0;
    assert_int_equal(save(world->store, MST_RECORD_JOB, "shared", 0, "0", NULL),
                     MST_OK);
    for (int round = 0; round < 4; round++) {
        int ends[2];
        long number = 0;
        assert_int_equal(pipe(ends), 0);
        pid_t child = start_counting(world, 10000, ends[1]);
        assert_int_equal(close(ends[1]), 0);
        for (int i = 0; i < 2 + 3 * round; i++) {
            assert_int_equal(read(ends[0], &number, sizeof(number)),
                             sizeof(number));
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        while (read(ends[0], &number, sizeof(number)) == sizeof(number)) {
        }
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_int_equal(close(ends[0]), 0);
        struct mst_record got = load(world->store, MST_RECORD_JOB, "shared");
        long stored = strtol((const char *)got.body.data, NULL, 10);
        /* One that was not answered may be there. */
        assert_in_range(stored, number, number + 1);
        assert_true(number > answered);
        answered = stored;
        mst_record_clear(&got);
    }
}

static void
every_kind_is_kept_apart_from_the_others(void **state)
{
    struct mst_record_store *store = world_of(state)->store;
    struct mst_error err;
    for (int kind = 0; kind < MST_RECORD_KINDS; kind++) {
        struct seen seen = {.names = "", .store = NULL};
        char body[32];
        (void)snprintf(body, sizeof(body), "{\"kind\":%d}", kind);
        assert_int_equal(try_load(store, (enum mst_record_kind)kind, "x", &err),
                         MST_END);
        assert_int_equal(
            save(store, (enum mst_record_kind)kind, "x", 0, body, NULL),
            MST_OK);
        assert_int_equal(store->type->list(store, (enum mst_record_kind)kind,
                                           remember, &seen, &err),
                         MST_OK);
        assert_int_equal(seen.n, 1);
        struct mst_record got = load(store, (enum mst_record_kind)kind, "x");
        assert_string_equal((const char *)got.body.data, body);
        mst_record_clear(&got);
    }
    for (int kind = 0; kind < MST_RECORD_KINDS; kind++) {
        assert_int_equal(store->type->remove(store, (enum mst_record_kind)kind,
                                             "x", 0, &err),
                         MST_OK);
        assert_int_equal(try_load(store, (enum mst_record_kind)kind, "x", &err),
                         MST_END);
    }
}

static void
documents_are_for_people_too(void **state)
{
    struct records_world *world = world_of(state);
    add(world->store, MST_RECORD_SERVICE, "m");
    assert_int_equal(save(world->store, MST_RECORD_JOB, "orders", 0,
                          "{\"name\":\"orders\"}", NULL),
                     MST_OK);
    bson_t *filter =
        BCON_NEW("_id.kind", BCON_UTF8("job"), "_id.name", BCON_UTF8("orders"));
    char *text = place_find(&world->place, filter);
    assert_non_null(strstr(text, "\"{\\\"name\\\":\\\"orders\\\"}\""));
    assert_non_null(strstr(text, "\"changed_by\" : \"anna\""));
    assert_non_null(strstr(
        text, "\"created\" : { \"$date\" : \"2023-11-14T22:13:20.123Z\""));
    assert_non_null(strstr(text, "\"changed\" : { \"$date\""));
    free(text);
    bson_destroy(filter);
}

static void
documents_of_the_published_mstream_are_left_alone(void **state)
{
    struct records_world *world = world_of(state);
    struct mst_record_store *store = world->store;
    struct mst_error err;
    struct seen seen = {.names = ""};
    place_insert(&world->place,
                 "{\"name\":\"orders\",\"state\":\"running\","
                 "\"desired_state\":\"running\",\"linked_services\":[],"
                 "\"pipeline\":{\"name\":\"orders\"}}");
    place_insert(&world->place,
                 "{\"_id\":\"orders\",\"name\":\"orders\",\"data\":[1,2],"
                 "\"nonce\":[3]}");
    for (int kind = 0; kind < MST_RECORD_KINDS; kind++) {
        assert_int_equal(store->type->list(store, (enum mst_record_kind)kind,
                                           remember, &seen, &err),
                         MST_OK);
        assert_int_equal(
            try_load(store, (enum mst_record_kind)kind, "orders", &err),
            MST_END);
    }
    assert_string_equal(seen.names, "");
    add(store, MST_RECORD_JOB, "orders");
    add(store, MST_RECORD_SERVICE, "orders");
    assert_int_equal(
        store->type->remove(store, MST_RECORD_JOB, "orders", 0, &err), MST_OK);
    assert_int_equal(
        store->type->remove(store, MST_RECORD_JOB, "orders", 0, &err), MST_END);
    bson_t *filter =
        BCON_NEW("name", BCON_UTF8("orders"), "state", BCON_UTF8("running"));
    char *text = place_find(&world->place, filter);
    assert_null(strstr(text, "revision"));
    free(text);
    bson_destroy(filter);
}

static void
a_reader_of_nothing_is_told_so(void **state)
{
    struct mst_record_store *store = NULL;
    struct mst_error err;
    struct records_world *world = world_of(state);
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/none", world->place.directory);
    assert_int_equal(mst_sqlite_records_open(path, true, &store, &err),
                     MST_END);
    add(world->store, MST_RECORD_JOB, "a");
    assert_int_equal(
        mst_sqlite_records_open(world->place.directory, true, &store, &err),
        MST_OK);
    struct mst_record got = load(store, MST_RECORD_JOB, "a");
    uint64_t replaces = got.revision++;
    assert_int_equal(
        store->type->save(store, MST_RECORD_JOB, &got, replaces, &err),
        MST_FATAL);
    mst_record_clear(&got);
    store->type->destroy(store);
}

#define ON(f, kind) PLACE_TEST(f, setup, teardown, kind)
#define ON_BOTH(f)  ON(f, "sqlite"), ON(f, "mongodb")

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_record_is_read_as_it_was_written),
        ON_BOTH(a_save_replaces_all_but_the_day_of_its_making),
        ON_BOTH(a_save_over_what_others_changed_is_refused),
        ON_BOTH(what_no_store_can_keep_is_refused_by_all),
        ON_BOTH(all_are_listed_but_damaged_ones_which_are_told),
        ON_BOTH(every_kind_is_kept_apart_from_the_others),
        ON_BOTH(of_those_who_save_at_once_one_wins_each_time),
        ON_BOTH(what_a_killed_process_was_answered_is_there),
        ON(documents_are_for_people_too, "mongodb"),
        ON(documents_of_the_published_mstream_are_left_alone, "mongodb"),
        ON(a_reader_of_nothing_is_told_so, "sqlite"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
