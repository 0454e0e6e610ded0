/* SPDX-License-Identifier: MIT */
/* Opening the embedded store, and its type table. */
#include "state/sqlite_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "state/directory.h"
#include "state/sqlite_db.h"
#include "state/sqlite_parts.h"

static void
sqlite_store_destroy(struct mst_store *store)
{
    mst_sqlite_disconnect((struct mst_sqlite *)store);
}

static const struct mst_store_type sqlite_store_type = {
    .name = "sqlite",
    .checkpoint_load = mst_sqlite_checkpoint_load,
    .checkpoint_save = mst_sqlite_checkpoint_save,
    .checkpoint_delete = mst_sqlite_checkpoint_delete,
    .checkpoint_list = mst_sqlite_checkpoint_list,
    .lease_acquire = mst_sqlite_lease_acquire,
    .lease_renew = mst_sqlite_lease_renew,
    .lease_release = mst_sqlite_lease_release,
    .letters_put = mst_sqlite_letters_put,
    .letters_list = mst_sqlite_letters_list,
    .letters_delete = mst_sqlite_letters_delete,
    .letters_count = mst_sqlite_letters_count,
    .letters_expire = mst_sqlite_letters_expire,
    .run_begin = mst_sqlite_run_begin,
    .run_end = mst_sqlite_run_end,
    .run_list = mst_sqlite_run_list,
    .destroy = sqlite_store_destroy,
};

/* The path of the file; makes or looks for what must be there. */
static enum mst_status
sqlite_store_place(const char *directory, bool read_only, char **ret_path,
                   struct mst_error *err)
{
    bool memory = strcmp(directory, MST_STATE_MEMORY) == 0;
    if (!memory && !read_only) {
        enum mst_status status = mst_directory_make(directory, err);
        if (status != MST_OK) {
            return status;
        }
    }
    char *path = memory ? strdup(MST_STATE_MEMORY)
                        : mst_directory_join(directory, MST_SQLITE_FILE);
    if (path == NULL) {
        return mst_fail_memory(err, "state");
    }
    struct stat info;
    if (!memory && read_only && stat(path, &info) != 0) {
        enum mst_status status =
            errno == ENOENT
                ? mst_fail(err, MST_END, "state", 0,
                           "there is no state file '%s': no job ran here yet",
                           path)
                : mst_directory_fail(err, errno, "can not open the state file",
                                     path);
        free(path);
        return status;
    }
    *ret_path = path;
    return MST_OK;
}

enum mst_status
mst_sqlite_store_open(const char *directory, bool read_only,
                      struct mst_store **ret_store, struct mst_error *err)
{
    char *path = NULL;
    enum mst_status status =
        sqlite_store_place(directory, read_only, &path, err);
    if (status != MST_OK) {
        return status;
    }
    struct mst_sqlite *sqlite = NULL;
    /* Nothing could be read from a memory that is new. */
    bool query_only = read_only && strcmp(directory, MST_STATE_MEMORY) != 0;
    status = mst_sqlite_connect(path, query_only, &sqlite, err);
    if (status != MST_OK) {
        free(path);
        return status;
    }
    sqlite->base.type = &sqlite_store_type;
    status = mst_sqlite_migrate(sqlite, err);
    if (status != MST_OK) {
        mst_sqlite_disconnect(sqlite);
        return status;
    }
    *ret_store = &sqlite->base;
    return MST_OK;
}
