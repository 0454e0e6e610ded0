/* SPDX-License-Identifier: MIT */
#include "unit/jobs/daemon_world.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "builtins.h"
#include "config/load.h"
#include "state/sqlite_records.h"
#include "state/store_open.h"
#include "unit/cmocka_all.h"

enum { WORLD_DEADLINE_MS = 20000 };

static void
world_pause(void)
{
    const struct timespec pause = {.tv_nsec = 1000000L};
    (void)nanosleep(&pause, NULL);
}

static struct mst_config *
world_config(const char *toml)
{
    struct mst_problems problems = {0};
    struct mst_config *config = NULL;
    const struct mst_config_input input = {
        .text = toml, .text_len = strlen(toml), .registry = &mst_builtins};
    if (mst_config_load(&input, &problems, &config) != MST_OK) {
        struct mst_buf text;
        mst_buf_init(&text, 1024 * 1024);
        (void)!mst_problems_text(&problems, &text);
        print_error("%.*s", (int)text.len, (const char *)text.data);
        fail();
    }
    mst_problems_clear(&problems);
    return config;
}

/* All that only the owner of the lists does. */
static void *
world_main(void *arg)
{
    struct daemon_world *world = arg;
    while (!atomic_load(&world->quit)) {
        struct mst_config *next = atomic_exchange(&world->next, NULL);
        struct mst_error err;
        size_t failed = 0;
        if (next != NULL) {
            (void)!mst_manager_apply(world->manager, next, &failed, &err);
            (void)atomic_fetch_add(&world->applied, 1);
        }
        (void)mst_manager_settle(world->manager);
        mst_manager_tend(world->manager);
        world_pause();
    }
    return NULL;
}

static void
world_keep(struct daemon_world *world, const char *toml,
           struct mst_config *config)
{
    struct mst_error err;
    assert_int_equal(
        mst_sqlite_records_open(":memory:", false, &world->records, &err),
        MST_OK);
    const struct mst_catalog_args args = {.manager = world->manager,
                                          .records = world->records,
                                          .registry = &mst_builtins};
    assert_int_equal(mst_catalog_create(&args, &world->catalog, &err), MST_OK);
    assert_int_equal(mst_catalog_begin(world->catalog, strdup(toml),
                                       strlen(toml), config, &err),
                     MST_OK);
}

static void
world_open(struct daemon_world *world, const char *toml, bool kept)
{
    struct mst_error err;
    size_t failed = 0;
    const struct mst_store_place place = {.path = ":memory:"};
    memset(world, 0, sizeof(*world));
    mst_log_set_level(MST_LOG_OFF);
    test_folder_make(world->directory);
    assert_int_equal(setenv("DAEMON_WORLD", world->directory, 1), 0);
    struct mst_config *config = world_config(toml);
    assert_int_equal(mst_store_open(&place, NULL, &world->store, &err), MST_OK);
    struct mst_manager_args args = {.registry = &mst_builtins,
                                    .store = world->store};
    if (kept) {
        args.wanted = mst_catalog_wanted;
        args.wanted_arg = &world->catalog;
    }
    assert_int_equal(mst_manager_create(&args, &world->manager, &err), MST_OK);
    if (kept) {
        world_keep(world, toml, config);
    } else {
        assert_int_equal(
            mst_manager_apply(world->manager, config, &failed, &err), MST_OK);
    }
    assert_int_equal(failed, 0);
    assert_int_equal(pthread_create(&world->thread, NULL, world_main, world),
                     0);
}

void
daemon_world_open(struct daemon_world *world, const char *toml)
{
    world_open(world, toml, false);
}

void
daemon_world_open_kept(struct daemon_world *world, const char *toml)
{
    world_open(world, toml, true);
}

void
daemon_world_reload(struct daemon_world *world, const char *toml)
{
    int before = atomic_load(&world->applied);
    atomic_store(&world->next, world_config(toml));
    while (atomic_load(&world->applied) == before) {
        world_pause();
    }
}

void
daemon_world_close(struct daemon_world *world)
{
    atomic_store(&world->quit, true);
    (void)pthread_join(world->thread, NULL);
    mst_catalog_destroy(world->catalog);
    mst_manager_destroy(world->manager);
    if (world->records != NULL) {
        world->records->type->destroy(world->records);
    }
    mst_store_close(world->store);
    test_folder_remove(world->directory);
}

static enum mst_status
world_take(void *arg, const struct mst_job_look *look)
{
    struct mst_job_status *status = arg;
    *status = look->status;
    return MST_OK;
}

struct mst_job_status
daemon_world_status(struct daemon_world *world, const char *job)
{
    struct mst_job_status status = {.ended = true};
    assert_int_equal(mst_manager_one(world->manager, job, world_take, &status),
                     MST_OK);
    return status;
}

void
daemon_world_wait(struct daemon_world *world, const char *job,
                  enum mst_job_state state)
{
    int64_t until = mst_clock_ms() + WORLD_DEADLINE_MS;
    struct mst_job_status now = daemon_world_status(world, job);
    while (now.state != state && mst_clock_ms() < until) {
        world_pause();
        now = daemon_world_status(world, job);
    }
    if (now.state != state) {
        fail_msg("%s is %s, not %s: %s", job, mst_job_state_name(now.state),
                 mst_job_state_name(state), now.reason.text);
    }
}
