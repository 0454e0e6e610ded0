/* SPDX-License-Identifier: MIT */
/* Handing every call to the store that keeps its kind. */
#include "state/record_router.h"

#include <stdlib.h>

struct record_router {
    struct mst_record_store base; /* first */
    struct mst_record_store *jobs;
    struct mst_record_store *services;
};

static struct mst_record_store *
router_pick(struct mst_record_store *store, enum mst_record_kind kind)
{
    struct record_router *router = (struct record_router *)store;
    return kind == MST_RECORD_SERVICE ? router->services : router->jobs;
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

static void
router_destroy(struct mst_record_store *store)
{
    struct record_router *router = (struct record_router *)store;
    router->jobs->type->destroy(router->jobs);
    router->services->type->destroy(router->services);
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
mst_record_router_create(struct mst_record_store *jobs,
                         struct mst_record_store *services,
                         struct mst_record_store **ret_store,
                         struct mst_error *err)
{
    struct record_router *router = calloc(1, sizeof(*router));
    if (router == NULL) {
        return mst_fail_memory(err, "state");
    }
    router->base.type = &router_type;
    router->jobs = jobs;
    router->services = services;
    *ret_store = &router->base;
    return MST_OK;
}
