/* SPDX-License-Identifier: MIT */
/* What the server says about the statements of a write command. */
#ifndef MST_SINKS_MONGODB_REPLY_H
#define MST_SINKS_MONGODB_REPLY_H

#include "encodings/bson_reader.h"

/* One of the reply's writeErrors. Borrowed from the reply. */
struct mst_mongosink_write_error {
    int64_t statement;
    int64_t code;
    struct mst_slice message;
    bool is_duplicate; /* a unique index has the value already */
    bool is_on_id;     /* ... and it is the one on _id */
    struct mst_slice index_name;
};

/* A walk over the reply's errors. Value type. */
struct mst_mongosink_write_errors {
    struct mst_bson_iter iter;
    bool some;
};

void mst_mongosink_errors_init(struct mst_mongosink_write_errors *errors,
                               struct mst_slice reply);
/* False: no more. */
bool mst_mongosink_errors_next(struct mst_mongosink_write_errors *errors,
                               struct mst_mongosink_write_error *ret);

/* The reply's counter n: documents inserted, matched or deleted. */
int64_t mst_mongosink_reply_n(struct mst_slice reply);

/* Calls each with the statement of every document that an upsert created. */
void mst_mongosink_reply_upserted(struct mst_slice reply,
                                  void (*each)(void *arg, int64_t statement),
                                  void *arg);

#endif
