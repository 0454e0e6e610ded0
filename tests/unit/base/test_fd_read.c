/* SPDX-License-Identifier: MIT */
/* All that a descriptor gives: whole, too much of it, unreadable. */
#include "base/fd_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "unit/cmocka_all.h"

enum { FD_READ_PIECES = 3, FD_READ_PIECE = 1000 };

/* A pipe with some pieces in it and its writing end closed. */
static int
fd_read_pipe(void)
{
    int ends[2];
    char piece[FD_READ_PIECE];
    memset(piece, 'x', sizeof(piece));
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    for (int i = 0; i < FD_READ_PIECES; i++) {
        assert_int_equal(write(ends[1], piece, sizeof(piece)), sizeof(piece));
    }
    assert_int_equal(close(ends[1]), 0);
    return ends[0];
}

static void
all_pieces_are_appended_behind_what_is_there(void **state)
{
    (void)state;
    struct mst_buf out;
    int error = 0;
    int fd = fd_read_pipe();
    mst_buf_init(&out, 1 << 20);
    assert_int_equal(mst_buf_append(&out, "ab", 2), MST_OK);
    assert_int_equal(mst_fd_read(fd, &out, &error), MST_OK);
    assert_int_equal(out.len, 2 + FD_READ_PIECES * FD_READ_PIECE);
    assert_memory_equal(out.data, "abxx", 4);
    mst_buf_clear(&out);
    assert_int_equal(close(fd), 0);
}

static void
more_than_the_buffer_may_hold_is_told_apart(void **state)
{
    (void)state;
    struct mst_buf out;
    int error = 0;
    int fd = fd_read_pipe();
    mst_buf_init(&out, 100);
    assert_int_not_equal(mst_fd_read(fd, &out, &error), MST_OK);
    assert_int_equal(error, EFBIG);
    mst_buf_clear(&out);
    assert_int_equal(close(fd), 0);
}

static void
a_failed_read_tells_its_errno(void **state)
{
    (void)state;
    struct mst_buf out;
    int error = 0;
    int folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder >= 0);
    mst_buf_init(&out, 1 << 20);
    assert_int_equal(mst_fd_read(folder, &out, &error), MST_FATAL);
    assert_int_equal(error, EISDIR);
    mst_buf_clear(&out);
    assert_int_equal(close(folder), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_pieces_are_appended_behind_what_is_there),
        cmocka_unit_test(more_than_the_buffer_may_hold_is_told_apart),
        cmocka_unit_test(a_failed_read_tells_its_errno),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
