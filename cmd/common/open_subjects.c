/* SPDX-License-Identifier: MIT */
/* Opens what [system] schemas says. */
#include "open_subjects.h"

#include <string.h>

#include "state/mongo_subjects.h"
#include "state/sqlite_subjects.h"

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
    const struct mst_config_service *service =
        wanted->service < config->services_len
            ? &config->services[wanted->service]
            : NULL;
    if (service == NULL || strcmp(service->provider, "mongodb") != 0) {
        return mst_fail(err, MST_FATAL, "state", 0,
                        "system.schemas: '%s' is no service with provider = "
                        "\"mongodb\"",
                        wanted->service_name);
    }
    return mst_mongo_subjects_create(service->options, "mstream",
                                     wanted->resource, ret_store, err);
}
