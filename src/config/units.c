/* SPDX-License-Identifier: MIT */
/* Sizes and durations as people write them. */
#include "config/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

struct units_unit {
    const char *name;
    uint64_t factor;
};

static const struct units_unit units_sizes[] = {
    {"TiB", 1ULL << 40}, {"GiB", 1ULL << 30},      {"MiB", 1ULL << 20},
    {"KiB", 1ULL << 10}, {"TB", 1000000000000ULL}, {"GB", 1000000000ULL},
    {"MB", 1000000ULL},  {"KB", 1000ULL},          {"B", 1},
};

static const struct units_unit units_durations[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1},
};

/* Digits at the start of text; false when there are none or too many. */
static bool
units_number(const char *text, const char **ret_rest, uint64_t *ret)
{
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(value, 10U, &value)
            || __builtin_add_overflow(value, (unsigned)(*at - '0'), &value)) {
            return false;
        }
    }
    if (at == text) {
        return false;
    }
    *ret_rest = *at == ' ' ? at + 1 : at;
    *ret = value;
    return true;
}

static bool
units_find(const struct units_unit *units, size_t n, const char *name,
           uint64_t *ret_factor)
{
    for (size_t i = 0; i < n; i++) {
        if (strcasecmp(units[i].name, name) == 0) {
            *ret_factor = units[i].factor;
            return true;
        }
    }
    return false;
}

bool
mst_units_size(const char *text, uint64_t *ret_bytes)
{
    const char *unit = NULL;
    uint64_t number = 0;
    uint64_t factor = 1;
    if (!units_number(text, &unit, &number)) {
        return false;
    }
    if (*unit != '\0'
        && !units_find(units_sizes, MST_ARRAY_SIZE(units_sizes), unit,
                       &factor)) {
        return false;
    }
    return !__builtin_mul_overflow(number, factor, ret_bytes);
}

bool
mst_units_duration(const char *text, int64_t plain_ms, int64_t *ret_ms)
{
    const char *unit = NULL;
    uint64_t number = 0;
    uint64_t factor = (uint64_t)plain_ms;
    if (!units_number(text, &unit, &number)) {
        return false;
    }
    if (*unit == '\0') {
        if (plain_ms <= 0 && number != 0) {
            return false;
        }
    } else if (!units_find(units_durations, MST_ARRAY_SIZE(units_durations),
                           unit, &factor)) {
        return false;
    }
    return !__builtin_mul_overflow(number, factor, ret_ms);
}

static void
units_text(const struct units_unit *units, size_t n, uint64_t value,
           char out[MST_UNITS_TEXT_MAX])
{
    for (size_t i = 0; i < n; i++) {
        uint64_t factor = units[i].factor;
        if (factor > 0 && value >= factor && value % factor == 0) {
            (void)snprintf(out, MST_UNITS_TEXT_MAX, "%" PRIu64 "%s",
                           value / factor, units[i].name);
            return;
        }
    }
    (void)snprintf(out, MST_UNITS_TEXT_MAX, "%" PRIu64, value);
}

void
mst_units_size_text(uint64_t bytes, char out[MST_UNITS_TEXT_MAX])
{
    units_text(units_sizes, MST_ARRAY_SIZE(units_sizes), bytes, out);
}

void
mst_units_duration_text(int64_t ms, char out[MST_UNITS_TEXT_MAX])
{
    units_text(units_durations, MST_ARRAY_SIZE(units_durations),
               ms < 0 ? 0 : (uint64_t)ms, out);
}
