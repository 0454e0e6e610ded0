/* SPDX-License-Identifier: MIT */
/* A file sink in a directory of its own, driven as the engine drives it. */
#ifndef MST_TESTS_UNIT_SINKS_FILE_FIXTURE_H
#define MST_TESTS_UNIT_SINKS_FILE_FIXTURE_H

#include "unit/folder.h"

#include "clients/file_service.h"
#include "sinks/file/file_sink.h"

enum { FIXTURE_BURST = 64, FIXTURE_PATH = 256 };

struct file_fixture {
    char dir[TEST_FOLDER_MAX];
    struct mst_file_service service;
    struct mst_file_sink_options options;
    struct mst_sink_args args;
    void *ctx;
    struct mst_error err;
    struct mst_delivery_owner owner; /* must outlive deliveries */
    struct mst_event events[FIXTURE_BURST];
    struct mst_delivery deliveries[FIXTURE_BURST];
    struct mst_attribute attributes[FIXTURE_BURST];
    char texts[FIXTURE_BURST][64];
    size_t ok;
    size_t rejected;
    size_t retry;
};

void file_fixture_init(struct file_fixture *f, const char *resource);
enum mst_status file_fixture_open(struct file_fixture *f,
                                  struct mst_slice mark);
void file_fixture_close(struct file_fixture *f);
/* Closes, and removes the directory. */
void file_fixture_clear(struct file_fixture *f);

/* Prepares delivery i: payload {"n":N}, attribute collection = value (NULL:
 * none). */
struct mst_delivery *file_fixture_event(struct file_fixture *f, size_t i,
                                        uint64_t n, const char *value);
/* Writes deliveries 0..n-1. */
enum mst_status file_fixture_write(struct file_fixture *f, size_t n);

/* The content of a file below the directory as text; NULL: no such file.
 * The caller frees it. */
char *file_fixture_read(const struct file_fixture *f, const char *name);
/* content NULL: the file is not there. */
void file_fixture_assert(const struct file_fixture *f, const char *name,
                         const char *content);
/* A copy of the (flat) directory as it is now: what a crash would leave. */
void file_fixture_crash_copy(const struct file_fixture *from,
                             struct file_fixture *to);

#endif
