/* SPDX-License-Identifier: MIT */
/* Levels and commands for a window of operations. */
#include "sinks/mongodb/mongodb_plan.h"

#include <stdlib.h>

#define ORIGIN "mongodb"

/* An operation on its way to its place. */
struct plan_entry {
    struct mst_mongosink_op *op;
    uint64_t target;
    unsigned rank; /* level * 4 + family */
    unsigned position;
};

/* The last operation on a document so far. */
struct plan_slot {
    uint64_t hash;
    uint32_t round;
    unsigned level;
    enum mst_mongosink_kind kind;
    enum mst_mongosink_family family;
};

enum { PLAN_FIRST = 256 };

static enum mst_mongosink_family
plan_family(const struct mst_mongosink_op *op)
{
    if (op->kind == MST_MONGOSINK_DELETE) {
        return MST_MONGOSINK_DELETES;
    }
    return op->kind == MST_MONGOSINK_ADD
                   || (op->kind == MST_MONGOSINK_PUT && op->is_fresh)
               ? MST_MONGOSINK_INSERTS
               : MST_MONGOSINK_UPDATES;
}

static bool
plan_reserve(struct mst_mongosink_plan *plan, size_t n)
{
    if (n > plan->entries_cap) {
        size_t cap = n < PLAN_FIRST ? PLAN_FIRST : n;
        void *entries = malloc(cap * sizeof(*plan->entries));
        void *ops = malloc(cap * sizeof(void *));
        void *steps = malloc(cap * sizeof(*plan->steps));
        if (entries == NULL || ops == NULL || steps == NULL) {
            free(entries);
            free(ops);
            free(steps);
            return false;
        }
        free(plan->entries);
        free(plan->ops);
        free(plan->steps);
        plan->entries = entries;
        plan->ops = ops;
        plan->steps = steps;
        plan->entries_cap = cap;
        plan->steps_cap = cap;
    }
    size_t slots = plan->slots_cap == 0 ? PLAN_FIRST : plan->slots_cap;
    while (slots < 2 * n) {
        slots *= 2;
    }
    if (slots != plan->slots_cap) {
        struct plan_slot *fresh = calloc(slots, sizeof(*fresh));
        if (fresh == NULL) {
            return false;
        }
        free(plan->slots);
        plan->slots = fresh;
        plan->slots_cap = slots;
        plan->round = 0;
    }
    return true;
}

/* The document's slot; one whose round is not ours is empty. */
static struct plan_slot *
plan_find(struct mst_mongosink_plan *plan, uint64_t hash)
{
    size_t mask = plan->slots_cap - 1;
    size_t at = (size_t)hash & mask;
    while (plan->slots[at].round == plan->round
           && plan->slots[at].hash != hash) {
        at = (at + 1) & mask;
    }
    return &plan->slots[at];
}

/* Gives op its level behind what came before on its document. Returns whether
 * it shares a command with that. */
static bool
plan_place(struct mst_mongosink_plan *plan, struct mst_mongosink_op *op)
{
    struct plan_slot *slot = plan_find(plan, op->hash);
    bool shares = false;
    if (slot->round != plan->round) {
        op->level = 0;
    } else {
        if (op->kind == MST_MONGOSINK_PUT) {
            op->is_fresh = slot->kind == MST_MONGOSINK_DELETE;
        }
        shares = slot->family == MST_MONGOSINK_UPDATES
                 && plan_family(op) == MST_MONGOSINK_UPDATES;
        op->level = shares ? slot->level : slot->level + 1;
    }
    *slot = (struct plan_slot){.hash = op->hash,
                               .round = plan->round,
                               .level = op->level,
                               .kind = op->kind,
                               .family = plan_family(op)};
    return shares;
}

static int
plan_compare(const void *a, const void *b)
{
    const struct plan_entry *x = a;
    const struct plan_entry *y = b;
    if (x->rank != y->rank) {
        return x->rank < y->rank ? -1 : 1;
    }
    if (x->target != y->target) {
        return x->target < y->target ? -1 : 1;
    }
    return x->position < y->position ? -1 : x->position > y->position;
}

static bool
plan_same_target(const struct mst_mongosink_op *a,
                 const struct mst_mongosink_op *b)
{
    return a->target == b->target
           || (a->target->hash == b->target->hash
               && strcmp(a->target->database, b->target->database) == 0
               && strcmp(a->target->collection, b->target->collection) == 0);
}

/* Levels are marked as ordered when they hold a repeated document. */
static void
plan_cut(struct mst_mongosink_plan *plan, size_t n, unsigned repeated_below)
{
    struct mst_mongosink_step *step = NULL;
    unsigned rank = 0;
    for (size_t i = 0; i < n; i++) {
        const struct plan_entry *entry = &plan->entries[i];
        plan->ops[i] = entry->op;
        if (step == NULL || entry->rank != rank
            || !plan_same_target(step->ops[0], entry->op)) {
            rank = entry->rank;
            step = &plan->steps[plan->steps_len++];
            *step = (struct mst_mongosink_step){
                .family = (enum mst_mongosink_family)(rank % 4),
                .ops = &plan->ops[i],
            };
            step->ordered = step->family == MST_MONGOSINK_UPDATES
                            && entry->op->level < repeated_below;
        }
        step->len++;
    }
}

enum mst_status
mst_mongosink_plan_make(struct mst_mongosink_plan *plan,
                        struct mst_mongosink_op *const *ops, size_t n,
                        struct mst_error *err)
{
    plan->steps_len = 0;
    plan->ops_len = 0;
    if (!plan_reserve(plan, n)) {
        return mst_fail_memory(err, ORIGIN);
    }
    if (++plan->round == 0) {
        memset(plan->slots, 0, plan->slots_cap * sizeof(*plan->slots));
        plan->round = 1;
    }
    size_t len = 0;
    unsigned repeated_below = 0;
    bool sorted = true;
    for (size_t i = 0; i < n; i++) {
        struct mst_mongosink_op *op = ops[i];
        if (op->state != MST_MONGOSINK_WAITING
            || op->kind == MST_MONGOSINK_SKIP) {
            continue;
        }
        if (plan_place(plan, op) && op->level >= repeated_below) {
            repeated_below = op->level + 1;
        }
        struct plan_entry *entry = &plan->entries[len];
        *entry = (struct plan_entry){op, op->target->hash,
                                     op->level * 4 + (unsigned)plan_family(op),
                                     (unsigned)i};
        sorted = sorted && (len == 0 || plan_compare(entry - 1, entry) < 0);
        len++;
    }
    if (!sorted) {
        qsort(plan->entries, len, sizeof(*plan->entries), plan_compare);
    }
    plan->ops_len = len;
    plan_cut(plan, len, repeated_below);
    return MST_OK;
}

void
mst_mongosink_plan_clear(struct mst_mongosink_plan *plan)
{
    free(plan->entries);
    free(plan->ops);
    free(plan->steps);
    free(plan->slots);
    *plan = (struct mst_mongosink_plan){0};
}
