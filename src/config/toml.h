/* SPDX-License-Identifier: MIT */
/*
 * TOML text as a tree of nodes with positions. The grammar is toml++'s, kept
 * behind this interface; nothing of C++ leaves toml.cc.
 */
#ifndef MST_CONFIG_TOML_H
#define MST_CONFIG_TOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mst_arena;

enum mst_toml_type {
    MST_TOML_TABLE,
    MST_TOML_ARRAY,
    MST_TOML_STRING,
    MST_TOML_INTEGER,
    MST_TOML_FLOAT,
    MST_TOML_BOOLEAN,
    MST_TOML_DATETIME /* any of the four kinds; text as written in RFC 3339 */
};

/* Ownership: nodes and all texts belong to the arena they were made in. */
struct mst_toml_node {
    enum mst_toml_type type;
    const char *key;  /* of a member of a table; "" in arrays and the root */
    const char *file; /* where it was written; shown in messages */
    /* 1-based; 0 where there is none (--set, environment). */
    uint32_t line;
    uint32_t column;
    uint32_t key_line;
    uint32_t key_column;
    struct mst_toml_node *first; /* TABLE (sorted by key), ARRAY */
    struct mst_toml_node *next;
    size_t len;       /* children */
    const char *text; /* STRING (UTF-8 without NUL), DATETIME */
    int64_t integer;
    double number;
    bool boolean;
    /* Of the outermost table of a definition that is kept in the state
     * (definition.h): its revision, and whether it may use any variable. 0:
     * it is written in the file. */
    uint64_t revision;
    bool restricted;
};

struct mst_toml_error {
    uint32_t line;
    uint32_t column;
    char text[256];
};

/* Deeper nesting than this is a syntax error, and so are keys of more parts:
 * what comes after may recurse. */
enum { MST_TOML_MAX_NESTING = 32, MST_TOML_MAX_KEY_PARTS = 16 };

/* MST_REJECTED: not TOML, with the first place that is wrong (toml++ stops
 * there). MST_FATAL: no memory. file is kept as a pointer. */
MST_MUST_CHECK enum mst_status mst_toml_parse(struct mst_arena *arena,
                                              const char *file,
                                              const char *text, size_t len,
                                              struct mst_toml_node **ret_root,
                                              struct mst_toml_error *ret_error);

/* For toml.cc, which can not see the arena: zeroed memory or NULL. */
MST_MUST_CHECK void *mst_toml_alloc(struct mst_arena *arena, size_t size);
/* Likewise; false with the place when a key has too many parts. */
MST_MUST_CHECK bool mst_toml_scan_keys(const char *text, size_t len,
                                       struct mst_toml_error *ret_error);

#ifdef __cplusplus
}
#endif

#endif
