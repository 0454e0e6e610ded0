/* SPDX-License-Identifier: MIT */
/* The tracker against a model that remembers everything. */
#include "unit/cmocka_all.h"

#include "pipeline/unit.h"

enum { MODEL_EVENTS = 2000, MODEL_SINKS = 3 };

struct model {
    uint8_t left[MODEL_EVENTS + 1]; /* confirmations each event waits for */
    struct mst_event *events[MODEL_EVENTS + 1];
    uint64_t made;
    uint64_t settled; /* number in the newest mark settled */
    size_t released;
    size_t flights;
};

static void
model_settle(void *arg, struct mst_slice mark)
{
    struct model *model = arg;
    uint64_t n = 0;
    memcpy(&n, mark.data, sizeof(n));
    assert_int_equal(n, model->settled + 1);
    assert_int_equal(model->left[n], 0);
    model->settled = n;
}

static void
model_release(void *arg, struct mst_flight *flight)
{
    struct model *model = arg;
    model->released++;
    mst_flight_destroy(flight);
}

static uint64_t
model_first_waiting(const struct model *model)
{
    uint64_t n = 1;
    while (n <= model->made && model->left[n] == 0) {
        n++;
    }
    return n;
}

static void
model_add(struct model *model, struct mst_tracker *tracker, unsigned len)
{
    struct mst_flight *flight = mst_flight_create(16, 100000);
    for (unsigned i = 0; i < len && model->made < MODEL_EVENTS; i++) {
        struct mst_event *event = mst_batch_add(flight->batch);
        event->seq = ++model->made;
        event->mark =
            mst_arena_copy(&flight->batch->arena, mst_slice_of(&event->seq, 8));
        model->left[event->seq] = MODEL_SINKS;
        model->events[event->seq] = event;
    }
    model->flights++;
    mst_tracker_add(tracker, flight, MODEL_SINKS);
}

/* True: it was the last one of its flight. */
static bool
model_confirm(struct model *model, uint64_t n)
{
    struct mst_flight *last = mst_tracker_confirm(model->events[n]);
    if (last != NULL) {
        mst_tracker_let_go(last);
    }
    return last != NULL;
}

static void
model_confirm_some(struct model *model, unsigned times)
{
    for (unsigned i = 0; i < times && model->made > 0; i++) {
        uint64_t n = 1 + (uint64_t)rand() % model->made;
        if (model->left[n] > 0) {
            model->left[n]--;
            (void)model_confirm(model, n);
        }
    }
}

static void
nothing_is_settled_before_all_that_came_earlier(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 50; round++) {
        struct model *model = calloc(1, sizeof(*model));
        struct mst_tracker tracker;
        const struct mst_tracker_events events = {model_settle, model_release,
                                                  model};
        srand(round);
        assert_int_equal(mst_tracker_init(&tracker, NULL), MST_OK);
        while (model->settled < MODEL_EVENTS) {
            if (model->made < MODEL_EVENTS) {
                model_add(model, &tracker, (unsigned)rand() % 17);
            }
            model_confirm_some(model, (unsigned)rand() % 200);
            (void)mst_tracker_advance(&tracker, &events);
            assert_int_equal(model->settled + 1, model_first_waiting(model));
            assert_int_equal(tracker.settled_seq, model->settled);
        }
        (void)mst_tracker_advance(&tracker, &events);
        assert_int_equal(model->released, model->flights);
        assert_true(mst_tracker_is_empty(&tracker));
        mst_tracker_clear(&tracker, &events);
        free(model);
    }
}

static void
an_end_mark_waits_for_the_events_before_it(void **state)
{
    (void)state;
    struct model model = {0};
    struct mst_tracker tracker;
    const struct mst_tracker_events events = {model_settle, model_release,
                                              &model};
    uint64_t two = 2;
    assert_int_equal(mst_tracker_init(&tracker, NULL), MST_OK);
    model_add(&model, &tracker, 1);
    struct mst_flight *quiet = mst_flight_create(16, 1000);
    quiet->batch->end_mark = mst_slice_of(&two, sizeof(two));
    mst_tracker_add(&tracker, quiet, MODEL_SINKS);
    assert_false(mst_tracker_advance(&tracker, &events));
    for (int i = 0; i < MODEL_SINKS; i++) {
        model.left[1]--;
        assert_int_equal(model_confirm(&model, 1), i == MODEL_SINKS - 1);
    }
    assert_true(mst_tracker_advance(&tracker, &events));
    assert_int_equal(model.settled, 2);
    mst_tracker_clear(&tracker, &events);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_settled_before_all_that_came_earlier),
        cmocka_unit_test(an_end_mark_waits_for_the_events_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
