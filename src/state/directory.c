/* SPDX-License-Identifier: MIT */
/* Making the state directory and saying what keeps us from using it. */
#include "state/directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char *
mst_directory_join(const char *directory, const char *name)
{
    size_t len = strlen(directory);
    const char *slash = len > 0 && directory[len - 1] == '/' ? "" : "/";
    char *path = NULL;
    if (asprintf(&path, "%s%s%s", directory, slash, name) < 0) {
        return NULL;
    }
    return path;
}

enum mst_status
mst_directory_fail(struct mst_error *err, int code, const char *what,
                   const char *path)
{
    char text[128];
    const char *why = strerror_r(code, text, sizeof(text));
    enum mst_status status = MST_FATAL;
    const char *hint = NULL;
    if (code == ENOSPC || code == EDQUOT || code == EFBIG) {
        status = MST_RETRY;
        hint = "make room on that disk; nothing is lost and work goes on by "
               "itself";
    } else if (code == EMFILE || code == ENFILE) {
        status = MST_RETRY;
        hint = "raise the limit of open files (ulimit -n, LimitNOFILE=)";
    } else if (code == EACCES || code == EPERM) {
        hint = "give the user that runs mstream the right to write there, or "
               "set [state] path to another directory";
    } else if (code == EROFS) {
        hint = "the file system is mounted read-only; remount it, or set "
               "[state] path to another directory";
    } else if (code == ENOTDIR || code == EEXIST) {
        hint = "a part of the path is a file; set [state] path to a directory";
    }
    (void)mst_fail(err, status, "state", code, "%s '%s': %s", what, path, why);
    if (hint != NULL) {
        mst_error_hint(err, "%s", hint);
    }
    return status;
}

/* One level; true when it is there afterwards. */
static bool
directory_make_one(const char *path)
{
    struct stat info;
    if (mkdir(path, 0700) == 0) {
        return true;
    }
    int code = errno;
    if (code == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        return true;
    }
    errno = code;
    return false;
}

enum mst_status
mst_directory_make(const char *path, struct mst_error *err)
{
    if (path[0] == '\0') {
        return mst_fail(err, MST_FATAL, "state", 0,
                        "the path of the state directory is empty");
    }
    char *copy = strdup(path);
    if (copy == NULL) {
        return mst_fail_memory(err, "state");
    }
    enum mst_status status = MST_OK;
    for (char *at = copy + 1; status == MST_OK && at != NULL;) {
        at = strchr(at, '/');
        if (at != NULL) {
            *at = '\0';
        }
        struct stat info;
        /* Looked at first: a parent may be there and not be writable. */
        if ((stat(copy, &info) != 0 || !S_ISDIR(info.st_mode))
            && !directory_make_one(copy)) {
            status = mst_directory_fail(
                err, errno, "can not make the state directory", copy);
        }
        if (at != NULL) {
            *at++ = '/';
            at = *at == '\0' ? NULL : at;
        }
    }
    free(copy);
    return status;
}
