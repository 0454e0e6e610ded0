/* SPDX-License-Identifier: MIT */
/* Opens what [system] schemas says. */
#include "open_subjects.h"

#include "state/mongo_subjects.h"
#include "state/sqlite_subjects.h"
#include "state/store_service.h"

enum mst_status
mst_cmd_open_subjects(const struct mst_config *config, bool read_only,
                      struct mst_subject_store **ret_store,
                      struct mst_error *err)
{
    const struct mst_config_store *wanted = &config->system.schemas;
    if (wanted->service_name == NULL) {
        return mst_sqlite_subjects_open(config->state.path, read_only,
                                        ret_store, err);
    }
    const struct mst_mongo_options *service =
        mst_store_service(config, wanted, "schemas", err);
    if (service == NULL) {
        return MST_FATAL;
    }
    return mst_mongo_subjects_create(service, "mstream", wanted->resource,
                                     ret_store, err);
}
