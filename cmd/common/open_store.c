/* SPDX-License-Identifier: MIT */
/* Which stores a configuration asks for, put together. */
#include "open_store.h"

#include "state/mongo_store.h"
#include "state/store_open.h"
#include "state/store_service.h"

/* The store for checkpoints and leases that [system] names, or NULL. */
static enum mst_status
open_shared(const struct mst_config *config, struct mst_store **ret_shared,
            struct mst_error *err)
{
    const struct mst_config_store *wanted = &config->system.checkpoints;
    *ret_shared = NULL;
    if (wanted->service_name == NULL) {
        return MST_OK;
    }
    const struct mst_mongo_options *service =
        mst_store_service(config, wanted, "checkpoints", err);
    if (service == NULL) {
        return MST_FATAL;
    }
    return mst_mongo_store_create(service, "mstream", wanted->resource,
                                  ret_shared, err);
}

enum mst_status
mst_cmd_open_store(const struct mst_config *config, bool read_only,
                   struct mst_store **ret_store, struct mst_error *err)
{
    const struct mst_store_place place = {.path = config->state.path,
                                          .read_only = read_only};
    struct mst_store *shared = NULL;
    enum mst_status status = open_shared(config, &shared, err);
    if (status != MST_OK) {
        return status;
    }
    status = mst_store_open(&place, shared, ret_store, err);
    if (status != MST_OK) {
        mst_store_close(shared);
    }
    return status;
}
