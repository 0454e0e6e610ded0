/* SPDX-License-Identifier: MIT */
/* Keys as sealing needs them: held while they are used. */
#ifndef MST_CRYPTO_KEYRING_PARTS_H
#define MST_CRYPTO_KEYRING_PARTS_H

#include "crypto/keys.h"

/* The key of this id, or the one that seals (id NULL; a key file that is not
 * there is made). MST_OK: to be followed by mst_keyring_give, until when
 * *ret_key stays; the ring is locked. MST_END: none has the id. */
MST_MUST_CHECK enum mst_status mst_keyring_take(struct mst_keyring *ring,
                                                const uint8_t *id,
                                                const struct mst_key **ret_key,
                                                struct mst_error *err);
void mst_keyring_give(struct mst_keyring *ring);

/* Where its keys are from: "'./mstream.key'", "MSTREAM_ENC_KEY". */
const char *mst_keyring_place(const struct mst_keyring *ring);
bool mst_keyring_is_file(const struct mst_keyring *ring);

#endif
