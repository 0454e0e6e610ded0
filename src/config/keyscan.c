/* SPDX-License-Identifier: MIT */
/*
 * Refuses keys of very many parts before toml++ sees them: it makes a table
 * per part and takes the tree down recursively, so that one long line of dots
 * overflows the stack.
 */
#include <stdio.h>
#include <string.h>

#include "config/toml.h"

struct key_scan {
    const char *text;
    size_t len;
    size_t at;
    size_t line_start;
    uint32_t line;
};

static void
scan_newline(struct key_scan *scan, size_t at)
{
    scan->line++;
    scan->line_start = at + 1;
}

/* at stands on the opening quote; leaves it behind the closing one. */
static void
scan_string(struct key_scan *scan)
{
    char quote = scan->text[scan->at];
    const char triple[3] = {quote, quote, quote};
    bool multi = scan->len - scan->at >= 3
                 && memcmp(scan->text + scan->at, triple, 3) == 0;
    scan->at += multi ? 3 : 1;
    while (scan->at < scan->len) {
        char c = scan->text[scan->at];
        if (c == '\n') {
            if (!multi) {
                return;
            }
            scan_newline(scan, scan->at);
        } else if (c == '\\' && quote == '"' && scan->at + 1 < scan->len
                   && scan->text[scan->at + 1] != '\n') {
            scan->at++;
        } else if (c == quote && !multi) {
            scan->at++;
            return;
        } else if (multi && scan->len - scan->at >= 3
                   && memcmp(scan->text + scan->at, triple, 3) == 0) {
            scan->at += 3;
            /* Up to two quotes may stand before the closing three. */
            for (int more = 0; more < 2 && scan->at < scan->len
                               && scan->text[scan->at] == quote;
                 more++) {
                scan->at++;
            }
            return;
        }
        scan->at++;
    }
}

bool
mst_toml_scan_keys(const char *text, size_t len,
                   struct mst_toml_error *ret_error)
{
    struct key_scan scan = {.text = text, .len = len, .line = 1};
    int dots = 0;
    while (scan.at < len) {
        char c = text[scan.at];
        if (c == '"' || c == '\'') {
            scan_string(&scan);
            continue;
        }
        if (c == '#') {
            while (scan.at < len && text[scan.at] != '\n') {
                scan.at++;
            }
            continue;
        }
        if (c == '\n') {
            scan_newline(&scan, scan.at);
        }
        if (c == '.') {
            dots++;
        } else if (c == '\0' || strchr("=,{}[]\n", c) != NULL) {
            dots = 0;
        }
        if (dots >= MST_TOML_MAX_KEY_PARTS) {
            ret_error->line = scan.line;
            ret_error->column = (uint32_t)(scan.at - scan.line_start + 1);
            (void)snprintf(ret_error->text, sizeof(ret_error->text),
                           "a key has more than %d parts",
                           (int)MST_TOML_MAX_KEY_PARTS);
            return false;
        }
        scan.at++;
    }
    return true;
}
