/* SPDX-License-Identifier: MIT */
/* Files that are no configuration, and one that is. */
#include "unit/cmocka_all.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/load.h"
#include "unit/config/fakes.h"

static char folder[64];

static int
folder_make(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/mst-config-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
folder_remove(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void
file_path(char out[128], const char *name)
{
    (void)snprintf(out, 128, "%s/%s", folder, name);
}

static void
file_write(const char *path, const char *data, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* The only problem's text. */
static void
expect_problem(const char *path, const char *text)
{
    struct mst_config_input input = {.path = path, .registry = &fake_registry};
    struct mst_problems problems = {0};
    struct mst_config *config = NULL;
    assert_int_equal(mst_config_load(&input, &problems, &config), MST_FATAL);
    assert_null(config);
    assert_int_equal(problems.len, 1);
    assert_string_equal(problems.items[0].text, text);
    assert_string_equal(problems.items[0].file, path);
    mst_problems_clear(&problems);
}

static void
a_missing_file_is_named(void **state)
{
    (void)state;
    char path[128];
    file_path(path, "none.toml");
    expect_problem(path, "the configuration file can not be read: "
                         "No such file or directory");
}

static void
a_directory_is_no_file(void **state)
{
    (void)state;
    expect_problem(folder, "this is a directory, not a configuration file");
}

static void
an_unreadable_file_is_named(void **state)
{
    (void)state;
    char path[128];
    if (geteuid() == 0) {
        skip();
    }
    file_path(path, "secret.toml");
    file_write(path, "", 0);
    assert_int_equal(chmod(path, 0), 0);
    expect_problem(path, "the configuration file can not be read: "
                         "Permission denied");
    assert_int_equal(unlink(path), 0);
}

static void
a_binary_file_is_refused(void **state)
{
    (void)state;
    char path[128];
    file_path(path, "binary.toml");
    file_write(path,
               "\x7f"
               "ELF\0\0\0",
               7);
    expect_problem(path, "this is a binary file, not TOML");
    assert_int_equal(unlink(path), 0);
}

static void
a_huge_file_is_refused_without_reading_it_all(void **state)
{
    (void)state;
    char path[128];
    file_path(path, "huge.toml");
    file_write(path, "", 0);
    assert_int_equal(truncate(path, 17LL * 1024 * 1024), 0);
    expect_problem(path, "the file is larger than 16 MiB");
    assert_int_equal(truncate(path, 1LL << 40), 0);
    expect_problem(path, "the file is larger than 16 MiB");
    assert_int_equal(unlink(path), 0);
}

static void
a_file_without_end_is_refused(void **state)
{
    (void)state;
    expect_problem("/dev/zero", "the file is larger than 16 MiB");
}

static void
a_good_file_is_read_and_the_process_environment_used(void **state)
{
    (void)state;
    static const char text[] = "[api]\nhost = \"${MST_TEST_HOST}\"\n";
    char path[128];
    file_path(path, "good.toml");
    file_write(path, text, strlen(text));
    assert_int_equal(setenv("MST_TEST_HOST", "127.0.0.7", 1), 0);
    struct mst_config_input input = {.path = path, .registry = &fake_registry};
    struct mst_problems problems = {0};
    struct mst_config *config = NULL;
    assert_int_equal(mst_config_load(&input, &problems, &config), MST_OK);
    assert_string_equal(config->api.host, "127.0.0.7");
    assert_string_equal(config->root->file, path);
    mst_config_destroy(config);
    mst_problems_clear(&problems);
    assert_int_equal(unlink(path), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(a_directory_is_no_file),
        cmocka_unit_test(an_unreadable_file_is_named),
        cmocka_unit_test(a_binary_file_is_refused),
        cmocka_unit_test(a_huge_file_is_refused_without_reading_it_all),
        cmocka_unit_test(a_file_without_end_is_refused),
        cmocka_unit_test(a_good_file_is_read_and_the_process_environment_used),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
