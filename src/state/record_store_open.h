/* SPDX-License-Identifier: MIT */
/* Opening the store of records that a configuration names. */
#ifndef MST_STATE_RECORD_STORE_OPEN_H
#define MST_STATE_RECORD_STORE_OPEN_H

#include "core/record_store.h"

struct mst_config;

/* One store for all kinds: jobs and their states where [system]
 * job_lifecycle says, services where service_lifecycle says, tests where
 * test_suites and workspaces where workspaces does, the embedded store ([state] path) for what is in no service. Opens no connection to a
 * server: one that is away makes the calls fail with MST_RETRY.
 *   MST_END   read_only, and this machine has no embedded store yet; not
 *             where the other kinds are in a service: then it is empty
 *   the rest  as mst_sqlite_store_open
 * config is borrowed during the call only.
 * Ownership: ends with mst_record_store_close. */
MST_MUST_CHECK enum mst_status
mst_record_store_open(const struct mst_config *config, bool read_only,
                      struct mst_record_store **ret_store,
                      struct mst_error *err);

/* NULL is fine. */
void mst_record_store_close(struct mst_record_store *store);

#endif
