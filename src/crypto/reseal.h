/* SPDX-License-Identifier: MIT */
/* Sealing all stored services with the newest key. */
#ifndef MST_CRYPTO_RESEAL_H
#define MST_CRYPTO_RESEAL_H

#include "core/record_store.h"
#include "crypto/keyring.h"

struct mst_reseal_counts {
    size_t sealed;  /* with the newest key now */
    size_t already; /* were before */
    size_t failed;  /* can not be opened: left as they are */
};

/* Goes over them until none is left that has an older key: others may change
 * them meanwhile, and stopping anywhere leaves each readable. Definitions and
 * who changed them stay; revisions grow. failed tells of each that can not be
 * opened (NULL: nobody). MST_OK: also with some of those; the rest: the store
 * fails. */
MST_MUST_CHECK enum mst_status
mst_reseal(struct mst_keyring *ring, struct mst_record_store *store,
           void (*failed)(void *arg, const struct mst_error *why), void *arg,
           struct mst_reseal_counts *ret_counts, struct mst_error *err);

#endif
