/* SPDX-License-Identifier: MIT */
/* Where a run gives a shadow what its workers did. Only for this folder. */
#ifndef MST_PIPELINE_SHADOW_RUN_H
#define MST_PIPELINE_SHADOW_RUN_H

#include "pipeline/run.h"

/* Worker's thread: its CPU time, 0 where no shadow wants to know. */
int64_t mst_worker_cpu_ns(const struct mst_worker *worker);
/* Worker's thread: its chain ran, if it has one, and nobody else has the unit
 * yet. Gives the shadow copies, if there is one. */
void mst_worker_shadow(struct mst_worker *worker, const struct mst_unit *unit,
                       int64_t since_ns);

#endif
