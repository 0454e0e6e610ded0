/* SPDX-License-Identifier: MIT */
/* The aggregate command of the MongoDB source, and refused options. */
#include "unit/cmocka_all.h"

#include "sources/mongodb/aggregate.h"

/* Compares the stages, as compact text, with what is expected. */
static void
expect(const struct mst_mongo_watch *watch,
       const struct mst_mongo_position *position, enum mst_mongo_mode mode,
       const char *stages)
{
    bson_t *command = mst_mongo_aggregate(watch, position, mode);
    bson_iter_t iter;
    assert_true(bson_iter_init_find(&iter, command, "pipeline"));
    bson_t *doc = bson_new();
    assert_true(bson_append_iter(doc, "p", 1, &iter));
    char *json = bson_as_relaxed_extended_json(doc, NULL);
    bson_destroy(doc);
    char *out = json;
    for (const char *in = json; *in != '\0'; in++) {
        if (*in != ' ') {
            *out++ = *in;
        }
    }
    *out = '\0';
    /* Without {"p": and }. */
    out[-1] = '\0';
    assert_string_equal(json + strlen("{\"p\":"), stages);
    bson_free(json);
    bson_destroy(command);
}

struct stages_case {
    const char *resource;
    struct mst_mongo_source_options options;
    enum mst_mongo_mode mode;
    const char *stages;
};

static void
expect_case(const struct stages_case *one)
{
    struct mst_mongo_watch watch;
    struct mst_error err;
    mst_error_clear(&err);
    if (mst_mongo_watch_init(&watch, "j", one->resource, &one->options, &err)
        != MST_OK) {
        fail_msg("%s", err.text);
    }
    struct mst_mongo_position now;
    mst_mongo_position_init(&now);
    expect(&watch, &now, one->mode, one->stages);
    mst_mongo_watch_clear(&watch);
}

#define STREAM "[{\"$changeStream\":{\"fullDocument\":\"updateLookup\"}}"

static void
each_mode_has_its_stages(void **state)
{
    (void)state;
    static const struct stages_case cases[] = {
        {"users", {.payload = 0}, MST_MONGO_MODE_PLAIN, STREAM "]"},
        {"users",
         {.payload = MST_MONGO_PAYLOAD_CHANGE},
         MST_MONGO_MODE_PLAIN,
         "[{\"$changeStream\":{\"fullDocument\":\"updateLookup\","
         "\"showExpandedEvents\":true}}]"},
        {"users",
         {.before = MST_MONGO_BEFORE_REQUIRED,
          .full_document = MST_MONGO_FULL_WHEN_AVAILABLE,
          .ddl = true},
         MST_MONGO_MODE_SPLIT,
         "[{\"$changeStream\":{\"fullDocument\":\"whenAvailable\","
         "\"fullDocumentBeforeChange\":\"required\",\"showExpandedEvents\":"
         "true}},{\"$changeStreamSplitLargeEvent\":{}}]"},
        {"users",
         {.before = MST_MONGO_BEFORE_REQUIRED},
         MST_MONGO_MODE_BARE,
         STREAM ",{\"$unset\":\"updateDescription\"}]"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        expect_case(&cases[i]);
    }
}

static void
documents_are_left_out_where_the_source_looks_them_up(void **state)
{
    (void)state;
    char pipeline[] = "[{\"$match\":{\"fullDocument.x\":1}}]";
    const struct {
        struct mst_mongo_source_options options;
        enum mst_mongo_mode mode;
        bool batches;
        const char *full;
    } cases[] = {
        {{.lookup = MST_MONGO_LOOKUP_AUTO},
         MST_MONGO_MODE_PLAIN,
         true,
         "default"},
        {{.lookup = MST_MONGO_LOOKUP_BATCHED},
         MST_MONGO_MODE_PLAIN,
         true,
         "default"},
        {{.lookup = MST_MONGO_LOOKUP_BATCHED},
         MST_MONGO_MODE_SINGLE,
         true,
         "updateLookup"},
        {{.lookup = MST_MONGO_LOOKUP_SERVER},
         MST_MONGO_MODE_PLAIN,
         false,
         "updateLookup"},
        {{.full_document = MST_MONGO_FULL_REQUIRED},
         MST_MONGO_MODE_PLAIN,
         false,
         "required"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_mongo_watch watch;
        struct mst_mongo_position now;
        char stages[128];
        mst_mongo_position_init(&now);
        assert_int_equal(
            mst_mongo_watch_init(&watch, "j", "users", &cases[i].options, NULL),
            MST_OK);
        watch.batched = mst_mongo_watch_may_batch(&cases[i].options);
        assert_int_equal(watch.batched, cases[i].batches);
        (void)snprintf(stages, sizeof(stages),
                       "[{\"$changeStream\":{\"fullDocument\":\"%s\"}}]",
                       cases[i].full);
        expect(&watch, &now, cases[i].mode, stages);
        mst_mongo_watch_clear(&watch);
    }
    /* Its stages may ask for the document. */
    struct mst_mongo_source_options piped = {.pipeline = pipeline};
    assert_false(mst_mongo_watch_may_batch(&piped));
    struct mst_mongo_watch watch;
    piped.lookup = MST_MONGO_LOOKUP_BATCHED;
    assert_int_equal(mst_mongo_watch_init(&watch, "j", "users", &piped, NULL),
                     MST_FATAL);
}

static void
operations_and_pipeline_stand_behind_the_stream(void **state)
{
    (void)state;
    char insert[] = "create";
    char drop[] = "delete";
    char *operations[] = {insert, drop};
    char pipeline[] = "[{\"$match\":{\"fullDocument.x\":1}}]";
    const struct stages_case one = {
        "users",
        {.operations = {operations, 2}, .pipeline = pipeline},
        MST_MONGO_MODE_PLAIN,
        STREAM ",{\"$match\":{\"operationType\":{\"$nin\":[\"update\","
               "\"replace\"]}}},{\"$match\":{\"fullDocument.x\":1}}]"};
    expect_case(&one);
}

static void
split_stage_of_the_user_stays_the_last(void **state)
{
    (void)state;
    char split[] = "[{\"$set\":{\"a\":1}},{\"$changeStreamSplitLargeEvent\":{}}"
                   "]";
    const struct stages_case one = {
        "users",
        {.pipeline = split},
        MST_MONGO_MODE_SPLIT,
        STREAM ",{\"$set\":{\"a\":1}},{\"$changeStreamSplitLargeEvent\":{}}]"};
    expect_case(&one);
    struct mst_mongo_watch watch;
    assert_int_equal(
        mst_mongo_watch_init(&watch, "j", "users", &one.options, NULL), MST_OK);
    assert_true(watch.always_split);
    mst_mongo_watch_clear(&watch);
}

#define ANY_OF(names)                                                          \
    STREAM ",{\"$match\":{\"$or\":[{\"ns.coll\":{\"$in\":[" names              \
           "]}},{\"to.coll\":{\"$in\":[" names                                 \
           "]}},{\"operationType\":{\"$in\":[\"dropDatabase\","                \
           "\"invalidate\"]}}]}}]"
#define REGEX(pattern)                                                         \
    "{\"$regularExpression\":{\"pattern\":\"" pattern "\",\"options\":\"s\"}}"

static void
collections_are_matched_by_name_and_glob(void **state)
{
    (void)state;
    char one[] = "a.b";
    char two[] = "c*";
    char *names[] = {one, two};
    const struct stages_case cases[] = {
        {"*", {.payload = 0}, MST_MONGO_MODE_PLAIN, STREAM "]"},
        {"*",
         {.collections = {names, 2}},
         MST_MONGO_MODE_PLAIN,
         ANY_OF("\"a.b\"," REGEX("^c.*$"))},
        {"u[1]?",
         {.payload = 0},
         MST_MONGO_MODE_PLAIN,
         ANY_OF(REGEX("^u\\\\[1\\\\].$"))},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        expect_case(&cases[i]);
    }
}

static void
position_decides_how_the_stream_resumes(void **state)
{
    (void)state;
#define EVENT      "826B017C3D000000022B022C0100296E04"
#define INVALIDATE "826B017C3D000000022B022C0100296F04"
    static const struct {
        const char *start;
        const char *stages;
    } cases[] = {
        {"timestamp:12,34",
         "[{\"$changeStream\":{\"fullDocument\":\"updateLookup\","
         "\"startAtOperationTime\":{\"$timestamp\":{\"t\":12,\"i\":34}}}}]"},
        {"resume_token:" EVENT,
         "[{\"$changeStream\":{\"fullDocument\":\"updateLookup\","
         "\"resumeAfter\":{\"_data\":\"" EVENT "\"}}}]"},
        {"resume_token:" INVALIDATE,
         "[{\"$changeStream\":{\"fullDocument\":\"updateLookup\","
         "\"startAfter\":{\"_data\":\"" INVALIDATE "\"}}}]"},
    };
    struct mst_mongo_source_options options = {.payload = 0};
    struct mst_mongo_watch watch;
    assert_int_equal(mst_mongo_watch_init(&watch, "j", "c", &options, NULL),
                     MST_OK);
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_mongo_position position;
        mst_mongo_position_init(&position);
        bool earliest = false;
        assert_int_equal(mst_mongo_position_start(&position, cases[i].start,
                                                  &earliest, NULL),
                         MST_OK);
        expect(&watch, &position, MST_MONGO_MODE_PLAIN, cases[i].stages);
        mst_mongo_position_clear(&position);
    }
    mst_mongo_watch_clear(&watch);
}

/* Of the oplog reader: the stream begins behind what is done. */
static void
stream_begins_behind_an_entry_that_is_done(void **state)
{
    (void)state;
    static const struct {
        uint32_t increment;
        bool after;
        const char *stages;
    } cases[] = {
        {34, false,
         "[{\"$changeStream\":{\"fullDocument\":\"updateLookup\","
         "\"startAtOperationTime\":{\"$timestamp\":{\"t\":12,\"i\":34}}}}]"},
        {34, true,
         "[{\"$changeStream\":{\"fullDocument\":\"updateLookup\","
         "\"startAtOperationTime\":{\"$timestamp\":{\"t\":12,\"i\":35}}}}]"},
        {UINT32_MAX, true,
         "[{\"$changeStream\":{\"fullDocument\":\"updateLookup\","
         "\"startAtOperationTime\":{\"$timestamp\":{\"t\":13,\"i\":0}}}}]"},
    };
    struct mst_mongo_source_options options = {.payload = 0};
    struct mst_mongo_watch watch;
    assert_int_equal(mst_mongo_watch_init(&watch, "j", "c", &options, NULL),
                     MST_OK);
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_mongo_position position;
        mst_mongo_position_init(&position);
        mst_mongo_position_set_entry(&position, 12, cases[i].increment, 0,
                                     cases[i].after);
        expect(&watch, &position, MST_MONGO_MODE_PLAIN, cases[i].stages);
        mst_mongo_position_clear(&position);
    }
    mst_mongo_watch_clear(&watch);
}

static void
options_that_can_not_be_are_refused_by_name(void **state)
{
    (void)state;
    char name[] = "a";
    char glob[] = "a*";
    char odd[] = "truncate";
    char *names[] = {name};
    char *globs[] = {glob};
    char *odds[] = {odd};
    char no_json[] = "{\"$match\":{}}";
    char no_stage[] = "[{\"match\":{}}]";
    char no_document[] = "[1]";
    char broken[] = "[{\"$match\":";
    char split_first[] = "[{\"$changeStreamSplitLargeEvent\":{}},"
                         "{\"$match\":{}}]";
    const struct {
        const char *resource;
        struct mst_mongo_source_options options;
        const char *says;
    } cases[] = {
        {"", {.payload = 0}, "resource"},
        {"users", {.collections = {names, 1}}, "collections"},
        {"*",
         {.collections = {globs, 1}, .enable_pre_images = true},
         "enable_pre_images"},
        {"*", {.enable_pre_images = true}, "enable_pre_images"},
        {"users", {.operations = {odds, 1}}, "'truncate'"},
        {"users", {.full_document = MST_MONGO_FULL_OFF}, "full_document"},
        {"users",
         {.reader = MST_MONGO_READER_OPLOG, .pipeline = no_stage},
         "reader"},
        {"users", {.snapshot = 1}, "snapshot"},
        {"users",
         {.on_lost_position = MST_MONGO_LOST_SNAPSHOT},
         "on_lost_position"},
        {"users", {.pipeline = no_json}, "pipeline"},
        {"users", {.pipeline = no_stage}, "pipeline"},
        {"users", {.pipeline = no_document}, "pipeline"},
        {"users", {.pipeline = broken}, "pipeline"},
        {"users", {.pipeline = split_first}, "last stage"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_mongo_watch watch;
        struct mst_error err;
        mst_error_clear(&err);
        assert_int_equal(mst_mongo_watch_init(&watch, "j", cases[i].resource,
                                              &cases[i].options, &err),
                         MST_FATAL);
        if (strstr(err.text, cases[i].says) == NULL) {
            fail_msg("'%s' does not say '%s'", err.text, cases[i].says);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mode_has_its_stages),
        cmocka_unit_test(documents_are_left_out_where_the_source_looks_them_up),
        cmocka_unit_test(operations_and_pipeline_stand_behind_the_stream),
        cmocka_unit_test(split_stage_of_the_user_stays_the_last),
        cmocka_unit_test(collections_are_matched_by_name_and_glob),
        cmocka_unit_test(position_decides_how_the_stream_resumes),
        cmocka_unit_test(stream_begins_behind_an_entry_that_is_done),
        cmocka_unit_test(options_that_can_not_be_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
