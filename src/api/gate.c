/* SPDX-License-Identifier: MIT */
/* A counter that is waited for. */
#include "api/gate.h"

#include <stdlib.h>

#include "base/thread.h"

enum { GATE_INSIDE_MAX = 2, GATE_WAITING_MAX = 4, GATE_WAIT_MS = 5000 };

struct mst_api_gate {
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t left;
    unsigned inside;
    unsigned waiting;
};

enum mst_status
mst_api_gate_create(struct mst_api_gate **ret, struct mst_error *err)
{
    struct mst_api_gate *gate = calloc(1, sizeof(*gate));
    if (gate == NULL || pthread_mutex_init(&gate->mutex, NULL) != 0) {
        free(gate);
        return mst_fail_memory(err, "api");
    }
    if (!mst_cond_init(&gate->left)) {
        (void)pthread_mutex_destroy(&gate->mutex);
        free(gate);
        return mst_fail_memory(err, "api");
    }
    *ret = gate;
    return MST_OK;
}

void
mst_api_gate_destroy(struct mst_api_gate *gate)
{
    if (gate != NULL) {
        (void)pthread_cond_destroy(&gate->left);
        (void)pthread_mutex_destroy(&gate->mutex);
        free(gate);
    }
}

bool
mst_api_gate_enter(struct mst_api_gate *gate)
{
    struct timespec until = mst_cond_deadline(GATE_WAIT_MS);
    mst_mutex_lock(&gate->mutex);
    bool in_time =
        gate->inside < GATE_INSIDE_MAX || gate->waiting < GATE_WAITING_MAX;
    gate->waiting++;
    while (in_time && gate->inside >= GATE_INSIDE_MAX) {
        in_time = mst_cond_wait(&gate->left, &gate->mutex, &until);
    }
    gate->waiting--;
    bool entered = gate->inside < GATE_INSIDE_MAX;
    gate->inside += entered ? 1 : 0;
    mst_mutex_unlock(&gate->mutex);
    return entered;
}

void
mst_api_gate_leave(struct mst_api_gate *gate)
{
    mst_mutex_lock(&gate->mutex);
    gate->inside--;
    (void)pthread_cond_signal(&gate->left);
    mst_mutex_unlock(&gate->mutex);
}
