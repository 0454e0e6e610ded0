/* SPDX-License-Identifier: MIT */
/* Where a document's _id comes from, and how a key becomes one. */
#ifndef MST_SINKS_MONGODB_ID_H
#define MST_SINKS_MONGODB_ID_H

#include "core/event.h"
#include "encodings/bson_type.h"
#include "sinks/mongodb/mongodb_options.h"

enum mst_mongosink_id_from {
    MST_MONGOSINK_ID_DOCUMENT = 0,
    MST_MONGOSINK_ID_KEY,
    MST_MONGOSINK_ID_FIELD,
    MST_MONGOSINK_ID_HASH,
    MST_MONGOSINK_ID_AUTO
};

struct mst_mongosink_id_rule {
    enum mst_mongosink_id_from from;
    enum mst_mongosink_key_type key_type;
    const char *field; /* into the option's text */
};

/* Understands the option `id`; text is borrowed and outlives the rule.
 * MST_FATAL otherwise. */
MST_MUST_CHECK enum mst_status
mst_mongosink_id_parse(const char *text, enum mst_mongosink_key_type key_type,
                       struct mst_mongosink_id_rule *ret_rule,
                       struct mst_error *err);

/* The _id for this delivery. It points into the delivery, or into scratch,
 * which is overwritten. An ID_DOCUMENT without payload (a tombstone) takes
 * the key. MST_REJECTED: there is none, or no _id can be of that type. */
MST_MUST_CHECK enum mst_status
mst_mongosink_id_get(const struct mst_mongosink_id_rule *rule,
                     const struct mst_delivery *delivery,
                     struct mst_buf *scratch, struct mst_bson_value *ret_id,
                     struct mst_error *err);

/* The _id that a key stands for; as mst_mongosink_id_get. */
MST_MUST_CHECK enum mst_status
mst_mongosink_id_of_key(const struct mst_event *event,
                        enum mst_mongosink_key_type key_type,
                        struct mst_buf *scratch, struct mst_bson_value *ret_id,
                        struct mst_error *err);

/* MST_REJECTED for arrays, regular expressions and undefined. */
MST_MUST_CHECK enum mst_status
mst_mongosink_id_check(const struct mst_bson_value *id, struct mst_error *err);

#endif
