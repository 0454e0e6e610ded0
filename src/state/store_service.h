/* SPDX-License-Identifier: MIT */
/* The service behind a store that [system] names. */
#ifndef MST_STATE_STORE_SERVICE_H
#define MST_STATE_STORE_SERVICE_H

#include "config/config.h"

struct mst_mongo_options;

/* key: of [system], for messages. wanted: with a service_name. NULL: it is no
 * service that can keep something; err says so, as fatal. */
MST_MUST_CHECK const struct mst_mongo_options *
mst_store_service(const struct mst_config *config,
                  const struct mst_config_store *wanted, const char *key,
                  struct mst_error *err);

#endif
