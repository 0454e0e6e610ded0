/* SPDX-License-Identifier: MIT */
/* Cutting a script into tokens. */
#include "studio/lexer.h"

struct lexer {
    struct mst_slice text;
    size_t at;
    uint32_t line;
    uint32_t column;
};

static uint8_t
lexer_peek(const struct lexer *lexer, size_t ahead)
{
    size_t at = lexer->at + ahead;
    return at < lexer->text.len ? lexer->text.data[at] : 0;
}

static void
lexer_skip(struct lexer *lexer, size_t n)
{
    for (; n > 0 && lexer->at < lexer->text.len; n--) {
        uint8_t c = lexer->text.data[lexer->at++];
        if (c == '\n') {
            lexer->line++;
            lexer->column = 1;
        } else if ((c & 0xC0) != 0x80) {
            lexer->column++;
        }
    }
}

static bool
lexer_is_name(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_';
}

static bool
lexer_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* "[[", "[==[": how many of '=' it has, or -1. */
static int
lexer_long_open(const struct lexer *lexer, size_t ahead)
{
    int level = 0;
    if (lexer_peek(lexer, ahead) != '[') {
        return -1;
    }
    while (lexer_peek(lexer, ahead + 1 + (size_t)level) == '=') {
        level++;
    }
    return lexer_peek(lexer, ahead + 1 + (size_t)level) == '[' ? level : -1;
}

static void
lexer_long(struct lexer *lexer, int level)
{
    lexer_skip(lexer, (size_t)level + 2);
    while (lexer->at < lexer->text.len) {
        int seen = 0;
        if (lexer_peek(lexer, 0) == ']') {
            while (seen < level && lexer_peek(lexer, 1 + (size_t)seen) == '=') {
                seen++;
            }
            if (seen == level && lexer_peek(lexer, 1 + (size_t)seen) == ']') {
                lexer_skip(lexer, (size_t)level + 2);
                return;
            }
        }
        lexer_skip(lexer, 1);
    }
}

/* White space and comments. */
static void
lexer_blank(struct lexer *lexer)
{
    while (lexer->at < lexer->text.len) {
        uint8_t c = lexer_peek(lexer, 0);
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            lexer_skip(lexer, 1);
        } else if (c == '-' && lexer_peek(lexer, 1) == '-') {
            int level = lexer_long_open(lexer, 2);
            lexer_skip(lexer, 2);
            if (level >= 0) {
                lexer_long(lexer, level);
                continue;
            }
            while (lexer->at < lexer->text.len
                   && lexer_peek(lexer, 0) != '\n') {
                lexer_skip(lexer, 1);
            }
        } else {
            return;
        }
    }
}

static void
lexer_quoted(struct lexer *lexer, uint8_t quote)
{
    lexer_skip(lexer, 1);
    while (lexer->at < lexer->text.len) {
        uint8_t c = lexer_peek(lexer, 0);
        if (c == quote) {
            lexer_skip(lexer, 1);
            return;
        }
        if (c == '\n') {
            return;
        }
        lexer_skip(lexer, c == '\\' ? 2 : 1);
    }
}

static bool
lexer_is_keyword(struct mst_slice text)
{
    static const char *const words[] = {
        "and",      "break",  "do",   "else", "elseif", "end",   "false", "for",
        "function", "goto",   "if",   "in",   "local",  "nil",   "not",   "or",
        "repeat",   "return", "then", "true", "until",  "while", NULL};
    size_t i = 0;
    while (words[i] != NULL && !mst_slice_is(text, words[i])) {
        i++;
    }
    return words[i] != NULL;
}

static void
lexer_symbol(struct lexer *lexer)
{
    static const char *const symbols[] = {
        "...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>", NULL};
    for (size_t i = 0; symbols[i] != NULL; i++) {
        size_t len = strlen(symbols[i]);
        size_t left = lexer->text.len - lexer->at;
        if (len <= left
            && memcmp(lexer->text.data + lexer->at, symbols[i], len) == 0) {
            lexer_skip(lexer, len);
            return;
        }
    }
    lexer_skip(lexer, 1);
}

static enum studio_token_kind
lexer_take(struct lexer *lexer)
{
    uint8_t c = lexer_peek(lexer, 0);
    int level = lexer_long_open(lexer, 0);
    bool number =
        lexer_is_digit(c) || (c == '.' && lexer_is_digit(lexer_peek(lexer, 1)));
    if (c == '"' || c == '\'') {
        lexer_quoted(lexer, c);
        return STUDIO_TOKEN_TEXT;
    }
    if (level >= 0) {
        lexer_long(lexer, level);
        return STUDIO_TOKEN_TEXT;
    }
    if (!number && !lexer_is_name(c)) {
        lexer_symbol(lexer);
        return STUDIO_TOKEN_SYMBOL;
    }
    uint8_t before = 0;
    while (lexer_is_name(c)
           || (number
               && (c == '.'
                   || ((c == '+' || c == '-')
                       && (before == 'e' || before == 'E' || before == 'p'
                           || before == 'P'))))) {
        lexer_skip(lexer, 1);
        before = c;
        c = lexer_peek(lexer, 0);
    }
    return number ? STUDIO_TOKEN_NUMBER : STUDIO_TOKEN_NAME;
}

static void
lexer_next(struct lexer *lexer, struct studio_token *token)
{
    lexer_blank(lexer);
    *token = (struct studio_token){.kind = STUDIO_TOKEN_END,
                                   .text = MST_SLICE_LIT(""),
                                   .line = lexer->line,
                                   .column = lexer->column};
    size_t start = lexer->at;
    if (start < lexer->text.len) {
        token->kind = lexer_take(lexer);
        token->text = mst_slice_of(lexer->text.data + start, lexer->at - start);
    }
    if (token->kind == STUDIO_TOKEN_NAME && lexer_is_keyword(token->text)) {
        token->kind = STUDIO_TOKEN_KEYWORD;
    }
    token->end_line = lexer->line;
    token->end_column = lexer->column;
}

enum mst_status
studio_lex(struct mst_slice text, struct mst_arena *arena,
           struct studio_token **ret_tokens, size_t *ret_len,
           struct mst_error *err)
{
    struct lexer count = {.text = text, .line = 1, .column = 1};
    struct lexer lexer = count;
    struct studio_token token;
    size_t n = 0;
    do {
        lexer_next(&count, &token);
        n++;
    } while (token.kind != STUDIO_TOKEN_END);
    struct studio_token *tokens =
        mst_arena_alloc_zeroed(arena, n, sizeof(*tokens));
    if (tokens == NULL) {
        return mst_fail_memory(err, "studio");
    }
    for (size_t i = 0; i < n; i++) {
        lexer_next(&lexer, &tokens[i]);
    }
    *ret_tokens = tokens;
    *ret_len = n;
    return MST_OK;
}
