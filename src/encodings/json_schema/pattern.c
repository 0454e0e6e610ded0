/* SPDX-License-Identifier: MIT */
/* Where PCRE2 and ECMA-262 differ, options make it the latter. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "encodings/json_schema/pattern.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

enum {
    PATTERN_TEXT_MAX = 64 * 1024,
    /* Steps of one match; some ten milliseconds. */
    PATTERN_STEPS = 200 * 1000,
    PATTERN_DEPTH = 10 * 1000,
    PATTERN_HEAP_KIB = 4 * 1024
};

struct js_pattern {
    pcre2_code *code;
    struct js_pattern *next;
};

struct js_matcher {
    pcre2_match_data *data;
    pcre2_match_context *context;
};

/* Long names of general categories, which PCRE2 does not have. */
static const struct {
    const char *name;
    const char *category;
} pattern_categories[] = {
    {"Letter", "L"},
    {"Cased_Letter", "L&"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"},
    {"Other_Punctuation", "Po"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
    {"Other", "C"},
    {"Control", "Cc"},
    {"Format", "Cf"},
    {"Unassigned", "Cn"},
};

/* Of "{Name}" at at, the category; NULL: no long name. *ret_len: of the part
 * with its braces. */
static const char *
pattern_category(struct mst_slice rest, size_t *ret_len)
{
    const uint8_t *close = memchr(rest.data, '}', rest.len);
    if (rest.len == 0 || rest.data[0] != '{' || close == NULL) {
        return NULL;
    }
    struct mst_slice name =
        mst_slice_of(rest.data + 1, (size_t)(close - rest.data) - 1);
    for (size_t i = 0; i < MST_ARRAY_SIZE(pattern_categories); i++) {
        if (mst_slice_is(name, pattern_categories[i].name)) {
            *ret_len = name.len + 2;
            return pattern_categories[i].category;
        }
    }
    return NULL;
}

/* Copies the escape at text[i]; returns how much of the text it was. */
static size_t
pattern_escape(struct mst_slice text, size_t i, bool class, struct mst_buf *out,
               enum mst_status *status)
{
    /* What ECMA takes for white space and PCRE2 does not. */
    static const char spaces[] =
        "\\s\\u{a0}\\u{feff}\\u{1680}\\u{2000}-\\u{200a}\\u{2028}\\u{2029}"
        "\\u{202f}\\u{205f}\\u{3000}";
    uint8_t c = i + 1 < text.len ? text.data[i + 1] : 0;
    size_t len = 0;
    if (c == 's' || (c == 'S' && !class)) {
        *status = mst_buf_printf(out, "%s%s%s",
                                 class      ? ""
                                 : c == 's' ? "["
                                            : "[^",
                                 spaces, class ? "" : "]");
        return 2;
    }
    if (c == 'p' || c == 'P') {
        struct mst_slice rest =
            mst_slice_of(text.data + i + 2, text.len - i - 2);
        const char *category = pattern_category(rest, &len);
        if (category != NULL) {
            *status = mst_buf_printf(out, "\\%c{%s}", c, category);
            return 2 + len;
        }
    }
    len = c == 0 ? 1 : 2;
    *status = mst_buf_append(out, text.data + i, len);
    return len;
}

/* The pattern with what PCRE2 has no option for. */
static enum mst_status
pattern_translate(struct mst_slice text, struct mst_buf *out)
{
    enum mst_status status = MST_OK;
    bool class = false;
    for (size_t i = 0; i < text.len && status == MST_OK;) {
        uint8_t c = text.data[i];
        if (c == '\\') {
            i += pattern_escape(text, i, class, out, &status);
            continue;
        }
        if (class && c == '[') {
            /* "[[:alpha:]]" is no class of its own in ECMA. */
            status = mst_buf_append_char(out, '\\');
        }
        class = class ? c != ']' : c == '[';
        if (status == MST_OK) {
            status = mst_buf_append_char(out, (char)c);
        }
        i++;
    }
    return status;
}

static enum mst_status
pattern_compile(struct mst_slice text, pcre2_code **ret_code,
                char why[MST_ERROR_HINT_MAX])
{
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (context == NULL) {
        return MST_FATAL;
    }
    (void)pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALT_BSUX);
    (void)pcre2_set_parens_nest_limit(context, 200);
    pcre2_code *code =
        pcre2_compile(text.data, text.len,
                      PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX
                          | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF
                          | PCRE2_NEVER_BACKSLASH_C,
                      &error, &offset, context);
    pcre2_compile_context_free(context);
    if (code == NULL) {
        (void)pcre2_get_error_message(error, (PCRE2_UCHAR *)why,
                                      MST_ERROR_HINT_MAX);
        return error == PCRE2_ERROR_HEAP_FAILED ? MST_FATAL : MST_REJECTED;
    }
    /* Without it matches are slower, and that is all. */
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    *ret_code = code;
    return MST_OK;
}

enum mst_status
js_pattern_create(struct mst_slice text, struct js_pattern *next,
                  struct js_pattern **ret, char why[MST_ERROR_HINT_MAX])
{
    struct mst_buf translated;
    if (text.len > PATTERN_TEXT_MAX) {
        (void)snprintf(why, MST_ERROR_HINT_MAX, "it has more than %d bytes",
                       PATTERN_TEXT_MAX);
        return MST_REJECTED;
    }
    if (text.len > 1 && text.data[0] == '(' && text.data[1] == '*') {
        (void)snprintf(why, MST_ERROR_HINT_MAX, "nothing is before the '*'");
        return MST_REJECTED;
    }
    struct js_pattern *pattern = calloc(1, sizeof(*pattern));
    mst_buf_init(&translated, (size_t)PATTERN_TEXT_MAX * 64);
    if (pattern == NULL) {
        return MST_FATAL;
    }
    enum mst_status status = pattern_translate(text, &translated);
    if (status == MST_OK) {
        struct mst_slice made = translated.len == 0
                                    ? MST_SLICE_LIT("")
                                    : mst_buf_slice(&translated);
        status = pattern_compile(made, &pattern->code, why);
    }
    mst_buf_clear(&translated);
    if (status != MST_OK) {
        free(pattern);
        return status;
    }
    pattern->next = next;
    *ret = pattern;
    return MST_OK;
}

void
js_patterns_destroy(struct js_pattern *patterns)
{
    while (patterns != NULL) {
        struct js_pattern *next = patterns->next;
        pcre2_code_free(patterns->code);
        free(patterns);
        patterns = next;
    }
}

struct js_matcher *
js_matcher_create(void)
{
    struct js_matcher *matcher = calloc(1, sizeof(*matcher));
    if (matcher == NULL) {
        return NULL;
    }
    matcher->data = pcre2_match_data_create(1, NULL);
    matcher->context = pcre2_match_context_create(NULL);
    if (matcher->data == NULL || matcher->context == NULL) {
        js_matcher_destroy(matcher);
        return NULL;
    }
    (void)pcre2_set_match_limit(matcher->context, PATTERN_STEPS);
    (void)pcre2_set_depth_limit(matcher->context, PATTERN_DEPTH);
    (void)pcre2_set_heap_limit(matcher->context, PATTERN_HEAP_KIB);
    return matcher;
}

void
js_matcher_destroy(struct js_matcher *matcher)
{
    if (matcher != NULL) {
        pcre2_match_data_free(matcher->data);
        pcre2_match_context_free(matcher->context);
        free(matcher);
    }
}

enum js_match
js_pattern_match(const struct js_pattern *pattern, struct js_matcher *matcher,
                 struct mst_slice text)
{
    text = text.data == NULL ? MST_SLICE_LIT("") : text;
    int got = pcre2_match(pattern->code, text.data, text.len, 0,
                          PCRE2_NO_UTF_CHECK, matcher->data, matcher->context);
    if (got >= 0) {
        return JS_MATCHES;
    }
    return got == PCRE2_ERROR_NOMATCH ? JS_DIFFERS : JS_TOO_HARD;
}
