/* SPDX-License-Identifier: MIT */
/* A list of blocks, filled from the front. */
#include "base/arena.h"

#include <stdlib.h>

enum { ARENA_BLOCK = 64 * 1024, ARENA_ALIGN = 16 };

struct mst_arena_block {
    struct mst_arena_block *next;
    size_t used;
    size_t size;
    _Alignas(ARENA_ALIGN) unsigned char data[];
};

static struct mst_arena_block *
arena_add_block(struct mst_arena *arena, size_t n)
{
    size_t size = n > ARENA_BLOCK ? n : ARENA_BLOCK;
    size_t bytes = 0;
    if (__builtin_add_overflow(size, sizeof(struct mst_arena_block), &bytes)) {
        return NULL;
    }
    struct mst_arena_block *block = malloc(bytes);
    if (block == NULL) {
        return NULL;
    }
    block->next = arena->blocks;
    block->used = 0;
    block->size = size;
    arena->blocks = block;
    arena->held += size;
    return block;
}

void *
mst_arena_alloc(struct mst_arena *arena, size_t n)
{
    if (n > SIZE_MAX - ARENA_ALIGN) {
        return NULL;
    }
    size_t rounded = (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    struct mst_arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < rounded) {
        block = arena_add_block(arena, rounded);
        if (block == NULL) {
            return NULL;
        }
    }
    void *out = block->data + block->used;
    block->used += rounded;
    return out;
}

struct mst_slice
mst_arena_copy(struct mst_arena *arena, struct mst_slice bytes)
{
    uint8_t *copy =
        bytes.len == SIZE_MAX ? NULL : mst_arena_alloc(arena, bytes.len + 1);
    if (copy == NULL) {
        return MST_SLICE_NONE;
    }
    if (bytes.len > 0) {
        memcpy(copy, bytes.data, bytes.len);
    }
    copy[bytes.len] = 0;
    return mst_slice_of(copy, bytes.len);
}

void
mst_arena_reset(struct mst_arena *arena, size_t keep)
{
    struct mst_arena_block *kept = NULL;
    size_t held = 0;
    while (arena->blocks != NULL) {
        struct mst_arena_block *block = arena->blocks;
        arena->blocks = block->next;
        if (held + block->size > keep) {
            free(block);
            continue;
        }
        block->used = 0;
        block->next = kept;
        kept = block;
        held += block->size;
    }
    arena->blocks = kept;
    arena->held = held;
}

void
mst_arena_clear(struct mst_arena *arena)
{
    mst_arena_reset(arena, 0);
}
