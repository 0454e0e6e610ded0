/* SPDX-License-Identifier: MIT */
/* Where a run gives a shadow what its workers did. */
#include "pipeline/shadow_run.h"

#include <time.h>

#include "pipeline/shadow.h"

void
mst_pipeline_set_shadow(struct mst_pipeline *pipeline,
                        struct mst_shadow *shadow)
{
    for (size_t i = 0; i < pipeline->workers_len; i++) {
        if (pipeline->workers[i].chain != NULL) {
            mst_chain_set_timed(pipeline->workers[i].chain, shadow != NULL);
        }
    }
    (void)pthread_rwlock_wrlock(&pipeline->shadow_lock);
    pipeline->shadow = shadow;
    atomic_store(&pipeline->shadowed, shadow != NULL);
    (void)pthread_rwlock_unlock(&pipeline->shadow_lock);
}

int64_t
mst_worker_cpu_ns(const struct mst_worker *worker)
{
    struct timespec time = {0};
    if (atomic_load_explicit(&worker->pipeline->shadowed,
                             memory_order_relaxed)) {
        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    }
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void
mst_worker_shadow(struct mst_worker *worker, const struct mst_unit *unit,
                  int64_t since_ns)
{
    struct mst_pipeline *pipeline = worker->pipeline;
    if (MST_LIKELY(
            !atomic_load_explicit(&pipeline->shadowed, memory_order_relaxed))) {
        return;
    }
    int64_t spent = since_ns > 0 && worker->chain != NULL
                        ? mst_worker_cpu_ns(worker) - since_ns
                        : 0;
    const struct mst_shadow_spent what = {.cpu_ns =
                                              spent > 0 ? (uint64_t)spent : 0};
    /* Workers share it; who takes the shadow away waits for their copies. */
    (void)pthread_rwlock_rdlock(&pipeline->shadow_lock);
    if (pipeline->shadow != NULL) {
        mst_shadow_offer(pipeline->shadow, (size_t)(worker - pipeline->workers),
                         unit, &what);
    }
    (void)pthread_rwlock_unlock(&pipeline->shadow_lock);
}
