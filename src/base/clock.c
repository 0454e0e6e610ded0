/* SPDX-License-Identifier: MIT */
/* Clocks, and RFC 3339 without the C library's locale and time zone. */
#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

static int64_t
clock_read(clockid_t id)
{
    struct timespec now = {0};
    (void)clock_gettime(id, &now); /* can not fail for these clocks */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t
mst_clock_ns(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

int64_t
mst_clock_ms(void)
{
    return clock_read(CLOCK_MONOTONIC) / 1000000;
}

int64_t
mst_clock_boot_ms(void)
{
    return clock_read(CLOCK_BOOTTIME) / 1000000;
}

int64_t
mst_clock_wall_ms(void)
{
    return clock_read(CLOCK_REALTIME) / 1000000;
}

/* Days <-> date by counting years from March, in 400-year eras of 146097
 * days: leap days then come last in each year. */
int64_t
mst_time_days(int64_t year, unsigned month, unsigned day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t mp = month > 2 ? (int64_t)month - 3 : (int64_t)month + 9;
    int64_t doy = (153 * mp + 2) / 5 + (int64_t)day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

void
mst_time_civil(int64_t days, int64_t *ret_year, unsigned *ret_month,
               unsigned *ret_day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *ret_day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
    *ret_month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
    *ret_year = yoe + era * 400 + (*ret_month <= 2 ? 1 : 0);
}

static int64_t
time_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

void
mst_time_format(int64_t wall_ms, char out[MST_TIME_TEXT_MAX])
{
    int64_t seconds = time_floor_div(wall_ms, 1000);
    int64_t days = time_floor_div(seconds, 86400);
    int ms = (int)(wall_ms - seconds * 1000);
    int sod = (int)(seconds - days * 86400);
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    mst_time_civil(days, &year, &month, &day);
    if (year < 0 || year > 9999) {
        (void)snprintf(out, MST_TIME_TEXT_MAX, "%lld", (long long)wall_ms);
        return;
    }
    char fraction[8] = "";
    if (ms != 0) {
        (void)snprintf(fraction, sizeof(fraction), ".%03u",
                       (unsigned)ms % 1000U);
    }
    (void)snprintf(out, MST_TIME_TEXT_MAX, "%04d-%02u-%02uT%02d:%02d:%02d%sZ",
                   (int)year, month, day, sod / 3600, sod / 60 % 60, sod % 60,
                   fraction);
}

/* Reads exactly n digits at *at and moves it on. */
static bool
time_digits(const char *text, size_t len, size_t *at, size_t n, int *ret)
{
    int value = 0;
    if (len - *at < n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        char c = text[*at + i];
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    *at += n;
    *ret = value;
    return true;
}

static bool
time_char(const char *text, size_t len, size_t *at, const char *any_of)
{
    if (*at >= len) {
        return false;
    }
    for (const char *c = any_of; *c != '\0'; c++) {
        if (text[*at] == *c) {
            (*at)++;
            return true;
        }
    }
    return false;
}

static bool
time_fraction(const char *text, size_t len, size_t *at, int *ret_ms)
{
    int digits = 0;
    *ret_ms = 0;
    if (!time_char(text, len, at, ".")) {
        return true;
    }
    while (*at < len && text[*at] >= '0' && text[*at] <= '9') {
        if (digits < 3) {
            *ret_ms = *ret_ms * 10 + (text[*at] - '0');
        }
        digits++;
        (*at)++;
    }
    for (int i = digits; i < 3; i++) {
        *ret_ms *= 10;
    }
    return digits > 0;
}

static bool
time_offset(const char *text, size_t len, size_t *at, int *ret_minutes)
{
    int hours = 0;
    int minutes = 0;
    *ret_minutes = 0;
    if (time_char(text, len, at, "Zz")) {
        return true;
    }
    if (*at >= len || (text[*at] != '+' && text[*at] != '-')) {
        return false;
    }
    int sign = text[(*at)++] == '-' ? -1 : 1;
    if (!time_digits(text, len, at, 2, &hours) || !time_char(text, len, at, ":")
        || !time_digits(text, len, at, 2, &minutes) || hours > 23
        || minutes > 59) {
        return false;
    }
    *ret_minutes = sign * (hours * 60 + minutes);
    return true;
}

static bool
time_date(const char *text, size_t len, size_t *at, int64_t *ret_days)
{
    static const int month_days[] = {31, 29, 31, 30, 31, 30,
                                     31, 31, 30, 31, 30, 31};
    int y = 0;
    int m = 0;
    int d = 0;
    if (!time_digits(text, len, at, 4, &y) || !time_char(text, len, at, "-")
        || !time_digits(text, len, at, 2, &m) || !time_char(text, len, at, "-")
        || !time_digits(text, len, at, 2, &d)) {
        return false;
    }
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (m < 1 || m > 12 || d < 1 || d > month_days[m - 1]
        || (m == 2 && d == 29 && !leap)) {
        return false;
    }
    *ret_days = mst_time_days(y, (unsigned)m, (unsigned)d);
    return true;
}

enum mst_status
mst_time_parse(const char *text, size_t len, int64_t *ret_wall_ms,
               struct mst_error *err)
{
    size_t at = 0;
    int64_t days = 0;
    int h = 0;
    int m = 0;
    int s = 0;
    int ms = 0;
    int offset = 0;
    bool good =
        time_date(text, len, &at, &days) && time_char(text, len, &at, "Tt ")
        && time_digits(text, len, &at, 2, &h) && time_char(text, len, &at, ":")
        && time_digits(text, len, &at, 2, &m) && time_char(text, len, &at, ":")
        && time_digits(text, len, &at, 2, &s) && h <= 23 && m <= 59 && s <= 60
        && time_fraction(text, len, &at, &ms)
        && time_offset(text, len, &at, &offset) && at == len;
    if (!good) {
        return mst_fail_at(err, MST_REJECTED, "time", (int64_t)at,
                           "'%.*s' is not an RFC 3339 time such as "
                           "2026-11-21T10:40:05Z",
                           (int)(len > 64 ? 64 : len), text);
    }
    *ret_wall_ms =
        ((days * 24 + h) * 60 + m - offset) * 60000 + (int64_t)s * 1000 + ms;
    return MST_OK;
}
