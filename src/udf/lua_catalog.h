/* SPDX-License-Identifier: MIT */
/* What a script can call beside Lua's own functions, as an editor offers it. */
#ifndef MST_UDF_LUA_CATALOG_H
#define MST_UDF_LUA_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

struct mst_lua_catalog_entry {
    const char *label;  /* "mask_email", "log.info"; of a snippet any words */
    const char *detail; /* how it is called */
    const char *documentation;
    const char *insert; /* with ${1:places} to fill in */
    bool snippet;       /* a piece of code instead of one function */
};

/* Sorted by label, functions first. */
extern const struct mst_lua_catalog_entry mst_lua_catalog[];
extern const size_t mst_lua_catalog_len;

#endif
