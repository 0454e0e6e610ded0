/* SPDX-License-Identifier: MIT */
/* Numbers, switches, sizes, durations and choices of a configuration. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/node.h"
#include "config/secret.h"
#include "config/suggest.h"
#include "config/units.h"
#include "config/value_read.h"

/* The text is shown as written: never with references resolved. */
static bool
value_fail_text(const struct mst_value_read *read, const char *hint)
{
    struct mst_place place = mst_place_value(read->node, read->path);
    char shown[MST_SECRET_SHOWN_MAX];
    if ((read->option->flags & MST_OPTION_SECRET) != 0) {
        (void)snprintf(shown, sizeof(shown), "****");
    } else {
        mst_secret_shown(read->node->text, shown);
    }
    mst_problems_add(read->reader->problems, MST_PROBLEM_ERROR, &place, hint,
                     "expected %s, got \"%s\"", mst_value_wanted(read->option),
                     shown);
    return false;
}

void
mst_value_bound_text(const struct mst_option *option, int64_t bound,
                     char out[MST_UNITS_TEXT_MAX])
{
    if (option->type == MST_OPTION_SIZE) {
        mst_units_size_text((uint64_t)bound, out);
    } else if (option->type == MST_OPTION_DURATION) {
        mst_units_duration_text(bound, out);
    } else {
        (void)snprintf(out, MST_UNITS_TEXT_MAX, "%" PRId64, bound);
    }
}

static bool
value_in_range(const struct mst_value_read *read, int64_t value)
{
    const struct mst_option *option = read->option;
    if (option->max <= option->min
        || (value >= option->min && value <= option->max)) {
        return true;
    }
    char min[MST_UNITS_TEXT_MAX];
    char max[MST_UNITS_TEXT_MAX];
    mst_value_bound_text(option, option->min, min);
    mst_value_bound_text(option, option->max, max);
    struct mst_place place = mst_place_value(read->node, read->path);
    mst_problems_add(read->reader->problems, MST_PROBLEM_ERROR, &place, NULL,
                     "must be between %s and %s", min, max);
    return false;
}

static int64_t
value_plain_ms(const struct mst_option *option)
{
    size_t len = strlen(option->name);
    if ((option->flags & MST_OPTION_SECONDS) != 0) {
        return 1000;
    }
    return len > 3 && strcmp(option->name + len - 3, "_ms") == 0 ? 1 : 0;
}

static bool
value_parse_int(const char *text, int64_t *ret)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0) {
        return false;
    }
    *ret = value;
    return true;
}

static bool
value_parse_double(const char *text, double *ret)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0') {
        return false;
    }
    *ret = value;
    return true;
}

static bool
value_parse_enum(const struct mst_option *option, const char *text, int *ret)
{
    for (int i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static bool
value_is_zero(const struct mst_option *option, const char *text)
{
    return option->zero != NULL && strcmp(option->zero, text) == 0;
}

/* Scalars from text. The slot is written only when the text is right; for
 * the range of what was read see value_number. */
bool
mst_value_parse(const struct mst_option *option, const char *text, void *slot)
{
    switch (option->type) {
    case MST_OPTION_BOOL:
        *(bool *)slot = strcmp(text, "true") == 0;
        return *(bool *)slot || strcmp(text, "false") == 0;
    case MST_OPTION_INT:
        return value_parse_int(value_is_zero(option, text) ? "0" : text, slot);
    case MST_OPTION_DOUBLE:
        return value_parse_double(text, slot);
    case MST_OPTION_SIZE:
        return mst_units_size(text, slot);
    case MST_OPTION_DURATION:
        return mst_units_duration(text, value_plain_ms(option), slot);
    case MST_OPTION_ENUM:
        return value_parse_enum(option, text, slot);
    case MST_OPTION_STRING:
    case MST_OPTION_STRING_LIST:
    case MST_OPTION_STRING_MAP:
    case MST_OPTION_TABLE:
        break;
    }
    return false;
}

/* For messages and ranges one number type is enough. */
union value_scalar {
    bool boolean;
    int64_t integer;
    uint64_t size;
    double number;
    int choice;
};

static size_t
value_scalar_size(enum mst_option_type type)
{
    switch (type) {
    case MST_OPTION_BOOL:
        return sizeof(bool);
    case MST_OPTION_INT:
    case MST_OPTION_DURATION:
        return sizeof(int64_t);
    case MST_OPTION_SIZE:
        return sizeof(uint64_t);
    case MST_OPTION_DOUBLE:
        return sizeof(double);
    case MST_OPTION_ENUM:
        return sizeof(int);
    case MST_OPTION_STRING:
    case MST_OPTION_STRING_LIST:
    case MST_OPTION_STRING_MAP:
    case MST_OPTION_TABLE:
        break;
    }
    return 0;
}

static bool
value_range(const struct mst_value_read *read, const union value_scalar *scalar)
{
    if (read->option->type == MST_OPTION_INT
        || read->option->type == MST_OPTION_DURATION) {
        return value_in_range(read, scalar->integer);
    }
    if (read->option->type == MST_OPTION_SIZE) {
        return value_in_range(
            read, scalar->size > INT64_MAX ? INT64_MAX : (int64_t)scalar->size);
    }
    return true;
}

static bool
value_fail_choice(const struct mst_value_read *read)
{
    struct mst_suggest suggest = {.word = read->node->text};
    char list[512] = "";
    size_t used = 0;
    for (int i = 0; read->option->choices[i] != NULL; i++) {
        const char *choice = read->option->choices[i];
        if (choice[0] == '\0' || used >= sizeof(list)) {
            continue;
        }
        mst_suggest_offer(&suggest, choice);
        int more = snprintf(list + used, sizeof(list) - used, "%s\"%s\"",
                            used == 0 ? "" : ", ", choice);
        used += more > 0 ? (size_t)more : 0;
    }
    char hint[128];
    char shown[MST_SECRET_SHOWN_MAX];
    mst_secret_shown(read->node->text, shown);
    if (suggest.best != NULL) {
        (void)snprintf(hint, sizeof(hint), "did you mean \"%s\"?",
                       suggest.best);
    }
    struct mst_place place = mst_place_value(read->node, read->path);
    mst_problems_add(read->reader->problems, MST_PROBLEM_ERROR, &place,
                     suggest.best == NULL ? NULL : hint,
                     "unknown value \"%s\"; it is one of %s", shown, list);
    return false;
}

/* Strings for options that are none: sizes, durations, choices, and any
 * other where the text comes from the environment. */
static bool
value_from_string(const struct mst_value_read *read, union value_scalar *ret)
{
    enum mst_option_type type = read->option->type;
    bool reference = mst_env_has_reference(read->node->text);
    if (!reference && type != MST_OPTION_SIZE && type != MST_OPTION_DURATION
        && type != MST_OPTION_ENUM
        && !value_is_zero(read->option, read->node->text)) {
        return mst_value_fail_type(read);
    }
    char *text = mst_value_text(read);
    if (text == NULL) {
        return false;
    }
    bool parsed = text[0] != '\0' && mst_value_parse(read->option, text, ret);
    free(text);
    if (!parsed && type == MST_OPTION_ENUM) {
        return value_fail_choice(read);
    }
    return parsed
           || value_fail_text(
               read, reference ? "the text comes from the environment" : NULL);
}

static bool
value_from_integer(const struct mst_value_read *read, union value_scalar *ret)
{
    int64_t integer = read->node->integer;
    int64_t unit = value_plain_ms(read->option);
    switch (read->option->type) {
    case MST_OPTION_INT:
        ret->integer = integer;
        return true;
    case MST_OPTION_DOUBLE:
        ret->number = (double)integer;
        return true;
    case MST_OPTION_SIZE:
        ret->size = (uint64_t)integer;
        return integer >= 0 || mst_value_fail_type(read);
    case MST_OPTION_DURATION:
        if (integer < 0 || (unit == 0 && integer != 0)
            || __builtin_mul_overflow(integer, unit, &ret->integer)) {
            return mst_value_fail_type(read);
        }
        return true;
    case MST_OPTION_BOOL:
    case MST_OPTION_ENUM:
    case MST_OPTION_STRING:
    case MST_OPTION_STRING_LIST:
    case MST_OPTION_STRING_MAP:
    case MST_OPTION_TABLE:
        break;
    }
    return mst_value_fail_type(read);
}

bool
mst_value_scalar(const struct mst_value_read *read, void *slot)
{
    union value_scalar scalar = {0};
    const struct mst_toml_node *node = read->node;
    bool good = false;
    if (node->type == MST_TOML_STRING) {
        good = value_from_string(read, &scalar);
    } else if (node->type == MST_TOML_INTEGER) {
        good = value_from_integer(read, &scalar);
    } else if (node->type == MST_TOML_FLOAT
               && read->option->type == MST_OPTION_DOUBLE) {
        scalar.number = node->number;
        good = true;
    } else if (node->type == MST_TOML_BOOLEAN
               && read->option->type == MST_OPTION_BOOL) {
        scalar.boolean = node->boolean;
        good = true;
    } else {
        return mst_value_fail_type(read);
    }
    if (!good || !value_range(read, &scalar)) {
        return false;
    }
    memcpy(slot, &scalar, value_scalar_size(read->option->type));
    return true;
}
