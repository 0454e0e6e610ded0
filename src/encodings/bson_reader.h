/* SPDX-License-Identifier: MIT */
/*
 * Reads BSON where it lies: nothing is copied and nothing is allocated. All
 * slices point into the document and live as long as it does. No input makes
 * these functions read outside of it.
 */
#ifndef MST_ENCODINGS_BSON_READER_H
#define MST_ENCODINGS_BSON_READER_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"
#include "encodings/bson_type.h"

/* A walk over the elements of one document or array (not of what is in
 * them). Value type, no clean-up. */
struct mst_bson_iter {
    const uint8_t *data;
    size_t end;            /* offset of the closing NUL */
    size_t next;           /* offset of the next element */
    struct mst_error *err; /* given to init; may be NULL */

    /* The element, valid after MST_OK. */
    uint8_t type;
    struct mst_slice key;   /* without the NUL behind it, which is there */
    struct mst_slice value; /* raw bytes, as long as the type demands */
    size_t offset;          /* of the type byte, from the document's start */
};

/* Checks the outer length and terminator. err stays with the iterator: it is
 * filled when mst_bson_iter_next rejects, so it must live as long. */
MST_MUST_CHECK enum mst_status mst_bson_iter_init(struct mst_bson_iter *iter,
                                                  struct mst_slice doc,
                                                  struct mst_error *err);
/* MST_OK: an element; MST_END: no more; MST_REJECTED: malformed here. The
 * value's own lengths are checked, what is inside a document or string not. */
MST_MUST_CHECK enum mst_status mst_bson_iter_next(struct mst_bson_iter *iter);

static inline struct mst_bson_value
mst_bson_iter_value(const struct mst_bson_iter *iter)
{
    return (struct mst_bson_value){iter->type, iter->value};
}

/* The first element with that name; false when there is none or when the
 * document is malformed before it. */
bool mst_bson_find(struct mst_slice doc, const char *name,
                   struct mst_bson_value *ret_value);
bool mst_bson_find_slice(struct mst_slice doc, struct mst_slice name,
                         struct mst_bson_value *ret_value);
/* "a.b.0.c": through documents, and arrays by index. A field whose own name
 * holds a dot is found only as the whole path. */
bool mst_bson_find_path(struct mst_slice doc, const char *path,
                        struct mst_bson_value *ret_value);

/* Typed getters: true when the value has exactly that type. */
bool mst_bson_get_int32(const struct mst_bson_value *value, int32_t *ret);
bool mst_bson_get_int64(const struct mst_bson_value *value, int64_t *ret);
bool mst_bson_get_double(const struct mst_bson_value *value, double *ret);
bool mst_bson_get_bool(const struct mst_bson_value *value, bool *ret);
/* String, Symbol or Code; ret is without the closing NUL, but it is there. */
bool mst_bson_get_string(const struct mst_bson_value *value,
                         struct mst_slice *ret);
/* Document or array, whole with its length and terminator. */
bool mst_bson_get_document(const struct mst_bson_value *value,
                           struct mst_slice *ret);
/* 12 bytes. */
bool mst_bson_get_oid(const struct mst_bson_value *value, const uint8_t **ret);
/* Milliseconds since 1970-01-01 UTC. */
bool mst_bson_get_date(const struct mst_bson_value *value, int64_t *ret_ms);
bool mst_bson_get_timestamp(const struct mst_bson_value *value,
                            uint32_t *ret_seconds, uint32_t *ret_increment);
/* The content, without the inner length of subtype 2. */
bool mst_bson_get_binary(const struct mst_bson_value *value,
                         uint8_t *ret_subtype, struct mst_slice *ret);
/* int32, int64, or a double that is a whole number in range of int64: as the
 * server's counters and replies come in any of them. */
bool mst_bson_as_int64(const struct mst_bson_value *value, int64_t *ret);

/* Everything: lengths, types, terminators, UTF-8 of all text, depth. */
MST_MUST_CHECK enum mst_status mst_bson_check(struct mst_slice doc,
                                              struct mst_error *err);

#endif
