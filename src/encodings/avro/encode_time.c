/* SPDX-License-Identifier: MIT */
/* Dates, times of day and points in time, from all that can be one. */
#include "encodings/avro/encode.h"
#include "encodings/avro/number.h"
#include "encodings/date_text.h"

enum {
    TIME_TEXT_MAX = 64,
    TIME_NANOS = 1000000 /* in a millisecond */
};

#define TIME_DAY_MS 86400000LL

/* A point in time, exactly: nanos are below a millisecond, never negative. */
struct time_point {
    int64_t ms;
    uint32_t nanos;
};

/* Units of the type in a millisecond. */
static int64_t
time_units(enum avro_code code)
{
    switch ((unsigned)code) {
    case AVRO_MICROS:
    case AVRO_TIME_MICROS:
        return 1000;
    case AVRO_NANOS:
        return TIME_NANOS;
    default:
        return 1;
    }
}

static bool
time_is_of_day(enum avro_code code)
{
    return code == AVRO_TIME_MILLIS || code == AVRO_TIME_MICROS;
}

/* Takes the digits of a second behind the third one out of text. False:
 * there are more than nine that count. */
static bool
time_take_nanos(uint8_t *text, size_t *len, uint32_t *ret_nanos)
{
    uint8_t *point = memchr(text, '.', *len);
    uint32_t nanos = 0;
    size_t n = 0;
    if (point == NULL) {
        return true;
    }
    uint8_t *digit = point + 1;
    uint8_t *end = text + *len;
    for (; digit < end && *digit >= '0' && *digit <= '9'; digit++, n++) {
        if (n >= 9 && *digit != '0') {
            return false;
        }
        if (n >= 3 && n < 9) {
            nanos = nanos * 10 + (uint32_t)(*digit - '0');
        }
    }
    for (size_t i = n < 3 ? 3 : n; i < 9; i++) {
        nanos *= 10;
    }
    if (n > 3) {
        memmove(point + 4, digit, (size_t)(end - digit));
        *len -= n - 3;
    }
    *ret_nanos = nanos;
    return true;
}

/* RFC 3339; a date alone for dates, a time alone for times of day. */
static enum avro_fault
time_of_text(enum avro_code code, struct mst_slice text,
             struct time_point *ret_point)
{
    static const char midnight[] = "T00:00:00Z";
    static const char first_day[] = "1970-01-01T";
    uint8_t whole[TIME_TEXT_MAX * 2];
    size_t len = 0;
    bool date_alone =
        code == AVRO_DATE && memchr(text.data, ':', text.len) == NULL;
    bool time_alone =
        time_is_of_day(code) && text.len > 2 && text.data[2] == ':';
    if (text.len > TIME_TEXT_MAX) {
        return AVRO_BAD_TIME;
    }
    if (time_alone) {
        memcpy(whole, first_day, sizeof(first_day) - 1);
        len = sizeof(first_day) - 1;
    }
    memcpy(whole + len, text.data, text.len);
    len += text.len;
    if (date_alone) {
        memcpy(whole + len, midnight, sizeof(midnight) - 1);
        len += sizeof(midnight) - 1;
    } else if (time_alone) {
        whole[len++] = 'Z';
    }
    ret_point->nanos = 0;
    return time_take_nanos(whole, &len, &ret_point->nanos)
                   && mst_date_parse(whole, len, &ret_point->ms)
               ? AVRO_FINE
               : AVRO_BAD_TIME;
}

/* The point as a number in the unit of the type. */
static enum avro_fault
time_in_unit(enum avro_code code, const struct time_point *point,
             int64_t *ret_number)
{
    int64_t units = time_units(code);
    uint32_t below = point->nanos % (uint32_t)(TIME_NANOS / units);
    if (below != 0) {
        return AVRO_TOO_FINE;
    }
    if (code == AVRO_DATE) {
        int64_t days = point->ms / TIME_DAY_MS;
        *ret_number = days;
        return days * TIME_DAY_MS != point->ms        ? AVRO_TOO_FINE
               : days < INT32_MIN || days > INT32_MAX ? AVRO_OUT_OF_RANGE
                                                      : AVRO_FINE;
    }
    /* In the lowest millisecond only the sum is in range. */
    avro_wide number =
        (avro_wide)point->ms * units + point->nanos / (TIME_NANOS / units);
    if (number < INT64_MIN || number > INT64_MAX) {
        return AVRO_OUT_OF_RANGE;
    }
    *ret_number = (int64_t)number;
    return AVRO_FINE;
}

/* What is a number already is in the unit. */
static enum avro_fault
time_number(const struct avro_op *op, const struct avro_value *value,
            int64_t *ret_number)
{
    bool is_int = op->code == AVRO_DATE || op->code == AVRO_TIME_MILLIS;
    enum avro_fault fault =
        avro_number_whole(value->type, value->data, ret_number);
    return fault == AVRO_FINE && is_int
                   && (*ret_number < INT32_MIN || *ret_number > INT32_MAX)
               ? AVRO_OUT_OF_RANGE
               : fault;
}

static enum avro_fault
time_of_value(const struct avro_encode *encode, const struct avro_op *op,
              const struct avro_value *value, int64_t *ret_number)
{
    struct time_point point = {.nanos = 0};
    enum avro_fault fault = AVRO_FINE;
    switch (value->type) {
    case MST_BSON_INT32:
    case MST_BSON_INT64:
    case MST_BSON_DOUBLE:
    case MST_BSON_DECIMAL128:
        return time_number(op, value, ret_number);
    case MST_BSON_DATE:
        point.ms = (int64_t)mst_le64(value->data);
        break;
    case MST_BSON_TIMESTAMP:
        point.ms = (int64_t)mst_le32(value->data + 4) * 1000;
        if (mst_le32(value->data) != 0
            && !encode->encoder->options.lossy_numbers) {
            return AVRO_INCREMENT;
        }
        break;
    case MST_BSON_STRING:
        fault = time_of_text(
            op->code, mst_slice_of(value->data + 4, value->size - 5), &point);
        break;
    default:
        return AVRO_WRONG_TYPE;
    }
    return fault == AVRO_FINE ? time_in_unit(op->code, &point, ret_number)
                              : fault;
}

enum avro_fault
avro_encode_time(struct avro_encode *encode, const struct avro_op *op,
                 const struct avro_value *value)
{
    int64_t number = 0;
    enum avro_fault fault = time_of_value(encode, op, value, &number);
    if (fault != AVRO_FINE) {
        return fault;
    }
    if (time_is_of_day(op->code)
        && (number < 0 || number >= TIME_DAY_MS * time_units(op->code))) {
        return AVRO_OUT_OF_RANGE;
    }
    encode->at = avro_put_long(encode->at, number);
    return AVRO_FINE;
}
