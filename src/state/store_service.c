/* SPDX-License-Identifier: MIT */
/* Looks a store of [system] up among the services. */
#include "state/store_service.h"

#include <string.h>

const struct mst_mongo_options *
mst_store_service(const struct mst_config *config,
                  const struct mst_config_store *wanted, const char *key,
                  struct mst_error *err)
{
    const struct mst_config_service *service =
        wanted->service < config->services_len
            ? &config->services[wanted->service]
            : NULL;
    if (service == NULL || strcmp(service->provider, "mongodb") != 0) {
        mst_fail(err, MST_FATAL, "state", 0,
                 "system.%s: '%s' is no service with provider = \"mongodb\"",
                 key, wanted->service_name);
        return NULL;
    }
    return service->options;
}
