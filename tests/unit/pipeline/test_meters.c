/* SPDX-License-Identifier: MIT */
/* What a batch on its way leaves in the histograms. */
#include "pipeline/meters.h"

#include "base/clock.h"
#include "pipeline/unit.h"
#include "unit/cmocka_all.h"

enum { LONG_AGO_MS = 7200 * 1000, LAST = MST_HISTOGRAM_CLASSES - 1 };

/* Events as old as that, and `unknown` ones of no known time behind them. */
static struct mst_flight *
make_flight(size_t events, int64_t age_ms, size_t unknown)
{
    struct mst_flight *flight = mst_flight_create(1000, 100000);
    assert_non_null(flight);
    for (size_t i = 0; i < events + unknown; i++) {
        struct mst_event *event = mst_batch_add(flight->batch);
        assert_non_null(event);
        event->source_ts_ms =
            i < events ? mst_clock_wall_ms() - age_ms : MST_TIME_UNKNOWN;
    }
    return flight;
}

static uint64_t
counted(const struct mst_meters *meters, enum mst_meter meter)
{
    struct mst_meters_look look;
    mst_meters_read(meters, &look);
    return mst_histogram_total(&look.of[meter]);
}

static void
every_event_counts_once_in_each_stage(void **state)
{
    static const size_t sizes[] = {1, 2, 7, 8, 9, 15, 16, 17, 1000};
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(sizes); i++) {
        struct mst_meters meters = {0};
        struct mst_meters_look look;
        struct mst_flight *flight = make_flight(sizes[i], LONG_AGO_MS, 0);
        mst_meters_received(&meters, flight);
        mst_meters_converted(&meters, flight, sizes[i], mst_clock_ns());
        mst_meters_confirmed(&meters, flight);
        mst_meters_read(&meters, &look);
        for (int m = MST_METER_SOURCE; m <= MST_METER_TOTAL; m++) {
            assert_int_equal(mst_histogram_total(&look.of[m]), sizes[i]);
        }
        /* Two hours are above all bounds, what was just done is not. */
        assert_int_equal(look.of[MST_METER_SOURCE].counts[LAST], sizes[i]);
        assert_int_equal(look.of[MST_METER_TOTAL].counts[LAST], sizes[i]);
        assert_true(look.of[MST_METER_TOTAL].sum
                    >= sizes[i] * LONG_AGO_MS * 1000ULL);
        assert_int_equal(look.of[MST_METER_SINK].counts[LAST], 0);
        assert_int_equal(mst_histogram_total(&look.of[MST_METER_BATCH]), 1);
        assert_int_equal(look.of[MST_METER_BATCH].sum, sizes[i]);
        mst_flight_destroy(flight);
    }
}

static void
events_of_no_known_time_have_no_age(void **state)
{
    struct mst_meters meters = {0};
    struct mst_flight *flight = make_flight(0, 0, 20);
    (void)state;
    mst_meters_received(&meters, flight);
    mst_meters_converted(&meters, flight, 20, mst_clock_ns());
    mst_meters_confirmed(&meters, flight);
    assert_int_equal(counted(&meters, MST_METER_SOURCE), 0);
    assert_int_equal(counted(&meters, MST_METER_TOTAL), 0);
    assert_int_equal(counted(&meters, MST_METER_CONVERT), 20);
    assert_int_equal(counted(&meters, MST_METER_SINK), 20);
    mst_flight_destroy(flight);
}

static void
a_clock_that_is_ahead_counts_as_no_time(void **state)
{
    struct mst_meters meters = {0};
    struct mst_meters_look look;
    struct mst_flight *flight = make_flight(3, -LONG_AGO_MS, 0);
    (void)state;
    mst_meters_received(&meters, flight);
    mst_meters_read(&meters, &look);
    assert_int_equal(look.of[MST_METER_SOURCE].counts[0], 3);
    assert_int_equal(look.of[MST_METER_SOURCE].sum, 0);
    mst_flight_destroy(flight);
}

static void
a_flight_that_is_used_again_forgets_its_ages(void **state)
{
    struct mst_meters meters = {0};
    struct mst_flight *flight = make_flight(9, LONG_AGO_MS, 0);
    (void)state;
    mst_meters_received(&meters, flight);
    mst_flight_reset(flight, 0);
    mst_meters_received(&meters, flight);
    mst_meters_confirmed(&meters, flight);
    assert_int_equal(counted(&meters, MST_METER_SOURCE), 9);
    assert_int_equal(counted(&meters, MST_METER_TOTAL), 0);
    assert_int_equal(counted(&meters, MST_METER_BATCH), 1);
    mst_flight_destroy(flight);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_counts_once_in_each_stage),
        cmocka_unit_test(events_of_no_known_time_have_no_age),
        cmocka_unit_test(a_clock_that_is_ahead_counts_as_no_time),
        cmocka_unit_test(a_flight_that_is_used_again_forgets_its_ages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
