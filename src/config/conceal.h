/* SPDX-License-Identifier: MIT */
/* What connectors say of values is shown to people; values of the environment
 * are not. */
#ifndef MST_CONFIG_CONCEAL_H
#define MST_CONFIG_CONCEAL_H

#include "config/env.h"
#include "config/toml.h"

/* Replaces each value that a reference in node (and below) stands for by
 * "${NAME}", also where it is cut or escaped for JSON. Values of less than 4
 * bytes only between quotes. */
MST_MUST_CHECK enum mst_status
mst_config_conceal(const struct mst_toml_node *node, const struct mst_env *env,
                   struct mst_buf *text);

/* Likewise in text and hint; without memory nothing is left of them. */
void mst_config_conceal_error(const struct mst_toml_node *node,
                              const struct mst_env *env, struct mst_error *err);

#endif
