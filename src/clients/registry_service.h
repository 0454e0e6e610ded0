/* SPDX-License-Identifier: MIT */
/* The keys of a [[services]] entry with provider = "schema_registry". */
#ifndef MST_CLIENTS_REGISTRY_SERVICE_H
#define MST_CLIENTS_REGISTRY_SERVICE_H

#include "clients/http_options.h"

struct registry_service {
    struct mst_strings urls; /* tried in turn */
    struct mst_http_options http;
    int64_t latest_max_age_ms;
};

enum { REGISTRY_SERVICE_OPTIONS = 12 };
extern const struct mst_option
    registry_service_options[REGISTRY_SERVICE_OPTIONS];
extern const struct mst_inspect registry_service_inspect;

#endif
