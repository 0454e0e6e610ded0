/* SPDX-License-Identifier: MIT */
/*
 * What instances of one program have in common: a thing for each key, made
 * when the first wants it, and ended when the last has given it back.
 */
#ifndef MST_CORE_COMMONS_H
#define MST_CORE_COMMONS_H

#include "base/error.h"
#include "base/slice.h"

/* A kind of things. */
struct mst_common_type {
    const char *name;
    /* arg is what the first taker said, borrowed for the call. */
    enum mst_status (*create)(void **ret_thing, const void *arg,
                              struct mst_error *err);
    /* Nobody has it any more. May wait for its threads. */
    void (*destroy)(void *thing);
};

struct mst_commons;

MST_MUST_CHECK enum mst_status mst_commons_create(struct mst_commons **ret,
                                                  struct mst_error *err);
/* Everything was given back. NULL is fine. */
void mst_commons_destroy(struct mst_commons *commons);

/* The thing of that type and key; made of arg where there is none. Thread:
 * any; create runs with the lock held. */
MST_MUST_CHECK enum mst_status
mst_commons_take(struct mst_commons *commons,
                 const struct mst_common_type *type, struct mst_slice key,
                 const void *arg, void **ret_thing, struct mst_error *err);
/* One user less of what was taken. Thread: any. */
void mst_commons_give_back(struct mst_commons *commons, void *thing);

#endif
