/* SPDX-License-Identifier: MIT */
/* Locking the state directory, and naming the one who has it. */
#include "state/instance_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "state/directory.h"

enum { INSTANCE_LOCK_TEXT_MAX = 256 };

struct mst_instance_lock {
    int fd;
};

/* "pid 4711 on host HOST since TIME" of the holder, as far as it is known. */
static void
instance_lock_read(int fd, char out[INSTANCE_LOCK_TEXT_MAX])
{
    ssize_t len = pread(fd, out, INSTANCE_LOCK_TEXT_MAX - 1, 0);
    out[len > 0 ? len : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    for (char *c = out; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~') {
            *c = '?';
        }
    }
    if (out[0] == '\0') {
        (void)snprintf(out, INSTANCE_LOCK_TEXT_MAX, "another process");
    }
}

/* The line is for people; the lock holds without it (a full disk). */
static void
instance_lock_write(int fd)
{
    char tag[MST_PROCESS_TAG_MAX];
    char now[MST_TIME_TEXT_MAX];
    char text[INSTANCE_LOCK_TEXT_MAX];
    mst_process_tag(tag);
    mst_time_format(mst_clock_wall_ms(), now);
    *strrchr(tag, ' ') = '\0'; /* "HOST pid N" */
    const char *pid = strrchr(tag, ' ');
    int len = snprintf(text, sizeof(text), "pid%s on host %.*s since %s\n", pid,
                       (int)strcspn(tag, " "), tag, now);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len) {
        return;
    }
}

static enum mst_status
instance_lock_fail_held(int fd, const char *directory, struct mst_error *err)
{
    char holder[INSTANCE_LOCK_TEXT_MAX];
    instance_lock_read(fd, holder);
    (void)mst_fail(err, MST_AGAIN, "state", 0,
                   "the state directory '%s' is in use: %s", directory, holder);
    mst_error_hint(err, "stop that one first, or give this one a directory of "
                        "its own with [state] path");
    return MST_AGAIN;
}

/* Opens and locks path. MST_RETRY: the file was replaced in between. */
static enum mst_status
instance_lock_try(const char *directory, const char *path, int *ret_fd,
                  struct mst_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return mst_directory_fail(err, errno, "can not open the lock file",
                                  path);
    }
    enum mst_status status = MST_OK;
    struct stat ours;
    struct stat there;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        status =
            errno == EWOULDBLOCK
                ? instance_lock_fail_held(fd, directory, err)
                : mst_directory_fail(err, errno, "can not lock the file", path);
    } else if (fstat(fd, &ours) != 0 || stat(path, &there) != 0
               || ours.st_ino != there.st_ino || ours.st_dev != there.st_dev) {
        status = mst_fail(err, MST_RETRY, "state", 0,
                          "the lock file '%s' was replaced while it was taken",
                          path);
    }
    if (status != MST_OK) {
        (void)close(fd); /* nothing was written */
        return status;
    }
    *ret_fd = fd;
    return MST_OK;
}

enum mst_status
mst_instance_lock_take(const char *directory,
                       struct mst_instance_lock **ret_lock,
                       struct mst_error *err)
{
    if (strcmp(directory, MST_STATE_MEMORY) == 0) {
        *ret_lock = NULL;
        return MST_OK;
    }
    enum mst_status status = mst_directory_make(directory, err);
    if (status != MST_OK) {
        return status;
    }
    char *path = mst_directory_join(directory, MST_INSTANCE_LOCK_FILE);
    struct mst_instance_lock *lock = calloc(1, sizeof(*lock));
    if (path == NULL || lock == NULL) {
        free(path);
        free(lock);
        return mst_fail_memory(err, "state");
    }
    status = instance_lock_try(directory, path, &lock->fd, err);
    free(path);
    if (status != MST_OK) {
        free(lock);
        return status;
    }
    instance_lock_write(lock->fd);
    *ret_lock = lock;
    return MST_OK;
}

void
mst_instance_lock_release(struct mst_instance_lock *lock)
{
    if (lock == NULL) {
        return;
    }
    /* So that nobody reads an old name between two holders. */
    int emptied = ftruncate(lock->fd, 0);
    (void)emptied;
    (void)close(lock->fd); /* gives the lock back */
    free(lock);
}
