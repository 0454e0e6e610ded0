/* SPDX-License-Identifier: MIT */
/* A configuration of one job that is not in force (catalog_load.c). */
#ifndef MST_JOBS_CATALOG_ALONE_H
#define MST_JOBS_CATALOG_ALONE_H

#include "jobs/catalog_impl.h"

/* A job that is not in force, and services that there are not yet. Borrowed. */
struct catalog_alone {
    const struct mst_definition_draft *job;
    bool trusted; /* it may refer to any variable */
    const struct mst_definition_draft *services;
    size_t services_len;
};
/* That job alone, with all services; nothing of it comes into force.
 * MST_REJECTED: problems. Lock: writing. */
MST_MUST_CHECK enum mst_status
catalog_load_alone(struct mst_catalog *catalog,
                   const struct catalog_alone *what,
                   struct mst_problems *problems,
                   struct mst_config **ret_config, struct mst_error *err);

#endif
