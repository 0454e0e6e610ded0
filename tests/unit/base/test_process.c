/* SPDX-License-Identifier: MIT */
/* Tags of processes: alive, ended, of another machine, nonsense. */
#include "unit/cmocka_all.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/process.h"

static void
this_process_is_not_gone(void **state)
{
    (void)state;
    char tag[MST_PROCESS_TAG_MAX];
    char again[MST_PROCESS_TAG_MAX];
    mst_process_tag(tag);
    mst_process_tag(again);
    assert_false(mst_process_is_gone(tag));
    assert_string_not_equal(tag, again);
}

static void
an_ended_child_is_gone_even_as_a_zombie(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char tag[MST_PROCESS_TAG_MAX] = "";
        mst_process_tag(tag);
        _exit(write(ends[1], tag, sizeof(tag)) == (ssize_t)sizeof(tag) ? 0 : 1);
    }
    char tag[MST_PROCESS_TAG_MAX];
    assert_int_equal(read(ends[0], tag, sizeof(tag)), sizeof(tag));
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_true(mst_process_is_gone(tag));
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(mst_process_is_gone(tag));
    close(ends[0]);
    close(ends[1]);
}

static void
other_machines_and_nonsense_are_never_gone(void **state)
{
    (void)state;
    char tag[MST_PROCESS_TAG_MAX];
    mst_process_tag(tag);
    tag[0] = tag[0] == 'x' ? 'y' : 'x';
    const char *const tags[] = {tag,
                                "",
                                "host",
                                "host pid",
                                "host pid 1",
                                "host pid -4 a.b.1.00000000",
                                "host pid 99999999999999 a.b.1.00000000"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(tags); i++) {
        assert_false(mst_process_is_gone(tags[i]));
    }
}

static void
an_id_that_was_used_again_is_another_process(void **state)
{
    (void)state;
    char tag[MST_PROCESS_TAG_MAX];
    mst_process_tag(tag);
    /* The start time is the third part of the last word. */
    char *start = strrchr(tag, ' ');
    start = strchr(strchr(start, '.') + 1, '.') + 1;
    char moved[MST_PROCESS_TAG_MAX + 1];
    (void)snprintf(moved, sizeof(moved), "%.*s1%s", (int)(start - tag), tag,
                   start);
    assert_true(mst_process_is_gone(moved));
}

static void
crc32c_gives_the_published_values(void **state)
{
    (void)state;
    uint8_t bytes[32];
    assert_int_equal(mst_crc32c(0, "123456789", 9), 0xE3069283U);
    memset(bytes, 0, sizeof(bytes));
    assert_int_equal(mst_crc32c(0, bytes, sizeof(bytes)), 0x8A9136AAU);
    memset(bytes, 0xFF, sizeof(bytes));
    assert_int_equal(mst_crc32c(0, bytes, sizeof(bytes)), 0x62A8AB43U);
    assert_int_equal(mst_crc32c(mst_crc32c(0, "1234", 4), "56789", 5),
                     0xE3069283U);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_process_is_not_gone),
        cmocka_unit_test(an_ended_child_is_gone_even_as_a_zombie),
        cmocka_unit_test(other_machines_and_nonsense_are_never_gone),
        cmocka_unit_test(an_id_that_was_used_again_is_another_process),
        cmocka_unit_test(crc32c_gives_the_published_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
