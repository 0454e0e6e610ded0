/* SPDX-License-Identifier: MIT */
/* How the catalog keeps services: sealed with the keys of a ring. */
#ifndef MST_MSTREAMD_SEALING_H
#define MST_MSTREAMD_SEALING_H

#include "crypto/keyring.h"
#include "jobs/catalog.h"

/* ring: outlives the catalog. */
struct mst_catalog_seal mst_daemon_sealing(struct mst_keyring *ring);

#endif
