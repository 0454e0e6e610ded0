/* SPDX-License-Identifier: MIT */
/* The inside of a shadow. Only for its own files. */
#ifndef MST_PIPELINE_SHADOW_IMPL_H
#define MST_PIPELINE_SHADOW_IMPL_H

#include <pthread.h>

#include "base/queue.h"
#include "pipeline/budget.h"
#include "pipeline/chain.h"
#include "pipeline/shadow.h"

enum {
    SHADOW_TIME_STEPS = 8, /* per doubling */
    SHADOW_TIME_CLASSES = 40 * SHADOW_TIME_STEPS,
    SHADOW_FIELDS_MAX = 200,
    SHADOW_PATH_MAX = 256,
    SHADOW_OF_OUTCOME_MAX = 5, /* samples of one outcome */
    SHADOW_SAMPLE_TEXT = 2048  /* of a payload in one */
};

/* What came of one event; results are in its task's memory. */
struct shadow_result {
    struct mst_event **events;
    size_t len;
    const struct mst_error *refused; /* NULL: it is not */
};

/* Events on their way to a lane. */
struct shadow_task {
    struct mst_arena arena;
    struct mst_event *events;   /* as they were read */
    struct mst_event **list;    /* of them */
    struct shadow_result *live; /* NULL: the job has no chain */
    uint64_t *live_ns;          /* per event; NULL: likewise */
    uint64_t live_cpu_ns;       /* of all */
    size_t len;
    uint64_t charged;
};

/* Takes the first of the unit's events that fit into room. NULL: none did, or
 * there is no memory. live: its results come with them. */
struct shadow_task *mst_shadow_copy(const struct mst_unit *unit, size_t max,
                                    uint64_t room, bool live);
void mst_shadow_task_destroy(struct shadow_task *task);

struct shadow_times {
    uint64_t classes[SHADOW_TIME_CLASSES];
    uint64_t events;
    uint64_t wall_ns;
    uint64_t cpu_ns;
    uint64_t max_ns;
};

struct shadow_field {
    char path[SHADOW_PATH_MAX];
    uint64_t counts[MST_CONTRAST_ORDER + 1];
};

/* What was found; Lock: the shadow's mutex. */
struct shadow_findings {
    uint64_t outcomes[MST_SHADOW_OUTCOMES];
    uint64_t compared;
    uint64_t failed;
    struct shadow_times live;
    struct shadow_times shadow;
    struct shadow_field *fields; /* SHADOW_FIELDS_MAX */
    size_t fields_len;
    uint64_t other_fields; /* differences in fields that had no room */
    struct mst_json *samples;
    size_t samples_len;
    size_t sampled[MST_SHADOW_OUTCOMES];
};

struct shadow_lane {
    struct mst_shadow *shadow;
    struct mst_queue *queue; /* of struct shadow_task */
    struct mst_chain *chain;
    struct mst_chain *plain; /* of no steps; NULL: the job has a chain */
    struct mst_unit unit;
    pthread_t thread;
    bool started;
};

struct mst_shadow {
    struct mst_shadow_spec args;
    struct mst_pipeline_spec spec;  /* with limits of its own */
    struct mst_pipeline_spec empty; /* without middlewares */
    struct mst_plan plan;
    struct shadow_lane *lanes;
    size_t lanes_len;
    atomic_uint_fast64_t used;    /* bytes of copies */
    atomic_uint_fast64_t claimed; /* events taken */
    atomic_uint_fast64_t skipped;
    atomic_uint_fast64_t waiting;
    int64_t until_ms; /* monotonic; INT64_MAX: no end */
    atomic_int end;   /* an enum mst_shadow_end: why nothing more is taken */

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool giving_up; /* what waits is not compared any more */
    size_t running; /* lanes */
    struct mst_error error;
    int64_t started_ms;
    int64_t ended_ms;
    struct shadow_findings findings;
};

/* One event with both results. Thread: a lane's. */
void mst_shadow_judge(struct mst_shadow *shadow, const struct mst_event *event,
                      const struct shadow_result *live,
                      const struct shadow_result *mine);
void mst_shadow_times_add(struct shadow_times *times, uint64_t ns);
void mst_shadow_times_read(const struct shadow_times *times,
                           struct mst_shadow_cost *ret_cost);

#endif
