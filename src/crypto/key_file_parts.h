/* SPDX-License-Identifier: MIT */
/* What reading and writing the file of keys share. */
#ifndef MST_CRYPTO_KEY_FILE_PARTS_H
#define MST_CRYPTO_KEY_FILE_PARTS_H

#include <sys/stat.h>

#include "crypto/keys.h"

enum { MST_KEY_FILE_MAX = 64 * 1024 };

/* "the key file '...' can not be read: ..." */
enum mst_status mst_key_file_fail(struct mst_error *err, const char *what,
                                  const char *path, int code);
MST_MUST_CHECK enum mst_status mst_key_file_check(const char *path,
                                                  const struct stat *info,
                                                  struct mst_error *err);
/* All of it. Ownership: ends with sodium_free of its data. */
MST_MUST_CHECK enum mst_status mst_key_file_load(int fd, const char *path,
                                                 struct mst_slice *ret_text,
                                                 struct mst_error *err);
MST_MUST_CHECK enum mst_status mst_key_file_parse(struct mst_slice text,
                                                  const char *path,
                                                  struct mst_keys *keys,
                                                  struct mst_error *err);

#endif
