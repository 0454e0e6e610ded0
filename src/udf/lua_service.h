/* SPDX-License-Identifier: MIT */
/*
 * A service of provider `udf`: its options, and where its scripts are. One
 * that is kept over the API goes before one of the definition, that before a
 * file.
 */
#ifndef MST_UDF_LUA_SERVICE_H
#define MST_UDF_LUA_SERVICE_H

#include "core/middleware.h"
#include "udf/lua_script.h"

struct mst_lua_engine_options {
    int kind;
};

struct mst_lua_options {
    char *script_path; /* NULL: no files */
    struct mst_string_map sources;
    struct mst_lua_engine_options engine;
    int64_t max_instructions;
    int64_t max_time_ms;
    uint64_t max_memory;
};

enum { MST_LUA_SERVICE_OPTIONS = 6 };
extern const struct mst_option mst_lua_service_table[MST_LUA_SERVICE_OPTIONS];

enum mst_lua_origin {
    MST_LUA_OF_STATE, /* over the API */
    MST_LUA_OF_DEFINITION,
    MST_LUA_OF_FILE
};

/* "state", "definition", "file" */
const char *mst_lua_origin_name(enum mst_lua_origin origin);

/* Borrowed. */
struct mst_lua_service {
    const char *name;
    const struct mst_lua_options *options;
    struct mst_script_store *scripts; /* NULL: none are kept */
};

struct mst_lua_limits mst_lua_service_limits(const struct mst_lua_options *of);

/* A plain name that ends in ".lua": no way out of a directory, and the same in
 * a path of the API. */
bool mst_lua_name_is_good(const char *name);

/* Appends a script's text. MST_END: there is none; MST_RETRY: nobody knows yet;
 * MST_FATAL. */
MST_MUST_CHECK enum mst_status
mst_lua_service_read(const struct mst_lua_service *service, const char *name,
                     struct mst_buf *out, enum mst_lua_origin *ret_origin,
                     struct mst_error *err);

/* Whether it would be there without what is kept over the API. */
bool mst_lua_service_has_own(const struct mst_lua_service *service,
                             const char *name);

/* The path of a script's file; NULL: no memory, or no files. The caller's. */
MST_MUST_CHECK char *mst_lua_service_path(const struct mst_lua_service *service,
                                          const char *name);

/* All scripts by name, each once, from where it is read. */
MST_MUST_CHECK enum mst_status mst_lua_service_list(
    const struct mst_lua_service *service,
    void (*each)(void *arg, const char *name, enum mst_lua_origin origin),
    void *arg, struct mst_error *err);

#endif
