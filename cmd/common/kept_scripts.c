/* SPDX-License-Identifier: MIT */
/* Scripts of the state beside those of files. */
#include "kept_scripts.h"

#include <string.h>

#include "state/record_store_open.h"

static bool
kept_are_wanted(const struct mst_config *config)
{
    for (size_t i = 0; i < config->services_len; i++) {
        if (strcmp(config->services[i].provider, "udf") == 0) {
            return true;
        }
    }
    return false;
}

enum mst_status
mst_kept_scripts_open(const struct mst_config *config,
                      const struct mst_registry *registry,
                      struct mst_kept_scripts *ret_kept, struct mst_error *err)
{
    struct mst_kept_scripts kept = {.registry = *registry};
    enum mst_status status =
        kept_are_wanted(config)
            ? mst_record_store_open(config, true, &kept.records, err)
            : MST_END;
    if (status == MST_END) {
        *ret_kept = kept; /* there are none */
        return MST_OK;
    }
    if (status == MST_OK) {
        status = mst_scripts_create(kept.records, &kept.scripts, err);
    }
    if (status == MST_OK) {
        status = mst_scripts_refresh(kept.scripts, err);
    }
    if (status != MST_OK) {
        mst_kept_scripts_close(&kept);
        return status;
    }
    kept.registry.scripts = mst_scripts_store(kept.scripts);
    *ret_kept = kept;
    return MST_OK;
}

void
mst_kept_scripts_close(struct mst_kept_scripts *kept)
{
    mst_scripts_destroy(kept->scripts);
    mst_record_store_close(kept->records);
    memset(kept, 0, sizeof(*kept));
}
