/* SPDX-License-Identifier: MIT */
/*
 * Options: one table per connector drives parsing, defaults, error messages,
 * the help of `mstream` and docs/reference.md.
 */
#ifndef MST_CORE_OPTION_H
#define MST_CORE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The C type that stands at `offset` in the options struct. */
enum mst_option_type {
    MST_OPTION_BOOL,        /* bool */
    MST_OPTION_INT,         /* int64_t, min..max */
    MST_OPTION_DOUBLE,      /* double */
    MST_OPTION_SIZE,        /* uint64_t bytes: 1048576 or "1MiB" */
    MST_OPTION_DURATION,    /* int64_t ms: "250ms" "5s" "1m" "2h" "7d" */
    MST_OPTION_STRING,      /* char *; NULL when absent without default */
    MST_OPTION_ENUM,        /* int, index into choices */
    MST_OPTION_STRING_LIST, /* struct mst_strings */
    MST_OPTION_STRING_MAP,  /* struct mst_string_map */
    MST_OPTION_TABLE        /* a struct of its own, by `table` */
};

enum mst_option_flag {
    MST_OPTION_REQUIRED = 1U << 0,
    /* Never shown: not in logs, errors, API or `explain`. */
    MST_OPTION_SECRET = 1U << 1,
    /* STRING_MAP only: takes every key of the table that has a dot, and
     * those that `accepts` says yes to (librdkafka's properties). */
    MST_OPTION_CATCH_ALL = 1U << 2,
    /* A plain integer is in this unit (published names: timeout_sec). */
    MST_OPTION_SECONDS = 1U << 3,
    /* Accepted for files of the published mstream; left out of the docs. */
    MST_OPTION_HIDDEN = 1U << 4,
    /* STRING_LIST only: one string is a list of one. */
    MST_OPTION_ONE_OR_LIST = 1U << 5,
    /* Step options only: where this is given, `resource` may be left out. */
    MST_OPTION_RESOURCE = 1U << 6,
    /* STRING_MAP only: written as a list of tables with the two keys that
     * `choices` names. */
    MST_OPTION_PAIRS = 1U << 7
};

struct mst_strings {
    char **items;
    size_t len;
};

struct mst_string_map {
    char **names;
    char **values;
    /* Line and column of each value in the file, 0 when unknown. */
    uint32_t *lines;
    uint32_t *columns;
    size_t len;
};

struct mst_option {
    const char *name;
    enum mst_option_type type;
    size_t offset;
    const char *def;  /* as a user would write it; NULL: none */
    const char *help; /* one sentence for the reference */
    unsigned flags;
    int64_t min; /* INT, SIZE, DURATION: bounds when max > min */
    int64_t max;
    const char *zero;           /* INT: a word for 0; NULL: there is none */
    const char *const *choices; /* ENUM: NULL-terminated */
    const struct mst_option_table *table; /* TABLE */
    bool (*accepts)(const char *key);     /* CATCH_ALL, may be NULL */
};

struct mst_option_table {
    const struct mst_option *options;
    size_t len;
    size_t size; /* of the options struct */
};

#endif
