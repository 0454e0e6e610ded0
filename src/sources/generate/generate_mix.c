/* SPDX-License-Identifier: MIT */
/* Weights of operations, and rounds that hold exactly them. */
#include "sources/generate/generate_mix.h"

#include "sources/generate/generate_random.h"

static enum mst_status
mix_bad(struct mst_error *err, const char *text)
{
    (void)mst_fail(err, MST_FATAL, "generate", 0,
                   "option 'operations': '%s' is not a mix of operations",
                   text);
    mst_error_hint(err,
                   "write it as \"create=70,update=20,replace=5,"
                   "delete=5\"; the weights may add up to %d",
                   (int)MST_MIX_ROUND_MAX);
    return MST_FATAL;
}

/* One "name=weight" of len bytes. */
static bool
mix_add(struct mst_mix *mix, const char *text, size_t len)
{
    while (len > 0 && text[0] == ' ') {
        text++;
        len--;
    }
    while (len > 0 && text[len - 1] == ' ') {
        len--;
    }
    const char *equals = memchr(text, '=', len);
    if (equals == NULL) {
        return false;
    }
    enum mst_op op = MST_OP_NONE;
    struct mst_slice name = mst_slice_of(text, (size_t)(equals - text));
    if (!mst_op_parse(name, &op)) {
        return false;
    }
    unsigned weight = 0;
    const char *end = text + len;
    for (const char *c = equals + 1; c < end; c++) {
        if (*c < '0' || *c > '9' || weight > MST_MIX_ROUND_MAX) {
            return false;
        }
        weight = weight * 10 + (unsigned)(*c - '0');
    }
    if (equals + 1 == end || weight > MST_MIX_ROUND_MAX
        || mix->weights[op] != 0) {
        return false;
    }
    mix->weights[op] = weight;
    mix->total += weight;
    return true;
}

enum mst_status
mst_mix_init(struct mst_mix *mix, const char *text, uint64_t keys,
             uint64_t seed, struct mst_error *err)
{
    memset(mix, 0, sizeof(*mix));
    mix->seed = seed;
    for (const char *at = text;;) {
        size_t len = strcspn(at, ",");
        if (!mix_add(mix, at, len)) {
            return mix_bad(err, text);
        }
        if (at[len] == '\0') {
            break;
        }
        at += len + 1;
    }
    if (mix->total == 0 || mix->total > MST_MIX_ROUND_MAX) {
        return mix_bad(err, text);
    }
    if (mix->weights[MST_OP_DELETE] > mix->weights[MST_OP_CREATE]) {
        return mst_fail(err, MST_FATAL, "generate", 0,
                        "option 'operations': '%s' has more deletes than "
                        "creates, so the documents would run out",
                        text);
    }
    if (mix->weights[MST_OP_CREATE] < mix->total) {
        /* One more than a round deletes, so that something is alive at
         * every slot whatever the shuffle is. */
        uint64_t least = (uint64_t)mix->weights[MST_OP_DELETE] + 1;
        mix->warm = keys > least ? keys : least;
    }
    return MST_OK;
}

static void
mix_shuffle(struct mst_mix *mix, uint64_t round)
{
    unsigned at = 0;
    for (unsigned op = 0; op < MST_MIX_OPS; op++) {
        for (unsigned i = 0; i < mix->weights[op]; i++) {
            mix->ops[at++] = (uint8_t)op;
        }
    }
    uint64_t random = mst_random_start(~mix->seed, round);
    for (unsigned i = mix->total; i > 1; i--) {
        unsigned j = (unsigned)mst_random_upto(&random, i);
        uint8_t swap = mix->ops[i - 1];
        mix->ops[i - 1] = mix->ops[j];
        mix->ops[j] = swap;
    }
    uint16_t creates = 0;
    uint16_t deletes = 0;
    for (unsigned i = 0; i < mix->total; i++) {
        mix->creates[i] = creates;
        mix->deletes[i] = deletes;
        creates = (uint16_t)(creates + (mix->ops[i] == MST_OP_CREATE));
        deletes = (uint16_t)(deletes + (mix->ops[i] == MST_OP_DELETE));
    }
    mix->round = round;
    mix->shuffled = true;
}

void
mst_mix_event(struct mst_mix *mix, uint64_t n, enum mst_op *ret_op,
              uint64_t *ret_key)
{
    uint64_t i = n - 1;
    if (i < mix->warm) {
        *ret_op = MST_OP_CREATE;
        *ret_key = i;
        return;
    }
    i -= mix->warm;
    uint64_t round = i / mix->total;
    unsigned slot = (unsigned)(i % mix->total);
    if (!mix->shuffled || mix->round != round) {
        mix_shuffle(mix, round);
    }
    uint64_t made =
        mix->warm + round * mix->weights[MST_OP_CREATE] + mix->creates[slot];
    uint64_t gone = round * mix->weights[MST_OP_DELETE] + mix->deletes[slot];
    *ret_op = (enum mst_op)mix->ops[slot];
    if (*ret_op == MST_OP_CREATE) {
        *ret_key = made;
    } else if (*ret_op == MST_OP_DELETE) {
        *ret_key = gone;
    } else {
        uint64_t random = mst_random_start(mix->seed ^ 0x6B6579U, n);
        *ret_key = gone + mst_random_upto(&random, made - gone);
    }
}
