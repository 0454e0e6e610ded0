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

enum mst_status
mst_record_store_open(const struct mst_config *config, bool read_only,
                      struct mst_record_store **ret_store,
                      struct mst_error *err)
{
    struct mst_record_store *jobs = NULL;
    struct mst_record_store *services = NULL;
    struct mst_record_store *local = NULL;
    enum mst_status status =
        open_remote(config, &config->system.job_lifecycle.store,
                    "job_lifecycle", &jobs, err);
    if (status == MST_OK) {
        status = open_remote(config, &config->system.service_lifecycle,
                             "service_lifecycle", &services, err);
    }
    if (status == MST_OK && (jobs == NULL || services == NULL)) {
        status =
            mst_sqlite_records_open(config->state.path, read_only, &local, err);
        if (status == MST_END && (jobs != NULL || services != NULL)) {
            status =
                mst_sqlite_records_open(MST_STATE_MEMORY, true, &local, err);
        }
    }
    if (status == MST_OK && jobs == NULL && services == NULL) {
        *ret_store = local;
        return MST_OK;
    }
    if (status == MST_OK) {
        jobs = jobs == NULL ? local : jobs;
        services = services == NULL ? local : services;
        local = NULL; /* is one of them now */
        status = mst_record_router_create(jobs, services, ret_store, err);
    }
    if (status != MST_OK) {
        mst_record_store_close(jobs);
        mst_record_store_close(services);
    }
    return status;
}
