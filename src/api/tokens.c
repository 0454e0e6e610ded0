/* SPDX-License-Identifier: MIT */
/* The tokens file, read, searched and read again. */
#include "api/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "log/log.h"

enum {
    TOKENS_FILE_MAX = 1024 * 1024,
    TOKENS_LOOK_MS = 1000,
    TOKENS_RANDOM = 32
};

struct tokens_one {
    char name[MST_API_TOKEN_NAME_MAX];
    enum mst_api_role role;
    uint8_t hash[MST_API_HASH_LEN];
};

struct tokens_list {
    struct tokens_one *items;
    size_t len;
    struct stat seen; /* of the file it was read from */
};

struct mst_api_tokens {
    char *path;
    pthread_mutex_t mutex;
    struct tokens_list list;
    int64_t looked_ms; /* monotonic */
};

static const char *const tokens_roles[] = {
    [MST_API_ANYONE] = "anyone",
    [MST_API_READ] = "read",
    [MST_API_OPERATE] = "operate",
    [MST_API_ADMIN] = "admin",
};

const char *
mst_api_role_name(enum mst_api_role role)
{
    return tokens_roles[role];
}

enum mst_api_role
mst_api_role_parse(const char *name)
{
    for (size_t i = MST_API_READ; i < MST_ARRAY_SIZE(tokens_roles); i++) {
        if (strcmp(tokens_roles[i], name) == 0) {
            return (enum mst_api_role)i;
        }
    }
    return MST_API_ANYONE;
}

bool
mst_api_token_hash(const char *text, uint8_t ret_hash[MST_API_HASH_LEN])
{
    unsigned len = 0;
    return EVP_Digest(text, strlen(text), ret_hash, &len, EVP_sha256(), NULL)
               == 1
           && len == MST_API_HASH_LEN;
}

/* One line without its end; false: it is none of a token. */
static bool
tokens_line(const char *line, struct tokens_one *ret_one)
{
    char role[16];
    char hash[2 * MST_API_HASH_LEN + 2];
    struct tokens_one one;
    if (sscanf(line, "%63s %15s %65s", one.name, role, hash) != 3
        || strlen(hash) != (size_t)2 * MST_API_HASH_LEN
        || hash[strspn(hash, "0123456789abcdef")] != '\0') {
        return false;
    }
    one.role = mst_api_role_parse(role);
    for (size_t i = 0; i < MST_API_HASH_LEN; i++) {
        const char pair[3] = {hash[2 * i], hash[2 * i + 1], '\0'};
        one.hash[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    *ret_one = one;
    return one.role != MST_API_ANYONE;
}

static enum mst_status
tokens_read_lines(FILE *file, const char *path, struct tokens_list *list,
                  struct mst_error *err)
{
    char line[512];
    for (unsigned number = 1; fgets(line, sizeof(line), file) != NULL;
         number++) {
        line[strcspn(line, "#\r\n")] = '\0';
        if (line[strspn(line, " \t")] == '\0') {
            continue;
        }
        struct tokens_one *items =
            realloc(list->items, (list->len + 1) * sizeof(*items));
        if (items == NULL) {
            return mst_fail_memory(err, "api");
        }
        list->items = items;
        if (!tokens_line(line, &items[list->len])) {
            (void)mst_fail(err, MST_FATAL, "api", 0,
                           "%s:%u: this is no \"name role hash\"", path,
                           number);
            mst_error_hint(err, "mstream token create writes such lines");
            return MST_FATAL;
        }
        list->len++;
    }
    return MST_OK;
}

static enum mst_status
tokens_read(const char *path, struct tokens_list *ret_list,
            struct mst_error *err)
{
    struct tokens_list list = {0};
    enum mst_status status = MST_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (file == NULL || fstat(fd, &list.seen) != 0) {
        int code = errno;
        char why[128];
        status = mst_fail(err, MST_FATAL, "api", code,
                          "api.tokens_file %s can not be read: %s", path,
                          strerror_r(code, why, sizeof(why)));
    } else if ((list.seen.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        status = mst_fail(err, MST_FATAL, "api", 0,
                          "api.tokens_file %s can be written by others", path);
        mst_error_hint(err, "chmod 600 %.200s", path);
    } else if (!S_ISREG(list.seen.st_mode)
               || list.seen.st_size > TOKENS_FILE_MAX) {
        status = mst_fail(err, MST_FATAL, "api", 0,
                          "api.tokens_file %s is no file of tokens", path);
    } else {
        status = tokens_read_lines(file, path, &list, err);
    }
    if (file != NULL) {
        (void)fclose(file);
    } else if (fd >= 0) {
        (void)close(fd);
    }
    if (status != MST_OK) {
        free(list.items);
        return status;
    }
    *ret_list = list;
    return MST_OK;
}

void
mst_api_tokens_close(struct mst_api_tokens *tokens)
{
    if (tokens != NULL) {
        (void)pthread_mutex_destroy(&tokens->mutex);
        free(tokens->list.items);
        free(tokens->path);
        free(tokens);
    }
}

enum mst_status
mst_api_tokens_open(const char *path, struct mst_api_tokens **ret,
                    struct mst_error *err)
{
    struct mst_api_tokens *tokens = calloc(1, sizeof(*tokens));
    char *copy = strdup(path);
    if (tokens == NULL || copy == NULL
        || pthread_mutex_init(&tokens->mutex, NULL) != 0) {
        free(tokens);
        free(copy);
        return mst_fail_memory(err, "api");
    }
    tokens->path = copy;
    tokens->looked_ms = mst_clock_ms();
    enum mst_status status = tokens_read(path, &tokens->list, err);
    if (status != MST_OK) {
        mst_api_tokens_close(tokens);
        return status;
    }
    *ret = tokens;
    return MST_OK;
}

/* Lock: mutex held. */
static void
tokens_look_again(struct mst_api_tokens *tokens)
{
    int64_t now = mst_clock_ms();
    struct stat there;
    struct tokens_list list;
    struct mst_error err;
    if (now - tokens->looked_ms < TOKENS_LOOK_MS) {
        return;
    }
    tokens->looked_ms = now;
    const struct stat *seen = &tokens->list.seen;
    if (stat(tokens->path, &there) == 0 && there.st_ino == seen->st_ino
        && there.st_size == seen->st_size
        && there.st_mtim.tv_sec == seen->st_mtim.tv_sec
        && there.st_mtim.tv_nsec == seen->st_mtim.tv_nsec) {
        return;
    }
    if (tokens_read(tokens->path, &list, &err) == MST_OK) {
        free(tokens->list.items);
        tokens->list = list;
        mst_log_info("api", "tokens read again: there are %zu", list.len);
    } else {
        tokens->list.seen = there;
        mst_log_failure(MST_LOG_ERROR, "api", NULL, &err);
    }
}

enum mst_api_role
mst_api_tokens_find(struct mst_api_tokens *tokens,
                    const uint8_t hash[MST_API_HASH_LEN],
                    char ret_name[MST_API_TOKEN_NAME_MAX])
{
    enum mst_api_role role = MST_API_ANYONE;
    mst_mutex_lock(&tokens->mutex);
    tokens_look_again(tokens);
    for (size_t i = 0; i < tokens->list.len; i++) {
        const struct tokens_one *one = &tokens->list.items[i];
        if (CRYPTO_memcmp(one->hash, hash, MST_API_HASH_LEN) == 0) {
            role = one->role;
            memcpy(ret_name, one->name, MST_API_TOKEN_NAME_MAX);
        }
    }
    mst_mutex_unlock(&tokens->mutex);
    return role;
}

enum mst_status
mst_api_token_make(const char *name, enum mst_api_role role,
                   char ret_token[MST_API_TOKEN_TEXT_MAX],
                   struct mst_buf *ret_line, struct mst_error *err)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    uint8_t random[TOKENS_RANDOM];
    uint8_t hash[MST_API_HASH_LEN];
    char text[MST_API_TOKEN_TEXT_MAX] = "mst_";
    if (RAND_bytes(random, sizeof(random)) != 1) {
        return mst_fail(err, MST_FATAL, "api", 0,
                        "the system gives no random numbers");
    }
    size_t len = strlen(text);
    unsigned bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < sizeof(random); i++) {
        held = (held << 8 | random[i]) & 0xFFFF;
        for (bits += 8; bits >= 5; bits -= 5) {
            text[len++] = digits[(held >> (bits - 5)) & 31];
        }
    }
    text[len++] = digits[(held << (5 - bits)) & 31];
    text[len] = '\0';
    if (!mst_api_token_hash(text, hash)) {
        return mst_fail_memory(err, "api");
    }
    enum mst_status status =
        mst_buf_printf(ret_line, "%s %s ", name, mst_api_role_name(role));
    for (size_t i = 0; i < sizeof(hash) && status == MST_OK; i++) {
        status = mst_buf_printf(ret_line, "%02x", hash[i]);
    }
    if (status == MST_OK) {
        status = mst_buf_append_char(ret_line, '\n');
    }
    memcpy(ret_token, text, sizeof(text));
    OPENSSL_cleanse(random, sizeof(random));
    OPENSSL_cleanse(text, sizeof(text));
    return status == MST_OK ? MST_OK : mst_fail_memory(err, "api");
}
