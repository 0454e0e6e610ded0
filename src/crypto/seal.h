/* SPDX-License-Identifier: MIT */
/*
 * Sealing what is stored: XChaCha20-Poly1305 with a random nonce. What is
 * sealed opens only under the kind, name and revision that it was sealed
 * for, so that nobody can put one record in the place of another.
 *
 *   record.revision = mst_next_revision(old) ── mst_seal ── save
 *   load ── mst_unseal ── use ── mst_unsealed_clear
 *
 * Threads: any.
 */
#ifndef MST_CRYPTO_SEAL_H
#define MST_CRYPTO_SEAL_H

#include "base/buf.h"
#include "core/record_store.h"
#include "crypto/keyring.h"

/* What the sealed bytes belong to. Borrowed. */
struct mst_seal_label {
    enum mst_record_kind kind;
    const char *name;
    uint64_t revision; /* of the record that holds them */
};

/* Appends the sealed text to out: it is no secret any more. MST_FATAL: no
 * key, no memory; MST_REJECTED: too long to be stored. */
MST_MUST_CHECK enum mst_status
mst_seal(struct mst_keyring *ring, const struct mst_seal_label *label,
         struct mst_slice text, struct mst_buf *out, struct mst_error *err);

/* MST_FATAL, which lasts (mst_error_lasts): changed since it was sealed, put
 * there from another record, or sealed with a key that is not there; err
 * names the key. Nothing stored is touched.
 * Ownership: the text, with a NUL behind it, is in locked memory; it ends
 * with mst_unsealed_clear. */
MST_MUST_CHECK enum mst_status mst_unseal(struct mst_keyring *ring,
                                          const struct mst_seal_label *label,
                                          struct mst_slice sealed,
                                          struct mst_slice *ret_text,
                                          struct mst_error *err);
/* Wipes it. A zeroed one is fine. */
void mst_unsealed_clear(struct mst_slice *text);

/* The id of the key it is sealed with; false: these are no sealed bytes. */
bool mst_seal_key_id(struct mst_slice sealed, char ret_id[MST_KEY_ID_TEXT_MAX]);

#endif
