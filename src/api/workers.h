/* SPDX-License-Identifier: MIT */
/*
 * The threads that operations run on, which may wait for a store or a server.
 * They begin when there is work for them and end when there is none. Some are
 * kept for operations that never wait, so that those are never behind others.
 */
#ifndef MST_API_WORKERS_H
#define MST_API_WORKERS_H

#include "api/call.h"

struct mst_api_workers;

/* wake_fd: an eventfd that says that calls are done. */
MST_MUST_CHECK enum mst_status
mst_api_workers_create(struct mst_api *api, int wake_fd,
                       struct mst_api_workers **ret, struct mst_error *err);
/* Waits for the calls that were begun; forgets the others. */
void mst_api_workers_destroy(struct mst_api_workers *workers);

/* Lends a call until it is done. False: too many wait already. */
MST_MUST_CHECK bool mst_api_workers_give(struct mst_api_workers *workers,
                                         struct mst_api_call *call);
/* The calls that are done; NULL: none. */
struct mst_api_call *mst_api_workers_done(struct mst_api_workers *workers);

#endif
