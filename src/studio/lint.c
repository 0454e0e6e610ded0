/* SPDX-License-Identifier: MIT */
/*
 * A walk over tokens that knows which names are local where, and nothing else
 * of the grammar. It goes over the script twice: first it notes which globals
 * the script makes. Where it can not tell, it says nothing.
 */
#include "studio/lint.h"

#include <stdio.h>

#include "base/macros.h"
#include "config/suggest.h"

enum { LINT_SCOPES_MAX = 200, LINT_LOCALS_MAX = 2000, LINT_GLOBALS_MAX = 1000 };

enum lint_scope_kind { LINT_BLOCK, LINT_BRACE, LINT_PAREN };

struct lint_scope {
    enum lint_scope_kind kind;
    bool wants_do; /* of a loop, before its body */
    bool function;
    size_t locals; /* those before it */
};

struct lint {
    const struct studio_token *tokens;
    size_t len;
    size_t at;
    bool tells; /* the second time */
    bool lost;  /* what stands there is nothing that it understands */
    struct lint_scope scopes[LINT_SCOPES_MAX];
    size_t scopes_len;
    struct mst_slice locals[LINT_LOCALS_MAX];
    size_t locals_len;
    struct mst_slice globals[LINT_GLOBALS_MAX]; /* that the script makes */
    size_t globals_len;
    enum mst_status status;
    studio_lint_told told;
    void *arg;
};

/* The token at an offset from the one at hand; the end where there is none. */
static const struct studio_token *
lint_peek(const struct lint *lint, int offset)
{
    size_t at = lint->at + (size_t)offset;
    return offset < 0 && lint->at < (size_t)-offset
               ? &lint->tokens[lint->len - 1]
           : at < lint->len ? &lint->tokens[at]
                            : &lint->tokens[lint->len - 1];
}

static bool
lint_is(const struct lint *lint, int offset, const char *text)
{
    return studio_token_is(lint_peek(lint, offset), text);
}

static void
lint_tell(struct lint *lint, const struct studio_token *token,
          const char *message)
{
    if (lint->tells && lint->status == MST_OK) {
        lint->status = lint->told(lint->arg, token, message);
    }
}

static bool
lint_has(const struct mst_slice *names, size_t len, struct mst_slice name)
{
    size_t i = 0;
    while (i < len && !mst_slice_equal(names[i], name)) {
        i++;
    }
    return i < len;
}

static void
lint_add_local(struct lint *lint, struct mst_slice name)
{
    if (lint->locals_len == LINT_LOCALS_MAX) {
        lint->lost = true;
        return;
    }
    lint->locals[lint->locals_len++] = name;
}

static void
lint_add_global(struct lint *lint, struct mst_slice name)
{
    if (!lint->tells && lint->globals_len < LINT_GLOBALS_MAX) {
        lint->globals[lint->globals_len++] = name;
    }
}

static void
lint_push(struct lint *lint, enum lint_scope_kind kind, bool wants_do)
{
    if (lint->scopes_len == LINT_SCOPES_MAX) {
        lint->lost = true;
        return;
    }
    lint->scopes[lint->scopes_len++] = (struct lint_scope){
        .kind = kind, .wants_do = wants_do, .locals = lint->locals_len};
}

static void
lint_pop(struct lint *lint, enum lint_scope_kind kind, bool forget)
{
    if (lint->scopes_len == 0
        || lint->scopes[lint->scopes_len - 1].kind != kind) {
        lint->lost = true;
        return;
    }
    lint->scopes_len--;
    if (forget) {
        lint->locals_len = lint->scopes[lint->scopes_len].locals;
    }
}

/* The first of transform's parameters is the event, the second are its
 * attributes. */
static void
lint_transform(struct lint *lint, const struct studio_token *name, size_t n,
               bool more)
{
    if (n == 0 && !more) {
        lint_tell(lint, name,
                  "transform takes no parameter: it never sees the event; "
                  "write transform(data, attributes)");
    } else if (n > 2) {
        lint_tell(lint, name,
                  "transform is called with data and attributes: its third "
                  "parameter is always nil");
    }
}

/* From the bracket of a function's parameters on. */
static void
lint_parameters(struct lint *lint, const struct studio_token *name, bool self)
{
    size_t n = 0;
    bool more = false;
    lint_push(lint, LINT_BLOCK, false);
    if (!lint->lost) {
        lint->scopes[lint->scopes_len - 1].function = true;
    }
    if (self) {
        lint_add_local(lint, MST_SLICE_LIT("self"));
    }
    if (!lint_is(lint, 0, "(")) {
        lint->lost = true;
        return;
    }
    lint->at++;
    while (!lint_is(lint, 0, ")")
           && lint_peek(lint, 0)->kind != STUDIO_TOKEN_END) {
        if (lint_peek(lint, 0)->kind == STUDIO_TOKEN_NAME) {
            lint_add_local(lint, lint_peek(lint, 0)->text);
            n++;
        }
        more = more || lint_is(lint, 0, "...");
        lint->at++;
    }
    if (name != NULL && studio_token_is(name, "transform")) {
        lint_transform(lint, name, n, more);
    }
}

static void lint_name(struct lint *lint);

/* At `function`; leaves at the bracket that ends its parameters. */
static void
lint_function(struct lint *lint)
{
    const struct studio_token *name = NULL;
    bool self = false;
    bool local = lint_is(lint, -1, "local");
    lint->at++;
    if (lint_peek(lint, 0)->kind == STUDIO_TOKEN_NAME) {
        bool plain = lint_is(lint, 1, "(");
        name = plain ? lint_peek(lint, 0) : NULL;
        if (local) {
            lint_add_local(lint, lint_peek(lint, 0)->text);
        } else if (plain
                   && !lint_has(lint->locals, lint->locals_len, name->text)) {
            lint_add_global(lint, name->text);
        } else if (!plain) {
            lint_name(lint);
        }
        while (!lint_is(lint, 0, "(")
               && lint_peek(lint, 0)->kind != STUDIO_TOKEN_END) {
            self = self || lint_is(lint, 0, ":");
            lint->at++;
        }
    }
    lint_parameters(lint, local ? NULL : name, self);
}

/* Names with commas between, from the token at hand; leaves at the last. */
static void
lint_declare(struct lint *lint)
{
    while (lint_peek(lint, 0)->kind == STUDIO_TOKEN_NAME) {
        lint_add_local(lint, lint_peek(lint, 0)->text);
        if (lint_is(lint, 1, "<")) {
            lint->at += 3; /* <const> */
        }
        if (!lint_is(lint, 1, ",")) {
            return;
        }
        lint->at += 2;
    }
}

static bool
lint_is_in(const struct lint *lint, enum lint_scope_kind kind)
{
    return lint->scopes_len > 0
           && lint->scopes[lint->scopes_len - 1].kind == kind;
}

static void
lint_do(struct lint *lint)
{
    struct lint_scope *top =
        lint->scopes_len > 0 ? &lint->scopes[lint->scopes_len - 1] : NULL;
    if (top != NULL && top->wants_do) {
        top->wants_do = false;
    } else {
        lint_push(lint, LINT_BLOCK, false);
    }
}

static void
lint_else(struct lint *lint)
{
    if (!lint_is_in(lint, LINT_BLOCK)) {
        lint->lost = true;
        return;
    }
    lint->locals_len = lint->scopes[lint->scopes_len - 1].locals;
}

/* Function or block: what each keyword begins and ends. */
static void
lint_keyword(struct lint *lint)
{
    if (lint_is(lint, 0, "function")) {
        lint_function(lint);
    } else if (lint_is(lint, 0, "local")) {
        if (!lint_is(lint, 1, "function")) {
            lint->at++;
            lint_declare(lint);
        }
    } else if (lint_is(lint, 0, "for")) {
        lint_push(lint, LINT_BLOCK, true);
        lint->at++;
        lint_declare(lint);
    } else if (lint_is(lint, 0, "while")) {
        lint_push(lint, LINT_BLOCK, true);
    } else if (lint_is(lint, 0, "do")) {
        lint_do(lint);
    } else if (lint_is(lint, 0, "if") || lint_is(lint, 0, "repeat")) {
        lint_push(lint, LINT_BLOCK, false);
    } else if (lint_is(lint, 0, "else") || lint_is(lint, 0, "elseif")) {
        lint_else(lint);
    } else if (lint_is(lint, 0, "end")) {
        lint_pop(lint, LINT_BLOCK, true);
    } else if (lint_is(lint, 0, "until")) {
        /* Its condition sees the locals of the loop. */
        lint_pop(lint, LINT_BLOCK, false);
    } else if (lint_is(lint, 0, "goto")) {
        lint->at++;
    }
}

/* Whether the name at hand is given a value: "a =", "a, b =". */
static bool
lint_is_assigned(const struct lint *lint)
{
    int ahead = 1;
    if (lint_is_in(lint, LINT_BRACE) || lint_is_in(lint, LINT_PAREN)) {
        return false;
    }
    while (lint_is(lint, ahead, ",")
           && lint_peek(lint, ahead + 1)->kind == STUDIO_TOKEN_NAME) {
        ahead += 2;
    }
    return lint_is(lint, ahead, "=");
}

/* Outside of all functions. */
static bool
lint_is_outside(const struct lint *lint)
{
    size_t i = 0;
    while (i < lint->scopes_len && !lint->scopes[i].function) {
        i++;
    }
    return i == lint->scopes_len;
}

static void
lint_assigned(struct lint *lint, const struct studio_token *token)
{
    char message[256];
    if (lint_is_outside(lint)) {
        lint_add_global(lint, token->text);
    }
    if (studio_lint_knows(token->text)) {
        (void)snprintf(message, sizeof(message),
                       "this replaces '%.*s', which scripts are given",
                       (int)token->text.len, token->text.data);
        lint_tell(lint, token, message);
    } else if (!lint_has(lint->globals, lint->globals_len, token->text)) {
        (void)snprintf(message, sizeof(message),
                       "'%.*s' is a global that is not declared outside of "
                       "the functions: write local %.*s, or state.%.*s for "
                       "what is to last",
                       (int)(token->text.len < 40 ? token->text.len : 40),
                       token->text.data,
                       (int)(token->text.len < 40 ? token->text.len : 40),
                       token->text.data,
                       (int)(token->text.len < 40 ? token->text.len : 40),
                       token->text.data);
        lint_tell(lint, token, message);
    }
}

/* Whether the script assigns to it somewhere, which was told. */
static bool
lint_is_made(const struct lint *lint, struct mst_slice name)
{
    for (size_t i = 0; i + 1 < lint->len; i++) {
        const struct studio_token *one = &lint->tokens[i];
        if (one->kind == STUDIO_TOKEN_NAME && mst_slice_equal(one->text, name)
            && studio_token_is(one + 1, "=")) {
            return true;
        }
    }
    return false;
}

static void
lint_unknown(struct lint *lint, const struct studio_token *token,
             const char *table)
{
    char message[256];
    const char *guess = studio_lint_guess(table, token->text);
    (void)snprintf(message, sizeof(message),
                   "nothing is called '%s%s%.*s'%s%s%s%s%s",
                   table == NULL ? "" : table, table == NULL ? "" : ".",
                   (int)(token->text.len < 64 ? token->text.len : 64),
                   token->text.data, guess == NULL ? "" : ": did you mean '",
                   guess == NULL || table == NULL ? "" : table,
                   guess == NULL || table == NULL ? "" : ".",
                   guess == NULL ? "" : guess, guess == NULL ? "" : "'?");
    lint_tell(lint, token, message);
}

static void
lint_member(struct lint *lint, struct mst_slice table)
{
    const struct studio_token *member = lint_peek(lint, 2);
    char name[16];
    if (!lint_is(lint, 1, ".") || member->kind != STUDIO_TOKEN_NAME
        || !studio_lint_has_members(table)
        || studio_lint_knows_member(table, member->text)
        || lint_is(lint, 3, "=")) {
        return;
    }
    (void)snprintf(name, sizeof(name), "%.*s", (int)table.len, table.data);
    lint_unknown(lint, member, name);
}

/* A name that stands for a value. */
static void
lint_name(struct lint *lint)
{
    const struct studio_token *token = lint_peek(lint, 0);
    bool field = lint_is(lint, -1, ".") || lint_is(lint, -1, ":")
                 || lint_is(lint, -1, "::");
    bool key = lint_is_in(lint, LINT_BRACE) && lint_is(lint, 1, "=")
               && (lint_is(lint, -1, "{") || lint_is(lint, -1, ",")
                   || lint_is(lint, -1, ";"));
    if (field || key || lint_has(lint->locals, lint->locals_len, token->text)) {
        return;
    }
    if (lint_is_assigned(lint)) {
        lint_assigned(lint, token);
        return;
    }
    if (lint_has(lint->globals, lint->globals_len, token->text)) {
        return;
    }
    if (studio_lint_knows(token->text)) {
        lint_member(lint, token->text);
    } else if (lint->tells && !mst_slice_is(token->text, "_ENV")
               && !lint_is_made(lint, token->text)) {
        lint_unknown(lint, token, NULL);
    }
}

static void
lint_symbol(struct lint *lint)
{
    if (lint_is(lint, 0, "{")) {
        lint_push(lint, LINT_BRACE, false);
    } else if (lint_is(lint, 0, "(") || lint_is(lint, 0, "[")) {
        lint_push(lint, LINT_PAREN, false);
    } else if (lint_is(lint, 0, "}")) {
        lint_pop(lint, LINT_BRACE, false);
    } else if (lint_is(lint, 0, ")") || lint_is(lint, 0, "]")) {
        lint_pop(lint, LINT_PAREN, false);
    }
}

static void
lint_walk(struct lint *lint, bool tells)
{
    lint->tells = tells;
    lint->at = 0;
    lint->scopes_len = 0;
    lint->locals_len = 0;
    while (lint->at < lint->len && !lint->lost && lint->status == MST_OK) {
        switch (lint->tokens[lint->at].kind) {
        case STUDIO_TOKEN_KEYWORD:
            lint_keyword(lint);
            break;
        case STUDIO_TOKEN_NAME:
            lint_name(lint);
            break;
        case STUDIO_TOKEN_SYMBOL:
            lint_symbol(lint);
            break;
        case STUDIO_TOKEN_END:
        case STUDIO_TOKEN_TEXT:
        case STUDIO_TOKEN_NUMBER:
            break;
        }
        lint->at++;
    }
}

enum mst_status
studio_lint(const struct studio_token *tokens, size_t len,
            struct mst_arena *arena, studio_lint_told told, void *arg,
            struct mst_error *err)
{
    struct lint *lint = mst_arena_alloc_zeroed(arena, 1, sizeof(*lint));
    if (lint == NULL) {
        return mst_fail_memory(err, "studio");
    }
    lint->tokens = tokens;
    lint->len = len;
    lint->told = told;
    lint->arg = arg;
    lint_walk(lint, false);
    if (!lint->lost) {
        lint_walk(lint, true);
    }
    return lint->status;
}

void
studio_lint_nearest(const struct studio_token *tokens, size_t len,
                    const char *word, char out[64])
{
    size_t best = 4;
    out[0] = '\0';
    for (size_t i = 0; i + 1 < len; i++) {
        char name[64];
        if (!studio_token_is(&tokens[i], "function")
            || tokens[i + 1].kind != STUDIO_TOKEN_NAME) {
            continue;
        }
        (void)snprintf(
            name, sizeof(name), "%.*s",
            (int)(tokens[i + 1].text.len < 63 ? tokens[i + 1].text.len : 63),
            tokens[i + 1].text.data);
        size_t distance = mst_suggest_distance(word, name);
        if (distance > 0 && distance < best) {
            best = distance;
            memcpy(out, name, sizeof(name));
        }
    }
}
