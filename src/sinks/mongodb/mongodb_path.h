/* SPDX-License-Identifier: MIT */
/*
 * A field by the names on its way, and its change as an aggregation
 * expression: for names that update operators would take apart at their dots
 * or for operators of their own.
 */
#ifndef MST_SINKS_MONGODB_PATH_H
#define MST_SINKS_MONGODB_PATH_H

#include "base/arena.h"
#include "base/error.h"
#include "encodings/bson_type.h"
#include "encodings/bson_writer.h"

struct mst_mongosink_part {
    struct mst_slice name; /* data == NULL: index */
    int32_t index;         /* in an array */
};

struct mst_mongosink_path {
    struct mst_mongosink_part *parts;
    size_t len;
};

enum mst_mongosink_change_kind {
    MST_MONGOSINK_CHANGE_SET = 0,
    MST_MONGOSINK_CHANGE_UNSET,
    MST_MONGOSINK_CHANGE_CUT
};

struct mst_mongosink_change {
    struct mst_slice text; /* the path as the event has it */
    struct mst_mongosink_path path;
    enum mst_mongosink_change_kind kind;
    struct mst_bson_value value; /* SET */
    int64_t size;                /* CUT */
};

/* One of the path's names is empty, begins with '$' or holds a dot. parts is
 * the path's list in disambiguatedPaths, data == NULL when it has none. */
bool mst_mongosink_path_is_special(struct mst_slice text,
                                   struct mst_slice parts);

/* Takes the path apart. MST_REJECTED: parts is no list of names and indexes,
 * or without it the path can be understood in two ways. */
MST_MUST_CHECK enum mst_status mst_mongosink_path_parse(
    struct mst_slice text, struct mst_slice parts, struct mst_arena *arena,
    struct mst_mongosink_path *ret_path, struct mst_error *err);

/* Writes what the document is after the change. */
void mst_mongosink_path_write(struct mst_bson_writer *writer, const char *key,
                              const struct mst_mongosink_change *change);

#endif
