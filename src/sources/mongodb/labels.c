/* SPDX-License-Identifier: MIT */
/* Shared arrays of attributes, found by operation and namespace. */
#include "sources/mongodb/labels.h"

#include <stdlib.h>

#include "base/hash.h"
#include "encodings/bson_reader.h"

enum {
    LABELS_BUCKETS = 256,
    /* Above this many (a database with very many collections) events get
     * arrays of their own, in their batch. */
    LABELS_MAX = 16384,
    LABELS_ATTRIBUTES = 7,
    LABELS_TIME_MAX = 24 /* two numbers of 32 bits */
};

/* Immutable once it is in the table. */
struct labels_set {
    struct labels_set *next;
    struct mst_slice kind; /* these two and remarks are what it is for */
    struct mst_slice ns;
    unsigned remarks;
    uint32_t len;
    struct mst_attribute attributes[LABELS_ATTRIBUTES];
};

struct mst_mongo_labels {
    atomic_uint refs;
    struct mst_arena arena; /* of all sets and their texts */
    size_t len;
    const struct labels_set *last; /* most events are like the one before */
    struct labels_set *buckets[LABELS_BUCKETS];
};

struct mst_mongo_labels *
mst_mongo_labels_create(void)
{
    struct mst_mongo_labels *labels = calloc(1, sizeof(*labels));
    if (labels != NULL) {
        atomic_init(&labels->refs, 1);
    }
    return labels;
}

void
mst_mongo_labels_unref(struct mst_mongo_labels *labels)
{
    if (labels != NULL
        && atomic_fetch_sub_explicit(&labels->refs, 1, memory_order_acq_rel)
               == 1) {
        mst_arena_clear(&labels->arena);
        free(labels);
    }
}

static void
labels_release(void *memory)
{
    mst_mongo_labels_unref(memory);
}

enum mst_status
mst_mongo_labels_hold(struct mst_mongo_labels *labels, struct mst_batch *batch)
{
    atomic_fetch_add_explicit(&labels->refs, 1, memory_order_relaxed);
    enum mst_status status = mst_batch_hold(batch, labels_release, labels, 0);
    if (status != MST_OK) {
        mst_mongo_labels_unref(labels);
    }
    return status;
}

static bool
labels_match(const struct labels_set *set,
             const struct mst_mongo_change *change, unsigned remarks)
{
    return set->remarks == remarks && mst_slice_equal(set->ns, change->ns)
           && mst_slice_equal(set->kind, change->kind_name);
}

static void
labels_add(struct labels_set *set, struct mst_slice name,
           struct mst_slice value)
{
    set->attributes[set->len].name = name;
    set->attributes[set->len].value = value;
    set->len++;
}

/* The text of one field of ns (set->ns, which lives as long). */
static void
labels_add_ns(struct labels_set *set, struct mst_slice name, const char *field)
{
    struct mst_bson_value value;
    struct mst_slice text;
    if (set->ns.data != NULL && mst_bson_find(set->ns, field, &value)
        && mst_bson_get_string(&value, &text)) {
        labels_add(set, name, text);
    }
}

static struct labels_set *
labels_build(struct mst_arena *arena, const struct mst_mongo_change *change,
             unsigned remarks)
{
    struct labels_set *set = mst_arena_alloc_zeroed(arena, 1, sizeof(*set));
    if (set == NULL) {
        return NULL;
    }
    set->remarks = remarks;
    set->kind = change->kind_name;
    if (set->kind.data != NULL) {
        set->kind = mst_arena_copy(arena, set->kind);
        if (set->kind.data == NULL) {
            return NULL;
        }
    }
    if (change->ns.data != NULL) {
        set->ns = mst_arena_copy(arena, change->ns);
        if (set->ns.data == NULL) {
            return NULL;
        }
    }
    enum mst_op op = mst_mongo_kind_op(change->kind);
    labels_add(set, MST_SLICE_LIT("op"), mst_slice_str(mst_op_name(op)));
    if (set->kind.data != NULL) {
        labels_add(set, MST_SLICE_LIT("operation_type"), set->kind);
    }
    labels_add_ns(set, MST_SLICE_LIT("database"), "db");
    labels_add_ns(set, MST_SLICE_LIT("collection"), "coll");
    if ((remarks & MST_MONGO_FULL_MISSING) != 0) {
        labels_add(set, MST_SLICE_LIT("full_document"),
                   MST_SLICE_LIT("missing"));
    }
    if ((remarks & MST_MONGO_BEFORE_LARGE) != 0) {
        labels_add(set, MST_SLICE_LIT("before"), MST_SLICE_LIT("too_large"));
    }
    if ((remarks & (MST_MONGO_IS_CHANGE | MST_MONGO_IS_DEBEZIUM)) != 0) {
        labels_add(set, MST_SLICE_LIT("payload"),
                   (remarks & MST_MONGO_IS_CHANGE) != 0
                       ? MST_SLICE_LIT("change")
                       : MST_SLICE_LIT("debezium"));
    }
    return set;
}

/* The set for a change; NULL without memory. */
static const struct labels_set *
labels_find(struct mst_mongo_labels *labels, struct mst_arena *own,
            const struct mst_mongo_change *change, unsigned remarks)
{
    const struct labels_set *set = labels->last;
    if (set != NULL && labels_match(set, change, remarks)) {
        return set;
    }
    uint64_t hash = mst_hash64(change->ns.data, change->ns.len)
                    + (uint64_t)change->kind * 31 + remarks;
    struct labels_set **bucket = &labels->buckets[hash % LABELS_BUCKETS];
    set = *bucket;
    while (set != NULL && !labels_match(set, change, remarks)) {
        set = set->next;
    }
    if (set != NULL) {
        labels->last = set;
        return set;
    }
    bool shared = labels->len < LABELS_MAX;
    struct labels_set *made =
        labels_build(shared ? &labels->arena : own, change, remarks);
    if (made != NULL && shared) {
        made->next = *bucket;
        *bucket = made;
        labels->len++;
    }
    return made;
}

static size_t
labels_number(char *out, uint32_t number)
{
    char digits[10];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (size_t i = 0; i < n; i++) {
        out[i] = digits[n - 1 - i];
    }
    return n;
}

/* The set's attributes and cluster_time, which every event has its own of. */
static enum mst_status
labels_add_time(const struct labels_set *set, struct mst_event *event,
                const struct mst_mongo_change *change)
{
    struct labels_timed {
        struct mst_attribute attributes[LABELS_ATTRIBUTES + 1];
        char text[LABELS_TIME_MAX];
    } *timed = mst_arena_alloc(&event->batch->arena, sizeof(*timed));
    if (timed == NULL) {
        return MST_FATAL;
    }
    size_t len = labels_number(timed->text, change->seconds);
    timed->text[len++] = ',';
    len += labels_number(timed->text + len, change->increment);
    memcpy(timed->attributes, set->attributes,
           set->len * sizeof(*set->attributes));
    timed->attributes[set->len] = (struct mst_attribute){
        MST_SLICE_LIT("cluster_time"), mst_slice_of(timed->text, len)};
    event->attributes = timed->attributes;
    event->attributes_len = set->len + 1;
    return MST_OK;
}

enum mst_status
mst_mongo_labels_set(struct mst_mongo_labels *labels, struct mst_event *event,
                     const struct mst_mongo_change *change, unsigned remarks)
{
    const struct labels_set *set =
        labels_find(labels, &event->batch->arena, change, remarks);
    if (set == NULL) {
        return MST_FATAL;
    }
    if (change->seconds != 0) {
        return labels_add_time(set, event, change);
    }
    event->attributes = set->attributes;
    event->attributes_len = set->len;
    return MST_OK;
}
