/* SPDX-License-Identifier: MIT */
/* A growing array of operations and an arena. */
#include "sinks/mongodb/mongodb_bag.h"

#include <stdlib.h>

enum { BAG_FIRST = 64, BAG_KEEP_BYTES = 64 * 1024, BAG_KEEP_OPS = 4096 };

struct mst_mongosink_bag *
mst_mongosink_bag_create(void)
{
    return calloc(1, sizeof(struct mst_mongosink_bag));
}

void
mst_mongosink_bag_destroy(struct mst_mongosink_bag *bag)
{
    if (bag == NULL) {
        return;
    }
    mst_arena_clear(&bag->arena);
    free(bag->ops);
    free(bag);
}

void
mst_mongosink_bag_reset(struct mst_mongosink_bag *bag)
{
    mst_arena_reset(&bag->arena, BAG_KEEP_BYTES);
    if (bag->cap > BAG_KEEP_OPS) {
        free(bag->ops);
        bag->ops = NULL;
        bag->cap = 0;
    }
    bag->len = 0;
    bag->taken = 0;
    bag->targets = NULL;
    bag->next = NULL;
}

struct mst_mongosink_op *
mst_mongosink_bag_add(struct mst_mongosink_bag *bag)
{
    if (bag->len == bag->cap) {
        size_t cap = bag->cap == 0 ? BAG_FIRST : bag->cap * 2;
        struct mst_mongosink_op *ops = realloc(bag->ops, cap * sizeof(*ops));
        if (ops == NULL) {
            return NULL;
        }
        bag->ops = ops;
        bag->cap = cap;
    }
    struct mst_mongosink_op *op = &bag->ops[bag->len++];
    *op = (struct mst_mongosink_op){0};
    return op;
}

const struct mst_mongosink_target *
mst_mongosink_bag_target(struct mst_mongosink_bag *bag,
                         struct mst_slice database, struct mst_slice collection,
                         uint64_t hash)
{
    for (struct mst_mongosink_target *one = bag->targets; one != NULL;
         one = one->next) {
        if (one->hash == hash && mst_slice_is(database, one->database)
            && mst_slice_is(collection, one->collection)) {
            return one;
        }
    }
    struct mst_mongosink_target *fresh =
        mst_arena_alloc(&bag->arena, sizeof(*fresh));
    char *names =
        mst_arena_alloc(&bag->arena, database.len + collection.len + 2);
    if (fresh == NULL || names == NULL) {
        return NULL;
    }
    memcpy(names, database.data, database.len);
    names[database.len] = '\0';
    char *second = names + database.len + 1;
    memcpy(second, collection.data, collection.len);
    second[collection.len] = '\0';
    *fresh = (struct mst_mongosink_target){names, second, hash, bag->targets};
    bag->targets = fresh;
    return fresh;
}
