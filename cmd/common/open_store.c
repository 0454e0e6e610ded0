/* SPDX-License-Identifier: MIT */
/* Which stores a configuration asks for, put together. */
#include "open_store.h"

#include "state/store_open.h"

enum mst_status
mst_cmd_open_store(const struct mst_config *config, bool read_only,
                   struct mst_store **ret_store, struct mst_error *err)
{
    const struct mst_store_place place = {.path = config->state_path,
                                          .read_only = read_only};
    return mst_store_open(&place, NULL, ret_store, err);
}
