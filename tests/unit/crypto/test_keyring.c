/* SPDX-License-Identifier: MIT */
/* Where keys come from, and what is refused. */
#include "unit/crypto/ring_fixture.h"

#include <sys/wait.h>

#include "crypto/seal.h"

/* What a key's id is: another program worked it out. */
#define ID_1 "d748b86c693fbf13"

static const struct mst_seal_label label = {MST_RECORD_SERVICE, "m", 1};

static void
seal(struct mst_keyring *ring, struct mst_buf *out)
{
    struct mst_error err = {.status = MST_OK};
    mst_buf_init(out, 1024);
    if (mst_seal(ring, &label, MST_SLICE_LIT("secret"), out, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
}

static enum mst_status
unseal(struct mst_keyring *ring, const struct mst_buf *sealed,
       struct mst_error *err)
{
    struct mst_slice text = MST_SLICE_NONE;
    mst_error_clear(err);
    enum mst_status status =
        mst_unseal(ring, &label, mst_buf_slice(sealed), &text, err);
    if (status == MST_OK) {
        assert_true(mst_slice_is(text, "secret"));
    }
    mst_unsealed_clear(&text);
    return status;
}

static enum mst_status
try_open(const struct ring_world *world, struct mst_error *err)
{
    struct mst_keyring *ring = NULL;
    mst_error_clear(err);
    enum mst_status status = mst_keyring_open(world->path, &ring, err);
    mst_keyring_close(ring);
    return status;
}

static void
the_first_seal_makes_a_file_that_only_its_owner_reads(void **state)
{
    struct ring_world *world = *state;
    struct stat info;
    struct mst_buf sealed;
    struct mst_error err;
    mode_t mask = umask(0);
    struct mst_keyring *ring = ring_open(world);
    assert_int_equal(ring_list(ring).len, 0);
    assert_int_equal(access(world->path, F_OK), -1);
    seal(ring, &sealed);
    (void)umask(mask);
    assert_int_equal(stat(world->path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    mst_keyring_close(ring);
    ring = ring_open(world);
    assert_int_equal(ring_list(ring).len, 1);
    assert_int_equal(unseal(ring, &sealed, &err), MST_OK);
    mst_keyring_close(ring);
    mst_buf_clear(&sealed);
}

static void
a_file_of_the_published_mstream_is_a_key(void **state)
{
    struct ring_world *world = *state;
    ring_write(world, RING_KEY_1);
    struct mst_keyring *ring = ring_open(world);
    struct ring_ids ids = ring_list(ring);
    assert_int_equal(ids.len, 1);
    assert_string_equal(ids.ids[0], ID_1);
    mst_keyring_close(ring);
}

static void
the_last_line_seals_and_all_of_them_open(void **state)
{
    struct ring_world *world = *state;
    struct mst_buf old;
    struct mst_buf new;
    struct mst_error err;
    ring_write(world, RING_KEY_1);
    struct mst_keyring *ring = ring_open(world);
    seal(ring, &old);
    /* The file changes under a ring that is open. */
    ring_write(world, "# a comment\n\n" RING_KEY_1 "\r\n  " RING_KEY_2 "\n");
    seal(ring, &new);
    char id[MST_KEY_ID_TEXT_MAX];
    struct ring_ids ids = ring_list(ring);
    assert_int_equal(ids.len, 2);
    assert_true(mst_seal_key_id(mst_buf_slice(&new), id));
    assert_string_equal(id, ids.ids[1]);
    assert_true(mst_seal_key_id(mst_buf_slice(&old), id));
    assert_string_equal(id, ids.ids[0]);
    assert_int_equal(unseal(ring, &old, &err), MST_OK);
    assert_int_equal(unseal(ring, &new, &err), MST_OK);
    /* A key that is there twice stands where it was seen last. */
    ring_write(world, RING_KEY_1 "\n" RING_KEY_2 "\n" RING_KEY_1 "\n");
    ids = ring_list(ring);
    assert_int_equal(ids.len, 2);
    assert_string_equal(ids.ids[1], ID_1);
    mst_keyring_close(ring);
    mst_buf_clear(&old);
    mst_buf_clear(&new);
}

static void
files_that_are_no_secret_or_no_keys_are_refused(void **state)
{
    static const struct {
        const char *text;
        mode_t mode;
        const char *expected;
    } cases[] = {
        {RING_KEY_1, 0640, "mode 0640"},
        {RING_KEY_1, 0604, "mode 0604"},
        {RING_KEY_1, 0620, "mode 0620"},
        {"", 0600, "holds no key"},
        {"# only words\n", 0600, "holds no key"},
        {RING_KEY_1 "\n0123456789abcdef\n", 0600, "line 2"},
        {RING_KEY_1 "0\n", 0600, "65 characters"},
        {"x00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
         0600, "no key"},
    };
    struct ring_world *world = *state;
    struct mst_error err;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        ring_write(world, cases[i].text);
        assert_int_equal(chmod(world->path, cases[i].mode), 0);
        assert_int_equal(try_open(world, &err), MST_FATAL);
        if (strstr(err.text, cases[i].expected) == NULL) {
            fail_msg("%s: %s", cases[i].expected, err.text);
        }
        assert_true(err.hint[0] != '\0');
        assert_null(strstr(err.text, "0102"));
        assert_int_equal(chmod(world->path, 0600), 0);
    }
    assert_int_equal(unlink(world->path), 0);
    assert_int_equal(mkfifo(world->path, 0600), 0);
    assert_int_equal(try_open(world, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "not a file"));
}

static void
a_long_file_is_refused(void **state)
{
    struct ring_world *world = *state;
    struct mst_error err;
    ring_write(world, RING_KEY_1);
    assert_int_equal(truncate(world->path, 1 << 20), 0);
    assert_int_equal(try_open(world, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "longer than"));
}

static void
a_file_that_is_opened_to_others_is_refused_at_once(void **state)
{
    struct ring_world *world = *state;
    struct mst_buf sealed;
    struct mst_buf more;
    struct mst_error err;
    struct mst_keyring *ring = ring_open(world);
    seal(ring, &sealed);
    assert_int_equal(chmod(world->path, 0644), 0);
    mst_buf_init(&more, 1024);
    assert_int_equal(
        mst_seal(ring, &label, MST_SLICE_LIT("secret"), &more, &err),
        MST_FATAL);
    assert_non_null(strstr(err.text, "mode 0644"));
    /* What can be opened still is. */
    assert_int_equal(unseal(ring, &sealed, &err), MST_OK);
    mst_keyring_close(ring);
    mst_buf_clear(&sealed);
    mst_buf_clear(&more);
}

static void
nothing_is_sealed_with_a_key_that_is_nowhere(void **state)
{
    struct ring_world *world = *state;
    struct mst_buf sealed;
    struct mst_buf more;
    struct mst_error err;
    struct mst_keyring *ring = ring_open(world);
    seal(ring, &sealed);
    assert_int_equal(unlink(world->path), 0);
    assert_int_equal(unseal(ring, &sealed, &err), MST_OK);
    mst_buf_init(&more, 1024);
    assert_int_equal(
        mst_seal(ring, &label, MST_SLICE_LIT("secret"), &more, &err),
        MST_FATAL);
    assert_non_null(strstr(err.text, "is gone"));
    mst_keyring_close(ring);
    /* After a restart no new key hides that the old one is missing. */
    ring = ring_open(world);
    assert_int_equal(unseal(ring, &sealed, &err), MST_FATAL);
    assert_int_equal(
        mst_seal(ring, &label, MST_SLICE_LIT("secret"), &more, &err),
        MST_FATAL);
    assert_non_null(strstr(err.text, "no other is made"));
    assert_int_equal(access(world->path, F_OK), -1);
    mst_keyring_close(ring);
    mst_buf_clear(&sealed);
    mst_buf_clear(&more);
}

static void
keys_of_the_environment_go_first(void **state)
{
    struct ring_world *world = *state;
    struct mst_buf sealed;
    struct mst_error err;
    ring_write(world, RING_KEY_2);
    assert_int_equal(setenv(MST_KEY_ENV, " " RING_KEY_1 "\n", 1), 0);
    struct mst_keyring *ring = ring_open(world);
    struct ring_ids ids = ring_list(ring);
    assert_int_equal(ids.len, 1);
    assert_string_equal(ids.ids[0], ID_1);
    seal(ring, &sealed);
    assert_int_equal(mst_keyring_rotate(ring, &err), MST_REJECTED);
    mst_keyring_close(ring);
    /* A new one: the old one opens. */
    assert_int_equal(setenv(MST_KEY_ENV, RING_KEY_2, 1), 0);
    ring = ring_open(world);
    assert_int_equal(unseal(ring, &sealed, &err), MST_FATAL);
    assert_non_null(strstr(err.text, ID_1));
    assert_non_null(strstr(err.hint, MST_KEY_ENV_OLD));
    mst_keyring_close(ring);
    assert_int_equal(setenv(MST_KEY_ENV_OLD, " , " RING_KEY_1 ",", 1), 0);
    ring = ring_open(world);
    ids = ring_list(ring);
    assert_int_equal(ids.len, 2);
    assert_string_equal(ids.ids[0], ID_1);
    assert_int_equal(unseal(ring, &sealed, &err), MST_OK);
    mst_keyring_close(ring);
    mst_buf_clear(&sealed);
    assert_int_equal(setenv(MST_KEY_ENV_OLD, "abc", 1), 0);
    assert_int_equal(try_open(world, &err), MST_FATAL);
    assert_non_null(strstr(err.text, MST_KEY_ENV_OLD));
    assert_null(strstr(err.text, "abc"));
    /* Set to nothing is not set. */
    assert_int_equal(setenv(MST_KEY_ENV, " ", 1), 0);
    ring = ring_open(world);
    assert_string_not_equal(ring_list(ring).ids[0], ID_1);
    mst_keyring_close(ring);
}

static void
a_rotation_adds_a_key_and_loses_none(void **state)
{
    struct ring_world *world = *state;
    struct mst_buf sealed;
    struct mst_error err;
    struct stat info;
    char stale[TEST_FOLDER_MAX + 32];
    ring_write(world, RING_KEY_1); /* without a line's end */
    struct mst_keyring *daemon = ring_open(world);
    struct mst_keyring *ring = ring_open(world);
    seal(daemon, &sealed);
    /* Left by one that was killed. */
    (void)snprintf(stale, sizeof(stale), "%s.new", world->path);
    int fd = open(stale, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "half a", 6), 6);
    assert_int_equal(close(fd), 0);
    assert_int_equal(mst_keyring_rotate(ring, &err), MST_OK);
    assert_int_equal(mst_keyring_rotate(ring, &err), MST_OK);
    struct ring_ids ids = ring_list(ring);
    assert_int_equal(ids.len, 3);
    assert_string_equal(ids.ids[0], ID_1);
    assert_string_not_equal(ids.ids[1], ids.ids[2]);
    assert_int_equal(stat(world->path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(access(stale, F_OK), -1);
    /* One that runs beside sees it. */
    struct ring_ids theirs = ring_list(daemon);
    assert_int_equal(theirs.len, 3);
    assert_string_equal(theirs.ids[2], ids.ids[2]);
    assert_int_equal(unseal(daemon, &sealed, &err), MST_OK);
    mst_keyring_close(daemon);
    mst_keyring_close(ring);
    mst_buf_clear(&sealed);
    /* Nothing is made of a file that is not understood. */
    ring = ring_open(world);
    ring_write(world, "not a key\n");
    assert_int_equal(mst_keyring_rotate(ring, &err), MST_FATAL);
    assert_int_equal(stat(world->path, &info), 0);
    assert_int_equal(info.st_size, strlen("not a key\n"));
    mst_keyring_close(ring);
}

static void
a_link_stays_a_link(void **state)
{
    struct ring_world *world = *state;
    struct ring_world real = *world;
    struct stat info;
    struct mst_error err;
    (void)snprintf(real.path, sizeof(real.path), "%s/real", world->folder);
    ring_write(&real, RING_KEY_1);
    assert_int_equal(symlink("real", world->path), 0);
    struct mst_keyring *ring = ring_open(world);
    assert_int_equal(mst_keyring_rotate(ring, &err), MST_OK);
    assert_int_equal(ring_list(ring).len, 2);
    assert_int_equal(lstat(world->path, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    mst_keyring_close(ring);
}

/* Of many that write at once none loses what another wrote. */
static void
rotations_at_once_all_last(void **state)
{
    enum { WORKERS = 4, EACH = 3 };
    struct ring_world *world = *state;
    pid_t children[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            struct mst_error err;
            struct mst_keyring *ring = ring_open(world);
            bool good = true;
            for (int j = 0; good && j < EACH; j++) {
                good = mst_keyring_rotate(ring, &err) == MST_OK;
            }
            _exit(good ? 0 : 1);
        }
    }
    for (int i = 0; i < WORKERS; i++) {
        int code = 0;
        assert_int_equal(waitpid(children[i], &code, 0), children[i]);
        assert_true(WIFEXITED(code) && WEXITSTATUS(code) == 0);
    }
    FILE *file = fopen(world->path, "r");
    assert_non_null(file);
    char line[256];
    int keys = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        keys += line[0] != '#' ? 1 : 0;
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(keys, WORKERS * EACH);
}

/* Nothing but the file's own directory is needed. */
static void
what_can_not_be_written_is_said(void **state)
{
    struct ring_world *world = *state;
    struct mst_buf sealed;
    struct mst_error err;
    (void)snprintf(world->path, sizeof(world->path), "%s/none/k",
                   world->folder);
    struct mst_keyring *ring = ring_open(world);
    mst_buf_init(&sealed, 1024);
    assert_int_equal(
        mst_seal(ring, &label, MST_SLICE_LIT("secret"), &sealed, &err),
        MST_FATAL);
    assert_non_null(strstr(err.text, "can not be written"));
    mst_keyring_close(ring);
    mst_buf_clear(&sealed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ring_test(the_first_seal_makes_a_file_that_only_its_owner_reads),
        ring_test(a_file_of_the_published_mstream_is_a_key),
        ring_test(the_last_line_seals_and_all_of_them_open),
        ring_test(files_that_are_no_secret_or_no_keys_are_refused),
        ring_test(a_long_file_is_refused),
        ring_test(a_file_that_is_opened_to_others_is_refused_at_once),
        ring_test(nothing_is_sealed_with_a_key_that_is_nowhere),
        ring_test(keys_of_the_environment_go_first),
        ring_test(a_rotation_adds_a_key_and_loses_none),
        ring_test(a_link_stays_a_link),
        ring_test(rotations_at_once_all_last),
        ring_test(what_can_not_be_written_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
