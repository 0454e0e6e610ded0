/* SPDX-License-Identifier: MIT */
/* Namespaces that are wanted. */
#include "sources/mongodb/oplog/scope.h"

#include <stdio.h>

enum { SCOPE_NS_MAX = 1024 };

/* Matches * (any bytes) and ? (any character of UTF-8). */
static bool
scope_glob(const char *glob, struct mst_slice name)
{
    const char *star = NULL;
    size_t star_at = 0;
    size_t at = 0;
    while (at < name.len) {
        if (*glob == '*') {
            star = ++glob;
            star_at = at;
        } else if (*glob == '?') {
            glob++;
            at++;
            while (at < name.len && (name.data[at] & 0xC0) == 0x80) {
                at++;
            }
        } else if (*glob != '\0' && (uint8_t)*glob == name.data[at]) {
            glob++;
            at++;
        } else if (star != NULL) {
            glob = star;
            at = ++star_at;
        } else {
            return false;
        }
    }
    while (*glob == '*') {
        glob++;
    }
    return *glob == '\0';
}

bool
mst_oplog_split(struct mst_slice ns, struct mst_slice *ret_db,
                struct mst_slice *ret_name)
{
    const uint8_t *dot = ns.len == 0 ? NULL : memchr(ns.data, '.', ns.len);
    if (dot == NULL) {
        return false;
    }
    size_t len = (size_t)(dot - ns.data);
    *ret_db = mst_slice_of(ns.data, len);
    *ret_name = mst_slice_of(dot + 1, ns.len - len - 1);
    return true;
}

bool
mst_oplog_scope_is(const struct mst_oplog_scope *scope, struct mst_slice ns,
                   const char *what)
{
    struct mst_slice db;
    struct mst_slice name;
    return mst_oplog_split(ns, &db, &name) && mst_slice_equal(db, scope->db)
           && mst_slice_is(name, what);
}

static bool
scope_is_hidden(struct mst_slice name)
{
    static const char system[] = "system.";
    return name.len == 0 || name.data[0] == '$'
           || (name.len >= sizeof(system) - 1
               && memcmp(name.data, system, sizeof(system) - 1) == 0);
}

bool
mst_oplog_scope_wants_name(const struct mst_oplog_scope *scope,
                           struct mst_slice name)
{
    const struct mst_mongo_watch *watch = scope->watch;
    const struct mst_strings *names = &watch->options->collections;
    if (!watch->database) {
        return mst_slice_is(name, watch->resource);
    }
    if (scope_is_hidden(name)) {
        return false;
    }
    for (size_t i = 0; i < names->len; i++) {
        if (scope_glob(names->items[i], name)) {
            return true;
        }
    }
    return names->len == 0 && scope_glob(watch->resource, name);
}

bool
mst_oplog_scope_wants(const struct mst_oplog_scope *scope, struct mst_slice ns,
                      struct mst_slice *ret_name)
{
    struct mst_slice db;
    return mst_oplog_split(ns, &db, ret_name) && mst_slice_equal(db, scope->db)
           && mst_oplog_scope_wants_name(scope, *ret_name);
}

bool
mst_oplog_scope_may_want(const struct mst_oplog_scope *scope,
                         struct mst_slice ns)
{
    struct mst_slice db;
    struct mst_slice name;
    return mst_oplog_split(ns, &db, &name) && mst_slice_equal(db, scope->db)
           && (mst_slice_is(name, "$cmd") || mst_slice_is(name, "system.views")
               || mst_oplog_scope_wants_name(scope, name));
}

/* --- the server's part -------------------------------------------------- */

static void
scope_filter_text(bson_t *list, uint32_t *n, const char *text, int len)
{
    char key[16];
    const char *name = NULL;
    size_t name_len = bson_uint32_to_string((*n)++, &name, key, sizeof(key));
    (void)bson_append_utf8(list, name, (int)name_len, text, len);
}

/* Everything of the database: the rest is looked at here. */
static void
scope_filter_database(const struct mst_oplog_scope *scope, bson_t *list,
                      uint32_t *n)
{
    char regex[2 * 64 + 8];
    size_t at = 0;
    regex[at++] = '^';
    for (size_t i = 0; i < scope->db.len && at + 6 < sizeof(regex); i++) {
        uint8_t c = scope->db.data[i];
        if (strchr("\\^$.|+()[]{}*?", c) != NULL) {
            regex[at++] = '\\';
        }
        regex[at++] = (char)c;
    }
    regex[at++] = '\\';
    regex[at++] = '.';
    regex[at] = '\0';
    char key[16];
    const char *name = NULL;
    size_t len = bson_uint32_to_string((*n)++, &name, key, sizeof(key));
    (void)bson_append_regex(list, name, (int)len, regex, "");
}

static void
scope_filter_names(const struct mst_oplog_scope *scope, bson_t *list,
                   uint32_t *n)
{
    const struct mst_strings *names = &scope->watch->options->collections;
    size_t len = names->len == 0 ? 1 : names->len;
    char ns[SCOPE_NS_MAX];
    for (size_t i = 0; i < len; i++) {
        int end = snprintf(ns, sizeof(ns), "%.*s.%s", (int)scope->db.len,
                           (const char *)scope->db.data,
                           names->len == 0 ? scope->watch->resource
                                           : names->items[i]);
        if (end > 0 && (size_t)end < sizeof(ns)) {
            scope_filter_text(list, n, ns, end);
        }
    }
    static const char *const others[] = {"$cmd", "system.views"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(others); i++) {
        int end = snprintf(ns, sizeof(ns), "%.*s.%s", (int)scope->db.len,
                           (const char *)scope->db.data, others[i]);
        scope_filter_text(list, n, ns, end);
    }
}

static bool
scope_has_globs(const struct mst_oplog_scope *scope)
{
    const struct mst_strings *names = &scope->watch->options->collections;
    bool globs = scope->watch->database && names->len == 0;
    for (size_t i = 0; i < names->len; i++) {
        globs = globs || mst_mongo_is_glob(names->items[i]);
    }
    return globs;
}

/* The first of them that asks for the whole of that database; len: none. */
static size_t
scope_of_database(const struct mst_oplog_scope *scopes, size_t len,
                  struct mst_slice db)
{
    size_t i = 0;
    while (i < len
           && !(mst_slice_equal(scopes[i].db, db)
                && scope_has_globs(&scopes[i]))) {
        i++;
    }
    return i;
}

void
mst_oplog_scope_filter_all(const struct mst_oplog_scope *scopes, size_t len,
                           bson_t *filter)
{
    bson_t in;
    bson_t list;
    uint32_t n = 0;
    (void)BSON_APPEND_DOCUMENT_BEGIN(filter, "ns", &in);
    (void)BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
    for (size_t i = 0; i < len; i++) {
        size_t first = scope_of_database(scopes, len, scopes[i].db);
        if (first == i) {
            scope_filter_database(&scopes[i], &list, &n);
        } else if (first == len) {
            scope_filter_names(&scopes[i], &list, &n);
        }
    }
    scope_filter_text(&list, &n, "admin.$cmd", -1); /* transactions */
    scope_filter_text(&list, &n, "", 0);            /* heartbeats */
    (void)bson_append_array_end(&in, &list);
    (void)bson_append_document_end(filter, &in);
}

void
mst_oplog_scope_filter(const struct mst_oplog_scope *scope, bson_t *filter)
{
    mst_oplog_scope_filter_all(scope, 1, filter);
}
