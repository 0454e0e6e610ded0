/* SPDX-License-Identifier: MIT */
/* Middlewares in Lua, of provider `udf`. */
#ifndef MST_UDF_LUA_MIDDLEWARE_H
#define MST_UDF_LUA_MIDDLEWARE_H

#include "core/middleware.h"

extern const struct mst_middleware_type mst_lua_middleware;

#endif
