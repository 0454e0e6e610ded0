/* SPDX-License-Identifier: MIT */
/* Some keys, in memory of libsodium, and reading them from text. */
#ifndef MST_CRYPTO_KEYS_H
#define MST_CRYPTO_KEYS_H

#include <sodium.h>

#include "base/slice.h"
#include "crypto/keyring.h"

enum {
    MST_KEYS_MAX = 64,
    MST_KEY_LEN = 32,
    MST_KEY_ID_LEN = 8,
    MST_KEY_TEXT_LEN = 2 * MST_KEY_LEN
};

/* What is derived of one. */
struct mst_key {
    uint8_t id[MST_KEY_ID_LEN];
    uint8_t seal[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
};

/* Only ever on the heap of libsodium: see mst_keys_create. */
struct mst_keys {
    size_t len; /* the last one seals */
    struct mst_key keys[MST_KEYS_MAX];
};

/* NULL: no memory. Ownership: ends with sodium_free, which wipes it. */
struct mst_keys *mst_keys_create(void);

/* Adds the key that 64 hexadecimal digits are; one that is there already
 * becomes the last. MST_REJECTED: they are none. */
MST_MUST_CHECK enum mst_status mst_keys_add(struct mst_keys *keys,
                                            struct mst_slice digits);

/* NULL: none has this id. */
const struct mst_key *mst_keys_find(const struct mst_keys *keys,
                                    const uint8_t *id);

void mst_key_id_text(const uint8_t *id, char ret[MST_KEY_ID_TEXT_MAX]);

/* Without the white space around it. */
struct mst_slice mst_key_trim(struct mst_slice text);

#endif
