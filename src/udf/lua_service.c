/* SPDX-License-Identifier: MIT */
/* Options of `udf`, and scripts from three places. */
#include "udf/lua_service.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd_read.h"

enum { SERVICE_SCRIPTS_MAX = 10000, SERVICE_NAME_MAX = 128 };

static const char *const service_engines[] = {"lua", NULL};
static const char *const service_source_keys[] = {"filename", "content", NULL};

static const struct mst_option service_engine_table[] = {
    {.name = "kind",
     .type = MST_OPTION_ENUM,
     .offset = offsetof(struct mst_lua_engine_options, kind),
     .def = "lua",
     .choices = service_engines,
     .help = "The language of the scripts: Lua 5.4."},
};

static const struct mst_option_table service_engine_options = {
    .options = service_engine_table,
    .len = MST_ARRAY_SIZE(service_engine_table),
    .size = sizeof(struct mst_lua_engine_options),
};

const struct mst_option mst_lua_service_table[MST_LUA_SERVICE_OPTIONS] = {
    {.name = "script_path",
     .type = MST_OPTION_STRING,
     .offset = offsetof(struct mst_lua_options, script_path),
     .help = "The directory that has the scripts."},
    {.name = "sources",
     .type = MST_OPTION_STRING_MAP,
     .offset = offsetof(struct mst_lua_options, sources),
     .flags = MST_OPTION_PAIRS,
     .choices = service_source_keys,
     .help = "Scripts that need no file: `[{ filename, content }]`. They go "
             "before files of that name."},
    {.name = "engine",
     .type = MST_OPTION_TABLE,
     .offset = offsetof(struct mst_lua_options, engine),
     .table = &service_engine_options,
     .help = "What runs the scripts."},
    {.name = "max_instructions",
     .type = MST_OPTION_INT,
     .offset = offsetof(struct mst_lua_options, max_instructions),
     .def = "1000000",
     .min = 1000,
     .max = 1000000000000,
     .help = "An event that takes a script more of them is rejected."},
    {.name = "max_time",
     .type = MST_OPTION_DURATION,
     .offset = offsetof(struct mst_lua_options, max_time_ms),
     .def = "1s",
     .min = 1,
     .max = 3600000,
     .help = "An event that takes a script longer is rejected."},
    {.name = "max_memory",
     .type = MST_OPTION_SIZE,
     .offset = offsetof(struct mst_lua_options, max_memory),
     .def = "16MiB",
     .min = 1024LL * 1024,
     .max = 1024LL * 1024 * 1024,
     .help = "What a script may have, and the document that it edits, above "
             "the size of the event; of each worker."},
};

const char *
mst_lua_origin_name(enum mst_lua_origin origin)
{
    static const char *const names[] = {[MST_LUA_OF_STATE] = "state",
                                        [MST_LUA_OF_DEFINITION] = "definition",
                                        [MST_LUA_OF_FILE] = "file"};
    return names[origin];
}

struct mst_lua_limits
mst_lua_service_limits(const struct mst_lua_options *of)
{
    return (struct mst_lua_limits){.instructions = of->max_instructions,
                                   .time_ms = of->max_time_ms,
                                   .memory = of->max_memory};
}

bool
mst_lua_name_is_good(const char *name)
{
    size_t len = strlen(name);
    bool good = len > 4 && len <= SERVICE_NAME_MAX
                && strcmp(name + len - 4, ".lua") == 0 && name[0] != '.';
    for (size_t i = 0; i < len && good; i++) {
        unsigned char c = (unsigned char)name[i];
        good = c > ' ' && c != '/' && c != '\\' && c != 127;
    }
    return good;
}

char *
mst_lua_service_path(const struct mst_lua_service *service, const char *name)
{
    const char *directory = service->options->script_path;
    if (directory == NULL) {
        return NULL;
    }
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = malloc(size);
    if (path != NULL) {
        (void)snprintf(path, size, "%s/%s", directory, name);
    }
    return path;
}

static const char *
service_source(const struct mst_lua_service *service, const char *name)
{
    const struct mst_string_map *sources = &service->options->sources;
    for (size_t i = 0; i < sources->len; i++) {
        if (strcmp(sources->names[i], name) == 0) {
            return sources->values[i];
        }
    }
    return NULL;
}

static enum mst_status
service_none(const struct mst_lua_service *service, const char *name,
             struct mst_error *err)
{
    const char *directory = service->options->script_path;
    (void)mst_fail(err, MST_END, "lua", 0, "there is no script '%s%s%s'",
                   directory != NULL ? directory : "",
                   directory != NULL ? "/" : "", name);
    mst_error_hint(err, "script_path is the directory, resource the name of "
                        "the file; or give it in `sources`");
    return MST_END;
}

/* A regular file that can be opened; -1: it is none. */
static int
service_open(const struct mst_lua_service *service, const char *name)
{
    struct stat seen;
    char *path = mst_lua_service_path(service, name);
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    free(path);
    if (fd >= 0 && (fstat(fd, &seen) != 0 || !S_ISREG(seen.st_mode))) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

static enum mst_status
service_read_file(const struct mst_lua_service *service, const char *name,
                  struct mst_buf *out, struct mst_error *err)
{
    int error = 0;
    int fd = service_open(service, name);
    if (fd < 0) {
        return service_none(service, name, err);
    }
    enum mst_status status = mst_fd_read(fd, out, &error);
    (void)close(fd);
    if (status != MST_OK) {
        (void)mst_fail(err, MST_FATAL, "lua", error,
                       "can not read script '%s' (error %d)", name, error);
        return MST_FATAL;
    }
    return MST_OK;
}

enum mst_status
mst_lua_service_read(const struct mst_lua_service *service, const char *name,
                     struct mst_buf *out, enum mst_lua_origin *ret_origin,
                     struct mst_error *err)
{
    if (!mst_lua_name_is_good(name)) {
        return mst_fail(err, MST_FATAL, "lua", 0,
                        "'%s' is not the plain name of a .lua file", name);
    }
    enum mst_status kept = MST_END;
    if (service->scripts != NULL) {
        kept = service->scripts->read(service->scripts, service->name, name,
                                      out, err);
    }
    if (kept != MST_END) {
        *ret_origin = MST_LUA_OF_STATE;
        return kept;
    }
    const char *source = service_source(service, name);
    if (source != NULL) {
        *ret_origin = MST_LUA_OF_DEFINITION;
        return mst_buf_append_str(out, source) == MST_OK
                   ? MST_OK
                   : mst_fail_memory(err, "lua");
    }
    *ret_origin = MST_LUA_OF_FILE;
    return service_read_file(service, name, out, err);
}

bool
mst_lua_service_has_own(const struct mst_lua_service *service, const char *name)
{
    int fd = service_source(service, name) != NULL
                 ? -1
                 : service_open(service, name);
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0 || service_source(service, name) != NULL;
}

/* --- the list ----------------------------------------------------------------- */

struct service_name {
    char name[SERVICE_NAME_MAX + 1];
    enum mst_lua_origin origin;
};

struct service_list {
    struct service_name *items;
    size_t len;
    size_t cap;
    enum mst_lua_origin origin; /* of what comes */
};

static enum mst_status
service_add(void *arg, const char *name)
{
    struct service_list *list = arg;
    if (!mst_lua_name_is_good(name)) {
        return MST_OK;
    }
    if (list->len == list->cap) {
        size_t cap = list->cap == 0 ? 32 : list->cap * 2;
        struct service_name *items =
            cap > (size_t)2 * SERVICE_SCRIPTS_MAX
                ? NULL
                : realloc(list->items, cap * sizeof(*items));
        if (items == NULL) {
            return MST_FATAL;
        }
        list->items = items;
        list->cap = cap;
    }
    struct service_name *item = &list->items[list->len++];
    (void)snprintf(item->name, sizeof(item->name), "%s", name);
    item->origin = list->origin;
    return MST_OK;
}

static enum mst_status
service_add_files(const struct mst_lua_service *service,
                  struct service_list *list, struct mst_error *err)
{
    const char *path = service->options->script_path;
    DIR *directory = path == NULL ? NULL : opendir(path);
    if (directory == NULL) {
        return path == NULL || errno == ENOENT
                   ? MST_OK
                   : mst_fail(err, MST_FATAL, "lua", errno,
                              "can not read the directory '%s'", path);
    }
    enum mst_status status = MST_OK;
    const struct dirent *entry = readdir(directory);
    for (; entry != NULL && status == MST_OK; entry = readdir(directory)) {
        int fd = mst_lua_name_is_good(entry->d_name)
                     ? service_open(service, entry->d_name)
                     : -1;
        if (fd >= 0) {
            (void)close(fd);
            status = service_add(list, entry->d_name);
        }
    }
    (void)closedir(directory);
    return status == MST_OK ? MST_OK : mst_fail_memory(err, "lua");
}

static int
service_order(const void *a, const void *b)
{
    const struct service_name *x = a;
    const struct service_name *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (int)x->origin - (int)y->origin;
}

enum mst_status
mst_lua_service_list(const struct mst_lua_service *service,
                     void (*each)(void *arg, const char *name,
                                  enum mst_lua_origin origin),
                     void *arg, struct mst_error *err)
{
    const struct mst_string_map *sources = &service->options->sources;
    struct service_list list = {.origin = MST_LUA_OF_STATE};
    enum mst_status status = MST_OK;
    if (service->scripts != NULL) {
        status = service->scripts->list(service->scripts, service->name,
                                        service_add, &list);
    }
    list.origin = MST_LUA_OF_DEFINITION;
    for (size_t i = 0; i < sources->len && status == MST_OK; i++) {
        status = service_add(&list, sources->names[i]);
    }
    list.origin = MST_LUA_OF_FILE;
    status = status != MST_OK ? mst_fail_memory(err, "lua")
                              : service_add_files(service, &list, err);
    if (list.len > 0 && status == MST_OK) {
        qsort(list.items, list.len, sizeof(*list.items), service_order);
    }
    for (size_t i = 0; i < list.len && status == MST_OK; i++) {
        const struct service_name *item = &list.items[i];
        if (i == 0 || strcmp(item->name, list.items[i - 1].name) != 0) {
            each(arg, item->name, item->origin);
        }
    }
    free(list.items);
    return status;
}
