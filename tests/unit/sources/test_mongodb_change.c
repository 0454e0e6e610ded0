/* SPDX-License-Identifier: MIT */
/* Change events: parsing, joining of fragments, attributes. */
#include "unit/cmocka_all.h"

#include <bson/bson.h>

#include "encodings/bson_reader.h"
#include "sources/mongodb/join.h"
#include "sources/mongodb/labels.h"

static bson_t *
from_json(const char *json)
{
    bson_error_t error;
    bson_t *doc = bson_new_from_json((const uint8_t *)json, -1, &error);
    if (doc == NULL) {
        fail_msg("%s", error.message);
    }
    return doc;
}

static struct mst_slice
bytes_of(const bson_t *doc)
{
    return mst_slice_of(bson_get_data(doc), doc->len);
}

static void
update_is_found_in_one_pass(void **state)
{
    (void)state;
    bson_t *doc = from_json(
        "{\"lsid\":{\"id\":1},\"txnNumber\":{\"$numberLong\":\"7\"},"
        "\"_id\":{\"_data\":\"82\"},\"operationType\":\"update\","
        "\"clusterTime\":{\"$timestamp\":{\"t\":100,\"i\":3}},"
        "\"wallTime\":{\"$date\":{\"$numberLong\":\"99123\"}},"
        "\"fullDocument\":{\"_id\":1,\"a\":2},"
        "\"ns\":{\"db\":\"d\",\"coll\":\"c\"},\"documentKey\":{\"_id\":1},"
        "\"updateDescription\":{\"updatedFields\":{\"a\":2}},"
        "\"fullDocumentBeforeChange\":{\"_id\":1,\"a\":1}}");
    struct mst_mongo_change change;
    assert_int_equal(mst_mongo_change_parse(bytes_of(doc), &change, NULL),
                     MST_OK);
    assert_int_equal(change.kind, MST_MONGO_UPDATE);
    assert_int_equal(mst_mongo_kind_op(change.kind), MST_OP_UPDATE);
    assert_int_equal(mst_mongo_change_time(&change), 99123);
    assert_int_equal(change.seconds, 100);
    assert_int_equal(change.increment, 3);
    assert_true(change.has_txn_number);
    assert_int_equal(change.txn_number, 7);
    struct mst_bson_value value;
    int32_t a = 0;
    assert_true(mst_bson_find(change.full_document, "a", &value));
    assert_true(mst_bson_get_int32(&value, &a));
    assert_int_equal(a, 2);
    assert_true(mst_bson_find(change.before, "a", &value));
    assert_true(
        mst_bson_find(change.update_description, "updatedFields", &value));
    assert_true(mst_bson_find(change.lsid, "id", &value));
    assert_int_equal(change.fragment, 0);
    bson_destroy(doc);
}

static void
null_documents_are_absent(void **state)
{
    (void)state;
    bson_t *doc = from_json(
        "{\"_id\":{\"_data\":\"82\"},\"operationType\":\"update\","
        "\"clusterTime\":{\"$timestamp\":{\"t\":100,\"i\":3}},"
        "\"fullDocument\":null,\"fullDocumentBeforeChange\":null,"
        "\"ns\":{\"db\":\"d\",\"coll\":\"c\"},\"documentKey\":{\"_id\":1}}");
    struct mst_mongo_change change;
    assert_int_equal(mst_mongo_change_parse(bytes_of(doc), &change, NULL),
                     MST_OK);
    assert_null(change.full_document.data);
    assert_null(change.before.data);
    assert_int_equal(mst_mongo_change_time(&change), 100000);
    bson_destroy(doc);
}

static void
every_operation_type_has_its_kind(void **state)
{
    (void)state;
    for (int kind = 0; kind < MST_MONGO_OTHER; kind++) {
        bson_t *doc =
            BCON_NEW("operationType",
                     BCON_UTF8(mst_mongo_kind_name((enum mst_mongo_kind)kind)));
        struct mst_mongo_change change;
        assert_int_equal(mst_mongo_change_parse(bytes_of(doc), &change, NULL),
                         MST_OK);
        assert_int_equal(change.kind, kind);
        bson_destroy(doc);
    }
    bson_t *doc = BCON_NEW("operationType", BCON_UTF8("shardCollection"));
    struct mst_mongo_change change;
    assert_int_equal(mst_mongo_change_parse(bytes_of(doc), &change, NULL),
                     MST_OK);
    assert_int_equal(change.kind, MST_MONGO_OTHER);
    bson_destroy(doc);
}

static void
event_cut_anywhere_is_rejected_or_harmless(void **state)
{
    (void)state;
    bson_t *doc = from_json(
        "{\"_id\":{\"_data\":\"82\"},\"operationType\":\"insert\","
        "\"fullDocument\":{\"_id\":1},\"ns\":{\"db\":\"d\",\"coll\":\"c\"}}");
    for (uint32_t len = 0; len < doc->len; len++) {
        /* An own allocation, so that a sanitizer sees reads past it. */
        uint8_t *cut = malloc(len + 1);
        assert_non_null(cut);
        memcpy(cut, bson_get_data(doc), len);
        struct mst_mongo_change change;
        assert_int_equal(
            mst_mongo_change_parse(mst_slice_of(cut, len), &change, NULL),
            MST_REJECTED);
        free(cut);
    }
    bson_destroy(doc);
}

static enum mst_status
add(struct mst_mongo_join *join, const char *json, struct mst_slice *ret)
{
    bson_t *doc = from_json(json);
    struct mst_mongo_change change;
    assert_int_equal(mst_mongo_change_parse(bytes_of(doc), &change, NULL),
                     MST_OK);
    enum mst_status status = mst_mongo_join_add(join, &change, ret, NULL);
    bson_destroy(doc);
    return status;
}

#define FRAGMENT(n, of) "\"splitEvent\":{\"fragment\":" #n ",\"of\":" #of "}"

static void
fragments_are_joined_into_one_event_with_the_last_token(void **state)
{
    (void)state;
    struct mst_mongo_join join = {0};
    struct mst_slice whole = MST_SLICE_NONE;
    assert_int_equal(add(&join,
                         "{\"_id\":{\"_data\":\"1\"}," FRAGMENT(
                             1, 3) ",\"operationType\":\"replace\","
                                   "\"documentKey\":{\"_id\":5}}",
                         &whole),
                     MST_AGAIN);
    assert_true(mst_mongo_join_is_open(&join));
    assert_int_equal(
        add(&join,
            "{\"_id\":{\"_data\":\"2\"}," FRAGMENT(
                2, 3) ",\"fullDocument\":{\"_id\":5,\"x\":\"new\"}}",
            &whole),
        MST_AGAIN);
    assert_int_equal(
        add(&join,
            "{\"_id\":{\"_data\":\"3\"}," FRAGMENT(
                3,
                3) ",\"fullDocumentBeforeChange\":{\"_id\":5,\"x\":\"old\"}}",
            &whole),
        MST_OK);
    assert_false(mst_mongo_join_is_open(&join));
    bson_t joined;
    assert_true(bson_init_static(&joined, whole.data, whole.len));
    assert_true(bson_validate(&joined, BSON_VALIDATE_UTF8, NULL));
    char *json = bson_as_relaxed_extended_json(&joined, NULL);
    assert_string_equal(
        json, "{ \"operationType\" : \"replace\", \"documentKey\" : { \"_id\" "
              ": 5 }, \"fullDocument\" : { \"_id\" : 5, \"x\" : \"new\" }, "
              "\"_id\" : { \"_data\" : \"3\" }, \"fullDocumentBeforeChange\" "
              ": { \"_id\" : 5, \"x\" : \"old\" } }");
    bson_free(json);
    union {
        const uint8_t *borrowed;
        void *owned;
    } memory = {.borrowed = whole.data};
    free(memory.owned);
}

static void
fragment_out_of_order_ends_the_stream(void **state)
{
    (void)state;
    struct mst_mongo_join join = {0};
    struct mst_slice whole = MST_SLICE_NONE;
    assert_int_equal(add(&join, "{" FRAGMENT(2, 2) "}", &whole),
                     MST_DISCONNECTED);
    assert_int_equal(add(&join, "{" FRAGMENT(1, 3) "}", &whole), MST_AGAIN);
    assert_int_equal(add(&join, "{" FRAGMENT(3, 3) "}", &whole),
                     MST_DISCONNECTED);
    assert_false(mst_mongo_join_is_open(&join));
    assert_null(whole.data);
    mst_mongo_join_clear(&join);
}

static void
first_fragment_begins_anew(void **state)
{
    (void)state;
    struct mst_mongo_join join = {0};
    struct mst_slice whole = MST_SLICE_NONE;
    assert_int_equal(add(&join, "{\"old\":1," FRAGMENT(1, 2) "}", &whole),
                     MST_AGAIN);
    assert_int_equal(add(&join, "{\"new\":1," FRAGMENT(1, 2) "}", &whole),
                     MST_AGAIN);
    assert_int_equal(add(&join, "{\"more\":1," FRAGMENT(2, 2) "}", &whole),
                     MST_OK);
    struct mst_bson_value value;
    assert_false(mst_bson_find(whole, "old", &value));
    assert_true(mst_bson_find(whole, "new", &value));
    assert_true(mst_bson_find(whole, "more", &value));
    union {
        const uint8_t *borrowed;
        void *owned;
    } memory = {.borrowed = whole.data};
    free(memory.owned);
}

static struct mst_event *
labelled(struct mst_mongo_labels *labels, struct mst_batch *batch,
         const char *json, unsigned remarks)
{
    bson_t *doc = from_json(json);
    struct mst_mongo_change change;
    assert_int_equal(mst_mongo_change_parse(bytes_of(doc), &change, NULL),
                     MST_OK);
    struct mst_event *event = mst_batch_add(batch);
    assert_non_null(event);
    assert_int_equal(mst_mongo_labels_set(labels, event, &change, remarks),
                     MST_OK);
    bson_destroy(doc);
    return event;
}

static void
events_of_one_kind_share_their_attributes(void **state)
{
    (void)state;
    static const char insert[] =
        "{\"operationType\":\"insert\",\"ns\":{\"db\":\"d\",\"coll\":\"c\"}}";
    static const char remove[] =
        "{\"operationType\":\"delete\",\"ns\":{\"db\":\"d\",\"coll\":\"c\"}}";
    static const char update[] =
        "{\"operationType\":\"update\",\"ns\":{\"db\":\"d\",\"coll\":\"e\"}}";
    struct mst_mongo_labels *labels = mst_mongo_labels_create();
    struct mst_batch *batch = mst_batch_create(10, 1000);
    assert_non_null(labels);
    assert_non_null(batch);
    assert_int_equal(mst_mongo_labels_hold(labels, batch), MST_OK);
    struct mst_event *a = labelled(labels, batch, insert, 0);
    struct mst_event *b = labelled(labels, batch, remove, 0);
    struct mst_event *c = labelled(labels, batch, insert, 0);
    struct mst_event *d =
        labelled(labels, batch, update, MST_MONGO_FULL_MISSING);
    assert_ptr_equal(a->attributes, c->attributes);
    assert_ptr_not_equal(a->attributes, b->attributes);
    /* The table lives on in the batch. */
    mst_mongo_labels_unref(labels);
    assert_true(mst_slice_is(mst_event_attribute(a, "op"), "create"));
    assert_true(
        mst_slice_is(mst_event_attribute(a, "operation_type"), "insert"));
    assert_true(mst_slice_is(mst_event_attribute(a, "database"), "d"));
    assert_true(mst_slice_is(mst_event_attribute(a, "collection"), "c"));
    assert_null(mst_event_attribute(a, "full_document").data);
    assert_true(mst_slice_is(mst_event_attribute(b, "op"), "delete"));
    assert_true(mst_slice_is(mst_event_attribute(d, "collection"), "e"));
    assert_true(
        mst_slice_is(mst_event_attribute(d, "full_document"), "missing"));
    mst_batch_destroy(batch);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(update_is_found_in_one_pass),
        cmocka_unit_test(null_documents_are_absent),
        cmocka_unit_test(every_operation_type_has_its_kind),
        cmocka_unit_test(event_cut_anywhere_is_rejected_or_harmless),
        cmocka_unit_test(
            fragments_are_joined_into_one_event_with_the_last_token),
        cmocka_unit_test(fragment_out_of_order_ends_the_stream),
        cmocka_unit_test(first_fragment_begins_anew),
        cmocka_unit_test(events_of_one_kind_share_their_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
