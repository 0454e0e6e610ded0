/* SPDX-License-Identifier: MIT */
/*
 * What a command prints, collected: text for people, or JSON. A failure is
 * remembered, so that only the end has to be checked.
 */
#ifndef MST_MSTREAM_OUTPUT_H
#define MST_MSTREAM_OUTPUT_H

#include "base/json_write.h"
#include "cli.h"

struct mst_output {
    struct mst_json json;
};

void mst_output_init(struct mst_output *out);
void mst_output_clear(struct mst_output *out);
/* Prints all, frees, and returns code, or what went wrong. */
int mst_output_end(struct mst_output *out, int code);

void mst_output_text(struct mst_output *out, const char *fmt, ...)
    MST_PRINTF(2, 3);
/* Text of others as one or more lines: control characters but line breaks and
 * tabs become \xNN, as do bytes that are no UTF-8, so that none of it reaches a
 * terminal as a command. mst_output_text does the same. */
void mst_output_shown(struct mst_output *out, struct mst_slice text);
/* The same within a line: line breaks too. */
void mst_output_shown_line(struct mst_output *out, struct mst_slice text);
/* As they are. */
void mst_output_bytes(struct mst_output *out, struct mst_slice bytes);

/* JSON; see base/json_write.h. */
static inline void
mst_output_open(struct mst_output *out, const char *name, char bracket)
{
    mst_json_open(&out->json, name, bracket);
}

static inline void
mst_output_close(struct mst_output *out, char bracket)
{
    mst_json_close(&out->json, bracket);
}

static inline void
mst_output_str(struct mst_output *out, const char *name, const char *text)
{
    mst_json_str(&out->json, name, text);
}

static inline void
mst_output_slice(struct mst_output *out, const char *name,
                 struct mst_slice text)
{
    mst_json_slice(&out->json, name, text);
}

static inline void
mst_output_number(struct mst_output *out, const char *name, int64_t value)
{
    mst_json_number(&out->json, name, value);
}

static inline void
mst_output_bool(struct mst_output *out, const char *name, bool value)
{
    mst_json_bool(&out->json, name, value);
}

static inline void
mst_output_time(struct mst_output *out, const char *name, int64_t wall_ms)
{
    mst_json_time(&out->json, name, wall_ms);
}

static inline void
mst_output_newline(struct mst_output *out)
{
    mst_json_newline(&out->json);
}

/* Bytes that are JSON already. */
static inline void
mst_output_json(struct mst_output *out, const char *name, struct mst_slice json)
{
    mst_json_raw(&out->json, name, json);
}

#endif
