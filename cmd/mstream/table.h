/* SPDX-License-Identifier: MIT */
/* Text in columns as wide as they need to be. */
#ifndef MST_MSTREAM_TABLE_H
#define MST_MSTREAM_TABLE_H

#include "output.h"

enum { MST_TABLE_COLUMNS_MAX = 16 };

struct mst_table {
    size_t columns;
    char **cells; /* owned; row by row, the headings first */
    size_t len;
    size_t cap;
    bool failed;  /* out of memory */
    size_t width; /* lines are cut there; 0: nowhere */
};

/* headings: as many as there are columns. */
void mst_table_init(struct mst_table *table, const char *const *headings,
                    size_t columns);
/* Cuts lines at the width of the terminal, where one is written to. */
void mst_table_fit(struct mst_table *table);
/* The next cell of the row. Line breaks in it become spaces. */
void mst_table_add(struct mst_table *table, const char *fmt, ...)
    MST_PRINTF(2, 3);
/* Writes it and frees the cells. Without rows nothing is written. */
void mst_table_end(struct mst_table *table, struct mst_output *out);

#endif
