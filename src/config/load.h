/* SPDX-License-Identifier: MIT */
/* From a TOML file to a configuration, or to all that is wrong with it. */
#ifndef MST_CONFIG_LOAD_H
#define MST_CONFIG_LOAD_H

#include "config/config.h"
#include "config/definition.h"
#include "config/env.h"
#include "config/problems.h"

enum { MST_CONFIG_MAX_BYTES = 16 * 1024 * 1024 };

/* Borrowed during the call. */
struct mst_config_input {
    /* File to read. NULL with text NULL: an empty configuration. */
    const char *path;
    const char *text; /* not NULL: this instead of the file's content */
    size_t text_len;
    const char *const *sets; /* "section.key=value", the last one wins */
    size_t sets_len;
    const struct mst_registry *registry; /* must outlive the result */
    const struct mst_env *env;           /* NULL: the process's */
    /* Make and destroy an instance of each source and sink, for what their
     * tables can not check. No network. */
    bool probe;
    /* What is kept in the state, checked like the rest. A name that the file
     * has, too, is the file's, with a warning. */
    const struct mst_definition *definitions;
    size_t definitions_len;
    bool without_jobs; /* the file's own connectors are left out */
};

/* The whole file, NUL-terminated, the caller's to free; NULL: problems say why
 * not. */
MST_MUST_CHECK char *mst_config_read_file(const char *path,
                                          struct mst_problems *problems,
                                          size_t *ret_len);

/* Adds every problem there is, sorted; warnings come with success too.
 * MST_OK: ret_config is the caller's (mst_config_destroy). MST_FATAL: there
 * are errors in problems. */
MST_MUST_CHECK enum mst_status
mst_config_load(const struct mst_config_input *input,
                struct mst_problems *problems, struct mst_config **ret_config);

#endif
