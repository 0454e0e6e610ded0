/* SPDX-License-Identifier: MIT */
/* Handing each call to the store that has the answer. */
#include "state/composite_store.h"

#include <stdlib.h>

struct composite_store {
    struct mst_store base; /* first */
    struct mst_store *shared;
    struct mst_store *local;
};

static const struct composite_store *
composite_of(const struct mst_store *store)
{
    return (const struct composite_store *)store;
}

static enum mst_status
composite_checkpoint_load(struct mst_store *store, const char *job,
                          struct mst_checkpoint *ret, struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->shared;
    return to->type->checkpoint_load(to, job, ret, err);
}

static enum mst_status
composite_checkpoint_save(struct mst_store *store,
                          const struct mst_checkpoint *checkpoint,
                          struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->shared;
    return to->type->checkpoint_save(to, checkpoint, err);
}

static enum mst_status
composite_checkpoint_delete(struct mst_store *store, const char *job,
                            struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->shared;
    return to->type->checkpoint_delete(to, job, err);
}

static enum mst_status
composite_checkpoint_list(
    struct mst_store *store, const char *job,
    enum mst_status (*each)(void *arg, const struct mst_checkpoint *one),
    void *arg, struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->shared;
    return to->type->checkpoint_list(to, job, each, arg, err);
}

static enum mst_status
composite_lease_acquire(struct mst_store *store, const char *job,
                        const char *holder, int64_t ttl_ms,
                        struct mst_lease *ret, struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->shared;
    return to->type->lease_acquire(to, job, holder, ttl_ms, ret, err);
}

static enum mst_status
composite_lease_renew(struct mst_store *store, const char *job,
                      struct mst_lease *lease, int64_t ttl_ms,
                      struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->shared;
    return to->type->lease_renew(to, job, lease, ttl_ms, err);
}

static enum mst_status
composite_lease_release(struct mst_store *store, const char *job,
                        const struct mst_lease *lease, struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->shared;
    return to->type->lease_release(to, job, lease, err);
}

static enum mst_status
composite_lease_ask(struct mst_store *store, const char *job,
                    const struct mst_lease *held, const char *asker,
                    uint32_t holds, struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->shared;
    return to->type->lease_ask == NULL
               ? MST_OK
               : to->type->lease_ask(to, job, held, asker, holds, err);
}

static enum mst_status
composite_letters_put(struct mst_store *store, const struct mst_letter *letters,
                      size_t n, const struct mst_letter_limits *limits,
                      struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->local;
    return to->type->letters_put(to, letters, n, limits, err);
}

static enum mst_status
composite_letters_list(struct mst_store *store,
                       const struct mst_letter_filter *filter,
                       enum mst_status (*each)(void *arg,
                                               const struct mst_letter *one),
                       void *arg, struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->local;
    return to->type->letters_list(to, filter, each, arg, err);
}

static enum mst_status
composite_letters_delete(struct mst_store *store,
                         const struct mst_letter_filter *filter,
                         uint64_t *ret_deleted, struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->local;
    return to->type->letters_delete(to, filter, ret_deleted, err);
}

static enum mst_status
composite_letters_count(struct mst_store *store, const char *job,
                        struct mst_letter_totals *ret, struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->local;
    return to->type->letters_count(to, job, ret, err);
}

static enum mst_status
composite_letters_expire(struct mst_store *store, const char *job,
                         int64_t max_age_ms, uint64_t *ret_expired,
                         struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->local;
    return to->type->letters_expire(to, job, max_age_ms, ret_expired, err);
}

static enum mst_status
composite_run_begin(struct mst_store *store, struct mst_run_record *run,
                    struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->local;
    return to->type->run_begin(to, run, err);
}

static enum mst_status
composite_run_end(struct mst_store *store, const struct mst_run_record *run,
                  struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->local;
    return to->type->run_end(to, run, err);
}

static enum mst_status
composite_run_list(struct mst_store *store, const char *job, size_t limit,
                   enum mst_status (*each)(void *arg,
                                           const struct mst_run_record *one),
                   void *arg, struct mst_error *err)
{
    struct mst_store *to = composite_of(store)->local;
    return to->type->run_list(to, job, limit, each, arg, err);
}

static void
composite_destroy(struct mst_store *store)
{
    struct composite_store *self = (struct composite_store *)store;
    if (self == NULL) {
        return;
    }
    self->shared->type->destroy(self->shared);
    self->local->type->destroy(self->local);
    free(self);
}

static const struct mst_store_type composite_store_type = {
    .name = "composite",
    .checkpoint_load = composite_checkpoint_load,
    .checkpoint_save = composite_checkpoint_save,
    .checkpoint_delete = composite_checkpoint_delete,
    .checkpoint_list = composite_checkpoint_list,
    .lease_acquire = composite_lease_acquire,
    .lease_renew = composite_lease_renew,
    .lease_release = composite_lease_release,
    .lease_ask = composite_lease_ask,
    .letters_put = composite_letters_put,
    .letters_list = composite_letters_list,
    .letters_delete = composite_letters_delete,
    .letters_count = composite_letters_count,
    .letters_expire = composite_letters_expire,
    .run_begin = composite_run_begin,
    .run_end = composite_run_end,
    .run_list = composite_run_list,
    .destroy = composite_destroy,
};

enum mst_status
mst_composite_store_create(struct mst_store *shared, struct mst_store *local,
                           struct mst_store **ret_store, struct mst_error *err)
{
    if (shared->type->lease_acquire == NULL) {
        (void)mst_fail(err, MST_FATAL, "state", 0,
                       "a store of kind '%s' keeps no leases, so it can not be "
                       "shared: two machines could run the same job",
                       shared->type->name);
        mst_error_hint(err, "keep checkpoints in a mongodb service, or in the "
                            "embedded store");
        return MST_FATAL;
    }
    struct composite_store *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return mst_fail_memory(err, "state");
    }
    self->base.type = &composite_store_type;
    self->shared = shared;
    self->local = local;
    *ret_store = &self->base;
    return MST_OK;
}
