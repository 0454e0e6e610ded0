/* SPDX-License-Identifier: MIT */
/* Numbers, times, durations, choices and texts. */
#include "api/field.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "config/units.h"

size_t
mst_api_field_find(const struct mst_api_field *fields, size_t len,
                   const char *name)
{
    size_t i = 0;
    while (i < len && strcmp(fields[i].name, name) != 0) {
        i++;
    }
    return i;
}

bool
mst_api_field_number(const struct mst_api_field *field, int64_t number,
                     struct mst_api_value *ret_value, struct mst_error *err)
{
    if (number < field->min || number > field->max) {
        return mst_fail(err, MST_REJECTED, "api", 0,
                        "is not between %lld and %lld", (long long)field->min,
                        (long long)field->max)
               == MST_OK;
    }
    *ret_value = (struct mst_api_value){.given = true, .number = number};
    return true;
}

static bool
field_integer(const struct mst_api_field *field, const char *text,
              struct mst_api_value *ret_value, struct mst_error *err)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0
        || (text[0] != '-' && (text[0] < '0' || text[0] > '9'))) {
        return mst_fail(err, MST_REJECTED, "api", 0, "is not a whole number")
               == MST_OK;
    }
    return mst_api_field_number(field, number, ret_value, err);
}

static bool
field_duration(const struct mst_api_field *field, const char *text,
               struct mst_api_value *ret_value, struct mst_error *err)
{
    int64_t ms = 0;
    if (mst_units_duration(text, 1000, &ms)) {
        return mst_api_field_number(field, ms, ret_value, err);
    }
    return mst_fail(err, MST_REJECTED, "api", 0,
                    "is not a duration such as \"30s\" or \"2h\"")
           == MST_OK;
}

static bool
field_choice(const struct mst_api_field *field, const char *text,
             struct mst_api_value *ret_value, struct mst_error *err)
{
    struct mst_buf list;
    for (int64_t i = 0; field->choices[i] != NULL; i++) {
        if (strcmp(field->choices[i], text) == 0) {
            *ret_value = (struct mst_api_value){
                .given = true, .number = i, .text = field->choices[i]};
            return true;
        }
    }
    mst_buf_init(&list, 1024);
    for (size_t i = 0; field->choices[i] != NULL; i++) {
        if (mst_buf_printf(&list, "%s%s", i == 0 ? "" : ", ", field->choices[i])
            != MST_OK) {
            break;
        }
    }
    const char *known = mst_buf_text(&list);
    (void)mst_fail(err, MST_REJECTED, "api", 0, "is none of %s",
                   known != NULL ? known : "those that there are");
    mst_buf_clear(&list);
    return false;
}

bool
mst_api_field_read(const struct mst_api_field *field, const char *text,
                   struct mst_api_value *ret_value, struct mst_error *err)
{
    int64_t moment = 0;
    size_t len = strlen(text);
    switch (field->type) {
    case MST_API_NUMBER:
        return field_integer(field, text, ret_value, err);
    case MST_API_DURATION:
        return field_duration(field, text, ret_value, err);
    case MST_API_CHOICE:
        return field_choice(field, text, ret_value, err);
    case MST_API_TIME:
        if (mst_time_parse(text, len, &moment, err) != MST_OK) {
            return mst_fail(err, MST_REJECTED, "api", 0,
                            "is not a time such as "
                            "\"2026-11-21T10:00:00Z\"")
                   == MST_OK;
        }
        break;
    case MST_API_BOOL:
        return mst_fail(err, MST_REJECTED, "api", 0, "is not true or false")
               == MST_OK;
    case MST_API_TEXT:
    case MST_API_OBJECT:
    case MST_API_LIST:
        if (len > (size_t)field->max
            || mst_utf8_valid((const uint8_t *)text, len) != len) {
            return mst_fail(err, MST_REJECTED, "api", 0,
                            "is no UTF-8 text of at most %lld bytes",
                            (long long)field->max)
                   == MST_OK;
        }
        break;
    }
    *ret_value =
        (struct mst_api_value){.given = true, .number = moment, .text = text};
    return true;
}
