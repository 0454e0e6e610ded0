/* SPDX-License-Identifier: MIT */
/* Paths: written, checked, and held against each other. */
#include <stdio.h>

#include "studio/value.h"

static void
path_add(struct mst_studio_path *path, const char *text, size_t len)
{
    if (len < sizeof(path->text) - path->len) {
        memcpy(path->text + path->len, text, len);
        path->len += len;
        path->text[path->len] = '\0';
    }
}

void
mst_studio_path_key(struct mst_studio_path *path, struct mst_slice key)
{
    if (path->len > 0) {
        path_add(path, ".", 1);
    }
    path_add(path, (const char *)key.data, key.len);
}

void
mst_studio_path_index(struct mst_studio_path *path, uint32_t index)
{
    char text[16];
    int len = snprintf(text, sizeof(text), "[%u]", index);
    path_add(path, text, len < 0 ? 0 : (size_t)len);
}

void
mst_studio_path_cut(struct mst_studio_path *path, size_t len)
{
    path->len = len;
    path->text[len] = '\0';
}

/* "[12]" at the start of path: its length, 0 if it is none. */
static size_t
path_bracket(struct mst_slice path)
{
    size_t at = 1;
    while (at < path.len && path.data[at] >= '0' && path.data[at] <= '9') {
        at++;
    }
    return at > 1 && at < path.len && path.data[at] == ']' ? at + 1 : 0;
}

bool
mst_studio_path_is_good(struct mst_slice path)
{
    bool fresh = true; /* a step has to begin */
    size_t at = 0;
    while (at < path.len) {
        if (path.data[at] == '[') {
            size_t len =
                path_bracket(mst_slice_of(path.data + at, path.len - at));
            at += len;
            fresh = false;
            bool ends =
                at == path.len || path.data[at] == '.' || path.data[at] == '[';
            if (len == 0 || !ends) {
                return false;
            }
        } else if (path.data[at] == '.') {
            if (fresh) {
                return false;
            }
            fresh = true;
            at++;
        } else {
            fresh = false;
            at++;
        }
    }
    return path.len == 0 || !fresh;
}

/* The next step of a path, which is left behind it; without brackets. */
static struct mst_slice
path_step(struct mst_slice *path)
{
    size_t at = 0;
    while (at < path->len
           && (path->data[at] == '.' || path->data[at] == '['
               || path->data[at] == ']')) {
        at++;
    }
    size_t start = at;
    while (at < path->len && path->data[at] != '.' && path->data[at] != '['
           && path->data[at] != ']') {
        at++;
    }
    struct mst_slice step = mst_slice_of(path->data + start, at - start);
    *path = mst_slice_of(path->data + at, path->len - at);
    return step;
}

bool
mst_studio_path_is_in(struct mst_slice path, struct mst_slice root)
{
    for (;;) {
        struct mst_slice want = path_step(&root);
        if (want.len == 0) {
            return true;
        }
        if (!mst_slice_equal(want, path_step(&path))) {
            return false;
        }
    }
}

bool
mst_studio_path_equal(struct mst_slice a, struct mst_slice b)
{
    return mst_studio_path_is_in(a, b) && mst_studio_path_is_in(b, a);
}
