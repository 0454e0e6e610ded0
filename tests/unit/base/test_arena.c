/* SPDX-License-Identifier: MIT */
/* The arena: alignment, stability and reuse. */
#include "unit/cmocka_all.h"

#include "base/arena.h"

static void
memory_is_aligned_and_never_moves(void **state)
{
    (void)state;
    struct mst_arena arena = {0};
    uint8_t *all[500];
    for (size_t i = 0; i < 500; i++) {
        all[i] = mst_arena_alloc(&arena, i);
        assert_non_null(all[i]);
        assert_int_equal((uintptr_t)all[i] % 16, 0);
        memset(all[i], (int)(i % 251), i);
    }
    for (size_t i = 0; i < 500; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_int_equal(all[i][j], i % 251);
        }
    }
    mst_arena_clear(&arena);
    assert_int_equal(arena.held, 0);
}

static void
a_steady_load_settles_at_one_block(void **state)
{
    (void)state;
    struct mst_arena arena = {0};
    void *first = NULL;
    for (int round = 0; round < 4; round++) {
        void *small = mst_arena_alloc(&arena, 1000);
        assert_non_null(small);
        assert_non_null(mst_arena_alloc(&arena, 200000));
        if (round == 2) {
            first = small;
        } else if (round == 3) {
            assert_ptr_equal(small, first);
        }
        mst_arena_reset(&arena, 1000000);
    }
    mst_arena_reset(&arena, 1000);
    assert_int_equal(arena.held, 0);
    mst_arena_clear(&arena);
}

static void
impossible_sizes_give_null(void **state)
{
    (void)state;
    struct mst_arena arena = {0};
    assert_null(mst_arena_alloc(&arena, SIZE_MAX));
    assert_null(mst_arena_alloc(&arena, SIZE_MAX - 64));
    assert_null(mst_arena_alloc_zeroed(&arena, SIZE_MAX / 2, 3));
    mst_arena_clear(&arena);
}

static void
a_copy_ends_with_nul(void **state)
{
    (void)state;
    struct mst_arena arena = {0};
    struct mst_slice copy = mst_arena_copy(&arena, MST_SLICE_LIT("key"));
    assert_string_equal((const char *)copy.data, "key");
    assert_int_equal(copy.len, 3);
    mst_arena_clear(&arena);
}

static void
zeroed_memory_is_zero_where_it_was_used_before(void **state)
{
    (void)state;
    struct mst_arena arena = {0};
    void *used = mst_arena_alloc(&arena, 4000);
    assert_non_null(used);
    memset(used, 0xff, 4000);
    mst_arena_reset(&arena, SIZE_MAX);
    const uint8_t *zeroed = mst_arena_alloc_zeroed(&arena, 1000, 4);
    assert_ptr_equal(zeroed, used);
    for (size_t i = 0; i < 4000; i++) {
        assert_int_equal(zeroed[i], 0);
    }
    assert_non_null(mst_arena_alloc_zeroed(&arena, 0, 8));
    mst_arena_clear(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_and_never_moves),
        cmocka_unit_test(a_steady_load_settles_at_one_block),
        cmocka_unit_test(impossible_sizes_give_null),
        cmocka_unit_test(zeroed_memory_is_zero_where_it_was_used_before),
        cmocka_unit_test(a_copy_ends_with_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
