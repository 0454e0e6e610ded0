/* SPDX-License-Identifier: MIT */
/* Opening and sealing services, one after the other. */
#include "crypto/reseal.h"

#include <stdlib.h>

#include "core/revision.h"
#include "crypto/seal.h"

#define ORIGIN "key"

enum { RESEAL_PASSES = 20 };

/* One pass over the store. */
struct reseal {
    struct mst_keyring *ring;
    struct mst_record_store *store;
    void (*failed)(void *arg, const struct mst_error *why);
    void *arg;
    char newest[MST_KEY_ID_TEXT_MAX];
    struct mst_reseal_counts counts;
    size_t raced; /* changed by others meanwhile */
    struct mst_error *err;
};

static void
reseal_note_newest(void *arg, const char *id, bool seals)
{
    if (seals) {
        memcpy(arg, id, MST_KEY_ID_TEXT_MAX);
    }
}

static enum mst_status
reseal_save(struct reseal *reseal, const struct mst_record *one,
            struct mst_slice text, struct mst_error *err)
{
    struct mst_buf sealed;
    struct mst_record next = *one;
    next.revision = mst_next_revision(one->revision);
    const struct mst_seal_label label = {MST_RECORD_SERVICE, one->name,
                                         next.revision};
    mst_buf_init(&sealed, MST_RECORD_BODY_MAX);
    enum mst_status status = mst_seal(reseal->ring, &label, text, &sealed, err);
    if (status == MST_OK) {
        next.body = mst_buf_slice(&sealed);
        status = reseal->store->type->save(reseal->store, MST_RECORD_SERVICE,
                                           &next, one->revision, err);
    }
    mst_buf_clear(&sealed);
    return status;
}

/* What is not sealed with the newest key is, or is another's by now. */
static enum mst_status
reseal_one(void *arg, const struct mst_record *one)
{
    struct reseal *reseal = arg;
    char id[MST_KEY_ID_TEXT_MAX];
    struct mst_slice text = MST_SLICE_NONE;
    struct mst_error why;
    const struct mst_seal_label label = {MST_RECORD_SERVICE, one->name,
                                         one->revision};
    if (mst_seal_key_id(one->body, id) && strcmp(id, reseal->newest) == 0) {
        reseal->counts.already++;
        return MST_OK;
    }
    mst_error_clear(&why);
    enum mst_status status =
        mst_unseal(reseal->ring, &label, one->body, &text, &why);
    if (status == MST_FATAL && why.retry_after_ms < 0) {
        reseal->counts.failed++;
        if (reseal->failed != NULL) {
            reseal->failed(reseal->arg, &why);
        }
        return MST_OK;
    }
    if (status == MST_OK) {
        status = reseal_save(reseal, one, text, &why);
        mst_unsealed_clear(&text);
    }
    if (status == MST_AGAIN) {
        reseal->raced++;
        return MST_OK;
    }
    reseal->counts.sealed += status == MST_OK ? 1 : 0;
    if (status != MST_OK && reseal->err != NULL) {
        *reseal->err = why;
    }
    return status;
}

enum mst_status
mst_reseal(struct mst_keyring *ring, struct mst_record_store *store,
           void (*failed)(void *arg, const struct mst_error *why), void *arg,
           struct mst_reseal_counts *ret_counts, struct mst_error *err)
{
    struct reseal reseal = {.ring = ring,
                            .store = store,
                            .failed = failed,
                            .arg = arg,
                            .raced = 1,
                            .err = err};
    size_t sealed = 0;
    enum mst_status status = MST_OK;
    for (int i = 0; i < RESEAL_PASSES && reseal.raced > 0; i++) {
        reseal.raced = 0;
        reseal.counts = (struct mst_reseal_counts){0};
        status = mst_keyring_list(ring, reseal_note_newest, reseal.newest, err);
        if (status == MST_OK) {
            status = store->type->list(store, MST_RECORD_SERVICE, reseal_one,
                                       &reseal, err);
        }
        if (status != MST_OK) {
            return status;
        }
        sealed += reseal.counts.sealed;
        /* Told once. */
        reseal.failed = NULL;
    }
    if (reseal.raced > 0) {
        return mst_fail(err, MST_RETRY, ORIGIN, 0,
                        "others keep changing the services: %zu are not sealed "
                        "with the newest key yet",
                        reseal.raced);
    }
    /* Those that an earlier pass sealed are there already, too. */
    size_t earlier = sealed - reseal.counts.sealed;
    reseal.counts.already -=
        earlier < reseal.counts.already ? earlier : reseal.counts.already;
    reseal.counts.sealed = sealed;
    *ret_counts = reseal.counts;
    return MST_OK;
}
