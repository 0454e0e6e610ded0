/* SPDX-License-Identifier: MIT */
/* What the files of the MongoDB store share. */
#ifndef MST_STATE_MONGO_PARTS_H
#define MST_STATE_MONGO_PARTS_H

#include <mongoc/mongoc.h>

#include "core/store.h"

struct mst_mongo_store {
    struct mst_store base;      /* first */
    mongoc_client_pool_t *pool; /* NULL: there is client, for one at a time */
    mongoc_client_t *client;
    char *database;
    char *collection;
    char *place; /* "database.collection", for people */
};

/* Runs findAndModify with what `fields` holds beside the name, majority
 * write concern, and gives the document that it returns to `each` (not
 * called when there is none).
 *   MST_END      nothing matched (without upsert)
 *   MST_REJECTED an upsert met the document that its filter did not match
 *   MST_RETRY    the server is away; MST_FATAL: no right, and the rest */
MST_MUST_CHECK enum mst_status
mst_mongo_store_modify(struct mst_mongo_store *store, const bson_t *fields,
                       void (*each)(void *arg, struct mst_slice doc), void *arg,
                       struct mst_error *err);

/* Gives the documents that match to each, until it says something else than
 * MST_OK, which is returned. Majority read concern. */
MST_MUST_CHECK enum mst_status
mst_mongo_store_find(struct mst_mongo_store *store, const bson_t *filter,
                     const bson_t *options,
                     enum mst_status (*each)(void *arg, struct mst_slice doc),
                     void *arg, struct mst_error *err);

/* What a job's document says about its lease; all zero without one. */
MST_MUST_CHECK enum mst_status
mst_mongo_lease_read(struct mst_mongo_store *store, const char *job,
                     struct mst_lease *ret, bool *ret_held,
                     struct mst_error *err);

/* Makes the job's document where there is none: an upsert can not look at the
 * server's clock. */
MST_MUST_CHECK enum mst_status
mst_mongo_lease_ensure(struct mst_mongo_store *store, const char *job,
                       struct mst_error *err);

/* Appends the conditions under which nobody holds the job's lease: none,
 * expired by the server's clock, or `gone`, which names a holder that is
 * known to have ended. */
void mst_mongo_lease_free(bson_t *filter, const char *gone);

/* "job '...' is run by ..." */
enum mst_status mst_mongo_lease_fail_held(enum mst_status status,
                                          const char *job,
                                          const struct mst_lease *lease,
                                          struct mst_error *err);

/* The functions of struct mst_store_type. */
enum mst_status mst_mongo_checkpoint_load(struct mst_store *base,
                                          const char *job,
                                          struct mst_checkpoint *ret,
                                          struct mst_error *err);
enum mst_status
mst_mongo_checkpoint_save(struct mst_store *base,
                          const struct mst_checkpoint *checkpoint,
                          struct mst_error *err);
enum mst_status mst_mongo_checkpoint_delete(struct mst_store *base,
                                            const char *job,
                                            struct mst_error *err);
enum mst_status mst_mongo_checkpoint_list(
    struct mst_store *base, const char *job,
    enum mst_status (*each)(void *arg, const struct mst_checkpoint *one),
    void *arg, struct mst_error *err);
enum mst_status mst_mongo_lease_acquire(struct mst_store *base, const char *job,
                                        const char *holder, int64_t ttl_ms,
                                        struct mst_lease *ret,
                                        struct mst_error *err);
enum mst_status mst_mongo_lease_renew(struct mst_store *base, const char *job,
                                      struct mst_lease *lease, int64_t ttl_ms,
                                      struct mst_error *err);
enum mst_status mst_mongo_lease_release(struct mst_store *base, const char *job,
                                        const struct mst_lease *lease,
                                        struct mst_error *err);
enum mst_status mst_mongo_lease_ask(struct mst_store *base, const char *job,
                                    const struct mst_lease *held,
                                    const char *asker, uint32_t holds,
                                    struct mst_error *err);

#endif
