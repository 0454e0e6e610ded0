/* SPDX-License-Identifier: MIT */
/* Records of a file to events. */
#ifndef MST_SOURCES_FILE_FILE_EMIT_H
#define MST_SOURCES_FILE_FILE_EMIT_H

#include "sources/file/file_chunk.h"
#include "sources/file/file_source.h"
#include "sources/file/file_track.h"

/* What stands next in a file. */
enum mst_file_found {
    MST_FILE_RECORD,
    MST_FILE_NOTHING,  /* a blank line, a header: move over it */
    MST_FILE_PARTIAL,  /* its end is not there */
    MST_FILE_MALFORMED /* BSON only: no length can be believed any more */
};

struct mst_file_emit {
    const struct mst_file_source_options *options;
    enum mst_file_source_format format;
    char delimiter;
    struct mst_buf json; /* scratch for CSV */
    struct mst_buf key;  /* scratch for BSON */
};

/* Looks at data, which stands at offset in its file; whole: nothing can come
 * behind it, so that the last line needs no break. *ret_len is how far to
 * move on; for MST_FILE_RECORD ret_record is the record. */
enum mst_file_found mst_file_next_record(const struct mst_file_emit *emit,
                                         uint64_t offset, struct mst_slice data,
                                         bool whole, size_t *ret_len,
                                         struct mst_slice *ret_record);

/* Adds the event; record lies in memory that batch holds. end is where the
 * record ends in the file. */
MST_MUST_CHECK enum mst_status
mst_file_emit_event(struct mst_file_emit *emit,
                    const struct mst_file_track *track, struct mst_slice record,
                    uint64_t end, struct mst_batch *batch,
                    struct mst_error *err);

/* What marks of events hold. */
struct mst_file_event_mark {
    uint64_t id;
    uint64_t offset;
};

#endif
