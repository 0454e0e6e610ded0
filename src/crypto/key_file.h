/* SPDX-License-Identifier: MIT */
/* The file of keys: a line each, the newest last; '#' starts a comment. */
#ifndef MST_CRYPTO_KEY_FILE_H
#define MST_CRYPTO_KEY_FILE_H

#include <sys/stat.h>

#include "crypto/keys.h"

/* Adds all keys of the file. *ret_seen: which file it was. MST_END: there is
 * none. MST_FATAL: open to others, damaged, not to be read. */
MST_MUST_CHECK enum mst_status mst_key_file_read(const char *path,
                                                 struct mst_keys *keys,
                                                 struct stat *ret_seen,
                                                 struct mst_error *err);

/* Puts one more key, a random one, at the end of the file; or makes the file,
 * unless somebody else did meanwhile (only_new). Durable, and whole at every
 * moment: the next file is written beside it and takes its place. */
MST_MUST_CHECK enum mst_status mst_key_file_add(const char *path, bool only_new,
                                                struct mst_error *err);

/* False: the file is another one, or changed, or gone. */
bool mst_key_file_is(const char *path, const struct stat *seen);

#endif
