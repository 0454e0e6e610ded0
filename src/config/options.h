/* SPDX-License-Identifier: MIT */
/* From a table of a configuration to an options struct, by option table. */
#ifndef MST_CONFIG_OPTIONS_H
#define MST_CONFIG_OPTIONS_H

#include "config/env.h"
#include "config/problems.h"
#include "config/toml.h"
#include "core/option.h"

enum { MST_PATH_MAX = 256 };

/* What reading needs around it. Thread: one at a time. */
struct mst_reader {
    struct mst_problems *problems;
    const struct mst_env *env;
};

/* One table and the struct that it describes. */
struct mst_options_target {
    const struct mst_option_table *table;
    void *dest;
};

/* Fills the structs of n targets from node (NULL: nothing is written, so
 * defaults only): zeroes them, sets defaults, reads members. A member that no
 * target knows, and `also` (NULL-terminated, may be NULL) does not list, is a
 * problem unless any_key. False: problems were added; the structs are valid
 * nevertheless and have to be cleared. */
struct mst_options_read {
    const struct mst_toml_node *node;
    const char *path; /* of node, "" at the root */
    const struct mst_options_target *targets;
    size_t n;
    const char *const *also;
    bool any_key;
    /* Members that the caller reads, and that must be there. */
    const char *const *required;
    size_t required_len;
};

MST_MUST_CHECK bool mst_options_read(struct mst_reader *reader,
                                     const struct mst_options_read *what);

/* Defaults alone, without a file. False: no memory, or a default in the
 * table that is not valid. */
MST_MUST_CHECK bool mst_options_defaults(const struct mst_option_table *table,
                                         void *dest);

/* Frees what was read and zeroes the struct. */
void mst_options_clear(const struct mst_option_table *table, void *dest);

/* By name; NULL when the table has none. */
const struct mst_option *mst_options_find(const struct mst_option_table *table,
                                          const char *name);

/* "path.key" or "key" at the root; a key with a dot is quoted. */
void mst_path_key(char out[MST_PATH_MAX], const char *path, const char *key);
/* "path[i]". */
void mst_path_index(char out[MST_PATH_MAX], const char *path, size_t i);

/* Where a node's value, or its key, stands. */
struct mst_place mst_place_value(const struct mst_toml_node *node,
                                 const char *path);
struct mst_place mst_place_key(const struct mst_toml_node *node,
                               const char *path);

#endif
