/* SPDX-License-Identifier: MIT */
/* Every allocation of sealing and of keys fails in turn; and several threads
 * seal and open while keys are added. */
#include "unit/crypto/ring_fixture.h"

#include <pthread.h>

#include "crypto/seal.h"
#include "support/alloc_fail.h"

enum { TORTURE_MAX = 1000, THREADS = 4, ROUNDS = 200, ROTATIONS = 10 };

static const struct mst_seal_label orders = {MST_RECORD_SERVICE, "orders", 7};

static void
opening_keys_works_or_fails_whole(void **state)
{
    struct ring_world *world = *state;
    bool failed = true;
    size_t n = 1;
    ring_write(world, RING_KEY_1 "\n" RING_KEY_2 "\n");
    for (; failed && n < TORTURE_MAX; n++) {
        struct mst_keyring *ring = NULL;
        struct mst_error err;
        alloc_fail_at(n);
        enum mst_status status = mst_keyring_open(world->path, &ring, &err);
        failed = alloc_fail_stop();
        assert_int_equal(status, failed ? MST_FATAL : MST_OK);
        mst_keyring_close(ring);
    }
    assert_in_range(n, 3, TORTURE_MAX - 1);
}

static void
a_key_is_added_or_the_file_is_as_it_was(void **state)
{
    struct ring_world *world = *state;
    bool failed = true;
    size_t n = 1;
    ring_write(world, RING_KEY_1 "\n");
    for (; failed && n < TORTURE_MAX; n++) {
        struct mst_keyring *ring = ring_open(world);
        struct mst_error err;
        size_t before = ring_list(ring).len;
        alloc_fail_at(n);
        enum mst_status status = mst_keyring_rotate(ring, &err);
        failed = alloc_fail_stop();
        assert_int_equal(status, failed ? MST_FATAL : MST_OK);
        mst_keyring_close(ring);
        /* The new one may be there already when it fails at the end. */
        ring = ring_open(world);
        struct ring_ids ids = ring_list(ring);
        assert_in_range(ids.len, failed ? before : before + 1, before + 1);
        mst_keyring_close(ring);
    }
    assert_in_range(n, 3, TORTURE_MAX - 1);
}

static void
sealing_works_or_says_that_there_is_no_memory(void **state)
{
    struct ring_world *world = *state;
    bool failed = true;
    ring_write(world, RING_KEY_1);
    struct mst_keyring *ring = ring_open(world);
    for (size_t n = 1; failed && n < TORTURE_MAX; n++) {
        struct mst_buf sealed;
        struct mst_error err;
        mst_buf_init(&sealed, 4096);
        alloc_fail_at(n);
        enum mst_status status =
            mst_seal(ring, &orders, MST_SLICE_LIT("text"), &sealed, &err);
        failed = alloc_fail_stop();
        assert_int_equal(status, failed ? MST_FATAL : MST_OK);
        mst_buf_clear(&sealed);
    }
    mst_keyring_close(ring);
}

static void *
seal_and_open(void *arg)
{
    struct mst_keyring *ring = arg;
    size_t good = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct mst_buf sealed;
        struct mst_slice text = MST_SLICE_NONE;
        struct mst_error err;
        mst_buf_init(&sealed, 4096);
        if (mst_seal(ring, &orders, MST_SLICE_LIT("text"), &sealed, &err)
                == MST_OK
            && mst_unseal(ring, &orders, mst_buf_slice(&sealed), &text, &err)
                   == MST_OK) {
            good += mst_slice_is(text, "text") ? 1 : 0;
        }
        mst_unsealed_clear(&text);
        mst_buf_clear(&sealed);
    }
    return good == ROUNDS ? ring : NULL;
}

static void
threads_seal_and_open_while_keys_are_added(void **state)
{
    struct ring_world *world = *state;
    pthread_t threads[THREADS];
    struct mst_error err;
    struct mst_keyring *ring = ring_open(world);
    struct mst_keyring *other = ring_open(world);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, seal_and_open, ring),
                         0);
    }
    for (int i = 0; i < ROTATIONS; i++) {
        assert_int_equal(mst_keyring_rotate(other, &err), MST_OK);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, ring);
    }
    assert_in_range(ring_list(ring).len, ROTATIONS, ROTATIONS + 1);
    mst_keyring_close(other);
    mst_keyring_close(ring);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ring_test(opening_keys_works_or_fails_whole),
        ring_test(a_key_is_added_or_the_file_is_as_it_was),
        ring_test(sealing_works_or_says_that_there_is_no_memory),
        ring_test(threads_seal_and_open_while_keys_are_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
