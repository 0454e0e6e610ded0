/* SPDX-License-Identifier: MIT */
/* Finding out which conversions sinks can share. */
#include <stdlib.h>

#include "pipeline/unit.h"

static bool
plan_same_step(const struct mst_transcoder *a, const struct mst_transcoder *b)
{
    return a->run == b->run && a->from == b->from && a->to == b->to
           && a->options.json_mode == b->options.json_mode
           && a->options.big_numbers == b->options.big_numbers
           && a->options.no_extended == b->options.no_extended
           && a->options.schema == b->options.schema
           && a->options.written == b->options.written;
}

static int
plan_find_step(struct mst_plan *plan, const struct mst_transcoder *wanted)
{
    if (wanted->run == NULL) {
        return -1;
    }
    for (size_t i = 0; i < plan->steps_len; i++) {
        if (plan_same_step(&plan->steps[i], wanted)) {
            return (int)i;
        }
    }
    plan->steps[plan->steps_len] = *wanted;
    return (int)plan->steps_len++;
}

enum mst_status
mst_plan_init(struct mst_plan *plan, const struct mst_pipeline_spec *spec,
              struct mst_error *err)
{
    memset(plan, 0, sizeof(*plan));
    plan->source = spec->source_convert;
    plan->steps = calloc(spec->sinks_len + 1, sizeof(*plan->steps));
    plan->sink_step = calloc(spec->sinks_len + 1, sizeof(*plan->sink_step));
    if (plan->steps == NULL || plan->sink_step == NULL) {
        mst_plan_clear(plan);
        return mst_fail_memory(err, "pipeline");
    }
    for (size_t i = 0; i < spec->sinks_len; i++) {
        plan->sink_step[i] = plan_find_step(plan, &spec->sinks[i].convert);
    }
    plan->sinks_len = spec->sinks_len;
    plan->middlewares_len = spec->middlewares_len;
    /* A middleware may take its time, which is not the reader's. */
    plan->may_wait = plan->source.may_wait || spec->middlewares_len > 0;
    for (size_t i = 0; i < plan->steps_len; i++) {
        plan->may_wait = plan->may_wait || plan->steps[i].may_wait;
    }
    return MST_OK;
}

void
mst_plan_clear(struct mst_plan *plan)
{
    free(plan->steps);
    free(plan->sink_step);
    memset(plan, 0, sizeof(*plan));
}
