/* SPDX-License-Identifier: MIT */
/* Writing and reading marks. */
#include "sinks/file/file_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/thread.h"
#include "log/log.h"

enum { MARK_NAME_MAX = 1024 };

/* --- writing ---------------------------------------------------------- */

static enum mst_status
mark_append_part(struct mst_file_part *part, bool first, struct mst_buf *out)
{
    bool whole = part->sealed && part->cut == part->len;
    part->covered = part->covered || whole;
    return mst_buf_printf(
        out,
        "%s{\"n\":%llu,\"len\":%llu,\"events\":%llu,\"made\":%lld,"
        "\"sealed\":%s}",
        first ? "" : ",", (unsigned long long)part->number,
        (unsigned long long)part->cut, (unsigned long long)part->cut_events,
        (long long)part->made_ms, whole ? "true" : "false");
}

static enum mst_status
mark_append_base(const struct mst_file_base *base, bool first,
                 struct mst_buf *out)
{
    enum mst_status status =
        mst_buf_append_str(out, first ? "{\"base\":" : ",{\"base\":");
    if (status == MST_OK) {
        status = mst_buf_append_json(out, mst_slice_str(base->text));
    }
    if (status == MST_OK) {
        status = mst_buf_printf(out, ",\"next\":%llu,\"files\":[",
                                (unsigned long long)base->next_number);
    }
    for (struct mst_file_part *part = base->parts;
         part != NULL && status == MST_OK; part = part->next) {
        status = mark_append_part(part, part == base->parts, out);
    }
    return status == MST_OK ? mst_buf_append_str(out, "]}") : status;
}

static enum mst_status
mark_append(const struct mst_file_set *set, struct mst_buf *out)
{
    /* The suffix is ".TAG.part". */
    size_t tag_len = strlen(set->place.suffix) - sizeof(".part");
    enum mst_status status =
        mst_buf_printf(out, "{\"v\":1,\"tag\":\"%.*s\",\"bases\":[",
                       (int)tag_len, set->place.suffix + 1);
    bool first = true;
    for (size_t i = 0; i < MST_FILE_BUCKETS; i++) {
        for (const struct mst_file_base *base = set->buckets[i];
             base != NULL && status == MST_OK; base = base->next) {
            status = mark_append_base(base, first, out);
            first = false;
        }
    }
    return status == MST_OK ? mst_buf_append_str(out, "]}") : status;
}

enum mst_status
mst_file_mark(struct mst_file_set *set, uint64_t seq, struct mst_buf *out,
              struct mst_error *err)
{
    struct mst_file_cursor cursor = {0};
    mst_mutex_lock(&set->lock);
    if (!set->ready) {
        mst_mutex_unlock(&set->lock);
        return mst_fail(err, MST_RETRY, "file", 0,
                        "the files in '%s' are not open yet", set->place.path);
    }
    mst_file_set_publish(set, MST_FILE_PUBLISH_COMPLETE);
    set->marked = true;
    for (struct mst_file_part *part = mst_file_set_next(set, &cursor);
         part != NULL; part = mst_file_set_next(set, &cursor)) {
        mst_file_part_cut(part, seq);
    }
    mst_mutex_unlock(&set->lock);
    if (set->limits.fsync == MST_FILE_FSYNC_CHECKPOINT) {
        enum mst_status status = mst_file_set_sync(set, err);
        if (status != MST_OK) {
            return status;
        }
    }
    mst_mutex_lock(&set->lock);
    enum mst_status status = mark_append(set, out);
    mst_mutex_unlock(&set->lock);
    if (status != MST_OK) {
        return mst_fail(err, MST_FATAL, "file", 0,
                        "the state of %zu files does not fit a checkpoint",
                        set->bases);
    }
    return MST_OK;
}

/* --- restoring -------------------------------------------------------- */

/* A file as the mark tells it. */
struct mark_file {
    uint64_t number;
    uint64_t len;
    uint64_t events;
    int64_t made_ms;
    bool sealed;
};

static enum mst_status
mark_bad(struct mst_error *err, const char *why)
{
    (void)mst_fail(err, MST_FATAL, "file", 0,
                   "what the checkpoint says about the files can not be "
                   "understood: %s",
                   why);
    mst_error_hint(err, "remove the job's checkpoint to begin anew; files "
                        "that are there are kept");
    mst_error_lasts(err);
    return MST_FATAL;
}

static bool
mark_read_count(const json_t *object, const char *name, uint64_t *ret)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return false;
    }
    *ret = (uint64_t)json_integer_value(value);
    return true;
}

static bool
mark_read_file(const json_t *object, struct mark_file *ret)
{
    uint64_t made = 0;
    const json_t *sealed = json_object_get(object, "sealed");
    if (!mark_read_count(object, "n", &ret->number)
        || !mark_read_count(object, "len", &ret->len)
        || !mark_read_count(object, "events", &ret->events)
        || !mark_read_count(object, "made", &made) || !json_is_boolean(sealed)
        || ret->number == 0) {
        return false;
    }
    ret->made_ms = (int64_t)made;
    ret->sealed = json_is_true(sealed);
    return true;
}

/* Where the file of the mark is now. */
enum mark_found { MARK_GONE, MARK_FINAL, MARK_TEMPORARY };

/* Looks for the temporary file, also under the old suffix, then for the final
 * one. On MARK_TEMPORARY it has the name of today. */
static enum mark_found
mark_find(const struct mst_file_set *set, const char *name,
          const char *old_suffix, const char *path, uint64_t *ret_size)
{
    char old[MARK_NAME_MAX];
    struct stat info;
    int dir = set->place.dir_fd;
    (void)snprintf(old, sizeof(old), "%s%s", name, old_suffix);
    if (strcmp(old, path) != 0) {
        (void)renameat2(dir, old, dir, path, RENAME_NOREPLACE);
    }
    if (fstatat(dir, path, &info, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISREG(info.st_mode)) {
        *ret_size = (uint64_t)info.st_size;
        return MARK_TEMPORARY;
    }
    if (fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISREG(info.st_mode)) {
        *ret_size = (uint64_t)info.st_size;
        return MARK_FINAL;
    }
    return MARK_GONE;
}

static enum mst_status
mark_too_short(const struct mst_file_set *set, const char *name, uint64_t size,
               const struct mark_file *file, struct mst_error *err)
{
    (void)mst_fail(err, MST_FATAL, "file", 0,
                   "'%s/%s' has %llu bytes, but the checkpoint says that "
                   "%llu were written: something else changed it",
                   set->place.path, name, (unsigned long long)size,
                   (unsigned long long)file->len);
    mst_error_hint(err, "put the file back, or move it away: the job then "
                        "goes on in a new one");
    mst_error_lasts(err);
    return MST_FATAL;
}

/* True when a final file may stay as it is: nobody was promised more. */
static bool
mark_may_stay(const struct mst_file_base *base, const struct mark_file *file,
              uint64_t size)
{
    bool optional = strchr(base->text, MST_FILE_NUMBER_OPTIONAL) != NULL;
    return size == file->len && (file->sealed || !optional);
}

static enum mst_status
mark_adopt(struct mst_file_set *set, struct mst_file_base *base,
           const struct mark_file *file, const char *name,
           struct mst_error *err)
{
    struct mst_file_part *part = mst_file_part_create(name, file->number);
    if (part == NULL) {
        return mst_fail_memory(err, "file");
    }
    part->len = part->cut = file->len;
    part->events = part->cut_events = file->events;
    part->made_ms = file->made_ms;
    part->sealed = part->covered = file->sealed;
    if (base->parts != NULL) {
        base->parts->sealed = true;
        base->parts->covered = true;
    }
    enum mst_status status = mst_file_part_reopen(part, &set->place, err);
    if (status != MST_OK) {
        mst_file_part_destroy(part);
        return status;
    }
    if (set->open_fds < set->limits.max_open && !part->sealed) {
        set->open_fds++;
    } else {
        mst_file_part_shut(part);
    }
    part->next = base->parts;
    base->parts = part;
    return MST_OK;
}

static enum mst_status
mark_restore_file(struct mst_file_set *set, struct mst_file_base *base,
                  const struct mark_file *file, const char *old_suffix,
                  struct mst_error *err)
{
    char path[MARK_NAME_MAX];
    uint64_t size = 0;
    int dir = set->place.dir_fd;
    if (mst_file_name(base->text, file->number, &set->name) != MST_OK) {
        return mark_bad(err, "a name is too long");
    }
    const char *name = (const char *)set->name.data;
    (void)snprintf(path, sizeof(path), "%s%s", name, set->place.suffix);
    enum mark_found found = mark_find(set, name, old_suffix, path, &size);
    if (file->len == 0) {
        if (found == MARK_TEMPORARY) {
            (void)unlinkat(dir, path, 0); /* made after the checkpoint */
        }
        return MST_OK;
    }
    if (found == MARK_GONE) {
        mst_log_warn("file", "'%s/%s' is gone, the job goes on in a new file",
                     set->place.path, name);
        return MST_OK;
    }
    if (size < file->len) {
        return mark_too_short(set, name, size, file, err);
    }
    if (found == MARK_FINAL) {
        if (mark_may_stay(base, file, size)) {
            return MST_OK;
        }
        if (renameat(dir, name, dir, path) != 0) {
            return mst_file_failed(err, errno, "rename", &set->place, name);
        }
    }
    return mark_adopt(set, base, file, name, err);
}

static enum mst_status
mark_restore_base(struct mst_file_set *set, const json_t *object,
                  const char *old_suffix, struct mst_error *err)
{
    const char *text = json_string_value(json_object_get(object, "base"));
    const json_t *files = json_object_get(object, "files");
    uint64_t next = 0;
    if (text == NULL || !json_is_array(files)
        || !mark_read_count(object, "next", &next)) {
        return mark_bad(err, "a base is incomplete");
    }
    struct mst_file_base *base = mst_file_set_base(set, text);
    if (base == NULL) {
        return mst_fail_memory(err, "file");
    }
    base->next_number = next;
    for (size_t i = json_array_size(files); i > 0; i--) {
        struct mark_file file;
        if (!mark_read_file(json_array_get(files, i - 1), &file)) {
            return mark_bad(err, "a file is incomplete");
        }
        enum mst_status status =
            mark_restore_file(set, base, &file, old_suffix, err);
        if (status != MST_OK) {
            return status;
        }
        if (file.len == 0 && file.number < base->next_number) {
            base->next_number = file.number;
        }
    }
    return MST_OK;
}

enum mst_status
mst_file_restore(struct mst_file_set *set, struct mst_slice mark,
                 struct mst_error *err)
{
    char old_suffix[MST_FILE_TAG_MAX + 8];
    json_t *root = json_loadb((const char *)mark.data, mark.len, 0, NULL);
    const json_t *bases = json_object_get(root, "bases");
    const char *tag = json_string_value(json_object_get(root, "tag"));
    enum mst_status status = MST_OK;
    if (!json_is_array(bases) || tag == NULL || strlen(tag) >= MST_FILE_TAG_MAX
        || strchr(tag, '/') != NULL
        || json_integer_value(json_object_get(root, "v")) != 1) {
        json_decref(root);
        return mark_bad(err, "it is not a mark of this version");
    }
    (void)snprintf(old_suffix, sizeof(old_suffix), ".%s.part", tag);
    for (size_t i = 0; i < json_array_size(bases) && status == MST_OK; i++) {
        status =
            mark_restore_base(set, json_array_get(bases, i), old_suffix, err);
    }
    json_decref(root);
    return status;
}
