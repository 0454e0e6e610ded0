/* SPDX-License-Identifier: MIT */
/* One value of a configuration into its place in an options struct. */
#ifndef MST_CONFIG_VALUE_H
#define MST_CONFIG_VALUE_H

#include "config/options.h"
#include "config/units.h"

/* Reads node into slot (the member of the struct, empty or with a default
 * that is freed). False: a problem was added, the slot is as before. Not for
 * STRING_MAP and TABLE. */
MST_MUST_CHECK bool mst_value_read(struct mst_reader *reader,
                                   const struct mst_option *option,
                                   const struct mst_toml_node *node,
                                   const char *path, void *slot);

/* The default, as the option table writes it. */
MST_MUST_CHECK bool mst_value_default(const struct mst_option *option,
                                      void *slot);

/* A bound of the option's, in its unit. */
void mst_value_bound_text(const struct mst_option *option, int64_t bound,
                          char out[MST_UNITS_TEXT_MAX]);

/* Frees what the slot holds and zeroes it. Not for TABLE. */
void mst_value_clear(const struct mst_option *option, void *slot);

/* Adds name = node (string, number or boolean, as text). False: a problem
 * was added. */
MST_MUST_CHECK bool mst_value_map_add(struct mst_reader *reader,
                                      struct mst_string_map *map,
                                      const char *name,
                                      const struct mst_toml_node *node,
                                      const char *path);

#endif
