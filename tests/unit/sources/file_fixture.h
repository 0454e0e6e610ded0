/* SPDX-License-Identifier: MIT */
/* A file source over a directory of its own. */
#ifndef MST_TESTS_UNIT_SOURCES_FILE_FIXTURE_H
#define MST_TESTS_UNIT_SOURCES_FILE_FIXTURE_H

#include "unit/folder.h"

#include "clients/file_service.h"
#include "sources/file/file_source.h"

enum { FIXTURE_PATH = 256 };

struct file_fixture {
    char dir[TEST_FOLDER_MAX];
    struct mst_file_service service;
    struct mst_file_source_options options;
    struct mst_source_args args;
    void *ctx;
    struct mst_batch *batch;
    struct mst_error err;
    struct mst_buf got; /* payloads read so far, a '|' behind each */
};

void file_fixture_init(struct file_fixture *f, const char *resource);
/* Ends the instance; the directory stays. */
void file_fixture_close(struct file_fixture *f);
void file_fixture_clear(struct file_fixture *f);
/* A new instance. position NULL: none. */
enum mst_status file_fixture_open(struct file_fixture *f, const char *position,
                                  bool bounded);
/* One read, collected in got. */
enum mst_status file_fixture_read(struct file_fixture *f, int timeout_ms);
/* Reads until the status is neither OK nor AGAIN; returns it. */
enum mst_status file_fixture_drain(struct file_fixture *f);
/* Reads until got is that; fails after a deadline. */
void file_fixture_expect(struct file_fixture *f, const char *got);
/* Settles everything of the last read; returns the position (caller frees).
 */
char *file_fixture_position(struct file_fixture *f);

/* Appends to (or makes) a file below the directory. */
void file_fixture_append(const struct file_fixture *f, const char *name,
                         const void *data, size_t len);
void file_fixture_text(const struct file_fixture *f, const char *name,
                       const char *text);
void file_fixture_rename(const struct file_fixture *f, const char *from,
                         const char *to);
void file_fixture_truncate(const struct file_fixture *f, const char *name,
                           size_t len);

#endif
