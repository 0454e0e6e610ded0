/* SPDX-License-Identifier: MIT */
/* Several stores of records as one: each kind in the one that is said. */
#ifndef MST_STATE_RECORD_ROUTER_H
#define MST_STATE_RECORD_ROUTER_H

#include "core/record_store.h"

/* By kind; one of them may be there more than once. */
struct mst_record_route {
    struct mst_record_store *stores[MST_RECORD_KINDS];
};

/* Ownership: all are moved in, on success only. */
MST_MUST_CHECK enum mst_status
mst_record_router_create(const struct mst_record_route *route,
                         struct mst_record_store **ret_store,
                         struct mst_error *err);

/* Destroys each of them once; NULL in it is fine. */
void mst_record_route_clear(struct mst_record_route *route);

#endif
