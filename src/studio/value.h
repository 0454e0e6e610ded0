/* SPDX-License-Identifier: MIT */
/* Values of results: where they are, what they are, and whether two are the
 * same. */
#ifndef MST_STUDIO_VALUE_H
#define MST_STUDIO_VALUE_H

#include "base/buf.h"
#include "encodings/bson_type.h"

enum { MST_STUDIO_PATH_MAX = 512 };

/* "a.b[0].c"; a zeroed one is the document itself. What does not fit is left
 * out. */
struct mst_studio_path {
    size_t len;
    char text[MST_STUDIO_PATH_MAX];
};

void mst_studio_path_key(struct mst_studio_path *path, struct mst_slice key);
void mst_studio_path_index(struct mst_studio_path *path, uint32_t index);
/* Back to what it was when it was len long. */
void mst_studio_path_cut(struct mst_studio_path *path, size_t len);
/* Whether somebody may ask for it: no empty step, brackets around a number. */
bool mst_studio_path_is_good(struct mst_slice path);
/* Whether two of them mean the same: a[0].b and a.0.b do. */
bool mst_studio_path_equal(struct mst_slice a, struct mst_slice b);
/* Whether `path` is `root`, or lies in it. */
bool mst_studio_path_is_in(struct mst_slice path, struct mst_slice root);

/* What somebody is told of. expected or actual has type 0 where there is
 * none. Not MST_OK: no more are looked for. */
typedef enum mst_status (*mst_studio_difference)(
    void *arg, const struct mst_studio_path *path,
    const struct mst_bson_value *expected, const struct mst_bson_value *actual);

/* Tells each difference; the order of a document's fields is none. Values of
 * different types are different. path: of both, as it was afterwards. */
MST_MUST_CHECK enum mst_status mst_studio_compare(
    const struct mst_bson_value *expected, const struct mst_bson_value *actual,
    struct mst_studio_path *path, mst_studio_difference told, void *arg);
bool mst_studio_equal(const struct mst_bson_value *a,
                      const struct mst_bson_value *b);

/* -1, 0 or 1; 2: they have no order. Numbers of all types have one. */
int mst_studio_order(const struct mst_bson_value *a,
                     const struct mst_bson_value *b);

/* "int32", "int", "integer", "number", "object" ... False: it is not, or there
 * is no such type. */
bool mst_studio_type_is(uint8_t type, struct mst_slice name);
/* Whether there is a type that is called so. */
bool mst_studio_type_exists(struct mst_slice name);

/* Each value that has no values in it, and empty documents and arrays. */
typedef enum mst_status (*mst_studio_leaf)(void *arg,
                                           const struct mst_studio_path *path,
                                           const struct mst_bson_value *value);
MST_MUST_CHECK enum mst_status
mst_studio_leaves(const struct mst_bson_value *value,
                  struct mst_studio_path *path, mst_studio_leaf each,
                  void *arg);

/* As JSON that reads back as the same value: relaxed, else canonical. Appends
 * to out. */
MST_MUST_CHECK enum mst_status
mst_studio_value_json(const struct mst_bson_value *value, struct mst_buf *out,
                      struct mst_error *err);

#endif
