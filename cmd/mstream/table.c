/* SPDX-License-Identifier: MIT */
/* Cells are kept until all are known, then aligned. */
#include "table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void
table_push(struct mst_table *table, char *cell)
{
    if (table->len == table->cap) {
        size_t cap = table->cap == 0 ? 64 : table->cap * 2;
        char **more = realloc(table->cells, cap * sizeof(*more));
        if (more == NULL) {
            table->failed = true;
            free(cell);
            return;
        }
        table->cells = more;
        table->cap = cap;
    }
    table->cells[table->len++] = cell;
}

void
mst_table_init(struct mst_table *table, const char *const *headings,
               size_t columns)
{
    memset(table, 0, sizeof(*table));
    table->columns = columns;
    for (size_t i = 0; i < columns; i++) {
        mst_table_add(table, "%s", headings[i]);
    }
}

void
mst_table_add(struct mst_table *table, const char *fmt, ...)
{
    va_list list;
    char *cell = NULL;
    va_start(list, fmt);
    int len = vasprintf(&cell, fmt, list);
    va_end(list);
    if (len < 0) {
        table->failed = true;
        return;
    }
    for (char *at = cell; *at != '\0'; at++) {
        if (*at == '\n' || *at == '\r' || *at == '\t') {
            *at = ' ';
        }
    }
    table_push(table, cell);
}

/* In characters: continuation bytes of UTF-8 take no room. */
static size_t
table_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xC0U) != 0x80U ? 1 : 0;
    }
    return width;
}

static size_t
table_column_width(const struct mst_table *table, size_t column)
{
    size_t width = 0;
    for (size_t i = column; i < table->len; i += table->columns) {
        size_t one = table_width(table->cells[i]);
        width = one > width ? one : width;
    }
    return width;
}

void
mst_table_fit(struct mst_table *table)
{
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        table->width = size.ws_col;
    }
}

/* The cell as far as it fits behind `used` columns. */
static void
table_cell(const struct mst_table *table, const char *text, size_t used,
           struct mst_output *out)
{
    size_t room = table->width > used ? table->width - used : 0;
    if (table->width == 0 || table_width(text) <= room) {
        mst_output_text(out, "%s", text);
        return;
    }
    size_t len = 0;
    for (size_t shown = 0; text[len] != '\0'; len++) {
        bool begins = ((unsigned char)text[len] & 0xC0U) != 0x80U;
        if (begins && shown + 1 >= room) {
            break;
        }
        shown += begins ? 1 : 0;
    }
    mst_output_text(out, "%.*s%s", (int)len, text, room > 0 ? "…" : "");
}

static void
table_write(const struct mst_table *table, struct mst_output *out)
{
    size_t widths[MST_TABLE_COLUMNS_MAX];
    assert(table->columns > 0);
    for (size_t i = 0; i < table->columns; i++) {
        widths[i] = table_column_width(table, i);
    }
    size_t used = 0;
    for (size_t i = 0; i < table->len; i++) {
        size_t column = i % table->columns;
        used = column == 0 ? 0 : used + widths[column - 1] + 2;
        table_cell(table, table->cells[i], used, out);
        if (column + 1 == table->columns) {
            mst_output_text(out, "\n");
            continue;
        }
        /* Up to where the next one begins, but not into the next line. */
        size_t from = used + table_width(table->cells[i]);
        size_t to = used + widths[column] + 2;
        to = table->width > 0 && to > table->width ? table->width : to;
        mst_output_text(out, "%*s", to > from ? (int)(to - from) : 0, "");
    }
}

void
mst_table_end(struct mst_table *table, struct mst_output *out)
{
    out->json.failed = out->json.failed || table->failed;
    if (!table->failed && table->len > table->columns) {
        table_write(table, out);
    }
    for (size_t i = 0; i < table->len; i++) {
        free(table->cells[i]);
    }
    free(table->cells);
    memset(table, 0, sizeof(*table));
}
