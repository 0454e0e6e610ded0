/* SPDX-License-Identifier: MIT */
/* Where keys come from, and when the file is read again. */
#include "crypto/keyring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/thread.h"
#include "crypto/key_file.h"
#include "crypto/keyring_parts.h"
#include "log/log.h"

#define ORIGIN "key"

struct mst_keyring {
    pthread_mutex_t mutex; /* over all that follows */
    struct mst_keys *keys;
    char *path;       /* NULL: they come from the environment */
    char *place;      /* for people */
    struct stat seen; /* the file that keys were read from */
    bool missed;      /* something is sealed with a key that is not here */
};

static enum mst_status
ring_add_env(struct mst_keyring *ring, const char *name, struct mst_slice text,
             struct mst_error *err)
{
    enum mst_status status = mst_keys_add(ring->keys, mst_key_trim(text));
    if (status == MST_REJECTED) {
        (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                       "%s holds no key: a key has %d hexadecimal digits", name,
                       (int)MST_KEY_TEXT_LEN);
        mst_error_hint(err, "'openssl rand -hex 32' makes one");
        return MST_FATAL;
    }
    return status == MST_OK ? MST_OK : mst_fail_memory(err, ORIGIN);
}

/* Earlier ones first: the last one seals. */
static enum mst_status
ring_read_env(struct mst_keyring *ring, const char *newest,
              struct mst_error *err)
{
    const char *old = getenv(MST_KEY_ENV_OLD);
    struct mst_slice rest = mst_slice_str(old == NULL ? "" : old);
    enum mst_status status = MST_OK;
    while (rest.len > 0 && status == MST_OK) {
        const uint8_t *comma = memchr(rest.data, ',', rest.len);
        size_t len = comma == NULL ? rest.len : (size_t)(comma - rest.data);
        size_t used = comma == NULL ? len : len + 1;
        struct mst_slice one = mst_key_trim(mst_slice_of(rest.data, len));
        if (one.len > 0) {
            status = ring_add_env(ring, MST_KEY_ENV_OLD, one, err);
        }
        rest = mst_slice_of(rest.data + used, rest.len - used);
    }
    return status == MST_OK
               ? ring_add_env(ring, MST_KEY_ENV, mst_slice_str(newest), err)
               : status;
}

/* Lock: mutex held. MST_END: there is no file. The keys stay as they were
 * unless MST_OK is returned. */
static enum mst_status
ring_read_file(struct mst_keyring *ring, struct mst_error *err)
{
    struct mst_keys *keys = mst_keys_create();
    if (keys == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    enum mst_status status =
        mst_key_file_read(ring->path, keys, &ring->seen, err);
    if (status == MST_OK) {
        sodium_free(ring->keys);
        ring->keys = keys;
    } else {
        sodium_free(keys);
    }
    return status;
}

/* Lock: mutex held. Reads the file again where it is another one. */
static enum mst_status
ring_refresh(struct mst_keyring *ring, struct mst_error *err)
{
    if (ring->path == NULL
        || (ring->keys->len > 0 && mst_key_file_is(ring->path, &ring->seen))) {
        return MST_OK;
    }
    return ring_read_file(ring, err);
}

/* Lock: mutex held. The first key ever. */
static enum mst_status
ring_make_file(struct mst_keyring *ring, struct mst_error *err)
{
    if (ring->keys->len > 0) {
        (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                       "the key file %s is gone: what is sealed now could not "
                       "be opened after a restart",
                       ring->place);
        mst_error_hint(err, "put the file back");
        return MST_FATAL;
    }
    if (ring->missed) {
        (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                       "there is no key file %s, but services that were sealed "
                       "with one are stored: no other is made",
                       ring->place);
        mst_error_hint(err, "restore the file, or delete those services");
        return MST_FATAL;
    }
    enum mst_status status = mst_key_file_add(ring->path, true, err);
    if (status == MST_OK) {
        status = ring_read_file(ring, err);
    }
    if (status == MST_OK) {
        mst_log_warn(ORIGIN,
                     "made the key file %s: keep a copy of it apart from the "
                     "state, without it no stored service can be read",
                     ring->place);
    }
    return status;
}

enum mst_status
mst_keyring_take(struct mst_keyring *ring, const uint8_t *id,
                 const struct mst_key **ret_key, struct mst_error *err)
{
    const struct mst_key *key = NULL;
    mst_mutex_lock(&ring->mutex);
    enum mst_status status = ring_refresh(ring, err);
    if (status == MST_END && id == NULL) {
        status = ring_make_file(ring, err);
    }
    if (id != NULL) {
        /* What can be opened is opened, also while the file is away. */
        key = mst_keys_find(ring->keys, id);
        ring->missed = ring->missed || key == NULL;
        status = key != NULL ? MST_OK : status == MST_OK ? MST_END : status;
    } else if (status == MST_OK) {
        key = &ring->keys->keys[ring->keys->len - 1];
    }
    if (status != MST_OK) {
        mst_mutex_unlock(&ring->mutex);
        return status;
    }
    *ret_key = key;
    return MST_OK;
}

void
mst_keyring_give(struct mst_keyring *ring)
{
    mst_mutex_unlock(&ring->mutex);
}

const char *
mst_keyring_place(const struct mst_keyring *ring)
{
    return ring->place;
}

bool
mst_keyring_is_file(const struct mst_keyring *ring)
{
    return ring->path != NULL;
}

enum mst_status
mst_keyring_list(struct mst_keyring *ring,
                 void (*each)(void *arg, const char *id, bool seals), void *arg,
                 struct mst_error *err)
{
    mst_mutex_lock(&ring->mutex);
    enum mst_status status = ring_refresh(ring, err);
    status = status == MST_END ? MST_OK : status;
    for (size_t i = 0; i < ring->keys->len && status == MST_OK; i++) {
        char id[MST_KEY_ID_TEXT_MAX];
        mst_key_id_text(ring->keys->keys[i].id, id);
        each(arg, id, i + 1 == ring->keys->len);
    }
    mst_mutex_unlock(&ring->mutex);
    return status;
}

enum mst_status
mst_keyring_rotate(struct mst_keyring *ring, struct mst_error *err)
{
    if (ring->path == NULL) {
        (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                       "the key comes from " MST_KEY_ENV
                       ": this program can not make a new one there");
        mst_error_hint(err, "set the new key there and the old one in "
                            "" MST_KEY_ENV_OLD
                            ", then seal with it: 'mstream key rotate'");
        return MST_REJECTED;
    }
    mst_mutex_lock(&ring->mutex);
    enum mst_status status = mst_key_file_add(ring->path, false, err);
    if (status == MST_OK) {
        status = ring_read_file(ring, err);
    }
    mst_mutex_unlock(&ring->mutex);
    return status;
}

static enum mst_status
ring_fill(struct mst_keyring *ring, const char *path, struct mst_error *err)
{
    const char *newest = getenv(MST_KEY_ENV);
    ring->keys = mst_keys_create();
    if (ring->keys == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    if (newest != NULL && mst_key_trim(mst_slice_str(newest)).len > 0) {
        ring->place = strdup(MST_KEY_ENV);
        return ring->place == NULL ? mst_fail_memory(err, ORIGIN)
                                   : ring_read_env(ring, newest, err);
    }
    ring->path = strdup(path);
    if (ring->path == NULL || asprintf(&ring->place, "'%s'", path) < 0) {
        ring->place = NULL;
        return mst_fail_memory(err, ORIGIN);
    }
    enum mst_status status = ring_read_file(ring, err);
    return status == MST_END ? MST_OK : status;
}

enum mst_status
mst_keyring_open(const char *path, struct mst_keyring **ret_ring,
                 struct mst_error *err)
{
    if (sodium_init() < 0) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "libsodium can not be set up");
    }
    struct mst_keyring *ring = calloc(1, sizeof(*ring));
    if (ring == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    (void)pthread_mutex_init(&ring->mutex, NULL);
    enum mst_status status = ring_fill(ring, path, err);
    if (status != MST_OK) {
        mst_keyring_close(ring);
        return status;
    }
    *ret_ring = ring;
    return MST_OK;
}

void
mst_keyring_close(struct mst_keyring *ring)
{
    if (ring == NULL) {
        return;
    }
    sodium_free(ring->keys);
    (void)pthread_mutex_destroy(&ring->mutex);
    free(ring->path);
    free(ring->place);
    free(ring);
}
