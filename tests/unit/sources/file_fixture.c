/* SPDX-License-Identifier: MIT */
/* Driving a file source. */
#include "unit/cmocka_all.h"

#include "unit/sources/file_fixture.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { FIXTURE_DEADLINE_MS = 20000 };

void
file_fixture_init(struct file_fixture *f, const char *resource)
{
    memset(f, 0, sizeof(*f));
    test_folder_make(f->dir);
    f->service.path = f->dir;
    f->options.delimiter = (char *)(uintptr_t) ",";
    f->options.op = MST_OP_CREATE;
    f->options.follow = true;
    f->options.max_event_bytes = 1 << 20;
    f->args = (struct mst_source_args){.job = "job",
                                       .service_name = "s",
                                       .service = &f->service,
                                       .options = &f->options,
                                       .resource = resource};
    f->batch = mst_batch_create(100, 1 << 20);
    assert_non_null(f->batch);
    mst_buf_init(&f->got, (size_t)64 << 20);
}

void
file_fixture_close(struct file_fixture *f)
{
    if (f->ctx != NULL) {
        mst_file_source.close(f->ctx);
        mst_file_source.destroy(f->ctx);
        f->ctx = NULL;
    }
}

void
file_fixture_clear(struct file_fixture *f)
{
    file_fixture_close(f);
    mst_batch_destroy(f->batch);
    mst_buf_clear(&f->got);
    test_folder_remove(f->dir);
}

enum mst_status
file_fixture_open(struct file_fixture *f, const char *position, bool bounded)
{
    struct mst_start start = {.bounded = bounded};
    if (position != NULL) {
        start.position = mst_slice_str(position);
    }
    file_fixture_close(f);
    mst_buf_reset(&f->got);
    enum mst_status status = mst_file_source.create(&f->ctx, &f->args, &f->err);
    return status == MST_OK ? mst_file_source.open(f->ctx, &start, &f->err)
                            : status;
}

enum mst_status
file_fixture_read(struct file_fixture *f, int timeout_ms)
{
    mst_batch_reset(f->batch, 1 << 20);
    enum mst_status status =
        mst_file_source.read(f->ctx, f->batch, timeout_ms, &f->err);
    for (size_t i = 0; i < f->batch->len; i++) {
        struct mst_slice payload = f->batch->events[i].payload;
        assert_int_equal(mst_buf_append(&f->got, payload.data, payload.len),
                         MST_OK);
        assert_int_equal(mst_buf_append_char(&f->got, '|'), MST_OK);
    }
    return status;
}

enum mst_status
file_fixture_drain(struct file_fixture *f)
{
    int64_t until = mst_clock_ms() + FIXTURE_DEADLINE_MS;
    enum mst_status status = MST_OK;
    while ((status == MST_OK || status == MST_AGAIN)
           && mst_clock_ms() < until) {
        status = file_fixture_read(f, 100);
    }
    return status;
}

void
file_fixture_expect(struct file_fixture *f, const char *got)
{
    int64_t until = mst_clock_ms() + FIXTURE_DEADLINE_MS;
    while (strcmp(mst_buf_text(&f->got), got) != 0 && mst_clock_ms() < until) {
        enum mst_status status = file_fixture_read(f, 50);
        if (status != MST_OK && status != MST_AGAIN) {
            print_error("%s\n", f->err.text);
            break;
        }
    }
    assert_string_equal(mst_buf_text(&f->got), got);
}

char *
file_fixture_position(struct file_fixture *f)
{
    struct mst_buf out;
    size_t len = 0;
    mst_buf_init(&out, 1 << 20);
    for (size_t i = 0; i < f->batch->len; i++) {
        mst_file_source.settle(f->ctx, f->batch->events[i].mark);
    }
    if (f->batch->end_mark.data != NULL) {
        mst_file_source.settle(f->ctx, f->batch->end_mark);
    }
    assert_int_equal(mst_file_source.position(f->ctx, &out, &f->err), MST_OK);
    assert_non_null(mst_buf_text(&out));
    return (char *)mst_buf_take(&out, &len);
}

static void
fixture_path(const struct file_fixture *f, const char *name,
             char out[2 * FIXTURE_PATH])
{
    (void)snprintf(out, (size_t)2 * FIXTURE_PATH, "%s/%s", f->dir, name);
}

void
file_fixture_append(const struct file_fixture *f, const char *name,
                    const void *data, size_t len)
{
    char path[2 * FIXTURE_PATH];
    fixture_path(f, name, path);
    FILE *file = fopen(path, "ab");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

void
file_fixture_text(const struct file_fixture *f, const char *name,
                  const char *text)
{
    file_fixture_append(f, name, text, strlen(text));
}

void
file_fixture_rename(const struct file_fixture *f, const char *from,
                    const char *to)
{
    char old[2 * FIXTURE_PATH];
    char new[2 * FIXTURE_PATH];
    fixture_path(f, from, old);
    fixture_path(f, to, new);
    assert_int_equal(rename(old, new), 0);
}

void
file_fixture_truncate(const struct file_fixture *f, const char *name,
                      size_t len)
{
    char path[2 * FIXTURE_PATH];
    fixture_path(f, name, path);
    assert_int_equal(truncate(path, (off_t)len), 0);
}
