/* SPDX-License-Identifier: MIT */
/* Dates both ways. */
#include "encodings/date_text.h"

#include "base/clock.h"
#include "encodings/digits.h"

enum { DATE_DAY_MS = 86400000 };

/* A text that is being read. */
struct date_text {
    const uint8_t *at;
    const uint8_t *end;
};

uint8_t *
mst_date_print(uint8_t *out, int64_t ms)
{
    int64_t days = ms / DATE_DAY_MS - (ms % DATE_DAY_MS < 0 ? 1 : 0);
    uint32_t of_day = (uint32_t)(ms - days * DATE_DAY_MS);
    uint32_t seconds = of_day / 1000;
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    mst_time_civil(days, &year, &month, &day);
    out = mst_print_four(out, (unsigned)year);
    *out++ = '-';
    out = mst_print_pair(out, month);
    *out++ = '-';
    out = mst_print_pair(out, day);
    *out++ = 'T';
    out = mst_print_pair(out, seconds / 3600);
    *out++ = ':';
    out = mst_print_pair(out, seconds / 60 % 60);
    *out++ = ':';
    out = mst_print_pair(out, seconds % 60);
    if (of_day % 1000 != 0) {
        *out++ = '.';
        *out++ = (uint8_t)('0' + of_day % 1000 / 100);
        out = mst_print_pair(out, of_day % 100);
    }
    return out;
}

static bool
date_number(struct date_text *text, unsigned digits, unsigned *ret)
{
    unsigned value = 0;
    if ((size_t)(text->end - text->at) < digits) {
        return false;
    }
    for (unsigned i = 0; i < digits; i++) {
        unsigned digit = (unsigned)*text->at++ - '0';
        if (digit > 9) {
            return false;
        }
        value = value * 10 + digit;
    }
    *ret = value;
    return true;
}

static bool
date_char(struct date_text *text, uint8_t upper, uint8_t lower)
{
    if (text->at == text->end || (*text->at != upper && *text->at != lower)) {
        return false;
    }
    text->at++;
    return true;
}

static bool
date_day(struct date_text *text, int64_t *ret_days)
{
    static const uint8_t lengths[] = {31, 29, 31, 30, 31, 30,
                                      31, 31, 30, 31, 30, 31};
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    if (!date_number(text, 4, &year) || !date_char(text, '-', '-')
        || !date_number(text, 2, &month) || !date_char(text, '-', '-')
        || !date_number(text, 2, &day)) {
        return false;
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1]
        || (month == 2 && day == 29 && !leap)) {
        return false;
    }
    *ret_days = mst_time_days(year, month, day);
    return true;
}

static bool
date_time_of_day(struct date_text *text, unsigned *ret_ms)
{
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    unsigned ms = 0;
    if (!date_number(text, 2, &hour) || !date_char(text, ':', ':')
        || !date_number(text, 2, &minute) || !date_char(text, ':', ':')
        || !date_number(text, 2, &second) || hour > 23 || minute > 59
        || second > 59) {
        return false;
    }
    if (date_char(text, '.', '.')) {
        unsigned weight = 100;
        const uint8_t *first = text->at;
        while (text->at < text->end && *text->at >= '0' && *text->at <= '9') {
            unsigned digit = (unsigned)*text->at++ - '0';
            if (weight == 0 && digit != 0) {
                return false;
            }
            ms += digit * weight;
            weight /= 10;
        }
        if (text->at == first) {
            return false;
        }
    }
    *ret_ms = ((hour * 60 + minute) * 60 + second) * 1000 + ms;
    return true;
}

static bool
date_zone(struct date_text *text, int64_t *ret_ms)
{
    unsigned hours = 0;
    unsigned minutes = 0;
    *ret_ms = 0;
    if (date_char(text, 'Z', 'z')) {
        return true;
    }
    bool west = date_char(text, '-', '-');
    if ((!west && !date_char(text, '+', '+'))
        || !date_number(text, 2, &hours)) {
        return false;
    }
    (void)date_char(text, ':', ':'); /* optional */
    if (!date_number(text, 2, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    int64_t ms = (int64_t)(hours * 60 + minutes) * 60000;
    *ret_ms = west ? -ms : ms;
    return true;
}

bool
mst_date_parse(const uint8_t *data, size_t len, int64_t *ret_ms)
{
    struct date_text text = {data, data + len};
    int64_t days = 0;
    int64_t zone = 0;
    unsigned ms = 0;
    if (!date_day(&text, &days) || !date_char(&text, 'T', 't')
        || !date_time_of_day(&text, &ms) || !date_zone(&text, &zone)
        || text.at != text.end) {
        return false;
    }
    *ret_ms = days * DATE_DAY_MS + ms - zone;
    return true;
}
