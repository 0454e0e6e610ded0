/* SPDX-License-Identifier: MIT */
/* Opening the embedded store, and joining it with a shared one. */
#include "state/store_open.h"

#include "state/composite_store.h"
#include "state/directory.h"
#include "state/sqlite_store.h"

enum mst_status
mst_store_open(const struct mst_store_place *place, struct mst_store *shared,
               struct mst_store **ret_store, struct mst_error *err)
{
    struct mst_store *local = NULL;
    enum mst_status status =
        mst_sqlite_store_open(place->path, place->read_only, &local, err);
    if (status == MST_END && shared != NULL) {
        status = mst_sqlite_store_open(MST_STATE_MEMORY, true, &local, err);
    }
    if (status != MST_OK) {
        return status;
    }
    if (shared == NULL) {
        *ret_store = local;
        return MST_OK;
    }
    status = mst_composite_store_create(shared, local, ret_store, err);
    if (status != MST_OK) {
        mst_store_close(local);
    }
    return status;
}

void
mst_store_close(struct mst_store *store)
{
    if (store != NULL) {
        store->type->destroy(store);
    }
}
