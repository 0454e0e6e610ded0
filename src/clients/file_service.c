/* SPDX-License-Identifier: MIT */
/* Options of a directory, and a look at it. */
#include "clients/file_service.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { FILE_TEXT_MAX = 512, FILE_LOW_SPACE = 256 << 20 };

const struct mst_option mst_file_service_options[MST_FILE_SERVICE_OPTIONS] = {
    {.name = "path",
     .type = MST_OPTION_STRING,
     .offset = offsetof(struct mst_file_service, path),
     .flags = MST_OPTION_REQUIRED,
     .help = "Directory; a sink creates it when it is missing."},
};

/* Kernel interfaces that look like directories: nothing can be made there, and
 * root is not told so by access(). */
static bool
file_is_kernel(const char *path)
{
    struct statfs info;
    return statfs(path, &info) == 0
           && (info.f_type == PROC_SUPER_MAGIC || info.f_type == SYSFS_MAGIC);
}

/* The nearest directory above that exists; path is cut. */
static const char *
file_parent(char *path)
{
    struct stat info;
    do {
        char *slash = strrchr(path, '/');
        if (slash == NULL) {
            return ".";
        }
        slash[slash == path ? 1 : 0] = '\0';
    } while (path[1] != '\0' && stat(path, &info) != 0 && errno == ENOENT);
    return path;
}

/* NULL: it can be made. */
static const char *
file_unmakeable(const char *path)
{
    struct stat info;
    char above[PATH_MAX];
    if (strlen(path) >= sizeof(above)) {
        return "its name is too long";
    }
    (void)snprintf(above, sizeof(above), "%s", path);
    const char *parent = file_parent(above);
    if (stat(parent, &info) != 0 || access(parent, W_OK | X_OK) != 0) {
        return strerrordesc_np(errno);
    }
    if (!S_ISDIR(info.st_mode)) {
        return "what is above it is not a directory";
    }
    return file_is_kernel(parent) ? "the kernel keeps no files there" : NULL;
}

static void
file_doctor_missing(const char *path, bool for_writing,
                    struct mst_findings *findings)
{
    char text[FILE_TEXT_MAX];
    const char *why = for_writing ? file_unmakeable(path) : NULL;
    (void)snprintf(text, sizeof(text), "directory '%s' does not exist%s%s",
                   path, why != NULL ? " and can not be made: " : "",
                   why != NULL ? why : "");
    if (for_writing && why == NULL) {
        findings->add(findings, MST_FINDING_OK, "file", text,
                      "the sink creates it");
    } else {
        findings->add(findings, MST_FINDING_FAIL, "file", text,
                      "create it, or correct 'path' of the service");
    }
}

static void
file_doctor_space(const char *path, struct mst_findings *findings)
{
    struct statvfs space;
    char text[FILE_TEXT_MAX];
    if (statvfs(path, &space) != 0) {
        return;
    }
    uint64_t bytes = (uint64_t)space.f_bavail * space.f_frsize;
    bool low = bytes < FILE_LOW_SPACE;
    (void)snprintf(text, sizeof(text), "%llu MiB are free in '%s'",
                   (unsigned long long)(bytes >> 20), path);
    findings->add(findings, low ? MST_FINDING_WARN : MST_FINDING_OK, "file",
                  text, low ? "make room before the disk is full" : NULL);
}

void
mst_file_service_doctor(const struct mst_file_service *service,
                        bool for_writing, struct mst_findings *findings)
{
    struct stat info;
    char text[FILE_TEXT_MAX];
    const char *path = service->path;
    if (stat(path, &info) != 0) {
        if (errno == ENOENT) {
            file_doctor_missing(path, for_writing, findings);
            return;
        }
        (void)snprintf(text, sizeof(text), "directory '%s': %s", path,
                       strerrordesc_np(errno));
        findings->add(findings, MST_FINDING_FAIL, "file", text, NULL);
        return;
    }
    if (!S_ISDIR(info.st_mode)) {
        (void)snprintf(text, sizeof(text), "'%s' is not a directory", path);
        findings->add(findings, MST_FINDING_FAIL, "file", text,
                      "'path' names a directory; the file's name is the "
                      "'resource' of source or sink");
        return;
    }
    int wanted = for_writing ? R_OK | W_OK | X_OK : R_OK | X_OK;
    if (access(path, wanted) != 0) {
        (void)snprintf(text, sizeof(text), "directory '%s' can not be %s: %s",
                       path, for_writing ? "written" : "read",
                       strerrordesc_np(errno));
        findings->add(findings, MST_FINDING_FAIL, "file", text,
                      "give this user the right");
        return;
    }
    (void)snprintf(text, sizeof(text), "directory '%s' can be %s", path,
                   for_writing ? "written" : "read");
    findings->add(findings, MST_FINDING_OK, "file", text, NULL);
    if (for_writing) {
        file_doctor_space(path, findings);
    }
}

void
mst_file_service_look(const char *name, const void *service, int timeout_ms,
                      struct mst_findings *findings)
{
    (void)name;
    (void)timeout_ms;
    mst_file_service_doctor(service, true, findings);
}
