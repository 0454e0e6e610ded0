/* SPDX-License-Identifier: MIT */
/* Texts with a grammar of their own, read by hand. */
#include "encodings/json_schema/format.h"

#include "base/hex.h"
#include "base/macros.h"

struct js_format {
    const char *name;
    bool (*takes)(struct mst_slice text);
    uint8_t type; /* of BSON, that has no other values; 0: none */
};

static bool
format_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool
format_is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool
format_is_hex(uint8_t c)
{
    return mst_hex_digit(c) >= 0;
}

static struct mst_slice
format_behind(struct mst_slice text, size_t n)
{
    return mst_slice_of(text.data + n, text.len - n);
}

/* A number of exactly n digits from *text on; -1: it is none. */
static int
format_number(struct mst_slice *text, size_t n)
{
    int value = 0;
    if (text->len < n) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        if (!format_is_digit(text->data[i])) {
            return -1;
        }
        value = value * 10 + (text->data[i] - '0');
    }
    *text = format_behind(*text, n);
    return value;
}

static bool
format_char(struct mst_slice *text, uint8_t c)
{
    if (text->len == 0 || text->data[0] != c) {
        return false;
    }
    *text = format_behind(*text, 1);
    return true;
}

static bool
format_read_date(struct mst_slice *text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = format_number(text, 4);
    bool good = year >= 0 && format_char(text, '-');
    int month = good ? format_number(text, 2) : -1;
    good = month >= 1 && month <= 12 && format_char(text, '-');
    int day = good ? format_number(text, 2) : -1;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return good && day >= 1
           && day <= days[month - 1] + (leap && month == 2 ? 1 : 0);
}

/* The offset in minutes. */
static bool
format_read_zone(struct mst_slice *text, int *ret_minutes)
{
    *ret_minutes = 0;
    if (format_char(text, 'Z') || format_char(text, 'z')) {
        return true;
    }
    bool minus = text->len > 0 && text->data[0] == '-';
    if (!format_char(text, '-') && !format_char(text, '+')) {
        return false;
    }
    int hour = format_number(text, 2);
    bool good = hour >= 0 && hour <= 23 && format_char(text, ':');
    int minute = good ? format_number(text, 2) : -1;
    *ret_minutes = (hour * 60 + minute) * (minus ? -1 : 1);
    return minute >= 0 && minute <= 59;
}

static bool
format_read_time(struct mst_slice *text)
{
    int hour = format_number(text, 2);
    bool good = hour >= 0 && hour <= 23 && format_char(text, ':');
    int minute = good ? format_number(text, 2) : -1;
    good = minute >= 0 && minute <= 59 && format_char(text, ':');
    int second = good ? format_number(text, 2) : -1;
    if (second < 0 || second > 60) {
        return false;
    }
    if (format_char(text, '.')) {
        size_t digits = 0;
        while (digits < text->len && format_is_digit(text->data[digits])) {
            digits++;
        }
        *text = format_behind(*text, digits);
        good = digits > 0;
    }
    int zone = 0;
    good = good && format_read_zone(text, &zone);
    /* A leap second is the last of a day in UTC. */
    int minutes = (hour * 60 + minute - zone + 2 * 1440) % 1440;
    return good && (second < 60 || minutes == 1439);
}

static bool
format_date(struct mst_slice text)
{
    return format_read_date(&text) && text.len == 0;
}

static bool
format_time(struct mst_slice text)
{
    return format_read_time(&text) && text.len == 0;
}

static bool
format_date_time(struct mst_slice text)
{
    return format_read_date(&text)
           && (format_char(&text, 'T') || format_char(&text, 't'))
           && format_time(text);
}

/* Numbers with units in their order. */
static bool
format_read_units(struct mst_slice *text, const char *units, size_t *ret_n)
{
    size_t n = 0;
    while (text->len > 0 && format_is_digit(text->data[0])) {
        size_t digits = 0;
        while (digits < text->len && format_is_digit(text->data[digits])) {
            digits++;
        }
        if (digits == text->len) {
            return false;
        }
        const char *unit = strchr(units, text->data[digits]);
        if (unit == NULL || *unit == '\0') {
            return false;
        }
        units = unit + 1;
        *text = format_behind(*text, digits + 1);
        n++;
    }
    *ret_n = n;
    return true;
}

static bool
format_duration(struct mst_slice text)
{
    size_t days = 0;
    size_t times = 0;
    if (!format_char(&text, 'P')) {
        return false;
    }
    if (text.len > 0 && text.data[text.len - 1] == 'W') {
        return format_read_units(&text, "W", &days) && days == 1
               && text.len == 0;
    }
    if (!format_read_units(&text, "YMD", &days)) {
        return false;
    }
    if (format_char(&text, 'T')
        && (!format_read_units(&text, "HMS", &times) || times == 0)) {
        return false;
    }
    return text.len == 0 && days + times > 0;
}

static bool
format_hostname(struct mst_slice text)
{
    size_t label = 0;
    if (text.len == 0 || text.len > 253) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool last = i + 1 == text.len || text.data[i + 1] == '.';
        if (c == '.') {
            if (label == 0 || last) {
                return false;
            }
            label = 0;
            continue;
        }
        bool plain = format_is_digit(c) || format_is_letter(c);
        if ((!plain && (c != '-' || label == 0 || last)) || ++label > 63) {
            return false;
        }
    }
    return true;
}

static bool
format_email(struct mst_slice text)
{
    const uint8_t *at =
        text.len == 0 ? NULL : memrchr(text.data, '@', text.len);
    if (at == NULL || at == text.data) {
        return false;
    }
    size_t len = (size_t)(at - text.data);
    for (size_t i = 0; i < len; i++) {
        uint8_t c = text.data[i];
        bool dot =
            c == '.' && (i == 0 || i + 1 == len || text.data[i + 1] == '.');
        if (c <= 0x20 || c == 0x7F || strchr("()<>[]:;,@\\\"", c) != NULL
            || dot) {
            return false;
        }
    }
    return format_hostname(format_behind(text, len + 1));
}

static bool
format_ipv4(struct mst_slice text)
{
    for (int part = 0; part < 4; part++) {
        size_t digits = 0;
        int value = 0;
        if (part > 0 && !format_char(&text, '.')) {
            return false;
        }
        while (digits < text.len && digits < 4
               && format_is_digit(text.data[digits])) {
            value = value * 10 + (text.data[digits++] - '0');
        }
        if (digits == 0 || value > 255 || digits > 3
            || (digits > 1 && text.data[0] == '0')) {
            return false;
        }
        text = format_behind(text, digits);
    }
    return text.len == 0;
}

static bool
format_ipv6(struct mst_slice text)
{
    int groups = 0;
    bool gap = false;
    if (text.len >= 2 && text.data[0] == ':' && text.data[1] == ':') {
        gap = true;
        text = format_behind(text, 2);
    }
    while (text.len > 0) {
        size_t n = 0;
        while (n < text.len && n < 5 && format_is_hex(text.data[n])) {
            n++;
        }
        if (n < text.len && text.data[n] == '.') {
            groups += 2;
            return format_ipv4(text) && (gap ? groups <= 7 : groups == 8);
        }
        if (n == 0 || n > 4) {
            return false;
        }
        groups++;
        text = format_behind(text, n);
        if (text.len == 0) {
            break;
        }
        if (!format_char(&text, ':') || text.len == 0) {
            return false;
        }
        if (text.data[0] == ':') {
            if (gap) {
                return false;
            }
            gap = true;
            text = format_behind(text, 1);
        }
    }
    return gap ? groups <= 7 : groups == 8;
}

/* Characters that an address may have. */
static bool
format_uri_reference(struct mst_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c <= 0x20 || c >= 0x7F || strchr("\\\"<>^`{|}", c) != NULL) {
            return false;
        }
        if (c == '%'
            && (i + 2 >= text.len || !format_is_hex(text.data[i + 1])
                || !format_is_hex(text.data[i + 2]))) {
            return false;
        }
    }
    return true;
}

static bool
format_uri(struct mst_slice text)
{
    size_t i = 0;
    while (i < text.len
           && (format_is_letter(text.data[i])
               || (i > 0
                   && (format_is_digit(text.data[i])
                       || strchr("+-.", text.data[i]) != NULL)))) {
        i++;
    }
    return i > 0 && i < text.len && text.data[i] == ':'
           && format_uri_reference(text);
}

static bool
format_uuid(struct mst_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.data[i] != '-' : !format_is_hex(text.data[i])) {
            return false;
        }
    }
    return text.len == 36;
}

static bool
format_objectid(struct mst_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!format_is_hex(text.data[i])) {
            return false;
        }
    }
    return text.len == 24;
}

static bool
format_json_pointer(struct mst_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '~'
            && (i + 1 == text.len
                || (text.data[i + 1] != '0' && text.data[i + 1] != '1'))) {
            return false;
        }
    }
    return text.len == 0 || text.data[0] == '/';
}

static const struct js_format formats[] = {
    {"date", format_date, 0},
    {"date-time", format_date_time, MST_BSON_DATE},
    {"duration", format_duration, 0},
    {"email", format_email, 0},
    {"hostname", format_hostname, 0},
    {"ipv4", format_ipv4, 0},
    {"ipv6", format_ipv6, 0},
    {"json-pointer", format_json_pointer, 0},
    {"objectid", format_objectid, MST_BSON_OBJECTID},
    {"time", format_time, 0},
    {"uri", format_uri, 0},
    {"uri-reference", format_uri_reference, 0},
    {"uuid", format_uuid, MST_BSON_BINARY},
};

const struct js_format *
js_format_find(struct mst_slice name)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(formats); i++) {
        if (mst_slice_is(name, formats[i].name)) {
            return &formats[i];
        }
    }
    return NULL;
}

const char *
js_format_name(const struct js_format *format)
{
    return format->name;
}

bool
js_format_takes(const struct js_format *format, struct mst_slice text)
{
    return format->takes(text);
}

bool
js_format_is_type(const struct js_format *format,
                  const struct mst_bson_value *value)
{
    if (format->type == 0 || value->type != format->type) {
        return false;
    }
    /* A binary has its subtype behind its length. */
    return value->type != MST_BSON_BINARY || value->raw.data[4] == 4;
}
