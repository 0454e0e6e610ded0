/* SPDX-License-Identifier: MIT */
/* Sealing and opening the records of services. */
#include "sealing.h"

#include "crypto/seal.h"

static enum mst_status
sealing_close(void *arg, const struct mst_record *record,
              struct mst_slice plain, struct mst_buf *out,
              struct mst_error *err)
{
    const struct mst_seal_label label = {MST_RECORD_SERVICE, record->name,
                                         record->revision};
    return mst_seal(arg, &label, plain, out, err);
}

static enum mst_status
sealing_open(void *arg, const struct mst_record *record, struct mst_buf *out,
             struct mst_error *err)
{
    const struct mst_seal_label label = {MST_RECORD_SERVICE, record->name,
                                         record->revision};
    struct mst_slice text = MST_SLICE_NONE;
    enum mst_status status = mst_unseal(arg, &label, record->body, &text, err);
    if (status == MST_OK
        && mst_buf_append(out, text.data, text.len) != MST_OK) {
        status = mst_fail_memory(err, "seal");
    }
    mst_unsealed_clear(&text);
    return status;
}

struct mst_catalog_seal
mst_daemon_sealing(struct mst_keyring *ring)
{
    return (struct mst_catalog_seal){sealing_close, sealing_open, ring};
}
