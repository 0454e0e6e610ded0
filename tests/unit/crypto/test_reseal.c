/* SPDX-License-Identifier: MIT */
/* Sealing with a new key, beside others and killed anywhere. */
#include "unit/crypto/ring_fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "core/revision.h"
#include "crypto/reseal.h"
#include "crypto/seal.h"
#include "state/sqlite_records.h"

enum { SERVICES = 4 };

/* A store that something happens to. */
struct meddler {
    struct mst_record_store base; /* first */
    struct mst_record_store *store;
    struct mst_keyring *ring; /* of those who change services meanwhile */
    int saves;
    int kill_before; /* the n-th save, from 1; 0: never */
    int kill_after;
    int changes; /* services that others save before the next save */
};

static struct mst_record_store *
open_store(const struct ring_world *world)
{
    struct mst_record_store *store = NULL;
    struct mst_error err = {.status = MST_OK};
    if (mst_sqlite_records_open(world->folder, false, &store, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
    return store;
}

static void
put(struct mst_record_store *store, struct mst_keyring *ring, const char *name,
    const char *text)
{
    struct mst_record old = {.revision = 0};
    struct mst_error err = {.status = MST_OK};
    struct mst_buf sealed;
    enum mst_status status =
        store->type->load(store, MST_RECORD_SERVICE, name, &old, &err);
    assert_true(status == MST_OK || status == MST_END);
    struct mst_record next = {.name = (char *)(uintptr_t)name,
                              .revision = mst_next_revision(old.revision),
                              .changed_by = (char *)(uintptr_t) "anna",
                              .changed_ms = 1700000000000};
    const struct mst_seal_label label = {MST_RECORD_SERVICE, name,
                                         next.revision};
    mst_buf_init(&sealed, 4096);
    if (mst_seal(ring, &label, mst_slice_str(text), &sealed, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
    next.body = mst_buf_slice(&sealed);
    if (store->type->save(store, MST_RECORD_SERVICE, &next, old.revision, &err)
        != MST_OK) {
        fail_msg("%s", err.text);
    }
    mst_buf_clear(&sealed);
    mst_record_clear(&old);
}

/* The id of the key that the service is sealed with; it must open. */
static void
check(const struct ring_world *world, const char *name, const char *expected,
      char ret_id[MST_KEY_ID_TEXT_MAX])
{
    struct mst_record_store *store = open_store(world);
    struct mst_keyring *ring = ring_open(world);
    struct mst_record record;
    struct mst_slice text = MST_SLICE_NONE;
    struct mst_error err = {.status = MST_OK};
    if (store->type->load(store, MST_RECORD_SERVICE, name, &record, &err)
        != MST_OK) {
        fail_msg("%s", err.text);
    }
    const struct mst_seal_label label = {MST_RECORD_SERVICE, name,
                                         record.revision};
    if (mst_unseal(ring, &label, record.body, &text, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
    assert_true(mst_slice_is(text, expected));
    assert_string_equal(record.changed_by, "anna");
    assert_int_equal(record.changed_ms, 1700000000000);
    assert_true(mst_seal_key_id(record.body, ret_id));
    mst_unsealed_clear(&text);
    mst_record_clear(&record);
    mst_keyring_close(ring);
    store->type->destroy(store);
}

static const char *const names[SERVICES] = {"a", "b", "c", "d"};

static void
fill(const struct ring_world *world)
{
    struct mst_record_store *store = open_store(world);
    struct mst_keyring *ring = ring_open(world);
    for (size_t i = 0; i < SERVICES; i++) {
        put(store, ring, names[i], names[i]);
    }
    mst_keyring_close(ring);
    store->type->destroy(store);
}

static enum mst_status
meddler_list(struct mst_record_store *store, enum mst_record_kind kind,
             enum mst_status (*each)(void *arg, const struct mst_record *one),
             void *arg, struct mst_error *err)
{
    struct meddler *meddler = (struct meddler *)store;
    return meddler->store->type->list(meddler->store, kind, each, arg, err);
}

static enum mst_status
meddler_save(struct mst_record_store *store, enum mst_record_kind kind,
             const struct mst_record *record, uint64_t replaces,
             struct mst_error *err)
{
    struct meddler *meddler = (struct meddler *)store;
    meddler->saves++;
    if (meddler->saves == meddler->kill_before) {
        (void)raise(SIGKILL);
    }
    if (meddler->changes > 0) {
        meddler->changes--;
        put(meddler->store, meddler->ring, record->name, "changed");
    }
    enum mst_status status =
        meddler->store->type->save(meddler->store, kind, record, replaces, err);
    if (meddler->saves == meddler->kill_after) {
        (void)raise(SIGKILL);
    }
    return status;
}

static const struct mst_record_store_type meddler_type = {
    .name = "meddler", .save = meddler_save, .list = meddler_list};

/* What mstream key rotate does, on a store that meddler says more of. */
static struct mst_reseal_counts
rotate(const struct ring_world *world, struct meddler *meddler)
{
    struct mst_reseal_counts counts = {0};
    struct mst_error err = {.status = MST_OK};
    struct mst_keyring *ring = ring_open(world);
    meddler->base.type = &meddler_type;
    meddler->store = open_store(world);
    if (mst_keyring_rotate(ring, &err) != MST_OK
        || mst_reseal(ring, &meddler->base, NULL, NULL, &counts, &err)
               != MST_OK) {
        fail_msg("%s", err.text);
    }
    meddler->store->type->destroy(meddler->store);
    mst_keyring_close(ring);
    return counts;
}

static void
newest_of(const struct ring_world *world, char ret_id[MST_KEY_ID_TEXT_MAX])
{
    struct mst_keyring *ring = ring_open(world);
    struct ring_ids ids = ring_list(ring);
    memcpy(ret_id, ids.ids[ids.len - 1], MST_KEY_ID_TEXT_MAX);
    mst_keyring_close(ring);
}

static void
check_all_newest(const struct ring_world *world)
{
    char newest[MST_KEY_ID_TEXT_MAX];
    newest_of(world, newest);
    for (size_t i = 0; i < SERVICES; i++) {
        char id[MST_KEY_ID_TEXT_MAX];
        check(world, names[i], names[i], id);
        assert_string_equal(id, newest);
    }
}

static void
all_services_get_the_newest_key(void **state)
{
    struct meddler meddler = {.saves = 0};
    struct mst_reseal_counts counts;
    fill(*state);
    counts = rotate(*state, &meddler);
    assert_int_equal(counts.sealed, SERVICES);
    assert_int_equal(counts.already, 0);
    assert_int_equal(counts.failed, 0);
    check_all_newest(*state);
    /* Nothing is written twice. */
    struct mst_keyring *ring = ring_open(*state);
    struct mst_record_store *store = open_store(*state);
    struct mst_error err;
    assert_int_equal(mst_reseal(ring, store, NULL, NULL, &counts, &err),
                     MST_OK);
    assert_int_equal(counts.sealed, 0);
    assert_int_equal(counts.already, SERVICES);
    store->type->destroy(store);
    mst_keyring_close(ring);
}

/* Killed before and after each write, it leaves everything readable, and the
 * next one does the rest. */
static void
a_rotation_that_is_killed_leaves_all_readable(void **state)
{
    const struct ring_world *world = *state;
    fill(world);
    for (int at = 1; at <= 2 * SERVICES; at++) {
        struct meddler meddler = {.kill_before = at % 2 == 1 ? (at + 1) / 2 : 0,
                                  .kill_after = at % 2 == 0 ? at / 2 : 0};
        pid_t child = fork();
        int code = 0;
        assert_true(child >= 0);
        if (child == 0) {
            (void)rotate(world, &meddler);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &code, 0), child);
        assert_true(WIFSIGNALED(code) && WTERMSIG(code) == SIGKILL);
        char newest[MST_KEY_ID_TEXT_MAX];
        int done = 0;
        newest_of(world, newest);
        for (size_t i = 0; i < SERVICES; i++) {
            char id[MST_KEY_ID_TEXT_MAX];
            check(world, names[i], names[i], id);
            done += strcmp(id, newest) == 0 ? 1 : 0;
        }
        assert_int_equal(done, at / 2);
    }
    struct meddler last = {.saves = 0};
    assert_int_equal(rotate(world, &last).failed, 0);
    check_all_newest(world);
}

static void
what_others_change_meanwhile_stays_theirs(void **state)
{
    const struct ring_world *world = *state;
    char newest[MST_KEY_ID_TEXT_MAX];
    char id[MST_KEY_ID_TEXT_MAX];
    fill(world);
    struct meddler meddler = {.ring = ring_open(world), .changes = 2};
    struct mst_reseal_counts counts = rotate(world, &meddler);
    assert_int_equal(counts.sealed + counts.already, SERVICES);
    assert_int_equal(counts.failed, 0);
    newest_of(world, newest);
    for (size_t i = 0; i < SERVICES; i++) {
        check(world, names[i], i < 2 ? "changed" : names[i], id);
        assert_string_equal(id, newest);
    }
    mst_keyring_close(meddler.ring);
}

static void
note_failure(void *arg, const struct mst_error *why)
{
    memcpy(arg, why->text, sizeof(why->text));
}

static void
a_service_that_does_not_open_is_left_alone_and_told(void **state)
{
    const struct ring_world *world = *state;
    struct mst_reseal_counts counts;
    struct mst_error err;
    char told[MST_ERROR_TEXT_MAX] = "";
    fill(world);
    struct mst_record_store *store = open_store(world);
    /* Of another store, with another key. */
    struct mst_record lost;
    assert_int_equal(
        store->type->load(store, MST_RECORD_SERVICE, "b", &lost, &err), MST_OK);
    ((uint8_t *)(uintptr_t)lost.body.data)[5] ^= 1;
    uint64_t replaces = lost.revision++;
    assert_int_equal(
        store->type->save(store, MST_RECORD_SERVICE, &lost, replaces, &err),
        MST_OK);
    struct mst_keyring *ring = ring_open(world);
    assert_int_equal(mst_keyring_rotate(ring, &err), MST_OK);
    assert_int_equal(mst_reseal(ring, store, note_failure, told, &counts, &err),
                     MST_OK);
    assert_int_equal(counts.sealed, SERVICES - 1);
    assert_int_equal(counts.failed, 1);
    assert_non_null(strstr(told, "'b'"));
    struct mst_record same;
    assert_int_equal(
        store->type->load(store, MST_RECORD_SERVICE, "b", &same, &err), MST_OK);
    assert_int_equal(same.revision, lost.revision);
    assert_true(mst_slice_equal(same.body, lost.body));
    mst_record_clear(&same);
    mst_record_clear(&lost);
    mst_keyring_close(ring);
    store->type->destroy(store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ring_test(all_services_get_the_newest_key),
        ring_test(a_rotation_that_is_killed_leaves_all_readable),
        ring_test(what_others_change_meanwhile_stays_theirs),
        ring_test(a_service_that_does_not_open_is_left_alone_and_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
