/* SPDX-License-Identifier: MIT */
/*
 * "MSS1", id of the key (8), nonce (24), the text encrypted, its tag (16).
 * The first two, the kind, the name and the revision are authenticated too.
 */
#include "crypto/seal.h"

#include <sodium.h>

#include "crypto/keyring_parts.h"

#define ORIGIN "seal"

enum {
    SEAL_MAGIC_LEN = 4,
    SEAL_HEAD_LEN = SEAL_MAGIC_LEN + MST_KEY_ID_LEN,
    SEAL_NONCE_LEN = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    SEAL_TAG_LEN = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    SEAL_EXTRA = SEAL_HEAD_LEN + SEAL_NONCE_LEN + SEAL_TAG_LEN,
    /* Kind, revision and name behind the head. */
    SEAL_AD_MAX = SEAL_HEAD_LEN + 1 + 8 + MST_RECORD_NAME_MAX
};

static const uint8_t seal_magic[SEAL_MAGIC_LEN] = {'M', 'S', 'S', '1'};

/* What the stored numbers stand for; never changed. */
static uint8_t
seal_kind(enum mst_record_kind kind)
{
    static const uint8_t kinds[MST_RECORD_KINDS] = {
        [MST_RECORD_SERVICE] = 1,   [MST_RECORD_JOB] = 2,
        [MST_RECORD_DESIRED] = 3,   [MST_RECORD_SUITE] = 4,
        [MST_RECORD_WORKSPACE] = 5, [MST_RECORD_SCRIPT] = 6};
    return kinds[kind];
}

/* Its length; 0: the name is too long for any record. */
static size_t
seal_associate(const struct mst_seal_label *label, const uint8_t *head,
               uint8_t *ret)
{
    size_t at = SEAL_HEAD_LEN;
    size_t len = strnlen(label->name, MST_RECORD_NAME_MAX + 1);
    if (len > MST_RECORD_NAME_MAX) {
        return 0;
    }
    memcpy(ret, head, at);
    ret[at++] = seal_kind(label->kind);
    for (int shift = 0; shift < 64; shift += 8) {
        ret[at++] = (uint8_t)(label->revision >> shift);
    }
    memcpy(ret + at, label->name, len);
    return at + len;
}

enum mst_status
mst_seal(struct mst_keyring *ring, const struct mst_seal_label *label,
         struct mst_slice text, struct mst_buf *out, struct mst_error *err)
{
    uint8_t ad[SEAL_AD_MAX];
    uint8_t head[SEAL_HEAD_LEN];
    const struct mst_key *key = NULL;
    memcpy(head, seal_magic, sizeof(seal_magic));
    if (text.len > MST_RECORD_BODY_MAX - SEAL_EXTRA
        || seal_associate(label, head, ad) == 0) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "the definition of '%.*s' is too long to be stored",
                        (int)MST_RECORD_NAME_MAX, label->name);
    }
    enum mst_status status = mst_buf_reserve(out, text.len + SEAL_EXTRA);
    if (status != MST_OK) {
        return mst_fail(err, status, ORIGIN, 0,
                        "no room to seal the definition of '%s'", label->name);
    }
    status = mst_keyring_take(ring, NULL, &key, err);
    if (status != MST_OK) {
        return status;
    }
    uint8_t *at = out->data + out->len;
    uint8_t *nonce = at + SEAL_HEAD_LEN;
    memcpy(head + SEAL_MAGIC_LEN, key->id, MST_KEY_ID_LEN);
    memcpy(at, head, sizeof(head));
    randombytes_buf(nonce, SEAL_NONCE_LEN);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        nonce + SEAL_NONCE_LEN, NULL, text.data, text.len, ad,
        seal_associate(label, head, ad), NULL, nonce, key->seal);
    mst_keyring_give(ring);
    out->len += text.len + SEAL_EXTRA;
    return MST_OK;
}

bool
mst_seal_key_id(struct mst_slice sealed, char ret_id[MST_KEY_ID_TEXT_MAX])
{
    if (sealed.len < SEAL_EXTRA
        || memcmp(sealed.data, seal_magic, sizeof(seal_magic)) != 0) {
        return false;
    }
    mst_key_id_text(sealed.data + SEAL_MAGIC_LEN, ret_id);
    return true;
}

static enum mst_status
seal_fail_key(struct mst_error *err, const struct mst_keyring *ring,
              const char *name, const char *id)
{
    (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                   "the definition of '%s' is sealed with the key %s, which is "
                   "not in %s",
                   name, id, mst_keyring_place(ring));
    if (mst_keyring_is_file(ring)) {
        mst_error_hint(err, "restore the key file, or add that key to it as a "
                            "line before the last; nothing was changed");
    } else {
        mst_error_hint(err, "add that key to " MST_KEY_ENV_OLD
                            "; nothing was changed");
    }
    mst_error_lasts(err);
    return MST_FATAL;
}

static enum mst_status
seal_fail_damaged(struct mst_error *err, const char *name)
{
    (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                   "the sealed definition of '%s' is damaged, or was put there "
                   "from another record or revision",
                   name);
    mst_error_hint(err, "restore a copy of the store, or delete the service "
                        "and make it again");
    mst_error_lasts(err);
    return MST_FATAL;
}

enum mst_status
mst_unseal(struct mst_keyring *ring, const struct mst_seal_label *label,
           struct mst_slice sealed, struct mst_slice *ret_text,
           struct mst_error *err)
{
    uint8_t ad[SEAL_AD_MAX];
    char id[MST_KEY_ID_TEXT_MAX];
    const struct mst_key *key = NULL;
    size_t ad_len = 0;
    if (!mst_seal_key_id(sealed, id)
        || (ad_len = seal_associate(label, sealed.data, ad)) == 0) {
        return seal_fail_damaged(err, label->name);
    }
    size_t len = sealed.len - SEAL_EXTRA;
    uint8_t *text = sodium_malloc(len + 1);
    if (text == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    enum mst_status status =
        mst_keyring_take(ring, sealed.data + SEAL_MAGIC_LEN, &key, err);
    if (status == MST_OK) {
        const uint8_t *nonce = sealed.data + SEAL_HEAD_LEN;
        bool good = crypto_aead_xchacha20poly1305_ietf_decrypt(
                        text, NULL, NULL, nonce + SEAL_NONCE_LEN,
                        len + SEAL_TAG_LEN, ad, ad_len, nonce, key->seal)
                    == 0;
        mst_keyring_give(ring);
        status = good ? MST_OK : seal_fail_damaged(err, label->name);
    } else if (status == MST_END) {
        status = seal_fail_key(err, ring, label->name, id);
    }
    if (status != MST_OK) {
        sodium_free(text);
        return status;
    }
    text[len] = '\0';
    *ret_text = mst_slice_of(text, len);
    return MST_OK;
}

void
mst_unsealed_clear(struct mst_slice *text)
{
    sodium_free((void *)(uintptr_t)text->data);
    *text = MST_SLICE_NONE;
}
