/* SPDX-License-Identifier: MIT */
/* References to the environment in string values. */
#include "config/env.h"

#include <stdlib.h>

enum { ENV_NAME_MAX = 255, ENV_DEPTH_MAX = 8 };

/* One "${...}" taken apart. */
struct env_reference {
    char name[ENV_NAME_MAX + 1];
    const char *fallback; /* NULL: none */
    size_t fallback_len;
    const char *end; /* behind the closing brace */
};

static const char *
env_process_get(void *arg, const char *name)
{
    (void)arg;
    return getenv(name);
}

const struct mst_env mst_env_process = {.get = env_process_get, .arg = NULL};

static bool
env_name_char(char c, bool first)
{
    return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
           || (!first && c >= '0' && c <= '9');
}

/* Length of the name at text, 0 when there is none. */
static size_t
env_name_len(const char *text, const char *end)
{
    size_t len = 0;
    while (text + len < end && env_name_char(text[len], len == 0)) {
        len++;
    }
    return len <= ENV_NAME_MAX ? len : 0;
}

/* The brace that closes a default; braces within it come in pairs. */
static const char *
env_closing(const char *at, const char *end)
{
    int depth = 1;
    for (; at < end; at++) {
        if (*at == '{') {
            depth++;
        } else if (*at == '}' && --depth == 0) {
            return at;
        }
    }
    return NULL;
}

/* at stands on "${". */
static enum mst_status
env_parse(const char *at, const char *end, struct env_reference *ret,
          struct mst_error *err)
{
    const char *name = at + 2;
    size_t len = env_name_len(name, end);
    const char *rest = name + len;
    const char *close = NULL;
    if (len == 0) {
        enum mst_status status =
            mst_fail(err, MST_REJECTED, "config", 0,
                     "'${' is not followed by the name of a variable");
        mst_error_hint(err, "write '$${' for a literal '${'");
        return status;
    }
    ret->fallback = NULL;
    ret->fallback_len = 0;
    if (rest < end && *rest == '}') {
        close = rest;
    } else if (end - rest >= 2 && rest[0] == ':' && rest[1] == '-') {
        close = env_closing(rest + 2, end);
        ret->fallback = rest + 2;
        ret->fallback_len = close == NULL ? 0 : (size_t)(close - rest - 2);
    }
    memcpy(ret->name, name, len);
    ret->name[len] = '\0';
    if (close == NULL) {
        return mst_fail(err, MST_REJECTED, "config", 0,
                        "the reference '${%s' is not closed", ret->name);
    }
    ret->end = close + 1;
    return MST_OK;
}

/* The next "${" or "$${" at or behind at; end when there is none. */
static const char *
env_next(const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == '$' && end - at >= 2
            && (at[1] == '{'
                || (end - at >= 3 && at[1] == '$' && at[2] == '{'))) {
            return at;
        }
    }
    return end;
}

static enum mst_status
env_missing(const char *name, struct mst_error *err)
{
    enum mst_status status =
        mst_fail(err, MST_REJECTED, "config", 0,
                 "the environment variable '%s' is not set", name);
    mst_error_hint(err, "set it, or give a default: ${%s:-value}", name);
    return status;
}

/* A default does not stand in for what may not be read: who wrote it would
 * never learn. */
static enum mst_status
env_may(const struct mst_env *env, const char *name, struct mst_error *err)
{
    if (env->may == NULL || env->may(env->arg, name)) {
        return MST_OK;
    }
    enum mst_status status = mst_fail(
        err, MST_REJECTED, "config", 0,
        "the environment variable '%s' may not be used in what comes over the "
        "API",
        name);
    mst_error_hint(err, "add \"%s\" to [api] env_allow", name);
    return status;
}

static enum mst_status env_run(const struct mst_env *env, struct mst_slice text,
                               int depth, struct mst_buf *out,
                               struct mst_error *err);

static enum mst_status
env_replace(const struct mst_env *env, const struct env_reference *reference,
            int depth, struct mst_buf *out, struct mst_error *err)
{
    enum mst_status may = env_may(env, reference->name, err);
    if (may != MST_OK) {
        return may;
    }
    const char *value = env->get(env->arg, reference->name);
    if (value != NULL && (value[0] != '\0' || reference->fallback == NULL)) {
        return mst_buf_append_str(out, value);
    }
    if (reference->fallback == NULL) {
        return env_missing(reference->name, err);
    }
    if (depth >= ENV_DEPTH_MAX) {
        return mst_fail(err, MST_REJECTED, "config", 0,
                        "references are nested more than %d deep",
                        ENV_DEPTH_MAX);
    }
    return env_run(env,
                   mst_slice_of(reference->fallback, reference->fallback_len),
                   depth + 1, out, err);
}

static enum mst_status
env_run(const struct mst_env *env, struct mst_slice text, int depth,
        struct mst_buf *out, struct mst_error *err)
{
    const char *at = (const char *)text.data;
    const char *end = at + text.len;
    while (at < end) {
        const char *next = env_next(at, end);
        enum mst_status status = mst_buf_append(out, at, (size_t)(next - at));
        if (status != MST_OK) {
            return mst_fail(err, status, "config", 0,
                            status == MST_FATAL ? "out of memory"
                                                : "the value is too long");
        }
        if (next == end) {
            break;
        }
        if (next[1] == '$') {
            status = mst_buf_append_str(out, "${");
            at = next + 3;
        } else {
            struct env_reference reference;
            status = env_parse(next, end, &reference, err);
            if (status == MST_OK) {
                status = env_replace(env, &reference, depth, out, err);
                at = reference.end;
            }
        }
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}

/* The name of an "env:NAME" value, else NULL. */
static const char *
env_whole(const char *text)
{
    if (strncmp(text, "env:", 4) != 0) {
        return NULL;
    }
    const char *name = text + 4;
    size_t len = strlen(name);
    return len > 0 && env_name_len(name, name + len) == len ? name : NULL;
}

bool
mst_env_has_reference(const char *text)
{
    const char *end = text + strlen(text);
    return env_whole(text) != NULL || env_next(text, end) != end;
}

enum mst_status
mst_env_expand(const struct mst_env *env, const char *text, struct mst_buf *out,
               struct mst_error *err)
{
    const char *name = env_whole(text);
    if (name == NULL) {
        return env_run(env, mst_slice_str(text), 0, out, err);
    }
    enum mst_status may = env_may(env, name, err);
    if (may != MST_OK) {
        return may;
    }
    const char *value = env->get(env->arg, name);
    if (value == NULL) {
        return env_missing(name, err);
    }
    return mst_buf_append_str(out, value);
}

static void
env_each(struct mst_slice text, int depth,
         void (*each)(void *arg, const char *name), void *arg)
{
    const char *at = (const char *)text.data;
    const char *end = at + text.len;
    while ((at = env_next(at, end)) < end) {
        struct env_reference reference;
        if (at[1] == '$') {
            at += 3;
        } else if (env_parse(at, end, &reference, NULL) != MST_OK) {
            at += 2;
        } else {
            each(arg, reference.name);
            at = reference.end;
            if (reference.fallback != NULL && depth < ENV_DEPTH_MAX) {
                env_each(
                    mst_slice_of(reference.fallback, reference.fallback_len),
                    depth + 1, each, arg);
            }
        }
    }
}

void
mst_env_each(const char *text, void (*each)(void *arg, const char *name),
             void *arg)
{
    const char *name = env_whole(text);
    if (name != NULL) {
        each(arg, name);
    } else {
        env_each(mst_slice_str(text), 0, each, arg);
    }
}

enum mst_status
mst_env_mask(const char *text, struct mst_buf *out)
{
    if (env_whole(text) != NULL) {
        return mst_buf_append_str(out, text);
    }
    const char *end = text + strlen(text);
    bool hidden = false; /* the stars for a literal part are written */
    while (text < end) {
        struct env_reference reference = {.end = text};
        enum mst_status status = MST_OK;
        if (text[0] == '$' && text[1] == '{'
            && env_parse(text, end, &reference, NULL) == MST_OK) {
            status = mst_buf_printf(out, "${%s%s}", reference.name,
                                    reference.fallback == NULL ? "" : ":-****");
            text = reference.end;
            hidden = false;
        } else {
            status = hidden ? MST_OK : mst_buf_append_str(out, "****");
            hidden = true;
            text += text[0] == '$' && text[1] == '$' ? 2 : 1;
        }
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}
