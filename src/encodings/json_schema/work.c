/* SPDX-License-Identifier: MIT */
/* Keeps work between documents; says why a document is refused. */
#include "encodings/json_schema/work.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

enum {
    /* What one document may leave behind, in words. */
    WORK_KEEP = 1024 * 1024,
    WORK_FIRST = 64,
    /* Steps that any document may take, and for each of its bytes. */
    WORK_BUDGET = 1 << 20,
    WORK_PER_BYTE = 16,
    WORK_STEPS_SHOWN = 256,
    WORK_POINTER_MAX = 300
};

static void
work_destroy(struct js_work *work)
{
    if (work != NULL) {
        js_matcher_destroy(work->matcher);
        free(work->words);
        free(work);
    }
}

static struct js_work *
work_create(void)
{
    struct js_work *work = calloc(1, sizeof(*work));
    if (work == NULL) {
        return NULL;
    }
    work->matcher = js_matcher_create();
    work->words = malloc(WORK_FIRST * sizeof(*work->words));
    work->words_cap = WORK_FIRST;
    if (work->matcher == NULL || work->words == NULL) {
        work_destroy(work);
        return NULL;
    }
    return work;
}

struct js_work *
js_works_take(struct js_works *works)
{
    struct js_work *work = NULL;
    for (int i = 0; i < JS_WORK_SLOTS && work == NULL; i++) {
        work = atomic_exchange(&works->slots[i], NULL);
    }
    return work == NULL ? work_create() : work;
}

void
js_works_give(struct js_works *works, struct js_work *work)
{
    bool keep = work != NULL && work->words_cap <= WORK_KEEP;
    for (int i = 0; i < JS_WORK_SLOTS && keep; i++) {
        struct js_work *none = NULL;
        if (atomic_compare_exchange_strong(&works->slots[i], &none, work)) {
            return;
        }
    }
    work_destroy(work);
}

void
js_works_clear(struct js_works *works)
{
    for (int i = 0; i < JS_WORK_SLOTS; i++) {
        work_destroy(atomic_exchange(&works->slots[i], NULL));
    }
}

void
js_work_begin(struct js_work *work, const struct mst_json_schema *schema,
              size_t len)
{
    work->schema = schema;
    work->words_len = 0;
    work->budget = WORK_BUDGET + (uint64_t)len * WORK_PER_BYTE;
    work->depth = 0;
    work->silent = 0;
    work->stop = JS_GOES_ON;
    work->frame = NULL;
    work->scope = NULL;
    work->refusal.node = NULL;
}

bool
js_work_push(struct js_work *work, size_t n, size_t *ret_at)
{
    if (!js_work_spend(work, n / 8 + 1)) {
        return false;
    }
    if (n > work->words_cap - work->words_len) {
        size_t cap = (work->words_len + n) * 2;
        uint64_t *wider = realloc(work->words, cap * sizeof(*wider));
        if (wider == NULL) {
            work->stop = JS_NO_MEMORY;
            return false;
        }
        work->words = wider;
        work->words_cap = cap;
    }
    memset(work->words + work->words_len, 0, n * sizeof(*work->words));
    *ret_at = work->words_len;
    work->words_len += n;
    return true;
}

/* Text as far as there is room, without what a terminal should not get. */
static size_t
work_add(char *out, size_t size, size_t len, struct mst_slice text)
{
    for (size_t i = 0; i < text.len && len + 5 < size;) {
        size_t n = mst_utf8_char(text.data + i, text.len - i);
        if (n == 0 || text.data[i] < 0x20 || text.data[i] == 0x7F) {
            out[len++] = '?';
            i++;
            continue;
        }
        memcpy(out + len, text.data + i, n);
        len += n;
        i += n;
    }
    out[len] = '\0';
    return len;
}

static bool
work_is_plain(struct mst_slice key)
{
    for (size_t i = 0; i < key.len; i++) {
        uint8_t c = key.data[i];
        bool letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
        if (!letter && (i == 0 || ((c < '0' || c > '9') && c != '-'))) {
            return false;
        }
    }
    return key.len > 0;
}

/* "$.a[3].b". */
static void
work_path(const struct js_frame *frame, char out[JS_PATH_MAX])
{
    const struct js_frame *steps[WORK_STEPS_SHOWN];
    size_t n = 0;
    size_t len = 1;
    for (; frame != NULL && n < WORK_STEPS_SHOWN; frame = frame->up) {
        steps[n++] = frame;
    }
    out[0] = '$';
    out[1] = '\0';
    while (n > 0) {
        const struct js_frame *step = steps[--n];
        char index[32];
        if (step->key.data == NULL) {
            (void)snprintf(index, sizeof(index), "[%zu]", step->index);
            len = work_add(out, JS_PATH_MAX, len, mst_slice_str(index));
            continue;
        }
        bool plain = work_is_plain(step->key);
        len = work_add(out, JS_PATH_MAX, len,
                       plain ? MST_SLICE_LIT(".") : MST_SLICE_LIT("[\""));
        len = work_add(out, JS_PATH_MAX, len, step->key);
        if (!plain) {
            len = work_add(out, JS_PATH_MAX, len, MST_SLICE_LIT("\"]"));
        }
    }
}

bool
js_refuse(struct js_work *work, const struct js_node *node,
          const struct mst_bson_value *value, const char *keyword,
          const char *fmt, ...)
{
    struct js_refusal *refusal = &work->refusal;
    if (work->silent > 0 || refusal->node != NULL) {
        return false;
    }
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(refusal->reason, sizeof(refusal->reason), fmt, args);
    va_end(args);
    refusal->node = node;
    refusal->keyword = keyword;
    refusal->value = value->raw.data;
    work_path(work->frame, refusal->path);
    return false;
}

/* "#/properties/a/items". */
static void
work_pointer(const struct js_node *node, char out[WORK_POINTER_MAX])
{
    const struct js_node *steps[WORK_STEPS_SHOWN];
    size_t n = 0;
    size_t len = 1;
    for (; node != NULL && n < WORK_STEPS_SHOWN; node = node->up) {
        steps[n++] = node;
    }
    out[0] = '#';
    out[1] = '\0';
    while (n > 0) {
        len = work_add(out, WORK_POINTER_MAX, len, steps[--n]->token);
    }
}

enum mst_status
js_work_report(const struct js_work *work, struct mst_slice doc,
               struct mst_error *err)
{
    static const char *const stops[] = {
        [JS_GOES_ON] = "",
        [JS_TOO_MUCH] = "it takes more work than a document of its length may",
        [JS_TOO_DEEP] = "more than 2000 schemas and values inside each other",
        [JS_PATTERN_HARD] = "a regular expression takes too many steps",
    };
    char pointer[WORK_POINTER_MAX];
    const struct js_refusal *refusal = &work->refusal;
    if (work->stop == JS_NO_MEMORY) {
        return mst_fail_memory(err, "json_schema");
    }
    if (work->stop != JS_GOES_ON || refusal->node == NULL) {
        return mst_fail(err, MST_REJECTED, "json_schema", 0,
                        "the document can not be validated: %s",
                        stops[work->stop]);
    }
    work_pointer(refusal->node, pointer);
    int64_t offset = doc.data == NULL || refusal->value < doc.data
                             || refusal->value > doc.data + doc.len
                         ? -1
                         : refusal->value - doc.data;
    return mst_fail_at(err, MST_REJECTED, "json_schema", offset,
                       "%s: %s (schema %s%s%s)", refusal->path, refusal->reason,
                       pointer, refusal->keyword == NULL ? "" : "/",
                       refusal->keyword == NULL ? "" : refusal->keyword);
}
