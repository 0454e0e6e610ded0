/* SPDX-License-Identifier: MIT */
/*
 * The REST API: one server in a daemon. It reads and steers jobs through
 * jobs/control.h and has no rules of its own. See docs/api.md.
 */
#ifndef MST_API_API_H
#define MST_API_API_H

#include "config/sections.h"
#include "jobs/catalog.h"
#include "jobs/scripts.h"
#include "log/ring.h"

struct mst_api;
struct mst_api_tools;

enum { MST_API_URL_MAX = 128 };

struct mst_api_args {
    const struct mst_config_api *config; /* borrowed for the call */
    struct mst_manager *manager;         /* these outlive the API */
    struct mst_catalog *catalog;
    struct mst_record_store *records; /* NULL: nothing is kept */
    struct mst_scripts *scripts;      /* NULL: none are kept */
    struct mst_log_ring *ring;
    const struct mst_api_tools *tools; /* NULL: that is refused */
    int stream_preload;                /* lines that a stream begins with */
};

/* Listens. MST_FATAL: it can not, or should not: err says why, and what to do.
 */
MST_MUST_CHECK enum mst_status mst_api_start(const struct mst_api_args *args,
                                             struct mst_api **ret_api,
                                             struct mst_error *err);
/* "http://127.0.0.1:8787" */
const char *mst_api_url(const struct mst_api *api);
/* Ends what is open, waits for it. NULL is fine. */
void mst_api_stop(struct mst_api *api);

#endif
