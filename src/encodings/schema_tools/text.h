/* SPDX-License-Identifier: MIT */
/*
 * Writes indented JSON. A failure sticks: the calls after it do nothing and
 * schema_text_end reports it. Private to the schema tools.
 */
#ifndef MST_ENCODINGS_SCHEMA_TOOLS_TEXT_H
#define MST_ENCODINGS_SCHEMA_TOOLS_TEXT_H

#include <stdbool.h>

#include "base/buf.h"

/* No clean-up: the memory is the buffer's. */
struct schema_text {
    struct mst_buf *out;
    size_t before; /* the buffer's length at the start */
    enum mst_status status;
    unsigned depth;
    bool comma; /* something stands before the next value */
    bool keyed; /* the next value has its name already */
    bool line;  /* what is open stays on one line */
};

void schema_text_init(struct schema_text *text, struct mst_buf *out);
/* Ends the line. On failure out is as long as it was before init. */
MST_MUST_CHECK enum mst_status schema_text_end(struct schema_text *text,
                                               struct mst_error *err);

/* The name of the next value. */
void schema_text_key(struct schema_text *text, struct mst_slice name);

void schema_text_open(struct schema_text *text, const char *name, char bracket);
/* An array of scalars, on one line. */
void schema_text_open_line(struct schema_text *text, const char *name);
void schema_text_close(struct schema_text *text, char bracket);

/* name NULL: an element, or its name was written by schema_text_key. */
void schema_text_str(struct schema_text *text, const char *name,
                     const char *value);
void schema_text_slice(struct schema_text *text, const char *name,
                       struct mst_slice value);
void schema_text_int(struct schema_text *text, const char *name, int64_t value);
/* Finite. */
void schema_text_double(struct schema_text *text, const char *name,
                        double value);
/* JSON as it is. */
void schema_text_raw(struct schema_text *text, const char *name,
                     struct mst_slice json);

#endif
