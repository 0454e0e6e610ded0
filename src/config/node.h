/* SPDX-License-Identifier: MIT */
/* Finding, making and replacing nodes of a configuration tree. */
#ifndef MST_CONFIG_NODE_H
#define MST_CONFIG_NODE_H

#include "base/arena.h"
#include "config/toml.h"

/* Member of a table; NULL when there is none or node is no table. */
struct mst_toml_node *mst_node_get(const struct mst_toml_node *node,
                                   const char *key);

/* "a string", "an integer" ... for messages. */
const char *mst_node_type_name(const struct mst_toml_node *node);

/* A new string node without position. NULL without memory. */
MST_MUST_CHECK struct mst_toml_node *
mst_node_string(struct mst_arena *arena, const char *file, const char *text);
/* A new empty table without position. NULL without memory. */
MST_MUST_CHECK struct mst_toml_node *mst_node_table(struct mst_arena *arena,
                                                    const char *file);

/* Puts value under key, in the place of what is there; sorted by key. value
 * must be in no other table. MST_FATAL without memory. */
MST_MUST_CHECK enum mst_status mst_node_put(struct mst_arena *arena,
                                            struct mst_toml_node *table,
                                            const char *key,
                                            struct mst_toml_node *value);

#endif
