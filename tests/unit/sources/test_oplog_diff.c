/* SPDX-License-Identifier: MIT */
/* Deltas of the oplog: told as a change stream tells them, and applied. */
#include "unit/cmocka_all.h"

#include <stdio.h>

#include "base/macros.h"
#include "sources/mongodb/oplog/diff.h"
#include "unit/sources/bson_case.h"

static void
assert_is(struct mst_slice bytes, const char *json, const char *what)
{
    bson_t *expected = bson_case(json);
    if (!mst_slice_equal(bytes, bson_case_bytes(expected))) {
        bson_t got;
        assert_true(bson_init_static(&got, bytes.data, bytes.len));
        char *text = bson_as_canonical_extended_json(&got, NULL);
        fail_msg("%s: got %s, not %s", what, text, json);
    }
    bson_destroy(expected);
}

/* --- descriptions ------------------------------------------------------- */

static const struct {
    const char *diff;
    const char *updated;
    const char *removed;
    const char *truncated;
    const char *paths; /* disambiguatedPaths; NULL: {} */
} descriptions[] = {
    {"{\"u\":{\"a\":1}}", "{\"a\":1}", "[]", "[]", NULL},
    {"{\"i\":{\"n\":{\"m\":5}}}", "{\"n\":{\"m\":5}}", "[]", "[]", NULL},
    {"{\"d\":{\"x\":false,\"y\":false},\"u\":{\"a\":1},\"i\":{\"b\":2}}",
     "{\"a\":1,\"b\":2}", "[\"x\",\"y\"]", "[]", NULL},
    {"{\"u\":{\"a\":1},\"ssub\":{\"d\":{\"q\":false},\"u\":{\"r\":2}},"
     "\"st\":{\"i\":{\"z\":3}}}",
     "{\"a\":1,\"sub.r\":2,\"t.z\":3}", "[\"sub.q\"]", "[]", NULL},
    {"{\"sarr\":{\"a\":true,\"l\":3,\"u1\":7,\"s2\":{\"u\":{\"q\":8}}}}",
     "{\"arr.1\":7,\"arr.2.q\":8}", "[]", "[{\"field\":\"arr\",\"newSize\":3}]",
     NULL},
    {"{\"s\":{\"u\":{\"\":1}}}", "{\".\":1}", "[]", "[]", NULL},
    {"{\"u\":{\"a.b\":1},\"sa\":{\"u\":{\"b\":2}}}", "{\"a.b\":1,\"a.b\":2}",
     "[]", "[]", "{\"a.b\":[\"a.b\"]}"},
    {"{\"sa\":{\"u\":{\"0\":2}}}", "{\"a.0\":2}", "[]", "[]",
     "{\"a.0\":[\"a\",\"0\"]}"},
    {"{\"u\":{\"0\":2}}", "{\"0\":2}", "[]", "[]", NULL},
    {"{\"sa\":{\"u\":{\"00\":2}}}", "{\"a.00\":2}", "[]", "[]", NULL},
    {"{\"sa.b\":{\"a\":true,\"l\":1,\"u0\":null}}", "{\"a.b.0\":null}", "[]",
     "[{\"field\":\"a.b\",\"newSize\":1}]",
     "{\"a.b\":[\"a.b\"],\"a.b.0\":[\"a.b\",0]}"},
    {"{\"d\":{\"p.q\":false}}", "{}", "[\"p.q\"]", "[]", "{\"p.q\":[\"p.q\"]}"},
    /* Pieces of binary data, which only newer servers write. */
    {"{\"u\":{\"a\":1},\"b\":{\"f\":2}}", "{\"a\":1,\"f\":2}", "[]", "[]",
     NULL},
    {"{\"u\":{\"\":1}}", "{\"\":1}", "[]", "[]", NULL},
    {"{}", "{}", "[]", "[]", NULL},
};

static void
diff_is_told_as_a_change_stream_tells_it(void **state)
{
    (void)state;
    struct mst_oplog_describer describer;
    mst_oplog_describer_init(&describer);
    for (size_t i = 0; i < MST_ARRAY_SIZE(descriptions); i++) {
        for (int with_paths = 0; with_paths < 2; with_paths++) {
            char json[512];
            char paths[128] = "";
            if (with_paths) {
                (void)snprintf(
                    paths, sizeof(paths), ",\"disambiguatedPaths\":%s",
                    descriptions[i].paths != NULL ? descriptions[i].paths
                                                  : "{}");
            }
            (void)snprintf(json, sizeof(json),
                           "{\"updatedFields\":%s,\"removedFields\":%s,"
                           "\"truncatedArrays\":%s%s}",
                           descriptions[i].updated, descriptions[i].removed,
                           descriptions[i].truncated, paths);
            bson_t *diff = bson_case(descriptions[i].diff);
            assert_int_equal(mst_oplog_describe(&describer,
                                                bson_case_bytes(diff),
                                                with_paths, NULL),
                             MST_OK);
            assert_is(mst_buf_slice(&describer.out), json,
                      descriptions[i].diff);
            bson_destroy(diff);
        }
    }
    mst_oplog_describer_clear(&describer);
}

static const char *const no_diffs[] = {
    "{\"x\":1}",
    "{\"u\":1}",
    "{\"b\":1}",
    "{\"bf\":{\"f\":1}}",
    "{\"sarr\":{\"a\":true,\"u-1\":7}}",
    "{\"sarr\":{\"a\":true,\"u\":7}}",
    "{\"sarr\":{\"a\":true,\"l\":-1}}",
    "{\"sarr\":{\"a\":true,\"l\":\"3\"}}",
    "{\"sarr\":{\"a\":true,\"s0\":7}}",
    "{\"sarr\":{\"a\":true,\"u99999999999\":7}}",
    "{\"\":{}}",
    "{\"ss\":1}",
};

static void
what_is_no_diff_is_rejected(void **state)
{
    (void)state;
    struct mst_oplog_describer describer;
    struct mst_buf out;
    mst_oplog_describer_init(&describer);
    mst_buf_init(&out, 1 << 20);
    bson_t *doc = bson_case("{\"arr\":[1,2],\"s\":{}}");
    for (size_t i = 0; i < MST_ARRAY_SIZE(no_diffs); i++) {
        bson_t *diff = bson_case(no_diffs[i]);
        struct mst_error err;
        mst_error_clear(&err);
        assert_int_equal(
            mst_oplog_describe(&describer, bson_case_bytes(diff), true, &err),
            MST_REJECTED);
        assert_true(err.text[0] != '\0');
        assert_int_equal(mst_oplog_diff_apply(bson_case_bytes(doc),
                                              bson_case_bytes(diff), &out,
                                              NULL),
                         MST_REJECTED);
        assert_int_equal(out.len, 0);
        bson_destroy(diff);
    }
    bson_destroy(doc);
    mst_buf_clear(&out);
    mst_oplog_describer_clear(&describer);
}

static void
depth_is_bounded(void **state)
{
    (void)state;
    struct mst_oplog_describer describer;
    struct mst_buf out;
    bson_t *diff = bson_case("{\"u\":{\"a\":1}}");
    bson_t *doc = bson_case("{\"a\":0}");
    mst_oplog_describer_init(&describer);
    mst_buf_init(&out, 1 << 20);
    for (int i = 0; i < 400; i++) {
        bson_t *deeper = BCON_NEW("sx", BCON_DOCUMENT(diff));
        bson_t *around = BCON_NEW("x", BCON_DOCUMENT(doc));
        bson_destroy(diff);
        bson_destroy(doc);
        diff = deeper;
        doc = around;
    }
    assert_int_equal(
        mst_oplog_describe(&describer, bson_case_bytes(diff), true, NULL),
        MST_REJECTED);
    assert_int_equal(mst_oplog_diff_apply(bson_case_bytes(doc),
                                          bson_case_bytes(diff), &out, NULL),
                     MST_REJECTED);
    bson_destroy(diff);
    bson_destroy(doc);
    mst_buf_clear(&out);
    mst_oplog_describer_clear(&describer);
}

/* --- effects ------------------------------------------------------------ */

static const struct {
    const char *doc;
    const char *diff;
    const char *after;
} effects[] = {
    {"{\"a\":1,\"b\":2}", "{\"u\":{\"a\":5}}", "{\"a\":5,\"b\":2}"},
    {"{\"a\":1,\"b\":2,\"c\":3}",
     "{\"d\":{\"b\":false},\"u\":{\"c\":4},\"i\":{\"n\":{\"m\":5}}}",
     "{\"a\":1,\"c\":4,\"n\":{\"m\":5}}"},
    /* A field that is added again moves to the end. */
    {"{\"a\":1,\"b\":2}", "{\"i\":{\"a\":7}}", "{\"b\":2,\"a\":7}"},
    {"{\"s\":{\"x\":1,\"y\":2},\"t\":1}",
     "{\"u\":{\"t\":0},\"ss\":{\"d\":{\"x\":false},\"i\":{\"z\":3}}}",
     "{\"s\":{\"y\":2,\"z\":3},\"t\":0}"},
    {"{\"l\":[1,2,3,4]}", "{\"sl\":{\"a\":true,\"l\":2}}", "{\"l\":[1,2]}"},
    {"{\"l\":[1]}", "{\"sl\":{\"a\":true,\"u3\":9}}",
     "{\"l\":[1,null,null,9]}"},
    {"{\"l\":[1,2]}", "{\"sl\":{\"a\":true,\"l\":4}}",
     "{\"l\":[1,2,null,null]}"},
    {"{\"l\":[{\"q\":1},[5,6]]}",
     "{\"sl\":{\"a\":true,\"s0\":{\"u\":{\"q\":2}},\"s1\":{\"a\":true,"
     "\"l\":1}}}",
     "{\"l\":[{\"q\":2},[5]]}"},
    {"{\"l\":[1,2,3]}", "{\"sl\":{\"a\":true,\"l\":1,\"u0\":7}}",
     "{\"l\":[7]}"},
    {"{\"a\":1}", "{}", "{\"a\":1}"},
};

static void
diff_is_applied_as_the_server_does(void **state)
{
    (void)state;
    struct mst_buf out;
    mst_buf_init(&out, 1 << 20);
    for (size_t i = 0; i < MST_ARRAY_SIZE(effects); i++) {
        bson_t *doc = bson_case(effects[i].doc);
        bson_t *diff = bson_case(effects[i].diff);
        mst_buf_reset(&out);
        assert_int_equal(mst_oplog_diff_apply(bson_case_bytes(doc),
                                              bson_case_bytes(diff), &out,
                                              NULL),
                         MST_OK);
        assert_is(mst_buf_slice(&out), effects[i].after, effects[i].diff);
        bson_destroy(doc);
        bson_destroy(diff);
    }
    mst_buf_clear(&out);
}

static void
diff_of_another_document_is_rejected(void **state)
{
    (void)state;
    static const char *const diffs[] = {
        "{\"b\":{\"a\":{\"o\":1}}}",       /* pieces are not known */
        "{\"sa\":{\"u\":{\"x\":1}}}",      /* a is a number */
        "{\"sl\":{\"u\":{\"x\":1}}}",      /* l is an array */
        "{\"ss\":{\"a\":true,\"u0\":1}}",  /* s is a document */
        "{\"sl\":{\"a\":true,\"s9\":{}}}", /* there is no such element */
        "{\"sl\":{\"a\":true,\"u1\":1,\"u0\":1}}", /* not ascending */
    };
    struct mst_buf out;
    mst_buf_init(&out, 1 << 20);
    bson_t *doc = bson_case("{\"a\":1,\"l\":[1,2],\"s\":{}}");
    for (size_t i = 0; i < MST_ARRAY_SIZE(diffs); i++) {
        bson_t *diff = bson_case(diffs[i]);
        assert_int_equal(mst_oplog_diff_apply(bson_case_bytes(doc),
                                              bson_case_bytes(diff), &out,
                                              NULL),
                         MST_REJECTED);
        bson_destroy(diff);
    }
    /* Padding ends at the buffer's maximum. */
    bson_t *diff = bson_case("{\"sl\":{\"a\":true,\"u2000000000\":1}}");
    assert_int_equal(mst_oplog_diff_apply(bson_case_bytes(doc),
                                          bson_case_bytes(diff), &out, NULL),
                     MST_REJECTED);
    bson_destroy(diff);
    bson_destroy(doc);
    mst_buf_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diff_is_told_as_a_change_stream_tells_it),
        cmocka_unit_test(what_is_no_diff_is_rejected),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(diff_is_applied_as_the_server_does),
        cmocka_unit_test(diff_of_another_document_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
