/* SPDX-License-Identifier: MIT */
/* Looking for a member that is further than the one that is read. */
#include "sources/mongodb/oplog/silence.h"

#include "base/clock.h"
#include "sources/mongodb/oplog/tail.h"

#define ORIGIN "mongodb"

enum { SILENCE_ASK_MS = 5000, SILENCE_MEMBERS = 64 };

void
mst_oplog_silence_begin(struct mst_oplog_silence *silence,
                        struct mst_mongo_stream *stream)
{
    if (silence->prefer[0] != '\0') {
        (void)!mst_mongo_stream_move(stream, silence->prefer);
        silence->prefer[0] = '\0';
    }
    silence->since_ms = mst_clock_ms();
    silence->newest = (struct mst_oplog_time){0, 0};
}

void
mst_oplog_silence_hear(struct mst_oplog_silence *silence,
                       struct mst_oplog_time time, int64_t now_ms)
{
    bool some = time.seconds == 0 && time.increment == 0;
    if (some || mst_oplog_time_compare(time, silence->newest) > 0) {
        silence->since_ms = now_ms;
        silence->newest = some ? silence->newest : time;
    }
}

bool
mst_oplog_silence_is_due(const struct mst_oplog_silence *silence,
                         int64_t now_ms)
{
    return silence->limit_ms > 0
           && now_ms - silence->since_ms >= silence->limit_ms;
}

/* Asks for the newest entry. False: not known, which says nothing. */
static bool
silence_newest(struct mst_mongo_stream *stream, struct mst_oplog_time *ret_time)
{
    struct mst_mongo_failure failure;
    return mst_oplog_tail_newest(stream, ret_time, &failure);
}

/* The first other member whose oplog goes on after that time. */
static bool
silence_find(struct mst_mongo_stream *stream, const char *own,
             struct mst_oplog_time after, struct mst_oplog_time *ret_time,
             char *ret_member)
{
    char members[SILENCE_MEMBERS][MST_MONGO_MEMBER_MAX];
    size_t n = mst_mongo_stream_members(stream, members, SILENCE_MEMBERS);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(members[i], own) != 0
            && mst_mongo_stream_move(stream, members[i])
            && silence_newest(stream, ret_time)
            && mst_oplog_time_compare(*ret_time, after) > 0) {
            memcpy(ret_member, members[i], MST_MONGO_MEMBER_MAX);
            return true;
        }
    }
    return false;
}

static bool
silence_search(const struct mst_mongo_options *service,
               struct mst_mongo_cancel *cancel, const char *own,
               struct mst_oplog_time *time, char *ret_member)
{
    struct mst_mongo_options options = *service;
    struct mst_mongo_stream stream;
    struct mst_error ignored;
    if (options.server_selection_timeout_ms > SILENCE_ASK_MS) {
        options.server_selection_timeout_ms = SILENCE_ASK_MS;
    }
    if (options.connect_timeout_ms > SILENCE_ASK_MS) {
        options.connect_timeout_ms = SILENCE_ASK_MS;
    }
    bool found = mst_mongo_stream_connect(&stream, &options, "mstream",
                                          SILENCE_ASK_MS, cancel, &ignored)
                     == MST_OK
                 && silence_find(&stream, own, *time, time, ret_member);
    /* Without a word to a member that may be dead, and with the cancel as it
     * is: others may have said it. */
    stream.cancel = NULL;
    mst_mongo_stream_close(&stream);
    return found;
}

enum mst_status
mst_oplog_silence_look(struct mst_oplog_silence *silence,
                       struct mst_mongo_stream *own,
                       const struct mst_mongo_options *options,
                       struct mst_mongo_cancel *cancel, struct mst_error *err)
{
    struct mst_oplog_time newest;
    struct mst_oplog_time other = silence->newest;
    char member[MST_MONGO_MEMBER_MAX];
    int64_t silent_ms = mst_clock_ms() - silence->since_ms;
    /* The next look comes after as long again, whatever is found. */
    bool known = silence_newest(own, &newest);
    if (known && mst_oplog_time_compare(newest, silence->newest) > 0) {
        mst_oplog_silence_hear(silence, newest, mst_clock_ms());
        return MST_OK;
    }
    silence->since_ms = mst_clock_ms();
    if (!silence_search(options, cancel, own->member, &other, member)) {
        return MST_OK;
    }
    /* It may have been a moment behind only. */
    if (silence_newest(own, &newest)
        && mst_oplog_time_compare(newest, other) >= 0) {
        mst_oplog_silence_hear(silence, newest, mst_clock_ms());
        return MST_OK;
    }
    memcpy(silence->prefer, member, sizeof(silence->prefer));
    return mst_fail(err, MST_DISCONNECTED, ORIGIN, 0,
                    "the oplog of the member %.200s stood still for %lld s "
                    "while that of %.200s went on: going on there",
                    own->member, (long long)(silent_ms / 1000), member);
}
