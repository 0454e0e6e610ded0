/* SPDX-License-Identifier: MIT */
/* Handing every call to the store that keeps its kind. */
#include "state/record_router.h"

#include <stdlib.h>

struct record_router {
    struct mst_record_store base; /* first */
    struct mst_record_route route;
};

static struct mst_record_store *
router_pick(struct mst_record_store *store, enum mst_record_kind kind)
{
    struct record_router *router = (struct record_router *)store;
    return router->route.stores[kind];
}

static enum mst_status
router_load(struct mst_record_store *store, enum mst_record_kind kind,
            const char *name, struct mst_record *ret, struct mst_error *err)
{
    struct mst_record_store *inner = router_pick(store, kind);
    return inner->type->load(inner, kind, name, ret, err);
}

static enum mst_status
router_save(struct mst_record_store *store, enum mst_record_kind kind,
            const struct mst_record *record, uint64_t replaces,
            struct mst_error *err)
{
    struct mst_record_store *inner = router_pick(store, kind);
    return inner->type->save(inner, kind, record, replaces, err);
}

static enum mst_status
router_remove(struct mst_record_store *store, enum mst_record_kind kind,
              const char *name, uint64_t revision, struct mst_error *err)
{
    struct mst_record_store *inner = router_pick(store, kind);
    return inner->type->remove(inner, kind, name, revision, err);
}

static enum mst_status
router_list(struct mst_record_store *store, enum mst_record_kind kind,
            enum mst_status (*each)(void *arg, const struct mst_record *one),
            void *arg, struct mst_error *err)
{
    struct mst_record_store *inner = router_pick(store, kind);
    return inner->type->list(inner, kind, each, arg, err);
}

void
mst_record_route_clear(struct mst_record_route *route)
{
    for (size_t i = 0; i < MST_RECORD_KINDS; i++) {
        struct mst_record_store *store = route->stores[i];
        for (size_t j = i; j < MST_RECORD_KINDS && store != NULL; j++) {
            route->stores[j] =
                route->stores[j] == store ? NULL : route->stores[j];
        }
        if (store != NULL) {
            store->type->destroy(store);
        }
    }
}

static void
router_destroy(struct mst_record_store *store)
{
    struct record_router *router = (struct record_router *)store;
    mst_record_route_clear(&router->route);
    free(router);
}

static const struct mst_record_store_type router_type = {
    .name = "router",
    .load = router_load,
    .save = router_save,
    .remove = router_remove,
    .list = router_list,
    .destroy = router_destroy,
};

enum mst_status
mst_record_router_create(const struct mst_record_route *route,
                         struct mst_record_store **ret_store,
                         struct mst_error *err)
{
    struct record_router *router = calloc(1, sizeof(*router));
    if (router == NULL) {
        return mst_fail_memory(err, "state");
    }
    router->base.type = &router_type;
    router->route = *route;
    *ret_store = &router->base;
    return MST_OK;
}
