/* SPDX-License-Identifier: MIT */
/* Middlewares that need no script and no service. */
#ifndef MST_UDF_BUILTINS_H
#define MST_UDF_BUILTINS_H

#include "core/middleware.h"

extern const struct mst_middleware_type mst_dedupe_middleware;
extern const struct mst_middleware_type mst_filter_middleware;
extern const struct mst_middleware_type mst_flatten_middleware;
extern const struct mst_middleware_type mst_mask_middleware;
extern const struct mst_middleware_type mst_project_middleware;
extern const struct mst_middleware_type mst_rename_middleware;
extern const struct mst_middleware_type mst_route_middleware;
extern const struct mst_middleware_type mst_set_middleware;

#endif
