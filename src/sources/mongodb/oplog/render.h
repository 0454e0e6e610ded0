/* SPDX-License-Identifier: MIT */
/* Whole change events, byte for byte as a change stream gives them. */
#ifndef MST_SOURCES_MONGODB_OPLOG_RENDER_H
#define MST_SOURCES_MONGODB_OPLOG_RENDER_H

#include "sources/mongodb/oplog/map.h"

enum { MST_OPLOG_EVENT_MAX = 256 * 1024 * 1024 };

/* Room to work in, used again for each event. */
struct mst_oplog_render {
    struct mst_oplog_token_room token;
    struct mst_buf out; /* the event made last */
};

void mst_oplog_render_init(struct mst_oplog_render *render);
void mst_oplog_render_clear(struct mst_oplog_render *render);

/* Makes render->out. An event whose token can not be made as the server makes
 * it has the high-water mark of the next moment as its _id. MST_REJECTED: too
 * large; MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
mst_oplog_render(struct mst_oplog_render *render,
                 const struct mst_oplog_rules *rules, bool expanded,
                 const struct mst_oplog_change *change, struct mst_error *err);

#endif
