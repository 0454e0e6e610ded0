/* SPDX-License-Identifier: MIT */
/* Key files in a folder that ends with the test. */
#ifndef MST_TESTS_RING_FIXTURE_H
#define MST_TESTS_RING_FIXTURE_H

#include "unit/folder.h"

#include <fcntl.h>
#include <unistd.h>

#include "crypto/keyring.h"

#define RING_KEY_1                                                             \
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RING_KEY_2                                                             \
    "F0E0D0C0B0A090807060504030201000f1e1d1c1b1a191817161514131211101"

struct ring_world {
    char folder[TEST_FOLDER_MAX];
    char path[TEST_FOLDER_MAX + 16];
};

static inline int
ring_setup(void **state)
{
    struct ring_world *world = calloc(1, sizeof(*world));
    if (world == NULL) {
        return 1;
    }
    test_folder_make(world->folder);
    (void)snprintf(world->path, sizeof(world->path), "%s/mstream.key",
                   world->folder);
    (void)unsetenv(MST_KEY_ENV);
    (void)unsetenv(MST_KEY_ENV_OLD);
    *state = world;
    return 0;
}

static inline int
ring_teardown(void **state)
{
    struct ring_world *world = *state;
    test_folder_remove(world->folder);
    (void)unsetenv(MST_KEY_ENV);
    (void)unsetenv(MST_KEY_ENV_OLD);
    free(world);
    return 0;
}

static inline void
ring_write(const struct ring_world *world, const char *text)
{
    int fd = open(world->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

static inline struct mst_keyring *
ring_open(const struct ring_world *world)
{
    struct mst_keyring *ring = NULL;
    struct mst_error err = {.status = MST_OK};
    if (mst_keyring_open(world->path, &ring, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
    return ring;
}

/* The ids of a ring, the one that seals last. */
struct ring_ids {
    char ids[16][MST_KEY_ID_TEXT_MAX];
    size_t len;
    size_t sealing;
};

static inline void
ring_remember(void *arg, const char *id, bool seals)
{
    struct ring_ids *ids = arg;
    assert_in_range(ids->len, 0, 15);
    ids->sealing += seals ? 1 : 0;
    memcpy(ids->ids[ids->len++], id, MST_KEY_ID_TEXT_MAX);
}

static inline struct ring_ids
ring_list(struct mst_keyring *ring)
{
    struct ring_ids ids = {.len = 0};
    struct mst_error err = {.status = MST_OK};
    if (mst_keyring_list(ring, ring_remember, &ids, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(ids.sealing, ids.len > 0 ? 1 : 0);
    return ids;
}

#define ring_test(f)                                                           \
    cmocka_unit_test_setup_teardown(f, ring_setup, ring_teardown)

#endif
