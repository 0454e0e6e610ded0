/* SPDX-License-Identifier: MIT */
/*
 * What the validation of one document needs besides the schema; kept between
 * documents, so that a steady stream allocates nothing. Private.
 */
#ifndef MST_ENCODINGS_JSON_SCHEMA_WORK_H
#define MST_ENCODINGS_JSON_SCHEMA_WORK_H

#include <stdatomic.h>

#include "encodings/json_schema/model.h"

enum {
    JS_WORK_SLOTS = 8,
    /* Schemas and values inside each other. */
    JS_DEPTH_MAX = 2000,
    JS_REASON_MAX = 160,
    JS_PATH_MAX = 256
};

/* Why a document can not be judged at all. */
enum js_stop {
    JS_GOES_ON,
    JS_TOO_MUCH,
    JS_TOO_DEEP,
    JS_PATTERN_HARD,
    JS_NO_MEMORY
};

/* The way from the document to the value at hand. */
struct js_frame {
    const struct js_frame *up;
    struct mst_slice key;
    size_t index; /* in an array, where key.data is NULL */
};

/* The resources that the way leads through, for $dynamicRef. */
struct js_scope {
    const struct js_scope *up;
    const struct js_resource *resource;
};

/* Which members or items of the value at hand some schema has looked at: bits
 * on the stack of the work. */
struct js_seen {
    size_t at;  /* first word */
    size_t len; /* members or items */
};

/* The first reason why the document is refused. */
struct js_refusal {
    const struct js_node *node;
    const char *keyword; /* NULL: the schema itself is false */
    const uint8_t *value;
    char path[JS_PATH_MAX];
    char reason[JS_REASON_MAX];
};

struct js_work {
    const struct mst_json_schema *schema;
    struct js_matcher *matcher;
    uint64_t *words; /* a stack */
    size_t words_len;
    size_t words_cap;
    uint64_t budget;
    unsigned depth;
    unsigned silent; /* > 0: what is refused does not count yet */
    enum js_stop stop;
    const struct js_frame *frame;
    const struct js_scope *scope;
    struct js_refusal refusal;
};

/* Thread: any. A zeroed one is empty. */
struct js_works {
    _Atomic(struct js_work *) slots[JS_WORK_SLOTS];
};

/* NULL without memory. */
struct js_work *js_works_take(struct js_works *works);
/* NULL is allowed. */
void js_works_give(struct js_works *works, struct js_work *work);
void js_works_clear(struct js_works *works);

/* Begins with a document of so many bytes. */
void js_work_begin(struct js_work *work, const struct mst_json_schema *schema,
                   size_t len);

/* False: it is too much, and the work has stopped. */
static inline bool
js_work_spend(struct js_work *work, uint64_t n)
{
    if (MST_UNLIKELY(work->budget < n)) {
        work->budget = 0;
        work->stop = work->stop == JS_GOES_ON ? JS_TOO_MUCH : work->stop;
        return false;
    }
    work->budget -= n;
    return true;
}

/* n zeroed words on top of the stack; false: the work has stopped. The stack
 * moves: places stay valid, pointers do not. */
MST_MUST_CHECK bool js_work_push(struct js_work *work, size_t n,
                                 size_t *ret_at);
static inline void
js_work_pop(struct js_work *work, size_t at)
{
    work->words_len = at;
}

/* Refuses the value at hand; always false. */
bool js_refuse(struct js_work *work, const struct js_node *node,
               const struct mst_bson_value *value, const char *keyword,
               const char *fmt, ...) MST_PRINTF(5, 6);

/* MST_REJECTED, or MST_FATAL without memory, after validation failed. doc: to
 * count the offset from; data == NULL: it has none. */
enum mst_status js_work_report(const struct js_work *work, struct mst_slice doc,
                               struct mst_error *err);

#endif
