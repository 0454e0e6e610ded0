/* SPDX-License-Identifier: MIT */
/* Compiling and rendering templates. */
#include "sources/generate/generate_template.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "sources/generate/generate_random.h"
#include "sources/generate/generate_values.h"

enum part_kind {
    PART_LITERAL,
    PART_SEQ,
    PART_ID,
    PART_KEY,
    PART_OP,
    PART_NOW,
    PART_UUID,
    PART_OID,
    PART_INT,
    PART_DOUBLE,
    PART_BOOL,
    PART_TEXT,
    PART_HEX,
    PART_WORD,
    PART_NAME,
    PART_CHOICE
};

enum { PART_LENGTH_MAX = 1024 * 1024, PART_DECIMALS_MAX = 9 };

struct part {
    enum part_kind kind;
    bool in_string;       /* stands within quotes of the template */
    struct mst_slice raw; /* literal text; argument of a placeholder */
    int64_t low;          /* int: bounds; text, hex: length; bool: percent */
    int64_t high;
    double dlow;
    double dhigh;
    int decimals;
};

struct mst_template {
    char *text; /* what raw slices point into */
    struct part *parts;
    size_t len;
    size_t cap;
};

static const struct {
    const char *name;
    enum part_kind kind;
    const char *argument; /* its default; NULL: takes none */
} part_names[] = {
    {"seq", PART_SEQ, NULL},         {"id", PART_ID, NULL},
    {"key", PART_KEY, NULL},         {"op", PART_OP, NULL},
    {"now", PART_NOW, NULL},         {"uuid", PART_UUID, NULL},
    {"oid", PART_OID, NULL},         {"int", PART_INT, "0..1000000"},
    {"double", PART_DOUBLE, "0..1"}, {"bool", PART_BOOL, "50"},
    {"text", PART_TEXT, "20"},       {"hex", PART_HEX, "16"},
    {"word", PART_WORD, NULL},       {"name", PART_NAME, NULL},
    {"choice", PART_CHOICE, ""},
};

/* --- compiling -------------------------------------------------------- */

static bool
part_parse_int(const char *text, const char *end, int64_t *ret)
{
    char *stop = NULL;
    errno = 0;
    long long value = strtoll(text, &stop, 10);
    if (stop != end || stop == text || errno != 0) {
        return false;
    }
    *ret = value;
    return true;
}

static bool
part_parse_double(const char *text, const char *end, double *ret)
{
    /* A copy: strtod would read the first dot of "5..6" as the number's. */
    char copy[40];
    char *stop = NULL;
    size_t len = (size_t)(end - text);
    if (len == 0 || len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    double value = strtod(copy, &stop);
    if (*stop != '\0' || !isfinite(value)) {
        return false;
    }
    *ret = value;
    return true;
}

/* "A..B" */
static bool
part_parse_int_range(struct part *part, const char *text)
{
    const char *dots = strstr(text, "..");
    return dots != NULL && part_parse_int(text, dots, &part->low)
           && part_parse_int(dots + 2, text + strlen(text), &part->high)
           && part->low <= part->high;
}

/* "A..B" or "A..B:decimals" */
static bool
part_parse_double_range(struct part *part, const char *text)
{
    const char *colon = strchr(text, ':');
    const char *end = colon != NULL ? colon : text + strlen(text);
    const char *dots = strstr(text, "..");
    int64_t decimals = 2;
    if (colon != NULL
        && !part_parse_int(colon + 1, text + strlen(text), &decimals)) {
        return false;
    }
    part->decimals = (int)decimals;
    return dots != NULL && decimals >= 0 && decimals <= PART_DECIMALS_MAX
           && part_parse_double(text, dots, &part->dlow)
           && part_parse_double(dots + 2, end, &part->dhigh)
           && part->dlow <= part->dhigh;
}

/* Reads the argument; text ends with a NUL. */
static bool
part_parse_argument(struct part *part, const char *text)
{
    const char *end = text + strlen(text);
    switch (part->kind) {
    case PART_INT:
        return part_parse_int_range(part, text);
    case PART_DOUBLE:
        return part_parse_double_range(part, text);
    case PART_BOOL:
        return part_parse_int(text, end, &part->low) && part->low >= 0
               && part->low <= 100;
    case PART_TEXT:
    case PART_HEX:
        return part_parse_int(text, end, &part->low) && part->low >= 0
               && part->low <= PART_LENGTH_MAX;
    case PART_CHOICE:
        return text[0] != '\0';
    case PART_LITERAL:
    case PART_SEQ:
    case PART_ID:
    case PART_KEY:
    case PART_OP:
    case PART_NOW:
    case PART_UUID:
    case PART_OID:
    case PART_WORD:
    case PART_NAME:
        break;
    }
    return true;
}

static struct part *
template_add(struct mst_template *template, enum part_kind kind)
{
    if (template->len == template->cap) {
        size_t cap = template->cap == 0 ? 16 : template->cap * 2;
        struct part *parts =
            realloc(template->parts, cap * sizeof(*template->parts));
        if (parts == NULL) {
            return NULL;
        }
        template->parts = parts;
        template->cap = cap;
    }
    struct part *part = &template->parts[template->len++];
    memset(part, 0, sizeof(*part));
    part->kind = kind;
    return part;
}

/* text is the inside of {{ }}, NUL-terminated, in the template's own copy. */
static enum mst_status
template_placeholder(struct mst_template *template, char *text, bool in_string,
                     struct mst_error *err)
{
    int64_t offset = text - template->text;
    char *colon = strchr(text, ':');
    size_t name_len = colon != NULL ? (size_t)(colon - text) : strlen(text);
    for (size_t i = 0; i < MST_ARRAY_SIZE(part_names); i++) {
        if (strlen(part_names[i].name) != name_len
            || memcmp(part_names[i].name, text, name_len) != 0) {
            continue;
        }
        struct part *part = template_add(template, part_names[i].kind);
        if (part == NULL) {
            return mst_fail_memory(err, "generate");
        }
        const char *argument = part_names[i].argument;
        bool good = argument != NULL || colon == NULL;
        if (colon != NULL) {
            argument = colon + 1;
        }
        part->in_string = in_string;
        if (good && argument != NULL) {
            part->raw = mst_slice_str(argument);
            good = part_parse_argument(part, argument);
        }
        if (good) {
            return MST_OK;
        }
        return mst_fail_at(err, MST_FATAL, "generate", offset,
                           "template: '{{%s}}' at byte %lld does not fit: "
                           "see the list of placeholders in docs/files.md",
                           text, (long long)offset);
    }
    return mst_fail_at(err, MST_FATAL, "generate", offset,
                       "template: no placeholder is called '%.*s' (byte %lld)",
                       (int)name_len, text, (long long)offset);
}

/* Whether the JSON text from a to b leaves us within a string. */
static bool
template_in_string(const char *a, const char *b, bool in_string)
{
    for (; a < b; a++) {
        if (in_string && *a == '\\' && a + 1 < b) {
            a++;
        } else if (*a == '"') {
            in_string = !in_string;
        }
    }
    return in_string;
}

static enum mst_status
template_parse(struct mst_template *template, struct mst_error *err)
{
    bool in_string = false;
    char *at = template->text;
    while (*at != '\0') {
        char *open = strstr(at, "{{");
        char *close = open == NULL ? NULL : strstr(open, "}}");
        if (open != NULL && close == NULL) {
            return mst_fail_at(err, MST_FATAL, "generate",
                               open - template->text,
                               "template: '{{' at byte %lld has no '}}'",
                               (long long)(open - template->text));
        }
        size_t len = open == NULL ? strlen(at) : (size_t)(open - at);
        struct part *part = template_add(template, PART_LITERAL);
        if (part == NULL) {
            return mst_fail_memory(err, "generate");
        }
        part->raw = mst_slice_of(at, len);
        if (open == NULL) {
            break;
        }
        in_string = template_in_string(at, open, in_string);
        *close = '\0';
        enum mst_status status =
            template_placeholder(template, open + 2, in_string, err);
        if (status != MST_OK) {
            return status;
        }
        at = close + 2;
    }
    return MST_OK;
}

enum mst_status
mst_template_compile(struct mst_template **ret_template, const char *text,
                     struct mst_error *err)
{
    struct mst_template *template = calloc(1, sizeof(*template));
    if (template == NULL) {
        return mst_fail_memory(err, "generate");
    }
    template->text = strdup(text);
    enum mst_status status = template->text == NULL
                                 ? mst_fail_memory(err, "generate")
                                 : template_parse(template, err);
    if (status != MST_OK) {
        mst_template_destroy(template);
        return status;
    }
    *ret_template = template;
    return MST_OK;
}

void
mst_template_destroy(struct mst_template *template)
{
    if (template == NULL) {
        return;
    }
    free(template->text);
    free(template->parts);
    free(template);
}

/* --- rendering -------------------------------------------------------- */

/* A choice that is a JSON number, true, false or null keeps its type. */
static bool
part_is_literal(struct mst_slice text)
{
    if (mst_slice_is(text, "true") || mst_slice_is(text, "false")
        || mst_slice_is(text, "null")) {
        return true;
    }
    if (text.len == 0
        || !(text.data[0] == '-'
             || (text.data[0] >= '0' && text.data[0] <= '9'))) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("0123456789+-.eE", text.data[i]) == NULL) {
            return false;
        }
    }
    if (text.len > 1 && text.data[0] == '0' && text.data[1] != '.') {
        return false;
    }
    const char *start = (const char *)text.data;
    double ignored = 0;
    return part_parse_double(start, start + text.len, &ignored);
}

static struct mst_slice
part_choose(const struct part *part, uint64_t *random)
{
    size_t choices = 1;
    for (size_t i = 0; i < part->raw.len; i++) {
        choices += part->raw.data[i] == '|';
    }
    uint64_t pick = mst_random_upto(random, choices);
    const uint8_t *at = part->raw.data;
    const uint8_t *end = at + part->raw.len;
    for (;;) {
        const uint8_t *bar = memchr(at, '|', (size_t)(end - at));
        bar = bar == NULL ? end : bar;
        if (pick-- == 0) {
            return mst_slice_of(at, (size_t)(bar - at));
        }
        at = bar + 1;
    }
}

static enum mst_status
part_render_now(const struct part *part, int64_t now_ms, struct mst_buf *out)
{
    char text[MST_TIME_TEXT_MAX];
    mst_time_format(now_ms, text);
    return part->in_string ? mst_buf_append_str(out, text)
                           : mst_buf_printf(out, "{\"$date\":\"%s\"}", text);
}

/* Text without quotes. */
static enum mst_status
part_render_text(const struct part *part,
                 const struct mst_template_input *input, uint64_t *random,
                 struct mst_buf *out)
{
    switch (part->kind) {
    case PART_OP:
        return mst_buf_append_str(out, mst_op_name(input->op));
    case PART_UUID:
        return mst_generate_value_uuid(out, random);
    case PART_OID:
        return mst_generate_value_hex(out, random, (size_t)2 * MST_OID_BYTES);
    case PART_TEXT:
        return mst_generate_value_text(out, random, (size_t)part->low);
    case PART_HEX:
        return mst_generate_value_hex(out, random, (size_t)part->low);
    case PART_WORD:
        return mst_generate_value_word(out, random);
    case PART_NAME:
        return mst_generate_value_name(out, random);
    case PART_LITERAL:
    case PART_SEQ:
    case PART_ID:
    case PART_KEY:
    case PART_NOW:
    case PART_INT:
    case PART_DOUBLE:
    case PART_BOOL:
    case PART_CHOICE:
        break;
    }
    return MST_OK;
}

static enum mst_status
part_render_quoted(const struct part *part,
                   const struct mst_template_input *input, uint64_t *random,
                   struct mst_buf *out)
{
    if (part->in_string) {
        return part_render_text(part, input, random, out);
    }
    bool oid = part->kind == PART_OID;
    enum mst_status status =
        mst_buf_append_str(out, oid ? "{\"$oid\":\"" : "\"");
    if (status == MST_OK) {
        status = part_render_text(part, input, random, out);
    }
    if (status == MST_OK) {
        status = mst_buf_append_str(out, oid ? "\"}" : "\"");
    }
    return status;
}

static enum mst_status
part_render_choice(const struct part *part, uint64_t *random,
                   struct mst_buf *out)
{
    struct mst_slice text = part_choose(part, random);
    if (part->in_string || part_is_literal(text)) {
        return mst_buf_append(out, text.data, text.len);
    }
    return mst_buf_append_json(out, text);
}

static enum mst_status
part_render(const struct part *part, const struct mst_template_input *input,
            uint64_t *random, struct mst_buf *out)
{
    struct mst_slice id = part->in_string ? input->id_text : input->id_json;
    switch (part->kind) {
    case PART_LITERAL:
        return mst_buf_append(out, part->raw.data, part->raw.len);
    case PART_SEQ:
        return mst_buf_printf(out, "%llu", (unsigned long long)input->n);
    case PART_ID:
        return mst_buf_append(out, id.data, id.len);
    case PART_KEY:
        return mst_buf_printf(out, "%llu", (unsigned long long)input->key);
    case PART_NOW:
        return part_render_now(part, input->now_ms, out);
    case PART_INT:
        return mst_generate_value_int(out, random, part->low, part->high);
    case PART_DOUBLE:
        return mst_generate_value_double(out, random, part->dlow, part->dhigh,
                                         part->decimals);
    case PART_BOOL:
        return mst_buf_append_str(
            out, mst_random_upto(random, 100) < (uint64_t)part->low ? "true"
                                                                    : "false");
    case PART_CHOICE:
        return part_render_choice(part, random, out);
    case PART_OP:
    case PART_UUID:
    case PART_OID:
    case PART_TEXT:
    case PART_HEX:
    case PART_WORD:
    case PART_NAME:
        return part_render_quoted(part, input, random, out);
    }
    return MST_OK;
}

enum mst_status
mst_template_render(const struct mst_template *template,
                    const struct mst_template_input *input, struct mst_buf *out)
{
    uint64_t random = mst_random_start(input->seed, input->n);
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < template->len && status == MST_OK; i++) {
        status = part_render(&template->parts[i], input, &random, out);
    }
    return status;
}
