/* SPDX-License-Identifier: MIT */
/* Attributes and results: between a script and the engine's events. */
#ifndef MST_UDF_LUA_EVENT_H
#define MST_UDF_LUA_EVENT_H

#include "udf/lua_engine.h"

/* emit and result, into the table on the top. */
void mst_lua_event_add(lua_State *L);

void mst_lua_push_attributes(lua_State *L, const struct mst_event *event);

/* Hands over a result: the value at data with the attributes at that index;
 * nil: those that the event has. Raises when that fails. */
void mst_lua_emit(lua_State *L, int data, int attributes);

/* Puts the event's key in front of why it is refused, if a person can read
 * it. */
void mst_lua_name_event(const struct mst_event *event, struct mst_error *err);

/* The key as a text. False: it has none that can be read. */
bool mst_lua_event_key(const struct mst_event *event, struct mst_buf *out);

#endif
