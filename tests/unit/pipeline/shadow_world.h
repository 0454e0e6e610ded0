/* SPDX-License-Identifier: MIT */
/* A run with a shadow beside it, on the fakes' world. */
#ifndef MST_TESTS_PIPELINE_SHADOW_WORLD_H
#define MST_TESTS_PIPELINE_SHADOW_WORLD_H

#include "fakes.h"
#include "pipeline/budget.h"
#include "pipeline/shadow.h"

/* The job's world, and one whose middlewares the shadow has. */
struct shadow_world {
    struct fake_world live;
    struct fake_world other;
    struct mst_pipeline_sink sinks[FAKE_SINKS];
    struct mst_pipeline_sink other_sinks[FAKE_SINKS];
    struct mst_pipeline_spec spec;
    struct mst_pipeline_spec other_spec;
    struct mst_budget whole;
    struct mst_shadow_spec shadow;
};

/* Both have middlewares that work; to be changed before the run. */
static inline void
shadow_world_init(struct shadow_world *world, unsigned seed,
                  const struct fake_source_script *source,
                  const struct fake_sink_script *sink)
{
    fake_world_init(&world->live, seed, source, sink, 1);
    fake_world_init(&world->other, seed + 1, source, sink, 1);
    world->live.middleware.works = true;
    world->other.middleware.works = true;
    mst_budget_init(&world->whole, UINT64_MAX / 2);
}

static inline void
shadow_world_spec(struct shadow_world *world)
{
    fake_world_spec(&world->live, world->sinks, &world->spec);
    fake_world_spec(&world->other, world->other_sinks, &world->other_spec);
    world->shadow = (struct mst_shadow_spec){
        .spec = &world->other_spec,
        .live_has_chain = world->live.middleware.works,
        .memory = 64 * 1024 * 1024,
        .whole = &world->whole,
    };
}

static inline void
shadow_world_clear(struct shadow_world *world)
{
    fake_world_clear(&world->live);
    fake_world_clear(&world->other);
}

#endif
