/* SPDX-License-Identifier: MIT */
/* The state store of a configuration, for both programs. */
#ifndef MST_CMD_OPEN_STORE_H
#define MST_CMD_OPEN_STORE_H

#include "config/config.h"
#include "core/store.h"

/* Statuses as mst_store_open; ends with mst_store_close. */
MST_MUST_CHECK enum mst_status
mst_cmd_open_store(const struct mst_config *config, bool read_only,
                   struct mst_store **ret_store, struct mst_error *err);

#endif
