/* SPDX-License-Identifier: MIT */
/* Everything that this build can connect to. */
#ifndef MST_CMD_BUILTINS_H
#define MST_CMD_BUILTINS_H

#include "core/registry.h"

extern const struct mst_registry mst_builtins;

#endif
