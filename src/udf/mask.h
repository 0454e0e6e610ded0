/* SPDX-License-Identifier: MIT */
/* Texts about people, made unreadable. Used by scripts and by `mask`. */
#ifndef MST_UDF_MASK_H
#define MST_UDF_MASK_H

#include "base/buf.h"

enum mst_mask_way {
    MST_MASK_HIDE,  /* every character becomes '*' */
    MST_MASK_EMAIL, /* "j***@example.org"; what is none stays */
    MST_MASK_PHONE, /* all but the last four characters */
    MST_MASK_YEAR,  /* of a date: the first of January */
    MST_MASK_HASH   /* SHA-256 in hexadecimal, of salt and text */
};

enum { MST_SHA256_LEN = 32 };

/* Appends what is left of the text, which is UTF-8. salt: for HASH, may be
 * NULL. */
MST_MUST_CHECK enum mst_status mst_mask_text(enum mst_mask_way way,
                                             struct mst_slice text,
                                             const char *salt,
                                             struct mst_buf *out);

/* The first of January of the year of that moment. */
int64_t mst_mask_year(int64_t wall_ms);

/* False: not to be had (a library in a mode without it). */
MST_MUST_CHECK bool mst_sha256(struct mst_slice first, struct mst_slice second,
                               uint8_t ret_hash[MST_SHA256_LEN]);
MST_MUST_CHECK bool mst_hmac_sha256(struct mst_slice key, struct mst_slice text,
                                    uint8_t ret_hash[MST_SHA256_LEN]);
/* 64 digits. */
void mst_sha256_print(const uint8_t hash[MST_SHA256_LEN],
                      char out[2 * MST_SHA256_LEN]);

#endif
