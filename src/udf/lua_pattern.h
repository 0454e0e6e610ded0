/* SPDX-License-Identifier: MIT */
/*
 * Lua's patterns (reference manual 5.4, 6.4.1) with a limit: the library's own
 * can take years for forty characters, and nothing stops it.
 */
#ifndef MST_UDF_LUA_PATTERN_H
#define MST_UDF_LUA_PATTERN_H

#include "udf/lua_engine.h"

enum {
    MST_PATTERN_CAPTURES = 32,
    MST_PATTERN_OPEN = -1, /* a capture without its closing bracket */
    MST_PATTERN_PLACE = -2 /* "()": where, not what */
};

struct mst_pattern_capture {
    const uint8_t *start;
    ptrdiff_t len;
};

struct mst_pattern {
    lua_State *L;
    struct mst_slice subject;
    const uint8_t *end;  /* of the subject */
    const uint8_t *last; /* end of the pattern */
    unsigned depth;
    unsigned level; /* captures so far */
    uint64_t steps;
    struct mst_pattern_capture captures[MST_PATTERN_CAPTURES];
};

/* Where the match of the pattern p ends that begins at `at`; NULL: there is none. Raises for a
 * malformed pattern, and when a limit is passed. */
const uint8_t *mst_pattern_match(struct mst_pattern *self, const uint8_t *at,
                                 const uint8_t *p);

#endif
