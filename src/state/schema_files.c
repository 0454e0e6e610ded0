/* SPDX-License-Identifier: MIT */
/* Reads one file. Names lead nowhere outside of the directory. */
#include "state/schema_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd_read.h"

struct schema_files {
    char *path;
};

static const struct mst_option files_options[] = {
    {.name = "path",
     .type = MST_OPTION_STRING,
     .offset = offsetof(struct schema_files, path),
     .flags = MST_OPTION_REQUIRED,
     .help = "Directory of the schemas; `resource` is the name of a file."},
};

static enum mst_status
files_fail(const struct schema_files *service, const char *resource, int error,
           struct mst_error *err)
{
    return mst_fail(err, error == ENOENT ? MST_REJECTED : MST_FATAL, "schema",
                    error, "schema '%s' of '%s' can not be read: %s", resource,
                    service->path, strerrordesc_np(error));
}

/* Whether the name stays inside: no step up, not from the root. */
static bool
files_is_inside(const char *resource)
{
    const char *at = resource;
    if (*at == '/' || *at == '\0') {
        return false;
    }
    while (at != NULL) {
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0')) {
            return false;
        }
        at = strchr(at, '/');
        at = at == NULL ? NULL : at + 1;
    }
    return true;
}

static enum mst_status
files_load(const void *service, const char *resource, struct mst_buf *out,
           struct mst_error *err)
{
    const struct schema_files *files = service;
    int error = 0;
    if (!files_is_inside(resource)) {
        return mst_fail(err, MST_REJECTED, "schema", 0,
                        "schema '%s' is not the name of a file inside of '%s'",
                        resource, files->path);
    }
    int folder = open(files->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return files_fail(files, resource, errno, err);
    }
    int fd = openat(folder, resource, O_RDONLY | O_CLOEXEC);
    error = errno;
    (void)close(folder); /* it was only read */
    if (fd < 0) {
        return files_fail(files, resource, error, err);
    }
    size_t before = out->len;
    enum mst_status status = mst_fd_read(fd, out, &error);
    (void)close(fd); /* likewise */
    if (status == MST_OK && out->len > before) {
        return status;
    }
    out->len = before;
    return status == MST_OK
               ? mst_fail(err, MST_REJECTED, "schema", 0,
                          "schema '%s' of '%s' is empty", resource, files->path)
               : files_fail(files, resource, error, err);
}

const struct mst_schema_store_type mst_schema_files = {
    .name = "schema_files",
    .service_options = {.options = files_options,
                        .len = MST_ARRAY_SIZE(files_options),
                        .size = sizeof(struct schema_files)},
    .load = files_load,
};
