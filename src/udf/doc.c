/* SPDX-License-Identifier: MIT */
/* Splitting, editing and writing lazy documents. */
#include "udf/doc.h"

#include "encodings/bson_reader.h"

enum {
    DOC_INDEX_MAX = 10, /* digits of an array's index */
    DOC_MAX = INT32_MAX
};

void
mst_doc_clear(struct mst_doc *doc)
{
    mst_arena_clear(&doc->arena);
    doc->root = NULL;
}

static enum mst_status
doc_no_memory(struct mst_error *err)
{
    return mst_fail_memory(err, "document");
}

static void
doc_fill(struct mst_doc_node *node, struct mst_doc_node *parent,
         const struct mst_bson_value *value)
{
    *node = (struct mst_doc_node){
        .raw = value->raw,
        .type = value->type,
        .depth = parent == NULL ? 1 : (uint8_t)(parent->depth + 1),
        .parent = parent,
    };
}

enum mst_status
mst_doc_add(struct mst_doc *doc, struct mst_slice bson,
            struct mst_doc_node **ret_node, struct mst_error *err)
{
    const struct mst_bson_value value = {MST_BSON_DOCUMENT, bson};
    struct mst_doc_node *node = mst_arena_alloc(&doc->arena, sizeof(*node));
    if (node == NULL) {
        return doc_no_memory(err);
    }
    doc_fill(node, NULL, &value);
    *ret_node = node;
    return MST_OK;
}

enum mst_status
mst_doc_read(struct mst_doc *doc, struct mst_slice bson, struct mst_error *err)
{
    enum { KEEP = 256 * 1024 };
    mst_arena_reset(&doc->arena, KEEP);
    return mst_doc_add(doc, bson, &doc->root, err);
}

static uint32_t
doc_count(struct mst_bson_iter *iter, enum mst_status *ret_status)
{
    uint32_t n = 0;
    enum mst_status status = mst_bson_iter_next(iter);
    while (status == MST_OK) {
        n++;
        status = mst_bson_iter_next(iter);
    }
    *ret_status = status == MST_END ? MST_OK : status;
    return n;
}

/* Room for more items, some to spare. */
static enum mst_status
doc_reserve(struct mst_doc *doc, struct mst_doc_node *node, uint32_t cap,
            struct mst_error *err)
{
    if (cap <= node->cap) {
        return MST_OK;
    }
    cap = cap < 8 ? 8 : cap + cap / 2;
    struct mst_doc_node **items =
        mst_arena_alloc(&doc->arena, cap * sizeof(struct mst_doc_node *));
    if (items == NULL) {
        return doc_no_memory(err);
    }
    if (node->len > 0) {
        memcpy(items, node->items, node->len * sizeof(struct mst_doc_node *));
    }
    node->items = items;
    node->cap = cap;
    return MST_OK;
}

enum mst_status
mst_doc_split(struct mst_doc *doc, struct mst_doc_node *node,
              struct mst_error *err)
{
    struct mst_bson_iter iter;
    if (node->depth >= MST_BSON_DEPTH_MAX) {
        return mst_fail(err, MST_REJECTED, "document", 0,
                        "documents are nested deeper than %d",
                        MST_BSON_DEPTH_MAX);
    }
    enum mst_status status = mst_bson_iter_init(&iter, node->raw, err);
    if (status != MST_OK) {
        return status;
    }
    struct mst_bson_iter counter = iter;
    uint32_t n = doc_count(&counter, &status);
    if (status == MST_OK) {
        status = doc_reserve(doc, node, n, err);
    }
    struct mst_doc_node *block =
        status == MST_OK
            ? mst_arena_alloc(&doc->arena, (n + 1) * sizeof(*block))
            : NULL;
    if (block == NULL) {
        return status == MST_OK ? doc_no_memory(err) : status;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        const struct mst_bson_value value = mst_bson_iter_value(&iter);
        doc_fill(block, node, &value);
        block->key = iter.key;
        node->items[node->len++] = block++;
    }
    node->open = true;
    return MST_OK;
}

struct mst_doc_node *
mst_doc_field(const struct mst_doc_node *node, struct mst_slice key)
{
    for (uint32_t i = 0; i < node->len; i++) {
        struct mst_slice have = node->items[i]->key;
        if (have.len == key.len && memcmp(have.data, key.data, key.len) == 0) {
            return node->items[i];
        }
    }
    return NULL;
}

static void
doc_touch(struct mst_doc_node *node)
{
    while (node != NULL && !node->changed) {
        node->changed = true;
        node = node->parent;
    }
}

static struct mst_doc_node *
doc_make(struct mst_doc *doc, struct mst_doc_node *parent, struct mst_slice key,
         const struct mst_bson_value *value)
{
    struct mst_doc_node *node = mst_arena_alloc(&doc->arena, sizeof(*node));
    if (node != NULL) {
        doc_fill(node, parent, value);
        node->key = key;
    }
    return node;
}

static uint32_t
doc_index_of(const struct mst_doc_node *node)
{
    uint32_t i = 0;
    while (node->parent->items[i] != node) {
        i++;
    }
    return i;
}

/* A name as BSON can have it, in the document's memory. */
static enum mst_status
doc_key(struct mst_doc *doc, struct mst_slice *key, struct mst_error *err)
{
    if (key->len > 0 && memchr(key->data, 0, key->len) != NULL) {
        return mst_fail(err, MST_REJECTED, "document", 0,
                        "the name of a field can not have a NUL in it");
    }
    *key = mst_arena_copy(&doc->arena, *key);
    return key->data == NULL ? doc_no_memory(err) : MST_OK;
}

enum mst_status
mst_doc_set(struct mst_doc *doc, struct mst_doc_node *node,
            struct mst_slice key, const struct mst_bson_value *value,
            struct mst_error *err)
{
    struct mst_doc_node *old = mst_doc_field(node, key);
    enum mst_status status = MST_OK;
    if (old != NULL) {
        key = old->key;
    } else {
        status = doc_key(doc, &key, err);
        if (status == MST_OK) {
            status = doc_reserve(doc, node, node->len + 1, err);
        }
    }
    struct mst_doc_node *fresh =
        status == MST_OK ? doc_make(doc, node, key, value) : NULL;
    if (fresh == NULL) {
        return status == MST_OK ? doc_no_memory(err) : status;
    }
    if (old != NULL) {
        node->items[doc_index_of(old)] = fresh;
        old->parent = NULL;
    } else {
        node->items[node->len++] = fresh;
    }
    doc_touch(node);
    return MST_OK;
}

enum mst_status
mst_doc_put(struct mst_doc *doc, struct mst_doc_node *node, uint32_t index,
            bool insert, const struct mst_bson_value *value,
            struct mst_error *err)
{
    insert = insert || index >= node->len;
    enum mst_status status =
        doc_reserve(doc, node, node->len + (insert ? 1 : 0), err);
    struct mst_doc_node *fresh =
        status == MST_OK ? doc_make(doc, node, MST_SLICE_NONE, value) : NULL;
    if (fresh == NULL) {
        return status == MST_OK ? doc_no_memory(err) : status;
    }
    if (insert) {
        memmove(node->items + index + 1, node->items + index,
                (node->len - index) * sizeof(struct mst_doc_node *));
        node->len++;
    } else {
        node->items[index]->parent = NULL;
    }
    node->items[index] = fresh;
    doc_touch(node);
    return MST_OK;
}

void
mst_doc_remove(struct mst_doc_node *node, uint32_t index)
{
    node->items[index]->parent = NULL;
    node->len--;
    memmove(node->items + index, node->items + index + 1,
            (node->len - index) * sizeof(struct mst_doc_node *));
    doc_touch(node);
}

bool
mst_doc_remove_node(struct mst_doc_node *node)
{
    if (node == NULL || node->parent == NULL) {
        return false;
    }
    mst_doc_remove(node->parent, doc_index_of(node));
    return true;
}

enum mst_status
mst_doc_rename(struct mst_doc *doc, struct mst_doc_node *field,
               struct mst_slice key, struct mst_error *err)
{
    if (mst_slice_equal(field->key, key)) {
        return MST_OK;
    }
    struct mst_doc_node *other = mst_doc_field(field->parent, key);
    enum mst_status status = doc_key(doc, &key, err);
    if (status != MST_OK) {
        return status;
    }
    (void)mst_doc_remove_node(other);
    field->key = key;
    doc_touch(field->parent);
    return MST_OK;
}

/* --- paths ------------------------------------------------------------- */

/* Takes the first step off a path: up to a dot or bracket. */
static struct mst_slice
doc_step(struct mst_slice *path, bool *ret_index)
{
    const uint8_t *start = path->data;
    const uint8_t *end = path->data + path->len;
    bool index = start < end && *start == '[';
    start += index ? 1 : 0;
    const uint8_t *at = start;
    while (at < end && (index ? *at != ']' : *at != '.' && *at != '[')) {
        at++;
    }
    struct mst_slice step = mst_slice_of(start, (size_t)(at - start));
    at += index && at < end ? 1 : 0;
    at += at < end && *at == '.' ? 1 : 0;
    *path = mst_slice_of(at, (size_t)(end - at));
    *ret_index = index;
    return step;
}

static bool
doc_number(struct mst_slice text, uint32_t *ret)
{
    uint32_t n = 0;
    if (!mst_slice_is_digits(text) || text.len >= DOC_INDEX_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        n = n * 10 + (uint32_t)(text.data[i] - '0');
    }
    *ret = n;
    return true;
}

/* One step down; NULL: it is not there. */
static struct mst_doc_node *
doc_down(const struct mst_doc_node *node, struct mst_slice step)
{
    uint32_t index = 0;
    if (node->type == MST_BSON_DOCUMENT) {
        return mst_doc_field(node, step);
    }
    return doc_number(step, &index) && index < node->len ? node->items[index]
                                                         : NULL;
}

enum mst_status
mst_doc_find(struct mst_doc *doc, struct mst_doc_node *node,
             struct mst_slice path, struct mst_doc_node **ret_node,
             struct mst_error *err)
{
    bool index = false;
    *ret_node = NULL;
    while (node != NULL && path.len > 0) {
        if (!mst_doc_is_container(node)) {
            return MST_OK;
        }
        enum mst_status status = mst_doc_open(doc, node, err);
        if (status != MST_OK) {
            return status;
        }
        struct mst_doc_node *whole =
            node->type == MST_BSON_DOCUMENT ? mst_doc_field(node, path) : NULL;
        if (whole != NULL) {
            node = whole;
            break;
        }
        node = doc_down(node, doc_step(&path, &index));
    }
    *ret_node = node;
    return MST_OK;
}

static const uint8_t doc_empty[] = {5, 0, 0, 0, 0};

/* Puts a value under one step. */
static enum mst_status
doc_put_step(struct mst_doc *doc, struct mst_doc_node *node,
             struct mst_slice step, const struct mst_bson_value *value,
             struct mst_error *err)
{
    uint32_t index = 0;
    if (node->type == MST_BSON_DOCUMENT) {
        return mst_doc_set(doc, node, step, value, err);
    }
    if (!doc_number(step, &index) || index > node->len) {
        return mst_fail(err, MST_REJECTED, "document", 0,
                        "an array of %u items has no place '%.*s'", node->len,
                        (int)(step.len < 64 ? step.len : 64), step.data);
    }
    return mst_doc_put(doc, node, index, false, value, err);
}

enum mst_status
mst_doc_set_path(struct mst_doc *doc, struct mst_doc_node *node,
                 struct mst_slice path, const struct mst_bson_value *value,
                 struct mst_error *err)
{
    const struct mst_bson_value made = {MST_BSON_DOCUMENT,
                                        {doc_empty, sizeof(doc_empty)}};
    bool index = false;
    for (;;) {
        enum mst_status status = mst_doc_open(doc, node, err);
        if (status != MST_OK) {
            return status;
        }
        if (node->type == MST_BSON_DOCUMENT
            && mst_doc_field(node, path) != NULL) {
            return mst_doc_set(doc, node, path, value, err);
        }
        struct mst_slice step = doc_step(&path, &index);
        if (path.len == 0) {
            return doc_put_step(doc, node, step, value, err);
        }
        struct mst_doc_node *next = doc_down(node, step);
        if (next == NULL || !mst_doc_is_container(next)) {
            status = doc_put_step(doc, node, step, &made, err);
            if (status != MST_OK) {
                return status;
            }
            next = doc_down(node, step);
        }
        node = next;
    }
}

/* --- writing ------------------------------------------------------------ */

static size_t
doc_digits(uint32_t n)
{
    size_t digits = 1;
    while (n >= 10) {
        n /= 10;
        digits++;
    }
    return digits;
}

/* Recursion: as deep as containers were opened, see mst_doc_split. */
static uint64_t
doc_size(const struct mst_doc_node *node)
{
    if (!node->changed) {
        return node->raw.len;
    }
    uint64_t size = MST_BSON_DOCUMENT_MIN;
    for (uint32_t i = 0; i < node->len; i++) {
        const struct mst_doc_node *item = node->items[i];
        size += 2 + doc_size(item);
        size += node->type == MST_BSON_ARRAY ? doc_digits(i) : item->key.len;
    }
    return size;
}

static uint8_t *
doc_write_key(uint8_t *out, const struct mst_doc_node *node, uint32_t i)
{
    if (node->type != MST_BSON_ARRAY) {
        struct mst_slice key = node->items[i]->key;
        memcpy(out, key.data, key.len);
        return out + key.len;
    }
    size_t digits = doc_digits(i);
    for (size_t k = digits; k > 0; k--) {
        out[k - 1] = (uint8_t)('0' + i % 10);
        i /= 10;
    }
    return out + digits;
}

static uint8_t *
doc_write(uint8_t *out, const struct mst_doc_node *node)
{
    if (!node->changed) {
        memcpy(out, node->raw.data, node->raw.len);
        return out + node->raw.len;
    }
    uint8_t *start = out;
    out += 4;
    for (uint32_t i = 0; i < node->len; i++) {
        *out++ = node->items[i]->type;
        out = doc_write_key(out, node, i);
        *out++ = 0;
        out = doc_write(out, node->items[i]);
    }
    *out++ = 0;
    uint32_t size = (uint32_t)(out - start);
    for (unsigned i = 0; i < 4; i++) {
        start[i] = (uint8_t)(size >> (8 * i));
    }
    return out;
}

enum mst_status
mst_doc_value(const struct mst_doc_node *node, struct mst_arena *arena,
              struct mst_bson_value *ret_value, struct mst_error *err)
{
    ret_value->type = node->type;
    ret_value->raw = node->raw;
    if (!node->changed) {
        return MST_OK;
    }
    uint64_t size = doc_size(node);
    if (size > DOC_MAX) {
        return mst_fail(err, MST_REJECTED, "document", 0,
                        "the document is larger than 2 GiB");
    }
    uint8_t *out = mst_arena_alloc(arena, size);
    if (out == NULL) {
        return doc_no_memory(err);
    }
    (void)doc_write(out, node);
    ret_value->raw = mst_slice_of(out, size);
    return MST_OK;
}

struct mst_slice
mst_doc_string(struct mst_arena *arena, struct mst_slice text)
{
    uint8_t *out =
        text.len >= DOC_MAX - 8 ? NULL : mst_arena_alloc(arena, text.len + 5);
    if (out == NULL) {
        return MST_SLICE_NONE;
    }
    uint32_t size = (uint32_t)text.len + 1;
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(size >> (8 * i));
    }
    if (text.len > 0) {
        memcpy(out + 4, text.data, text.len);
    }
    out[4 + text.len] = 0;
    return mst_slice_of(out, text.len + 5);
}
