/* SPDX-License-Identifier: MIT */
/*
 * Writes the server's insert, update and delete commands straight from the
 * operations' bytes. One reused buffer, no library object per operation.
 */
#ifndef MST_SINKS_MONGODB_COMMAND_H
#define MST_SINKS_MONGODB_COMMAND_H

#include "base/buf.h"
#include "encodings/bson_writer.h"
#include "sinks/mongodb/mongodb_plan.h"

/* The largest document of a server, and the command around one. */
enum {
    MST_MONGOSINK_DOCUMENT_MAX = 16 * 1024 * 1024,
    MST_MONGOSINK_COMMAND_MAX = MST_MONGOSINK_DOCUMENT_MAX + 16 * 1024
};

/* Where a position is kept in the document with guard = "position":
 * {_mst: {s: <scope>, o: <order>}}. Orders compare within a scope. */
#define MST_MONGOSINK_GUARD_FIELD "_mst"

void mst_mongosink_write_guard(struct mst_bson_writer *writer,
                               const struct mst_mongosink_op *op);

/* Appends the document that insert and replace store: with op's _id first,
 * and its guard. */
void mst_mongosink_write_document(struct mst_bson_writer *writer,
                                  const char *key,
                                  const struct mst_mongosink_op *op);

/* Appends {_id: ...}, with the guard's condition. */
void mst_mongosink_write_filter(struct mst_bson_writer *writer, const char *key,
                                const struct mst_mongosink_op *op);

/* Makes out the command for a step. An operation has one statement, a DELTA
 * as many as it brought. MST_REJECTED: larger than the server takes. */
MST_MUST_CHECK enum mst_status
mst_mongosink_command(const struct mst_mongosink_step *step,
                      struct mst_buf *out, struct mst_error *err);

/* Statements that op has in a command of that family. */
size_t mst_mongosink_statements(const struct mst_mongosink_op *op);

#endif
