/* SPDX-License-Identifier: MIT */
/* Everything that is wrong with a configuration, collected in one go. */
#include "config/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void
problem_clear(struct mst_problem *problem)
{
    free(problem->file);
    free(problem->path);
    free(problem->text);
    free(problem->hint);
}

void
mst_problems_clear(struct mst_problems *problems)
{
    for (size_t i = 0; i < problems->len; i++) {
        problem_clear(&problems->items[i]);
    }
    free(problems->items);
    *problems = (struct mst_problems){0};
}

static bool
problems_grow(struct mst_problems *problems)
{
    if (problems->len < problems->cap) {
        return true;
    }
    size_t cap = problems->cap == 0 ? 16 : problems->cap * 2;
    struct mst_problem *items =
        realloc(problems->items, cap * sizeof(*problems->items));
    if (items == NULL) {
        return false;
    }
    problems->items = items;
    problems->cap = cap;
    return true;
}

void
mst_problems_add(struct mst_problems *problems,
                 enum mst_problem_severity severity,
                 const struct mst_place *place, const char *hint,
                 const char *fmt, ...)
{
    if (severity == MST_PROBLEM_ERROR) {
        problems->errors++;
    }
    if (problems->len >= MST_PROBLEMS_MAX || !problems_grow(problems)) {
        problems->failed = true;
        return;
    }
    char text[MST_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    struct mst_problem problem = {
        .severity = severity,
        .file = strdup(place->file == NULL ? "" : place->file),
        .line = place->line,
        .column = place->column,
        .path = strdup(place->path == NULL ? "" : place->path),
        .text = strdup(text),
        .hint = hint == NULL ? NULL : strdup(hint),
    };
    if (problem.file == NULL || problem.path == NULL || problem.text == NULL
        || (hint != NULL && problem.hint == NULL)) {
        problem_clear(&problem);
        problems->failed = true;
        problems->errors++;
        return;
    }
    problems->items[problems->len++] = problem;
}

static int
problem_compare(const void *left, const void *right)
{
    const struct mst_problem *a = left;
    const struct mst_problem *b = right;
    int order = strcmp(a->file, b->file);
    if (order != 0) {
        return order;
    }
    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    if (a->column != b->column) {
        return a->column < b->column ? -1 : 1;
    }
    return strcmp(a->text, b->text);
}

void
mst_problems_sort(struct mst_problems *problems)
{
    if (problems->len > 1) {
        qsort(problems->items, problems->len, sizeof(*problems->items),
              problem_compare);
    }
}

static const char *
problem_severity(const struct mst_problem *problem)
{
    return problem->severity == MST_PROBLEM_ERROR ? "error" : "warning";
}

static enum mst_status
problem_text(const struct mst_problem *problem, struct mst_buf *out)
{
    enum mst_status status = mst_buf_printf(out, "%s:", problem->file);
    if (status == MST_OK && problem->line > 0) {
        status = mst_buf_printf(out, "%u:%u:", problem->line, problem->column);
    }
    if (status == MST_OK) {
        status = mst_buf_printf(out, " %s: %s", problem_severity(problem),
                                problem->text);
    }
    if (status == MST_OK && problem->path[0] != '\0') {
        status = mst_buf_printf(out, " (%s)", problem->path);
    }
    if (status == MST_OK && problem->hint != NULL) {
        status = mst_buf_printf(out, "\n  hint: %s", problem->hint);
    }
    return status != MST_OK ? status : mst_buf_append_char(out, '\n');
}

static const char problems_cut[] =
    "there are more problems than are shown; correct these first";

enum mst_status
mst_problems_text(const struct mst_problems *problems, struct mst_buf *out)
{
    for (size_t i = 0; i < problems->len; i++) {
        enum mst_status status = problem_text(&problems->items[i], out);
        if (status != MST_OK) {
            return status;
        }
    }
    if (problems->failed) {
        return mst_buf_printf(out, "error: %s\n", problems_cut);
    }
    return MST_OK;
}

static enum mst_status
problem_member(struct mst_buf *out, const char *name, const char *text)
{
    enum mst_status status = mst_buf_printf(out, ",\"%s\":", name);
    return status != MST_OK ? status
                            : mst_buf_append_json(out, mst_slice_str(text));
}

static enum mst_status
problem_json(const struct mst_problem *problem, struct mst_buf *out)
{
    enum mst_status status = mst_buf_printf(
        out, "{\"severity\":\"%s\",\"line\":%u,\"column\":%u",
        problem_severity(problem), problem->line, problem->column);
    if (status == MST_OK) {
        status = problem_member(out, "file", problem->file);
    }
    if (status == MST_OK) {
        status = problem_member(out, "path", problem->path);
    }
    if (status == MST_OK) {
        status = problem_member(out, "message", problem->text);
    }
    if (status == MST_OK && problem->hint != NULL) {
        status = problem_member(out, "hint", problem->hint);
    }
    return status != MST_OK ? status : mst_buf_append_char(out, '}');
}

enum mst_status
mst_problems_json(const struct mst_problems *problems, struct mst_buf *out)
{
    enum mst_status status = mst_buf_append_char(out, '[');
    for (size_t i = 0; status == MST_OK && i < problems->len; i++) {
        if (i > 0) {
            status = mst_buf_append_char(out, ',');
        }
        if (status == MST_OK) {
            status = problem_json(&problems->items[i], out);
        }
    }
    return status != MST_OK ? status : mst_buf_append_char(out, ']');
}
