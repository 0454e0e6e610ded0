/* SPDX-License-Identifier: MIT */
/* Opening one or two stores of records, and joining them. */
#include "state/record_store_open.h"

#include "config/config.h"
#include "state/directory.h"
#include "state/mongo_records.h"
#include "state/record_router.h"
#include "state/sqlite_records.h"
#include "state/store_service.h"

/* *ret stays NULL where nothing is asked for. */
static enum mst_status
open_remote(const struct mst_config *config,
            const struct mst_config_store *wanted, const char *key,
            struct mst_record_store **ret, struct mst_error *err)
{
    if (wanted->service_name == NULL) {
        return MST_OK;
    }
    const struct mst_mongo_options *service =
        mst_store_service(config, wanted, key, err);
    return service == NULL ? MST_FATAL
                           : mst_mongo_records_create(
                               service, "mstream", wanted->resource, ret, err);
}

void
mst_record_store_close(struct mst_record_store *store)
{
    if (store != NULL) {
        store->type->destroy(store);
    }
}

/* The stores that the configuration names, by kind. *ret_some: there is one.
 */
static enum mst_status
open_remotes(const struct mst_config *config, struct mst_record_route *route,
             bool *ret_some, struct mst_error *err)
{
    const struct mst_config_system *system = &config->system;
    const struct {
        enum mst_record_kind kind;
        const struct mst_config_store *store;
        const char *key;
    } rows[] = {
        {MST_RECORD_JOB, &system->job_lifecycle.store, "job_lifecycle"},
        {MST_RECORD_SERVICE, &system->service_lifecycle, "service_lifecycle"},
        {MST_RECORD_SUITE, &system->test_suites, "test_suites"},
        {MST_RECORD_WORKSPACE, &system->workspaces, "workspaces"},
    };
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < MST_ARRAY_SIZE(rows) && status == MST_OK; i++) {
        struct mst_record_store **store = &route->stores[rows[i].kind];
        status = open_remote(config, rows[i].store, rows[i].key, store, err);
        *ret_some = *ret_some || *store != NULL;
    }
    route->stores[MST_RECORD_DESIRED] = route->stores[MST_RECORD_JOB];
    route->stores[MST_RECORD_SCRIPT] = route->stores[MST_RECORD_JOB];
    return status;
}

/* Whether a kind is in none of them. */
static bool
open_lacks(const struct mst_record_route *route)
{
    bool lacks = false;
    for (size_t i = 0; i < MST_RECORD_KINDS; i++) {
        lacks = lacks || route->stores[i] == NULL;
    }
    return lacks;
}

enum mst_status
mst_record_store_open(const struct mst_config *config, bool read_only,
                      struct mst_record_store **ret_store,
                      struct mst_error *err)
{
    struct mst_record_route route = {.stores = {NULL}};
    struct mst_record_store *local = NULL;
    bool some = false;
    enum mst_status status = open_remotes(config, &route, &some, err);
    if (status == MST_OK && open_lacks(&route)) {
        status =
            mst_sqlite_records_open(config->state.path, read_only, &local, err);
        if (status == MST_END && some) {
            status =
                mst_sqlite_records_open(MST_STATE_MEMORY, true, &local, err);
        }
    }
    if (status == MST_OK && !some) {
        *ret_store = local;
        return MST_OK;
    }
    for (size_t i = 0; i < MST_RECORD_KINDS && status == MST_OK; i++) {
        route.stores[i] = route.stores[i] == NULL ? local : route.stores[i];
    }
    if (status == MST_OK) {
        status = mst_record_router_create(&route, ret_store, err);
    }
    if (status != MST_OK) {
        mst_record_route_clear(&route);
    }
    return status;
}
