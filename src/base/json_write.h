/* SPDX-License-Identifier: MIT */
/* JSON written value by value. A failure is remembered, so that only the end
 * has to be checked. For messages and state, not for payloads. */
#ifndef MST_BASE_JSON_WRITE_H
#define MST_BASE_JSON_WRITE_H

#include "base/buf.h"

/* Ownership: the text belongs to it until clear. */
struct mst_json {
    struct mst_buf buf;
    bool failed; /* out of memory, or above the maximum */
    bool comma;  /* something stands before the next value */
};

void mst_json_init(struct mst_json *json, size_t max);
void mst_json_clear(struct mst_json *json);

/* In all of these, name NULL is a value of an array, or on its own. */
void mst_json_open(struct mst_json *json, const char *name, char bracket);
void mst_json_close(struct mst_json *json, char bracket);
/* text NULL: null. */
void mst_json_str(struct mst_json *json, const char *name, const char *text);
void mst_json_slice(struct mst_json *json, const char *name,
                    struct mst_slice text);
void mst_json_number(struct mst_json *json, const char *name, int64_t value);
void mst_json_bool(struct mst_json *json, const char *name, bool value);
/* Bytes that are JSON already. */
void mst_json_raw(struct mst_json *json, const char *name,
                  struct mst_slice text);
/* A moment as RFC 3339; 0: null. */
void mst_json_time(struct mst_json *json, const char *name, int64_t wall_ms);
/* Milliseconds as seconds, "1.250". */
void mst_json_seconds(struct mst_json *json, const char *name, int64_t ms);
/* Ends a line of JSON lines, or the whole. */
void mst_json_newline(struct mst_json *json);
/* Remembers what a function that wrote to buf answered. */
void mst_json_did(struct mst_json *json, enum mst_status status);

#endif
