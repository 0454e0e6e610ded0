/* SPDX-License-Identifier: MIT */
/* Driving a file sink; its directory is removed at the end. */
#include "unit/cmocka_all.h"

#include "unit/sinks/file_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void
fixture_confirm(const struct mst_delivery_owner *owner,
                struct mst_delivery *delivery, enum mst_status status,
                const struct mst_error *err)
{
    struct file_fixture *f =
        (struct file_fixture *)((uintptr_t)owner
                                - offsetof(struct file_fixture, owner));
    (void)delivery;
    f->ok += status == MST_OK;
    f->rejected += status == MST_REJECTED;
    f->retry += status == MST_RETRY;
    if (status != MST_OK) {
        assert_non_null(err);
        f->err = *err;
    }
}

void
file_fixture_init(struct file_fixture *f, const char *resource)
{
    memset(f, 0, sizeof(*f));
    test_folder_make(f->dir);
    f->service.path = f->dir;
    f->options.max_open = 64;
    f->options.fsync = 2; /* never: the disk's speed is not what is tested */
    f->args = (struct mst_sink_args){.job = "job",
                                     .service_name = "s",
                                     .service = &f->service,
                                     .options = &f->options,
                                     .resource = resource,
                                     .encoding = MST_ENCODING_JSON};
    f->owner.confirm = fixture_confirm;
}

enum mst_status
file_fixture_open(struct file_fixture *f, struct mst_slice mark)
{
    struct mst_sink_start start = {.mark = mark};
    assert_int_equal(mst_file_sink.create(&f->ctx, &f->args, &f->err), MST_OK);
    return mst_file_sink.open(f->ctx, &start, &f->err);
}

void
file_fixture_close(struct file_fixture *f)
{
    if (f->ctx != NULL) {
        mst_file_sink.close(f->ctx);
        mst_file_sink.destroy(f->ctx);
        f->ctx = NULL;
    }
}

void
file_fixture_clear(struct file_fixture *f)
{
    file_fixture_close(f);
    test_folder_remove(f->dir);
}

struct mst_delivery *
file_fixture_event(struct file_fixture *f, size_t i, uint64_t n,
                   const char *value)
{
    (void)snprintf(f->texts[i], sizeof(f->texts[i]), "{\"n\":%llu}",
                   (unsigned long long)n);
    memset(&f->events[i], 0, sizeof(f->events[i]));
    f->events[i].seq = n;
    f->events[i].source_ts_ms = 1795257605123; /* 2026-11-21T10:40 */
    if (value != NULL) {
        f->attributes[i].name = MST_SLICE_LIT("collection");
        f->attributes[i].value = mst_slice_str(value);
        f->events[i].attributes = &f->attributes[i];
        f->events[i].attributes_len = 1;
    }
    f->deliveries[i] =
        (struct mst_delivery){.event = &f->events[i],
                              .payload = mst_slice_str(f->texts[i]),
                              .encoding = MST_ENCODING_JSON,
                              .owner = &f->owner};
    return &f->deliveries[i];
}

enum mst_status
file_fixture_write(struct file_fixture *f, size_t n)
{
    struct mst_delivery *offered[FIXTURE_BURST];
    size_t taken = 0;
    for (size_t i = 0; i < n; i++) {
        offered[i] = &f->deliveries[i];
    }
    size_t before = f->ok + f->rejected + f->retry;
    enum mst_status status =
        mst_file_sink.write(f->ctx, offered, n, &taken, &f->err);
    assert_int_equal(f->ok + f->rejected + f->retry - before, taken);
    return status;
}

char *
file_fixture_read(const struct file_fixture *f, const char *name)
{
    char path[2 * FIXTURE_PATH];
    (void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, file) < (1 << 20) - 1);
    (void)fclose(file);
    return text;
}

void
file_fixture_assert(const struct file_fixture *f, const char *name,
                    const char *content)
{
    char *text = file_fixture_read(f, name);
    if (content == NULL) {
        assert_null(text);
        return;
    }
    assert_non_null(text);
    assert_string_equal(text, content);
    free(text);
}

void
file_fixture_crash_copy(const struct file_fixture *from,
                        struct file_fixture *to)
{
    DIR *dir = opendir(from->dir);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL;
         entry = readdir(dir)) {
        char path[2 * FIXTURE_PATH + 2];
        if (entry->d_name[0] == '.') {
            continue;
        }
        char *text = file_fixture_read(from, entry->d_name);
        assert_non_null(text);
        (void)snprintf(path, sizeof(path), "%s/%s", to->dir, entry->d_name);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
        assert_int_equal(fclose(file), 0);
        free(text);
    }
    (void)closedir(dir);
}
