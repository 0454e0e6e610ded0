/* SPDX-License-Identifier: MIT */
/* The scripts that the state keeps, for commands that run jobs without a
 * daemon: as they were when they were opened. */
#ifndef MST_CMD_KEPT_SCRIPTS_H
#define MST_CMD_KEPT_SCRIPTS_H

#include "config/config.h"
#include "jobs/scripts.h"

struct mst_kept_scripts {
    struct mst_record_store *records;
    struct mst_scripts *scripts;
    struct mst_registry registry; /* what there is, and these scripts */
};

/* Reads them, where the configuration has a service of scripts. On failure
 * there is nothing to close. ret_kept stays where it is while its registry is
 * used. */
MST_MUST_CHECK enum mst_status
mst_kept_scripts_open(const struct mst_config *config,
                      const struct mst_registry *registry,
                      struct mst_kept_scripts *ret_kept, struct mst_error *err);
/* Zeroed is fine. */
void mst_kept_scripts_close(struct mst_kept_scripts *kept);

#endif
