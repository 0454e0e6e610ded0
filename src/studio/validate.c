/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a script. Lua's compiler ends at the first mistake: the
 * function that has it is taken out and the rest is compiled again, so that
 * each function's first one is found.
 */
#include <stdio.h>
#include <string.h>

#include "studio/lint.h"
#include "studio/studio.h"
#include "udf/lua_script.h"

enum { VALIDATE_ROUNDS = 20, VALIDATE_WARNINGS_MAX = 200 };

struct validate {
    const struct mst_studio_script *script;
    struct mst_json *out;
    struct mst_arena arena;
    struct studio_token *tokens;
    size_t tokens_len;
    struct mst_studio_found found;
};

static void
validate_add(struct validate *self, const struct mst_lua_place *place,
             const char *message, bool error)
{
    struct mst_json *out = self->out;
    uint32_t line = place->line > 0 ? place->line : 1;
    uint32_t column = place->column > 0 ? place->column : 1;
    uint32_t end_line = place->end_line >= line ? place->end_line : line;
    uint32_t end_column = place->end_column;
    if (end_line == line && end_column <= column) {
        end_column = column + 1;
    }
    mst_json_open(out, NULL, '{');
    mst_json_number(out, "line", line);
    mst_json_number(out, "column", column);
    mst_json_number(out, "end_line", end_line);
    mst_json_number(out, "end_column", end_column);
    mst_json_str(out, "message", message);
    mst_json_str(out, "severity", error ? "error" : "warning");
    mst_json_close(out, '}');
    self->found.errors += error ? 1 : 0;
    self->found.warnings += error ? 0 : 1;
}

/* The first line of an error, without the place in front of it. */
static void
validate_words(const char *name, const char *text, char out[512])
{
    size_t len = strlen(name);
    if (strncmp(text, name, len) == 0 && text[len] == ':') {
        text += len + 1;
        while (*text == ':' || *text == ' ' || (*text >= '0' && *text <= '9')) {
            text++;
        }
    }
    (void)snprintf(out, 512, "%.*s", (int)strcspn(text, "\n"), text);
}

/* "'end' expected (to close 'function' at line 3) near <eof>" is about line 3.
 */
static uint32_t
validate_line(const struct mst_lua_place *place, const char *message)
{
    static const char close[] = "(to close ";
    const char *at = strstr(message, close);
    unsigned line = 0;
    at = at == NULL ? NULL : strstr(at, " at line ");
    for (at = at == NULL ? "" : at + 9; *at >= '0' && *at <= '9'; at++) {
        line = line < 1000000 ? 10 * line + (unsigned)(*at - '0') : line;
    }
    return line > 0 ? line : place->line;
}

/* Whether a function that is not in another one begins with the token. */
static bool
validate_begins(const struct studio_token *token)
{
    return token->column == 1
           && (studio_token_is(token, "function")
               || studio_token_is(token, "local"));
}

/* Makes the function around the line blank. False: there is none, or nothing
 * is left. */
static bool
validate_blank(const struct validate *self, uint8_t *text, uint32_t line)
{
    const uint8_t *base = self->script->text.data;
    size_t from = SIZE_MAX;
    size_t to = self->script->text.len;
    bool blanked = false;
    for (size_t i = 0; i + 1 < self->tokens_len; i++) {
        const struct studio_token *token = &self->tokens[i];
        size_t at = (size_t)(token->text.data - base);
        if (validate_begins(token) && token->line <= line) {
            from = at;
        } else if (validate_begins(token)) {
            to = at;
            break;
        }
    }
    for (size_t i = from; from != SIZE_MAX && i < to; i++) {
        blanked = blanked || (text[i] != '\n' && text[i] != ' ');
        text[i] = text[i] == '\n' ? '\n' : ' ';
    }
    return blanked;
}

/* No transform: perhaps it is called nearly so. */
static void
validate_guess(const struct validate *self, char message[512])
{
    char near[64];
    if (strstr(message, "has no function transform") == NULL) {
        return;
    }
    studio_lint_nearest(self->tokens, self->tokens_len, "transform", near);
    if (near[0] != '\0') {
        (void)snprintf(message, 512,
                       "it has no function transform(data, attributes): did "
                       "you mean '%s' to be it?",
                       near);
    }
}

static enum mst_status
validate_check(struct validate *self, struct mst_slice text,
               struct mst_lua_place *place, char message[512],
               struct mst_error *err)
{
    *place = (struct mst_lua_place){0};
    enum mst_status status = mst_lua_script_check(
        self->script->name, text, &mst_lua_default_limits, place, err);
    if (status != MST_OK) {
        validate_words(self->script->name, err->text, message);
    }
    return status;
}

static enum mst_status
validate_compile(struct validate *self, struct mst_error *err)
{
    struct mst_slice all = self->script->text;
    struct mst_lua_place place;
    char message[512];
    enum mst_status status = validate_check(self, all, &place, message, err);
    if (status == MST_OK) {
        return MST_OK;
    }
    validate_guess(self, message);
    validate_add(self, &place, message, true);
    struct mst_slice copy = mst_arena_copy(&self->arena, all);
    uint8_t *text = (uint8_t *)(uintptr_t)copy.data;
    bool more = strstr(message, " near ") != NULL && text != NULL;
    for (int i = 0; more && i < VALIDATE_ROUNDS; i++) {
        more = validate_blank(self, text, validate_line(&place, message))
               && validate_check(self, copy, &place, message, err) != MST_OK
               && strstr(message, " near ") != NULL;
        if (more) {
            validate_add(self, &place, message, true);
        }
    }
    return text == NULL ? mst_fail_memory(err, "studio") : MST_OK;
}

static enum mst_status
validate_told(void *arg, const struct studio_token *token, const char *message)
{
    struct validate *self = arg;
    const struct mst_lua_place place = {.line = token->line,
                                        .column = token->column,
                                        .end_line = token->end_line,
                                        .end_column = token->end_column};
    validate_add(self, &place, message, false);
    return self->found.warnings < VALIDATE_WARNINGS_MAX ? MST_OK : MST_END;
}

enum mst_status
mst_studio_validate(const struct mst_studio_script *script,
                    struct mst_json *out, struct mst_studio_found *ret_found,
                    struct mst_error *err)
{
    struct validate self = {.script = script, .out = out};
    struct mst_json list;
    mst_json_init(&list, out->buf.max);
    self.out = &list;
    mst_json_open(&list, NULL, '[');
    enum mst_status status = studio_lex(script->text, &self.arena, &self.tokens,
                                        &self.tokens_len, err);
    if (status == MST_OK) {
        status = validate_compile(&self, err);
    }
    if (status == MST_OK && self.found.errors == 0) {
        status = studio_lint(self.tokens, self.tokens_len, &self.arena,
                             validate_told, &self, err);
        status = status == MST_END ? MST_OK : status;
    }
    mst_json_close(&list, ']');
    mst_json_open(out, NULL, '{');
    mst_json_bool(out, "valid", self.found.errors == 0);
    mst_json_raw(out, "diagnostics", mst_buf_slice(&list.buf));
    mst_json_close(out, '}');
    out->failed = out->failed || list.failed;
    mst_json_clear(&list);
    mst_arena_clear(&self.arena);
    *ret_found = self.found;
    return status;
}
