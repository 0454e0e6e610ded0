/* SPDX-License-Identifier: MIT */
/* Folders that end with the test. */
#ifndef MST_TESTS_FOLDER_H
#define MST_TESTS_FOLDER_H

#include "unit/cmocka_all.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { TEST_FOLDER_MAX = 256, TEST_FOLDER_FILES = 16 };

static inline int
test_folder_remove_one(const char *path, const struct stat *info, int type,
                       struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

/* A new one, for its owner only. */
static inline void
test_folder_make(char path[TEST_FOLDER_MAX])
{
    const char *parent = getenv("TMPDIR");
    int len = snprintf(path, TEST_FOLDER_MAX, "%s/mst-test-XXXXXX",
                       parent != NULL ? parent : "/tmp");
    assert_in_range(len, 1, TEST_FOLDER_MAX - 1);
    assert_non_null(mkdtemp(path));
}

/* With all that is in it. */
static inline void
test_folder_remove(const char *path)
{
    assert_int_equal(nftw(path, test_folder_remove_one, TEST_FOLDER_FILES,
                          FTW_DEPTH | FTW_PHYS),
                     0);
}

#endif
