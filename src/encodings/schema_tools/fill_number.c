/* SPDX-License-Identifier: MIT */
/* Numbers within their limits, or as their names have them. */
#include <math.h>

#include "encodings/schema_tools/fill_impl.h"

enum { USUAL_MAX = 10000 };

struct number_range {
    const char *word; /* in the name */
    double low;
    double high;
};

/* The first that fits is taken. */
static const struct number_range number_names[] = {
    {"year", 1990, 2030}, {"age", 0, 100},    {"lat", -90, 90},
    {"lon", -180, 180},   {"lng", -180, 180}, {"percent", 0, 100},
    {"ratio", 0, 1},      {"gpa", 0, 4},      {"salary", 20000, 200000},
    {"price", 1, 1000},   {"cost", 1, 1000},  {"amount", 1, 1000},
    {"total", 0, 1000},   {"count", 0, 100},  {"quantity", 1, 20},
    {"qty", 1, 20},
};

static struct number_range
number_usual(struct mst_slice name)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(number_names); i++) {
        if (fill_name_has(name, number_names[i].word)) {
            return number_names[i];
        }
    }
    return (struct number_range){NULL, 0, USUAL_MAX};
}

/* A limit as a double. */
static bool
number_limit(const struct fill_run *run, const struct fill_place *place,
             const char *word, double *ret)
{
    struct avro_node node;
    int64_t whole = 0;
    if (!schema_facets_find(&run->doc, place->facets, word, &node)) {
        return false;
    }
    if (mst_bson_as_int64(&node.value, &whole)) {
        *ret = (double)whole;
        return true;
    }
    return mst_bson_get_double(&node.value, ret);
}

/* The limits that there are, and usual ones where there are none. step: from
 * an exclusive limit to the first number within. */
static enum mst_status
number_range_of(const struct fill_run *run, const struct fill_place *place,
                double step, struct number_range *range)
{
    double limit = 0;
    *range = number_usual(place->name);
    bool low = number_limit(run, place, "minimum", &range->low);
    bool high = number_limit(run, place, "maximum", &range->high);
    if (number_limit(run, place, "exclusiveMinimum", &limit)
        && (!low || limit + step > range->low)) {
        range->low = limit + step;
        low = true;
    }
    if (number_limit(run, place, "exclusiveMaximum", &limit)
        && (!high || limit - step < range->high)) {
        range->high = limit - step;
        high = true;
    }
    if (low && !high && range->high < range->low) {
        range->high = range->low + USUAL_MAX;
    }
    if (high && !low && range->low > range->high) {
        range->low = range->high - USUAL_MAX;
    }
    return fill_check_limits(run, place, range->low > range->high, "minimum",
                             "maximum");
}

enum mst_status
fill_integer(struct fill_run *run, const struct fill_place *place)
{
    struct number_range range;
    double multiple = 1;
    enum mst_status status = number_range_of(run, place, 1, &range);
    if (status != MST_OK) {
        return status;
    }
    if (!number_limit(run, place, "multipleOf", &multiple) || multiple < 1) {
        multiple = 1;
    }
    double low = ceil(range.low / multiple);
    double high = floor(range.high / multiple);
    low = low < -0x1p62 ? -0x1p62 : low;
    high = high > 0x1p62 ? 0x1p62 : high;
    status = fill_check_limits(run, place, low > high, "minimum", "maximum");
    if (status != MST_OK) {
        return status;
    }
    int64_t value = fill_between(run, (int64_t)low, (int64_t)high);
    if (multiple > 1
        && __builtin_mul_overflow(value, (int64_t)multiple, &value)) {
        value = 0;
    }
    if (value >= INT32_MIN && value <= INT32_MAX) {
        mst_bson_write_int32(&run->writer, place->key, (int32_t)value);
    } else {
        mst_bson_write_int64(&run->writer, place->key, value);
    }
    return MST_OK;
}

enum mst_status
fill_number(struct fill_run *run, const struct fill_place *place)
{
    struct number_range range;
    double multiple = 0;
    enum mst_status status = number_range_of(run, place, 0, &range);
    if (status != MST_OK) {
        return status;
    }
    double value =
        range.low / 2 + fill_fraction(run) * (range.high / 2 - range.low / 2);
    value = value + range.low / 2;
    /* Two digits behind the point where there is room for them; all of such
     * are floats of 32 bits when they are quarters. */
    bool narrow = mst_slice_is(
        schema_facets_text(&run->doc, place->facets, "format"), "float");
    double round = narrow ? 4 : 100;
    if (number_limit(run, place, "multipleOf", &multiple) && multiple > 0) {
        value = floor(value / multiple) * multiple;
    } else if (range.high - range.low >= 1 && fabs(value) < 0x1p40) {
        value = floor(value * round) / round;
    }
    value = value < range.low ? range.low : value;
    mst_bson_write_double(&run->writer, place->key, value);
    return MST_OK;
}
