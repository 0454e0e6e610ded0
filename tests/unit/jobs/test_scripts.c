/* SPDX-License-Identifier: MIT */
/* Scripts that are kept: what two daemons on one state know of them. */
#include "unit/cmocka_all.h"

#include <stdlib.h>

#include "jobs/scripts.h"
#include "state/sqlite_records.h"
#include "state/sqlite_store.h"
#include "unit/folder.h"

struct world {
    char directory[TEST_FOLDER_MAX];
    struct mst_store *store;
    struct mst_record_store *records[2];
    struct mst_scripts *scripts[2];
};

static int
world_open(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct mst_error err;
    test_folder_make(world->directory);
    assert_int_equal(
        mst_sqlite_store_open(world->directory, false, &world->store, &err),
        MST_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mst_sqlite_records_open(world->directory, false,
                                                 &world->records[i], &err),
                         MST_OK);
        assert_int_equal(
            mst_scripts_create(world->records[i], &world->scripts[i], &err),
            MST_OK);
    }
    *state = world;
    return 0;
}

static int
world_close(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 2; i++) {
        mst_scripts_destroy(world->scripts[i]);
        world->records[i]->type->destroy(world->records[i]);
    }
    world->store->type->destroy(world->store);
    test_folder_remove(world->directory);
    free(world);
    return 0;
}

static enum mst_status
put(struct mst_scripts *scripts, const char *service, const char *name,
    const char *text)
{
    struct mst_error err;
    mst_scripts_begin(scripts);
    enum mst_status status = mst_scripts_put(scripts, service, name,
                                             mst_slice_str(text), "me", &err);
    mst_scripts_end(scripts);
    return status;
}

static enum mst_status
drop(struct mst_scripts *scripts, const char *service, const char *name)
{
    struct mst_error err;
    mst_scripts_begin(scripts);
    enum mst_status status = mst_scripts_remove(scripts, service, name, &err);
    mst_scripts_end(scripts);
    return status;
}

static enum mst_status
has(struct mst_scripts *scripts, const char *service, const char *name,
    const char *text)
{
    struct mst_script_store *store = mst_scripts_store(scripts);
    struct mst_buf buf;
    struct mst_error err;
    mst_buf_init(&buf, 1024);
    enum mst_status status = store->read(store, service, name, &buf, &err);
    if (status == MST_OK) {
        assert_string_equal(mst_buf_text(&buf), text);
    }
    mst_buf_clear(&buf);
    return status;
}

static uint64_t
generation(struct mst_scripts *scripts)
{
    struct mst_script_store *store = mst_scripts_store(scripts);
    return store->generation(store);
}

static void
refresh(struct mst_scripts *scripts)
{
    struct mst_error err;
    assert_int_equal(mst_scripts_refresh(scripts, &err), MST_OK);
}

static enum mst_status
count(void *arg, const char *name)
{
    int *n = arg;
    assert_int_equal(name[0], 'a' + *n);
    (*n)++;
    return MST_OK;
}

static void
what_one_keeps_the_other_sees_after_a_look(void **state)
{
    struct world *world = *state;
    struct mst_scripts *one = world->scripts[0];
    struct mst_scripts *other = world->scripts[1];
    /* Before it has looked, nobody knows. */
    assert_int_equal(has(one, "s", "a.lua", ""), MST_RETRY);
    refresh(one);
    refresh(other);
    assert_int_equal(has(one, "s", "a.lua", ""), MST_END);
    uint64_t before = generation(one);
    assert_int_equal(put(one, "s", "b.lua", "two"), MST_OK);
    assert_int_equal(put(one, "s", "a.lua", "one"), MST_OK);
    assert_int_equal(put(one, "t", "a.lua", "else"), MST_OK);
    assert_true(generation(one) > before);
    assert_int_equal(has(one, "s", "a.lua", "one"), MST_OK);
    assert_int_equal(has(other, "s", "a.lua", ""), MST_END);
    before = generation(other);
    refresh(other);
    assert_true(generation(other) > before);
    assert_int_equal(has(other, "s", "a.lua", "one"), MST_OK);
    assert_int_equal(has(other, "t", "a.lua", "else"), MST_OK);
    before = generation(other);
    refresh(other);
    assert_int_equal(generation(other), before);
    int n = 0;
    struct mst_script_store *store = mst_scripts_store(other);
    assert_int_equal(store->list(store, "s", count, &n), MST_OK);
    assert_int_equal(n, 2);
}

static void
who_is_behind_changes_nothing(void **state)
{
    struct world *world = *state;
    struct mst_scripts *one = world->scripts[0];
    struct mst_scripts *other = world->scripts[1];
    refresh(one);
    refresh(other);
    assert_int_equal(put(one, "s", "a.lua", "one"), MST_OK);
    assert_int_equal(put(other, "s", "a.lua", "mine"), MST_AGAIN);
    refresh(other);
    assert_int_equal(put(one, "s", "a.lua", "two"), MST_OK);
    assert_int_equal(drop(other, "s", "a.lua"), MST_AGAIN);
    refresh(other);
    assert_int_equal(has(other, "s", "a.lua", "two"), MST_OK);
    assert_int_equal(drop(other, "s", "a.lua"), MST_OK);
    assert_int_equal(drop(other, "s", "a.lua"), MST_END);
    assert_int_equal(put(one, "s", "a.lua", "three"), MST_AGAIN);
    refresh(one);
    assert_int_equal(put(one, "s", "a.lua", "three"), MST_OK);
}

static void
names_and_texts_have_their_length(void **state)
{
    struct world *world = *state;
    char name[400];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    refresh(world->scripts[0]);
    assert_int_equal(put(world->scripts[0], "s", name, "one"), MST_REJECTED);
    assert_int_equal(has(world->scripts[0], "s", name, ""), MST_END);
    assert_int_equal(drop(world->scripts[0], "s", name), MST_END);
    assert_int_equal(put(world->scripts[0], "s", "a.lua", ""), MST_OK);
    assert_int_equal(has(world->scripts[0], "s", "a.lua", ""), MST_OK);
    struct mst_script_store nobody = mst_scripts_unknown();
    struct mst_buf buf;
    struct mst_error err;
    mst_buf_init(&buf, 10);
    assert_int_equal(nobody.read(&nobody, "s", "a.lua", &buf, &err), MST_RETRY);
    assert_int_equal(nobody.list(&nobody, "s", NULL, NULL), MST_OK);
    assert_int_equal(nobody.generation(&nobody), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_one_keeps_the_other_sees_after_a_look, world_open,
            world_close),
        cmocka_unit_test_setup_teardown(who_is_behind_changes_nothing,
                                        world_open, world_close),
        cmocka_unit_test_setup_teardown(names_and_texts_have_their_length,
                                        world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
