/* SPDX-License-Identifier: MIT */
/* Topic names from a template and an event's attributes. */
#include <ctype.h>
#include <string.h>

#include "sinks/kafka/kafka_topics.h"

static bool
template_is_name_char(char c)
{
    return isalnum((unsigned char)c) != 0 || c == '.' || c == '_' || c == '-';
}

/* "database", "collection", "topic" or "attr:NAME" without the braces. */
static bool
template_attribute(const char *text, size_t len,
                   struct kafka_template_part *ret)
{
    static const char *const names[] = {"database", "collection", "topic"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(names); i++) {
        if (mst_slice_is(mst_slice_of(text, len), names[i])) {
            *ret = (struct kafka_template_part){text, len, true};
            return true;
        }
    }
    if (len > 5 && memcmp(text, "attr:", 5) == 0) {
        *ret = (struct kafka_template_part){text + 5, len - 5, true};
        return true;
    }
    return false;
}

/* One part from text on; returns its length in text, 0 when it is none. */
static size_t
template_part(const char *text, struct kafka_template_part *ret)
{
    if (*text == '{') {
        const char *end = strchr(text, '}');
        if (end == NULL
            || !template_attribute(text + 1, (size_t)(end - text - 1), ret)) {
            return 0;
        }
        return (size_t)(end - text + 1);
    }
    size_t len = 0;
    while (template_is_name_char(text[len])) {
        len++;
    }
    *ret = (struct kafka_template_part){text, len, false};
    return len;
}

enum mst_status
kafka_template_init(struct kafka_template *t, const char *text,
                    struct mst_error *err)
{
    memset(t, 0, sizeof(*t));
    t->is_fixed = true;
    const char *at = text;
    while (*at != '\0') {
        size_t n = t->len == KAFKA_TEMPLATE_PARTS
                       ? 0
                       : template_part(at, &t->parts[t->len]);
        if (n == 0) {
            (void)mst_fail_at(err, MST_FATAL, "kafka", at - text,
                              "resource '%s' is no topic name from '%s' on",
                              text, at);
            mst_error_hint(err, "letters, digits, '.', '_', '-', and "
                                "{database} {collection} {topic} {attr:NAME}");
            return MST_FATAL;
        }
        t->is_fixed = t->is_fixed && !t->parts[t->len].is_attribute;
        t->len++;
        at += n;
    }
    if (t->len == 0 || (t->is_fixed && at - text > KAFKA_TOPIC_NAME_MAX)) {
        return mst_fail(err, MST_FATAL, "kafka", 0,
                        "resource must be a topic name of 1 to %d characters",
                        KAFKA_TOPIC_NAME_MAX);
    }
    return MST_OK;
}

static struct mst_slice
template_value(const struct kafka_template_part *part,
               const struct mst_event *event)
{
    struct mst_slice name = mst_slice_of(part->text, part->len);
    if (!part->is_attribute) {
        return name;
    }
    for (uint32_t i = 0; i < event->attributes_len; i++) {
        if (mst_slice_equal(event->attributes[i].name, name)) {
            return event->attributes[i].value;
        }
    }
    return MST_SLICE_NONE;
}

enum mst_status
kafka_template_make(const struct kafka_template *t,
                    const struct mst_event *event,
                    char ret_name[KAFKA_TOPIC_NAME_MAX + 1],
                    struct mst_error *err)
{
    size_t len = 0;
    for (size_t i = 0; i < t->len; i++) {
        struct mst_slice value = template_value(&t->parts[i], event);
        if (value.data == NULL) {
            return mst_fail(err, MST_REJECTED, "kafka", 0,
                            "the event has no attribute '%.*s' for the topic's "
                            "name",
                            (int)t->parts[i].len, t->parts[i].text);
        }
        if (value.len > KAFKA_TOPIC_NAME_MAX - len) {
            return mst_fail(err, MST_REJECTED, "kafka", 0,
                            "the topic's name would be longer than %d "
                            "characters",
                            KAFKA_TOPIC_NAME_MAX);
        }
        for (size_t c = 0; c < value.len; c++) {
            if (!template_is_name_char((char)value.data[c])) {
                return mst_fail(err, MST_REJECTED, "kafka", 0,
                                "'%.*s' can not be part of a topic's name: "
                                "only letters, digits, '.', '_' and '-' can",
                                (int)value.len, (const char *)value.data);
            }
        }
        memcpy(ret_name + len, value.data, value.len);
        len += value.len;
    }
    ret_name[len] = '\0';
    if (len == 0 || strcmp(ret_name, ".") == 0 || strcmp(ret_name, "..") == 0) {
        return mst_fail(err, MST_REJECTED, "kafka", 0,
                        "'%s' is no topic's name", ret_name);
    }
    return MST_OK;
}
