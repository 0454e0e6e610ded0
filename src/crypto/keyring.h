/* SPDX-License-Identifier: MIT */
/*
 * The keys that stored definitions are sealed with. They come from
 * MSTREAM_ENC_KEY (64 hexadecimal digits; earlier ones, separated by commas,
 * in MSTREAM_ENC_KEY_OLD), else from a file: a key per line, the last one
 * seals, all of them open. The file is looked at again whenever it changed,
 * so that a rotation beside a running daemon works.
 *
 * Keys are in memory that is locked, left out of core files and wiped.
 * Threads: any; it locks.
 */
#ifndef MST_CRYPTO_KEYRING_H
#define MST_CRYPTO_KEYRING_H

#include <stdbool.h>

#include "base/error.h"

/* Names a key without telling anything of it: 16 digits and NUL. */
enum { MST_KEY_ID_TEXT_MAX = 17 };

#define MST_KEY_ENV     "MSTREAM_ENC_KEY"
#define MST_KEY_ENV_OLD "MSTREAM_ENC_KEY_OLD"

struct mst_keyring;

/* path: of the key file; it may be absent, the first seal makes it then. Not
 * read where MSTREAM_ENC_KEY is set. MST_FATAL: a key that is none, or a file
 * that others than its owner can read or write.
 * Ownership: ends with mst_keyring_close. */
MST_MUST_CHECK enum mst_status mst_keyring_open(const char *path,
                                                struct mst_keyring **ret_ring,
                                                struct mst_error *err);
/* Wipes the keys. NULL is fine. */
void mst_keyring_close(struct mst_keyring *ring);

/* Gives the ids of the keys to each, the one that seals last. */
MST_MUST_CHECK enum mst_status
mst_keyring_list(struct mst_keyring *ring,
                 void (*each)(void *arg, const char *id, bool seals), void *arg,
                 struct mst_error *err);

/* Adds a new key to the file, durably, or makes it: that one seals from now
 * on. The old file is there until the new one is whole. MST_REJECTED: the
 * keys come from the environment. */
MST_MUST_CHECK enum mst_status mst_keyring_rotate(struct mst_keyring *ring,
                                                  struct mst_error *err);

#endif
