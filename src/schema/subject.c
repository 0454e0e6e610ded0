/* SPDX-License-Identifier: MIT */
/* Memory and names of subjects. */
#include "schema/subject.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <strings.h>

#define ORIGIN "schema"

static const char *const subject_levels[MST_LEVELS] = {
    [MST_LEVEL_NONE] = "NONE",
    [MST_LEVEL_BACKWARD] = "BACKWARD",
    [MST_LEVEL_BACKWARD_TRANSITIVE] = "BACKWARD_TRANSITIVE",
    [MST_LEVEL_FORWARD] = "FORWARD",
    [MST_LEVEL_FORWARD_TRANSITIVE] = "FORWARD_TRANSITIVE",
    [MST_LEVEL_FULL] = "FULL",
    [MST_LEVEL_FULL_TRANSITIVE] = "FULL_TRANSITIVE",
};

void
mst_subject_names_clear(struct mst_subject_names *names)
{
    for (size_t i = 0; i < names->len; i++) {
        free(names->names[i]);
    }
    free(names->names);
    memset(names, 0, sizeof(*names));
}

void
mst_subject_clear(struct mst_subject *subject)
{
    free(subject->name);
    for (size_t i = 0; i < MST_SUBJECT_KEYS; i++) {
        mst_subject_names_clear(&subject->keys[i]);
    }
    for (size_t i = 0; i < subject->versions_len; i++) {
        free((void *)(uintptr_t)subject->versions[i].text.data);
    }
    free(subject->versions);
    memset(subject, 0, sizeof(*subject));
}

enum mst_status
mst_subject_names_add(struct mst_subject_names *names, struct mst_slice name,
                      struct mst_error *err)
{
    char **grown = realloc(names->names, (names->len + 1) * sizeof(*grown));
    if (grown != NULL) {
        names->names = grown;
        grown[names->len] = strndup((const char *)name.data, name.len);
    }
    if (grown == NULL || grown[names->len] == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    names->len++;
    return MST_OK;
}

enum mst_status
mst_subject_add(struct mst_subject *subject,
                const struct mst_schema_version *one, struct mst_error *err)
{
    size_t n = subject->versions_len;
    struct mst_schema_version *grown =
        realloc(subject->versions, (n + 1) * sizeof(*grown));
    if (grown == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    subject->versions = grown;
    uint8_t *text = malloc(one->text.len + 1);
    if (text == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    if (one->text.len > 0) {
        memcpy(text, one->text.data, one->text.len);
    }
    text[one->text.len] = '\0';
    grown[n] = *one;
    grown[n].text = mst_slice_of(text, one->text.len);
    subject->versions_len++;
    return MST_OK;
}

const struct mst_schema_version *
mst_subject_version(const struct mst_subject *subject, uint32_t number)
{
    size_t n = subject->versions_len;
    if (number == 0) {
        return n == 0 ? NULL : &subject->versions[n - 1];
    }
    for (size_t i = 0; i < n; i++) {
        if (subject->versions[i].number == number) {
            return &subject->versions[i];
        }
    }
    return NULL;
}

enum mst_status
mst_subject_check_name(const char *name, struct mst_error *err)
{
    size_t len = strlen(name);
    if (len == 0 || len > MST_SUBJECT_NAME_MAX) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                        "the name of a subject has 1 to %d bytes",
                        MST_SUBJECT_NAME_MAX);
    }
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7F) {
            return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                            "the name of a subject has no control characters");
        }
    }
    return MST_OK;
}

enum mst_status
mst_schema_hash(enum mst_schema_kind kind, struct mst_slice text,
                uint8_t ret_hash[MST_SCHEMA_HASH_LEN], struct mst_error *err)
{
    const char *name = mst_schema_kind_name(kind);
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    bool good = sha != NULL && EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1
                && EVP_DigestUpdate(sha, name, strlen(name) + 1) == 1
                && EVP_DigestUpdate(sha, text.data, text.len) == 1
                && EVP_DigestFinal_ex(sha, ret_hash, NULL) == 1;
    EVP_MD_CTX_free(sha);
    return good ? MST_OK : mst_fail_memory(err, ORIGIN);
}

const char *
mst_schema_level_name(enum mst_schema_level level)
{
    return subject_levels[level];
}

bool
mst_schema_level_find(const char *name, enum mst_schema_level *ret_level)
{
    for (size_t i = 0; i < MST_LEVELS; i++) {
        if (strcasecmp(subject_levels[i], name) == 0) {
            *ret_level = (enum mst_schema_level)i;
            return true;
        }
    }
    return false;
}

const char *
mst_schema_kind_name(enum mst_schema_kind kind)
{
    return kind == MST_SCHEMA_KIND_AVRO   ? "avro"
           : kind == MST_SCHEMA_KIND_JSON ? "json"
                                          : "";
}

enum mst_schema_kind
mst_schema_kind_find(const char *name)
{
    if (strcasecmp(name, "avro") == 0) {
        return MST_SCHEMA_KIND_AVRO;
    }
    return strcasecmp(name, "json") == 0 ? MST_SCHEMA_KIND_JSON
                                         : MST_SCHEMA_KIND_NONE;
}

const char *
mst_subject_key_name(enum mst_subject_key key)
{
    static const char *const names[MST_SUBJECT_KEYS] = {
        [MST_SUBJECT_KEY_PROPERTIES] = "key_properties",
        [MST_SUBJECT_UNIQUE_BY] = "unique_by",
        [MST_SUBJECT_SORT_BY] = "sort_by",
    };
    return names[key];
}
