/* SPDX-License-Identifier: MIT */
/* From digits to keys. */
#include "crypto/keys.h"

#include "base/hex.h"

/* Says what is derived; never changed, for the sake of what is stored. */
#define KEYS_CONTEXT "mstrseal"
enum { KEYS_DERIVE_SEAL = 1, KEYS_DERIVE_ID = 2 };

struct mst_keys *
mst_keys_create(void)
{
    struct mst_keys *keys = sodium_malloc(sizeof(*keys));
    if (keys != NULL) {
        keys->len = 0;
    }
    return keys;
}

static bool
keys_decode(struct mst_slice digits, uint8_t *ret)
{
    bool good = digits.len == MST_KEY_TEXT_LEN;
    for (size_t i = 0; good && i < MST_KEY_LEN; i++) {
        int high = mst_hex_digit(digits.data[2 * i]);
        int low = mst_hex_digit(digits.data[2 * i + 1]);
        good = high >= 0 && low >= 0;
        ret[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    return good;
}

static void
keys_derive(const uint8_t *master, struct mst_key *ret)
{
    uint8_t id[crypto_kdf_BYTES_MIN];
    /* They fail for wrong lengths only. */
    (void)crypto_kdf_derive_from_key(ret->seal, sizeof(ret->seal),
                                     KEYS_DERIVE_SEAL, KEYS_CONTEXT, master);
    (void)crypto_kdf_derive_from_key(id, sizeof(id), KEYS_DERIVE_ID,
                                     KEYS_CONTEXT, master);
    memcpy(ret->id, id, sizeof(ret->id));
}

enum mst_status
mst_keys_add(struct mst_keys *keys, struct mst_slice digits)
{
    /* In locked memory, as all the rest. */
    uint8_t *master = sodium_malloc(MST_KEY_LEN);
    struct mst_key *key = sodium_malloc(sizeof(*key));
    enum mst_status status = MST_FATAL;
    if (master != NULL && key != NULL) {
        status = keys_decode(digits, master) ? MST_OK : MST_REJECTED;
    }
    if (status == MST_OK) {
        keys_derive(master, key);
        size_t at = 0;
        while (at < keys->len
               && memcmp(keys->keys[at].id, key->id, sizeof(key->id)) != 0) {
            at++;
        }
        if (at == MST_KEYS_MAX) {
            status = MST_FATAL;
        } else {
            size_t behind = at < keys->len ? keys->len - at - 1 : 0;
            memmove(&keys->keys[at], &keys->keys[at + 1],
                    behind * sizeof(*key));
            keys->len += at == keys->len ? 1 : 0;
            keys->keys[keys->len - 1] = *key;
        }
    }
    sodium_free(key);
    sodium_free(master);
    return status;
}

const struct mst_key *
mst_keys_find(const struct mst_keys *keys, const uint8_t *id)
{
    for (size_t i = keys->len; i > 0; i--) {
        if (memcmp(keys->keys[i - 1].id, id, MST_KEY_ID_LEN) == 0) {
            return &keys->keys[i - 1];
        }
    }
    return NULL;
}

void
mst_key_id_text(const uint8_t *id, char ret[MST_KEY_ID_TEXT_MAX])
{
    (void)sodium_bin2hex(ret, MST_KEY_ID_TEXT_MAX, id, MST_KEY_ID_LEN);
}

static bool
keys_is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct mst_slice
mst_key_trim(struct mst_slice text)
{
    while (text.len > 0 && keys_is_space(text.data[0])) {
        text = mst_slice_of(text.data + 1, text.len - 1);
    }
    while (text.len > 0 && keys_is_space(text.data[text.len - 1])) {
        text.len--;
    }
    return text;
}
