/* SPDX-License-Identifier: MIT */
/* A list under a lock: there are as many things as there are deployments. */
#include "core/commons.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/thread.h"

struct commons_entry {
    struct commons_entry *next;
    const struct mst_common_type *type;
    void *thing;
    size_t users;
    size_t key_len;
    uint8_t key[];
};

struct mst_commons {
    pthread_mutex_t mutex; /* guards the list */
    struct commons_entry *entries;
};

enum mst_status
mst_commons_create(struct mst_commons **ret, struct mst_error *err)
{
    struct mst_commons *commons = calloc(1, sizeof(*commons));
    if (commons == NULL || pthread_mutex_init(&commons->mutex, NULL) != 0) {
        free(commons);
        return mst_fail_memory(err, "commons");
    }
    *ret = commons;
    return MST_OK;
}

void
mst_commons_destroy(struct mst_commons *commons)
{
    if (commons == NULL) {
        return;
    }
    assert(commons->entries == NULL);
    (void)pthread_mutex_destroy(&commons->mutex);
    free(commons);
}

static struct commons_entry *
commons_find(struct mst_commons *commons, const struct mst_common_type *type,
             struct mst_slice key)
{
    struct commons_entry *entry = commons->entries;
    while (entry != NULL
           && (entry->type != type
               || !mst_slice_equal(mst_slice_of(entry->key, entry->key_len),
                                   key))) {
        entry = entry->next;
    }
    return entry;
}

static enum mst_status
commons_make(struct mst_commons *commons, const struct mst_common_type *type,
             struct mst_slice key, const void *arg,
             struct commons_entry **ret_entry, struct mst_error *err)
{
    struct commons_entry *entry = calloc(1, sizeof(*entry) + key.len);
    if (entry == NULL) {
        return mst_fail_memory(err, type->name);
    }
    enum mst_status status = type->create(&entry->thing, arg, err);
    if (status != MST_OK) {
        free(entry);
        return status;
    }
    entry->type = type;
    entry->key_len = key.len;
    if (key.len > 0) {
        memcpy(entry->key, key.data, key.len);
    }
    entry->next = commons->entries;
    commons->entries = entry;
    *ret_entry = entry;
    return MST_OK;
}

enum mst_status
mst_commons_take(struct mst_commons *commons,
                 const struct mst_common_type *type, struct mst_slice key,
                 const void *arg, void **ret_thing, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    mst_mutex_lock(&commons->mutex);
    struct commons_entry *entry = commons_find(commons, type, key);
    if (entry == NULL) {
        status = commons_make(commons, type, key, arg, &entry, err);
    }
    if (entry != NULL) {
        entry->users++;
        *ret_thing = entry->thing;
    }
    mst_mutex_unlock(&commons->mutex);
    return status;
}

void
mst_commons_give_back(struct mst_commons *commons, void *thing)
{
    mst_mutex_lock(&commons->mutex);
    struct commons_entry **at = &commons->entries;
    while (*at != NULL && (*at)->thing != thing) {
        at = &(*at)->next;
    }
    struct commons_entry *entry = *at;
    if (entry != NULL && --entry->users == 0) {
        *at = entry->next;
    } else {
        entry = NULL; /* others have it still */
    }
    mst_mutex_unlock(&commons->mutex);
    if (entry != NULL) {
        entry->type->destroy(entry->thing);
        free(entry);
    }
}
