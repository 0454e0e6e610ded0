/* SPDX-License-Identifier: MIT */
/* The world: its store and its judge. */
#include "fakes.h"

#include <stdlib.h>

#include "unit/cmocka_all.h"

#include "base/clock.h"
#include "base/thread.h"
#include "fake_parts.h"

unsigned
fake_random(unsigned *seed, unsigned n)
{
    *seed = *seed * 1664525U + 1013904223U;
    return n == 0 ? 0 : (*seed >> 8) % n;
}

void
fake_world_ended(struct fake_world *world, unsigned s,
                 const struct mst_event *event, bool as_letter)
{
    uint64_t n = 0;
    uint64_t part = 0;
    memcpy(&n, event->payload.data, sizeof(n));
    if (event->payload.len > sizeof(n)) {
        memcpy(&part, event->payload.data + sizeof(n), sizeof(part));
    }
    mst_mutex_lock(&world->mutex);
    (as_letter ? world->letters : world->done)[s][n]++;
    if (!as_letter && world->source.keys > 0) {
        uint64_t *last = &world->last_of_key[s][n % world->source.keys];
        uint64_t place = n * FAKE_MANY + part;
        world->out_of_order += place <= *last ? 1 : 0;
        *last = place;
    }
    mst_mutex_unlock(&world->mutex);
}

unsigned
fake_world_expected(const struct fake_world *world, uint64_t n)
{
    if (!world->middleware.works) {
        return 1;
    }
    return n % 10 == 3 ? 0 : n % 10 == 5 ? FAKE_MANY : 1;
}

static bool
fake_is_missing(const struct fake_world *world, size_t s, uint64_t n)
{
    return world->letters[s][n] == 0
           && world->done[s][n] < fake_world_expected(world, n);
}

static enum mst_status
fake_store_load(struct mst_store *store, const char *job,
                struct mst_checkpoint *ret, struct mst_error *err)
{
    struct fake_world *world = (struct fake_world *)store;
    (void)err;
    if (!world->has_saved) {
        return MST_END;
    }
    uint64_t *position = malloc(sizeof(*position));
    *position = world->saved;
    ret->job = strdup(job);
    ret->identity = strdup("fake/origin");
    ret->position = mst_slice_of(position, sizeof(*position));
    return MST_OK;
}

static enum mst_status
fake_store_save(struct mst_store *store,
                const struct mst_checkpoint *checkpoint, struct mst_error *err)
{
    struct fake_world *world = (struct fake_world *)store;
    uint64_t position = 0;
    memcpy(&position, checkpoint->position.data, sizeof(position));
    if (checkpoint->fence < world->fence) {
        return mst_fail(err, MST_REJECTED, "fake", 0, "fenced");
    }
    mst_mutex_lock(&world->mutex);
    bool fails = fake_random(&world->seed, 1000) < world->store_fails;
    mst_mutex_unlock(&world->mutex);
    if (fails) {
        return mst_fail(err, MST_RETRY, "fake", 0, "store is busy");
    }
    mst_mutex_lock(&world->mutex);
    for (uint64_t n = 1; n <= position; n++) {
        for (size_t s = 0; s < world->sinks_len; s++) {
            world->bad_saves += fake_is_missing(world, s, n) ? 1 : 0;
        }
    }
    world->saved = position;
    world->saved_events = checkpoint->events;
    world->has_saved = true;
    world->saves++;
    mst_mutex_unlock(&world->mutex);
    return MST_OK;
}

static enum mst_status
fake_store_letters(struct mst_store *store, const struct mst_letter *letters,
                   size_t n, const struct mst_letter_limits *limits,
                   struct mst_error *err)
{
    struct fake_world *world = (struct fake_world *)store;
    (void)limits;
    mst_mutex_lock(&world->mutex);
    bool fails = fake_random(&world->seed, 1000) < world->store_fails;
    bool full = world->letters_full
                || (world->letters_max > 0
                    && world->letters_kept + n > world->letters_max);
    world->letters_kept += full || fails ? 0 : n;
    mst_mutex_unlock(&world->mutex);
    if (full) {
        return mst_fail(err, MST_AGAIN, "fake", 0, "dead letters are full");
    }
    if (fails) {
        return mst_fail(err, MST_RETRY, "fake", 0, "store is busy");
    }
    uint64_t before = 0;
    for (size_t i = 0; i < n; i++) {
        const struct mst_event event = {.payload = letters[i].payload};
        uint64_t number = 0;
        memcpy(&number, letters[i].payload.data, sizeof(number));
        mst_mutex_lock(&world->mutex);
        world->turned_letters += number < before ? 1 : 0;
        world->with_script +=
            letters[i].script != NULL && letters[i].script[0] == '1'
                    && letters[i].script_hash == FAKE_SCRIPT_HASH
                ? 1
                : 0;
        mst_mutex_unlock(&world->mutex);
        before = number;
        unsigned s = (unsigned)(letters[i].sink[4] - '0');
        fake_world_ended(world, s, &event, true);
    }
    return MST_OK;
}

static enum mst_status
fake_store_renew(struct mst_store *store, const char *job,
                 struct mst_lease *lease, int64_t ttl_ms, struct mst_error *err)
{
    struct fake_world *world = (struct fake_world *)store;
    (void)job;
    if (lease->fence < world->fence) {
        return mst_fail(err, MST_REJECTED, "fake", 0, "another has it");
    }
    mst_mutex_lock(&world->mutex);
    unsigned call = ++world->renews;
    bool fails =
        call >= world->renew_fails_from && call <= world->renew_fails_upto;
    if (!fails) {
        world->lease_until_ms = mst_clock_ms() + ttl_ms;
    }
    mst_mutex_unlock(&world->mutex);
    return fails ? mst_fail(err, MST_RETRY, "fake", 0, "no room left") : MST_OK;
}

const struct mst_store_type fake_store_type = {
    .name = "fake",
    .checkpoint_load = fake_store_load,
    .checkpoint_save = fake_store_save,
    .letters_put = fake_store_letters,
    .lease_renew = fake_store_renew,
};

void
fake_world_init(struct fake_world *world, unsigned seed,
                const struct fake_source_script *source,
                const struct fake_sink_script *sinks, size_t sinks_len)
{
    memset(world, 0, sizeof(*world));
    world->store.type = &fake_store_type;
    world->seed = seed;
    world->source = *source;
    world->sinks_len = sinks_len;
    (void)pthread_mutex_init(&world->mutex, NULL);
    for (unsigned s = 0; s < sinks_len; s++) {
        struct fake_sink *sink = &world->sinks[s];
        sink->world = world;
        sink->index = s;
        sink->script = sinks[s];
        sink->seed = seed * 7 + s;
        (void)pthread_mutex_init(&sink->mutex, NULL);
        (void)!mst_cond_init(&sink->changed);
        world->done[s] = calloc(source->total + 1, 1);
        world->letters[s] = calloc(source->total + 1, 1);
        world->last_of_key[s] =
            calloc(source->keys + 1U, sizeof(*world->last_of_key[s]));
    }
}

void
fake_world_restart(struct fake_world *world)
{
    world->has_settled = false;
    world->settled = world->saved;
    world->interrupted = false;
    for (size_t s = 0; s < world->sinks_len; s++) {
        memset(world->last_of_key[s], 0,
               (world->source.keys + 1U) * sizeof(*world->last_of_key[s]));
    }
}

void
fake_world_clear(struct fake_world *world)
{
    for (size_t s = 0; s < world->sinks_len; s++) {
        for (unsigned i = 0; i < FAKE_LANES; i++) {
            free(world->sinks[s].lanes[i].items);
        }
        (void)pthread_cond_destroy(&world->sinks[s].changed);
        (void)pthread_mutex_destroy(&world->sinks[s].mutex);
        free(world->done[s]);
        free(world->letters[s]);
        free(world->last_of_key[s]);
    }
    (void)pthread_mutex_destroy(&world->mutex);
}

void
fake_world_spec(struct fake_world *world, struct mst_pipeline_sink *sinks,
                struct mst_pipeline_spec *ret_spec)
{
    static const char *const names[FAKE_SINKS] = {"sink0", "sink1", "sink2"};
    for (size_t s = 0; s < world->sinks_len; s++) {
        memset(&sinks[s], 0, sizeof(sinks[s]));
        sinks[s].name = names[s];
        sinks[s].type = &fake_sink_type;
        sinks[s].args.options = &world->sinks[s];
    }
    for (size_t i = 0; i < 2; i++) {
        world->middlewares[i] = (struct mst_pipeline_middleware){
            .name = i == 0 ? "first" : "second",
            .type = &fake_middleware_type,
            .args = {.options = world, .resource = i == 0 ? "1" : "2"},
            .passes = true,
        };
    }
    *ret_spec = (struct mst_pipeline_spec){
        .middlewares = world->middlewares,
        .middlewares_len = world->middleware.works ? 2 : 0,
        .job = "job",
        .identity = "fake/origin",
        .source = &fake_source_type,
        .source_args = {.service_name = "fake", .options = world},
        .sinks = sinks,
        .sinks_len = world->sinks_len,
        .batch_events = 20,
        .batch_bytes = 10000,
        .checkpoint = true,
        .checkpoint_interval_ms = 2,
        .retry = {.base_ms = 1, .max_ms = 4},
        .workers = 1,
        .memory = 1000000,
        .bounded = true,
        .shutdown_timeout_ms = 20000,
        .store = &world->store,
    };
}

uint64_t
fake_world_missing(const struct fake_world *world, uint64_t upto)
{
    uint64_t missing = 0;
    for (size_t s = 0; s < world->sinks_len; s++) {
        for (uint64_t n = 1; n <= upto; n++) {
            missing += fake_is_missing(world, s, n) ? 1 : 0;
        }
    }
    return missing;
}

uint64_t
fake_world_repeated(const struct fake_world *world)
{
    uint64_t repeated = 0;
    for (size_t s = 0; s < world->sinks_len; s++) {
        for (uint64_t n = 1; n <= world->source.total; n++) {
            unsigned most = fake_world_expected(world, n);
            most = most == 0 && world->letters[s][n] > 0 ? 1 : most;
            repeated += world->done[s][n] + world->letters[s][n] > most ? 1 : 0;
        }
    }
    return repeated;
}

enum mst_pipeline_end
fake_world_run(struct fake_world *world,
               void (*change)(struct mst_pipeline_spec *spec),
               struct mst_error *err)
{
    struct mst_pipeline_sink sinks[FAKE_SINKS];
    struct mst_pipeline_spec spec;
    struct mst_pipeline *pipeline = NULL;
    fake_world_spec(world, sinks, &spec);
    if (change != NULL) {
        change(&spec);
    }
    mst_error_clear(err);
    assert_int_equal(mst_pipeline_create(&spec, &pipeline, err), MST_OK);
    enum mst_pipeline_end end = mst_pipeline_run(pipeline, err);
    mst_pipeline_destroy(pipeline);
    return end;
}
