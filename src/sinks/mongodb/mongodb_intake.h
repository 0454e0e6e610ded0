/* SPDX-License-Identifier: MIT */
/*
 * From a delivery to an operation, in two steps: `read` finds out what is to
 * be written where (which decides the lane), `fill` makes the operation in
 * that lane's bag.
 */
#ifndef MST_SINKS_MONGODB_INTAKE_H
#define MST_SINKS_MONGODB_INTAKE_H

#include "core/sink.h"
#include "sinks/mongodb/mongodb_bag.h"
#include "sinks/mongodb/mongodb_id.h"
#include "sinks/mongodb/mongodb_template.h"

/* Thread: one at a time, but for what is set by init. */
struct mst_mongosink_intake {
    struct mst_mongosink_template database;
    struct mst_mongosink_template collection;
    struct mst_mongosink_id_rule id_rule;
    enum mst_mongosink_mode mode;
    enum mst_mongosink_input input;
    bool guarded;
    bool is_fixed; /* one target for all events: names_* stay as they are */
    /* What the last read pointed to. */
    struct mst_buf database_name;
    struct mst_buf collection_name;
    struct mst_buf id_scratch;
    struct mst_buf guard_scratch;
    struct mst_buf statement_scratch;
    uint64_t fixed_hash;
};

/* What a delivery means. Valid until the next read. */
struct mst_mongosink_found {
    enum mst_mongosink_kind kind;
    bool is_create;
    struct mst_slice database;
    struct mst_slice collection;
    uint64_t target_hash;
    uint64_t hash;
    struct mst_bson_value id;
    struct mst_slice doc;
    struct mst_slice description; /* DELTA: updateDescription */
    struct mst_slice guard_scope; /* data == NULL: none */
    int64_t guard_order;
};

/* MST_FATAL: an option is wrong. options and resource outlive it. */
MST_MUST_CHECK enum mst_status
mst_mongosink_intake_init(struct mst_mongosink_intake *intake,
                          const struct mst_sink_args *args,
                          struct mst_error *err);
void mst_mongosink_intake_clear(struct mst_mongosink_intake *intake);

/* MST_REJECTED: this delivery can not be written, err says why. */
MST_MUST_CHECK enum mst_status mst_mongosink_intake_read(
    struct mst_mongosink_intake *intake, const struct mst_delivery *delivery,
    struct mst_mongosink_found *ret_found, struct mst_error *err);

/* Appends the operation to bag; one that turns out to be impossible is there
 * as REFUSED. MST_FATAL: no memory, nothing was appended. */
MST_MUST_CHECK enum mst_status
mst_mongosink_intake_fill(struct mst_mongosink_intake *intake,
                          const struct mst_mongosink_found *found,
                          struct mst_delivery *delivery,
                          struct mst_mongosink_bag *bag, struct mst_error *err);

#endif
