/* SPDX-License-Identifier: MIT */
/* Matching by backtracking, every step of which is counted. */
#include "udf/lua_pattern.h"

#include <ctype.h>

enum { PATTERN_DEPTH = 200, PATTERN_LOOK = 4096 };

static void
pattern_step(struct mst_pattern *self)
{
    if (MST_UNLIKELY(++self->steps == PATTERN_LOOK)) {
        self->steps = 0;
        mst_lua_charge(self->L, PATTERN_LOOK);
    }
}

static bool
pattern_class(uint8_t c, uint8_t class)
{
    bool is = false;
    switch (class | 0x20) {
    case 'a':
        is = isalpha(c) != 0;
        break;
    case 'c':
        is = iscntrl(c) != 0;
        break;
    case 'd':
        is = isdigit(c) != 0;
        break;
    case 'g':
        is = isgraph(c) != 0;
        break;
    case 'l':
        is = islower(c) != 0;
        break;
    case 'p':
        is = ispunct(c) != 0;
        break;
    case 's':
        is = isspace(c) != 0;
        break;
    case 'u':
        is = isupper(c) != 0;
        break;
    case 'w':
        is = isalnum(c) != 0;
        break;
    case 'x':
        is = isxdigit(c) != 0;
        break;
    default:
        return class == c;
    }
    return isupper(class) ? !is : is;
}

/* Where the item that begins at p ends. */
static const uint8_t *
pattern_item_end(struct mst_pattern *self, const uint8_t *p)
{
    uint8_t first = *p++;
    if (first == '%') {
        if (p == self->last) {
            (void)luaL_error(self->L, "malformed pattern (ends with '%%')");
        }
        return p + 1;
    }
    if (first != '[') {
        return p;
    }
    p += p < self->last && *p == '^' ? 1 : 0;
    /* A bracket that comes first stands for itself. */
    for (bool any = false; p < self->last; any = true) {
        if (*p == ']' && any) {
            return p + 1;
        }
        p += *p == '%' ? 2 : 1;
    }
    (void)luaL_error(self->L, "malformed pattern (missing ']')");
    return p;
}

/* set: behind the opening bracket; end: at the closing one. */
static bool
pattern_set(uint8_t c, const uint8_t *set, const uint8_t *end)
{
    bool wanted = *set != '^';
    set += wanted ? 0 : 1;
    while (set < end) {
        if (*set == '%') {
            if (pattern_class(c, set[1])) {
                return wanted;
            }
            set += 2;
        } else if (set + 2 < end && set[1] == '-') {
            if (set[0] <= c && c <= set[2]) {
                return wanted;
            }
            set += 3;
        } else if (*set++ == c) {
            return wanted;
        }
    }
    return !wanted;
}

static bool
pattern_single(const struct mst_pattern *self, const uint8_t *at,
               const uint8_t *p, const uint8_t *item_end)
{
    if (at >= self->end) {
        return false;
    }
    switch (*p) {
    case '.':
        return true;
    case '%':
        return pattern_class(*at, p[1]);
    case '[':
        return pattern_set(*at, p + 1, item_end - 1);
    default:
        return *p == *at;
    }
}

/* "%bxy" */
static const uint8_t *
pattern_balance(struct mst_pattern *self, const uint8_t *at, const uint8_t *p)
{
    if (self->last - p < 2) {
        (void)luaL_error(self->L, "malformed pattern (%%b wants two)");
    }
    if (at >= self->end || *at != p[0]) {
        return NULL;
    }
    unsigned open = 1;
    for (at++; at < self->end; at++) {
        pattern_step(self);
        if (*at == p[1]) {
            open--;
            if (open == 0) {
                return at + 1;
            }
        } else if (*at == p[0]) {
            open++;
        }
    }
    return NULL;
}

/* As many as there are, then fewer, until the rest matches. */
static const uint8_t *
pattern_longest(struct mst_pattern *self, const uint8_t *at, const uint8_t *p,
                const uint8_t *item_end)
{
    ptrdiff_t n = 0;
    while (pattern_single(self, at + n, p, item_end)) {
        pattern_step(self);
        n++;
    }
    for (; n >= 0; n--) {
        const uint8_t *end = mst_pattern_match(self, at + n, item_end + 1);
        if (end != NULL) {
            return end;
        }
    }
    return NULL;
}

/* As few as it takes. */
static const uint8_t *
pattern_shortest(struct mst_pattern *self, const uint8_t *at, const uint8_t *p,
                 const uint8_t *item_end)
{
    for (;;) {
        const uint8_t *end = mst_pattern_match(self, at, item_end + 1);
        if (end != NULL || !pattern_single(self, at, p, item_end)) {
            return end;
        }
        at++;
    }
}

static const uint8_t *
pattern_open(struct mst_pattern *self, const uint8_t *at, const uint8_t *p,
             ptrdiff_t kind)
{
    if (self->level >= MST_PATTERN_CAPTURES) {
        (void)luaL_error(self->L, "too many captures");
    }
    self->captures[self->level++] = (struct mst_pattern_capture){at, kind};
    const uint8_t *end = mst_pattern_match(self, at, p);
    if (end == NULL) {
        self->level--;
    }
    return end;
}

static const uint8_t *
pattern_close(struct mst_pattern *self, const uint8_t *at, const uint8_t *p)
{
    unsigned i = self->level;
    while (i > 0 && self->captures[i - 1].len != MST_PATTERN_OPEN) {
        i--;
    }
    if (i == 0) {
        (void)luaL_error(self->L, "invalid pattern capture");
    }
    struct mst_pattern_capture *capture = &self->captures[i - 1];
    capture->len = at - capture->start;
    const uint8_t *end = mst_pattern_match(self, at, p);
    if (end == NULL) {
        capture->len = MST_PATTERN_OPEN;
    }
    return end;
}

/* "%1": what that capture has. NULL: it is not there. */
static const uint8_t *
pattern_again(struct mst_pattern *self, const uint8_t *at, uint8_t digit)
{
    unsigned i = (unsigned)(digit - '1');
    if (digit == '0' || i >= self->level || self->captures[i].len < 0) {
        (void)luaL_error(self->L, "invalid capture index %%%c", digit);
    }
    size_t len = (size_t)self->captures[i].len;
    if ((size_t)(self->end - at) < len
        || memcmp(self->captures[i].start, at, len) != 0) {
        return NULL;
    }
    return at + len;
}

/* "%f[set]"; NULL: there is no border here. Else where the pattern goes on. */
static const uint8_t *
pattern_border(struct mst_pattern *self, const uint8_t *at, const uint8_t *p)
{
    if (p >= self->last || *p != '[') {
        (void)luaL_error(self->L, "missing '[' after '%%f' in pattern");
    }
    const uint8_t *item_end = pattern_item_end(self, p);
    uint8_t before = at == self->subject.data ? 0 : at[-1];
    uint8_t after = at < self->end ? *at : 0;
    return !pattern_set(before, p + 1, item_end - 1)
                   && pattern_set(after, p + 1, item_end - 1)
               ? item_end
               : NULL;
}

/* What a '%' begins that is no class. True: done, *at is NULL or where both go
 * on; false: it is a class. */
static bool
pattern_special(struct mst_pattern *self, const uint8_t **at, const uint8_t **p)
{
    uint8_t what = *p + 1 < self->last ? (*p)[1] : 0;
    if (what == 'b') {
        *at = pattern_balance(self, *at, *p + 2);
        *p += 4;
        return true;
    }
    if (what == 'f') {
        const uint8_t *next = pattern_border(self, *at, *p + 2);
        *at = next == NULL ? NULL : *at;
        *p = next;
        return true;
    }
    if (isdigit(what)) {
        *at = pattern_again(self, *at, what);
        *p += 2;
        return true;
    }
    return false;
}

/* One item and what says how often. True: *at is the answer. */
static bool
pattern_item(struct mst_pattern *self, const uint8_t **at, const uint8_t **p)
{
    const uint8_t *item_end = pattern_item_end(self, *p);
    uint8_t often = item_end < self->last ? *item_end : 0;
    bool is = false;
    const uint8_t *end = NULL;
    switch (often) {
    case '*':
        *at = pattern_longest(self, *at, *p, item_end);
        return true;
    case '-':
        *at = pattern_shortest(self, *at, *p, item_end);
        return true;
    default:
        is = pattern_single(self, *at, *p, item_end);
    }
    if (often == '+') {
        *at = is ? pattern_longest(self, *at + 1, *p, item_end) : NULL;
        return true;
    }
    if (often == '?') {
        end = is ? mst_pattern_match(self, *at + 1, item_end + 1) : NULL;
        *p = item_end + 1;
        *at = end != NULL ? end : *at;
        return end != NULL;
    }
    *at = is ? *at + 1 : NULL;
    *p = item_end;
    return !is;
}

const uint8_t *
mst_pattern_match(struct mst_pattern *self, const uint8_t *at, const uint8_t *p)
{
    bool done = false;
    if (++self->depth > PATTERN_DEPTH) {
        (void)luaL_error(self->L, "pattern too complex");
    }
    while (!done && at != NULL && p != self->last) {
        pattern_step(self);
        if (*p == '(') {
            bool place = p + 1 < self->last && p[1] == ')';
            at = place ? pattern_open(self, at, p + 2, MST_PATTERN_PLACE)
                       : pattern_open(self, at, p + 1, MST_PATTERN_OPEN);
            done = true;
        } else if (*p == ')') {
            at = pattern_close(self, at, p + 1);
            done = true;
        } else if (*p == '$' && p + 1 == self->last) {
            at = at == self->end ? at : NULL;
            done = true;
        } else if (*p != '%' || !pattern_special(self, &at, &p)) {
            done = pattern_item(self, &at, &p);
        }
    }
    self->depth--;
    return at;
}
