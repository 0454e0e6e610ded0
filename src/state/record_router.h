/* SPDX-License-Identifier: MIT */
/* Two stores of records as one: services in one, jobs and their states in the
 * other. */
#ifndef MST_STATE_RECORD_ROUTER_H
#define MST_STATE_RECORD_ROUTER_H

#include "core/record_store.h"

/* Ownership: both are moved in, on success only. */
MST_MUST_CHECK enum mst_status mst_record_router_create(
    struct mst_record_store *jobs, struct mst_record_store *services,
    struct mst_record_store **ret_store, struct mst_error *err);

#endif
