/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions as JSON Schema has them (ECMA-262, with Unicode), by
 * PCRE2: with a limit to the work, so that none hangs. Private.
 */
#ifndef MST_ENCODINGS_JSON_SCHEMA_PATTERN_H
#define MST_ENCODINGS_JSON_SCHEMA_PATTERN_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

/* Immutable, shared by threads. */
struct js_pattern;
/* What a match needs besides; for one thread at a time. */
struct js_matcher;

enum js_match { JS_MATCHES, JS_DIFFERS, JS_TOO_HARD };

/* MST_REJECTED: it is none, with the reason in why. *ret_pattern is linked to
 * next. Ownership: the caller's, cleared with js_patterns_destroy. */
MST_MUST_CHECK enum mst_status js_pattern_create(struct mst_slice text,
                                                 struct js_pattern *next,
                                                 struct js_pattern **ret,
                                                 char why[MST_ERROR_HINT_MAX]);
/* All that are linked. NULL is allowed. */
void js_patterns_destroy(struct js_pattern *patterns);

/* NULL without memory. */
struct js_matcher *js_matcher_create(void);
/* NULL is allowed. */
void js_matcher_destroy(struct js_matcher *matcher);

/* Whether the pattern is found anywhere in text, which is UTF-8. */
enum js_match js_pattern_match(const struct js_pattern *pattern,
                               struct js_matcher *matcher,
                               struct mst_slice text);

#endif
