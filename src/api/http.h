/* SPDX-License-Identifier: MIT */
/*
 * A request and its answer, without the socket: what operations are written
 * against. Every answer is JSON, errors included:
 * {"message", "code", "path"?, "hint"?}.
 */
#ifndef MST_API_HTTP_H
#define MST_API_HTTP_H

#include <jansson.h>

#include "base/json_write.h"

enum {
    MST_API_CAPTURES_MAX = 2,
    MST_API_CAPTURE_MAX = 256,
    MST_API_VALUES_MAX = 10,
    MST_API_QUERY_MAX = 4096,
    MST_API_COOKIE_MAX = 192,
    MST_API_HASH_LEN = 32,
    MST_API_ANSWER_MAX = 64 * 1024 * 1024
};

/* What one may do; each may do what those before may. */
enum mst_api_role {
    MST_API_ANYONE,
    MST_API_READ,
    MST_API_OPERATE,
    MST_API_ADMIN
};

enum mst_api_badge_kind {
    MST_API_BADGE_NONE,
    MST_API_BADGE_TOKEN,
    MST_API_BADGE_SESSION
};

/* By what somebody was known. */
struct mst_api_badge {
    enum mst_api_badge_kind kind;
    uint8_t token[MST_API_HASH_LEN];   /* the hash of it */
    uint8_t session[MST_API_HASH_LEN]; /* likewise */
    int64_t left_ms;                   /* of the session; 0: there is no end */
};

enum mst_api_type {
    MST_API_TEXT,
    MST_API_NUMBER,
    MST_API_TIME,     /* RFC 3339; number is the wall clock in ms */
    MST_API_DURATION, /* "30s"; number is in ms */
    MST_API_CHOICE,   /* number is the index in choices */
    MST_API_BOOL,     /* number is 0 or 1 */
    MST_API_OBJECT,   /* or the same as a text */
    MST_API_LIST
};

/* A key of the query or of the body. */
struct mst_api_field {
    const char *name;
    const char *help;
    enum mst_api_type type;
    bool required;
    int64_t min;                /* of numbers and durations */
    int64_t max;                /* likewise; of texts: bytes */
    const char *const *choices; /* NULL-terminated */
};

struct mst_api_value {
    bool given;
    int64_t number;
    const char *text; /* borrowed from the request; objects and
                         * lists: their JSON */
};

struct mst_api_operation;

/* Borrowed for the call, but for what the router fills in. */
struct mst_api_request {
    const char *method;
    const char *path;  /* as sent, without the query */
    const char *query; /* as sent; NULL: none */
    struct mst_slice body;
    /* Headers; NULL: not sent. */
    const char *content_type;
    const char *authorization;
    const char *origin;
    const char *host;
    const char *last_event_id;
    const char *accept;
    const char *cookie;
    const char *if_match;
    const char *if_none_match;
    const char *peer; /* its address */
    bool secure;      /* over TLS */
    bool certified;   /* by a client certificate */
    uint64_t number;  /* of the request */

    /* Filled in on the way to the operation. */
    const struct mst_api_operation *operation;
    char captures[MST_API_CAPTURES_MAX][MST_API_CAPTURE_MAX];
    char query_text[MST_API_QUERY_MAX];
    struct mst_api_value query_values[MST_API_VALUES_MAX];
    struct mst_api_value body_values[MST_API_VALUES_MAX];
    json_t *json;                    /* of the body */
    char *texts[MST_API_VALUES_MAX]; /* of objects */
    enum mst_api_role role;
    char who[64]; /* the token's name */
    struct mst_api_badge badge;
};

struct mst_api;

/* A body that goes on. Thread: the server's, which waits for nothing. */
struct mst_api_stream {
    /* Appends what there is by now, some tens of KiB at most. False: it ends
     * here. */
    bool (*more)(struct mst_api_stream *self, struct mst_api *api,
                 struct mst_buf *out);
    void (*close)(struct mst_api_stream *self);
};

struct mst_api_answer {
    int status;
    const char *type; /* of the content */
    struct mst_json body;
    char allow[64];                  /* the header Allow; "": none */
    int retry_after_s;               /* the header Retry-After; 0: none */
    int delay_ms;                    /* kept back for so long */
    char cookie[MST_API_COOKIE_MAX]; /* the header Set-Cookie; "": none */
    char etag[48];                   /* the header ETag; "": none */
    char location[800];              /* the header Location; "": none */
    struct mst_api_stream *stream;   /* NULL: the body is whole */
};

void mst_api_answer_init(struct mst_api_answer *answer);
void mst_api_answer_clear(struct mst_api_answer *answer);
/* Frees what the way to the operation took. */
void mst_api_request_clear(struct mst_api_request *request);

/* Makes the answer an error, whatever it was. path: the field at fault. */
void mst_api_refuse(struct mst_api_answer *answer, int status, const char *code,
                    const char *path, const char *fmt, ...) MST_PRINTF(5, 6);
/* What refuse wrote, open for more: the caller closes it. NULL: there was no
 * memory for it. */
struct mst_json *mst_api_reopen(struct mst_api_answer *answer);
/* Adds what to do about it; once, behind refuse. */
void mst_api_hint(struct mst_api_answer *answer, const char *fmt, ...)
    MST_PRINTF(2, 3);
/* As err says, with the status that goes with its own. */
void mst_api_fail(struct mst_api_answer *answer, const struct mst_error *err);

/* Of the query and the body, by the name in the operation's tables; never
 * NULL, but not given when there is no such field. */
const struct mst_api_value *mst_api_query(const struct mst_api_request *request,
                                          const char *name);
const struct mst_api_value *mst_api_body(const struct mst_api_request *request,
                                         const char *name);

/* The query's text into values. False: refused. */
bool mst_api_read_query(struct mst_api_request *request,
                        struct mst_api_answer *answer);
/* The body's JSON into values. False: refused. */
bool mst_api_read_body(struct mst_api_request *request,
                       struct mst_api_answer *answer);

#endif
