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
    size_t size = arena->blocks == NULL ? arena->want : 0;
    size = size > ARENA_BLOCK ? size : ARENA_BLOCK;
    size = size > n ? size : n;
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

void *
mst_arena_alloc_zeroed(struct mst_arena *arena, size_t n, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(n, size, &bytes)) {
        return NULL;
    }
    void *memory = mst_arena_alloc(arena, bytes);
    if (memory != NULL) {
        memset(memory, 0, bytes);
    }
    return memory;
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

static void
arena_free_blocks(struct mst_arena *arena)
{
    while (arena->blocks != NULL) {
        struct mst_arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    arena->held = 0;
}

/* Several blocks become one of their total size at the next filling, so that
 * a steady load settles at one block that is never freed. */
void
mst_arena_reset(struct mst_arena *arena, size_t keep)
{
    arena->want = arena->held < keep ? arena->held : keep;
    if (arena->blocks != NULL && arena->blocks->next == NULL
        && arena->held <= keep) {
        arena->blocks->used = 0;
    } else {
        arena_free_blocks(arena);
    }
}

void
mst_arena_clear(struct mst_arena *arena)
{
    arena_free_blocks(arena);
    arena->want = 0;
}
