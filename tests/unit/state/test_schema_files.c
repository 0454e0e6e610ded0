/* SPDX-License-Identifier: MIT */
/* Schemas that are files, and names that are none. */
#include "unit/cmocka_all.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/schema_files.h"

enum { FILES_MAX = 1000 };

/* As the option table lays it out. */
struct folder {
    char *path;
};

static int
make_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof(*folder));
    char name[] = "/tmp/mst-schemas-XXXXXX";
    if (folder == NULL) {
        return -1;
    }
    *state = folder;
    folder->path = mkdtemp(name) == NULL ? NULL : strdup(name);
    return folder->path == NULL ? -1 : 0;
}

static void
path_of(const struct folder *folder, const char *name, char out[256])
{
    (void)snprintf(out, 256, "%s/%s", folder->path, name);
}

static void
write_file(const struct folder *folder, const char *name, size_t size)
{
    char path[256];
    path_of(folder, name, path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(fputc('x', file), 'x');
    }
    assert_int_equal(fclose(file), 0);
}

static int
remove_folder(void **state)
{
    static const char *const names[] = {"good.avsc", "empty.avsc", "large.avsc",
                                        "in/deep.avsc", "in"};
    struct folder *folder = *state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(names); i++) {
        char path[256];
        path_of(folder, names[i], path);
        (void)remove(path); /* not all tests make all */
    }
    int code = rmdir(folder->path);
    free(folder->path);
    free(folder);
    return code;
}

static void
names_of_files_are_read_and_others_refused(void **state)
{
    static const struct {
        const char *name;
        enum mst_status status;
        const char *reason;
    } cases[] = {
        {"good.avsc", MST_OK, NULL},
        {"in/deep.avsc", MST_OK, NULL},
        {"", MST_REJECTED, "not the name of a file"},
        {"/etc/hostname", MST_REJECTED, "not the name of a file"},
        {"..", MST_REJECTED, "not the name of a file"},
        {"../good.avsc", MST_REJECTED, "not the name of a file"},
        {"in/../../x", MST_REJECTED, "not the name of a file"},
        {"absent.avsc", MST_REJECTED, "No such file"},
        {"empty.avsc", MST_REJECTED, "is empty"},
        {"large.avsc", MST_FATAL, "File too large"},
        {"in", MST_FATAL, "Is a directory"},
    };
    const struct folder *folder = *state;
    char path[256];
    path_of(folder, "in", path);
    assert_int_equal(mkdir(path, 0700), 0);
    write_file(folder, "good.avsc", 3);
    write_file(folder, "in/deep.avsc", 3);
    write_file(folder, "empty.avsc", 0);
    write_file(folder, "large.avsc", (size_t)FILES_MAX * 200);
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_buf out;
        struct mst_error err;
        mst_error_clear(&err);
        mst_buf_init(&out, (size_t)FILES_MAX * 100);
        enum mst_status status =
            mst_schema_files.load(folder, cases[i].name, &out, &err);
        if (status != cases[i].status
            || (status == MST_OK ? !mst_slice_is(mst_buf_slice(&out), "xxx")
                                 : strstr(err.text, cases[i].reason) == NULL)) {
            fail_msg("'%s': %s", cases[i].name, err.text);
        }
        mst_buf_clear(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            names_of_files_are_read_and_others_refused, make_folder,
            remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
