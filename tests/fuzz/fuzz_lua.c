/* SPDX-License-Identifier: MIT */
/* The first byte says what the others are: a document that a script walks and
 * edits, alone or several times at once, or a script. Whatever comes of it,
 * well-formed documents stay well formed, and results have their event. */
#include <stdlib.h>

#include "encodings/bson_reader.h"
#include "fuzz_must.h"
#include "log/log.h"
#include "udf/lua_script.h"

enum { FUZZ_EVENTS = 3 };

static const char fuzz_walk[] =
    "local function walk(d, depth)\n"
    "  for k, v in pairs(d) do\n"
    "    local kind = typeof(v)\n"
    "    if kind == 'document' or kind == 'array' then\n"
    "      if depth < 20 then walk(v, depth + 1) end\n"
    "    elseif kind == 'number' then d[k] = v + 1\n"
    "    elseif kind == 'string' then d[k] = #v > 3 and nil or 'x'\n"
    "    else local t = tostring(v) d[k] = v end\n"
    "  end\n"
    "end\n"
    "function transform(data)\n"
    "  walk(data, 1)\n"
    "  data.copy = copy(data)\n"
    "  data.text = json_encode(data.copy)\n"
    "  set(data, 'a.b[0].c', 1)\n"
    "  emit(data)\n"
    "  del(data, 'a.b')\n"
    "  return data\n"
    "end\n";

static const char fuzz_batch[] =
    "function transform_batch(events)\n"
    "  local results = {}\n"
    "  for i, event in ipairs(events) do\n"
    "    for k, v in pairs(event.data) do\n"
    "      if typeof(v) == 'boolean' then reject(event, k) end\n"
    "      if typeof(v) == 'null' then error(k) end\n"
    "      results[#results + 1] = derive(event, {k = v})\n"
    "    end\n"
    "    event.data.n = i\n"
    "    table.insert(results, 1, event)\n"
    "  end\n"
    "  return results\n"
    "end\n";

struct fuzz_emit {
    struct mst_emit emit; /* first: its function casts back */
    bool good;            /* what came was well formed */
    size_t index;         /* of the event that results are of */
};

static enum mst_status
fuzz_take(struct mst_emit *emit, const struct mst_event *event,
          struct mst_error *err)
{
    const struct fuzz_emit *self = (const struct fuzz_emit *)emit;
    if (self->good && event->payload.data != NULL
        && mst_bson_check(event->payload, err) != MST_OK) {
        abort();
    }
    return MST_OK;
}

static void
fuzz_of(struct mst_emit *emit, size_t index)
{
    struct fuzz_emit *self = (struct fuzz_emit *)emit;
    fuzz_must(index >= self->index && index < FUZZ_EVENTS);
    self->index = index;
}

static enum mst_status
fuzz_reject(struct mst_emit *emit, size_t index, const struct mst_error *why,
            struct mst_error *err)
{
    (void)emit;
    (void)err;
    fuzz_must(index < FUZZ_EVENTS && why->text[0] != '\0');
    return MST_OK;
}

/* The same event, some times at once. */
static void
fuzz_together(struct mst_lua_script *script, const struct mst_event *event,
              struct fuzz_emit *self)
{
    const struct mst_event *events[FUZZ_EVENTS];
    struct mst_error err;
    for (size_t i = 0; i < FUZZ_EVENTS; i++) {
        events[i] = event;
    }
    self->index = 0;
    self->emit.of = fuzz_of;
    self->emit.reject = fuzz_reject;
    (void)mst_lua_script_apply_batch(script, events, FUZZ_EVENTS, &self->emit,
                                     &err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t empty[] = {5, 0, 0, 0, 0};
    const struct mst_lua_limits limits = {
        .instructions = 20000, .time_ms = 500, .memory = 4 << 20};
    struct mst_lua_script *script = NULL;
    struct mst_arena arena = {0};
    struct mst_error err;
    if (size == 0) {
        return 0;
    }
    mst_log_set_level(MST_LOG_OFF);
    bool is_script = (data[0] & 1) != 0;
    struct mst_slice rest = mst_slice_of(data + 1, size - 1);
    struct mst_slice doc =
        is_script ? mst_slice_of(empty, sizeof(empty)) : rest;
    const char *text = (data[0] & 2) != 0 ? fuzz_batch : fuzz_walk;
    struct fuzz_emit self = {.emit = {.event = fuzz_take, .arena = &arena},
                             .good = mst_bson_check(doc, &err) == MST_OK};
    enum mst_status status = mst_lua_script_create(
        "fuzz", "fuzz.lua", is_script ? rest : mst_slice_str(text), &limits,
        &script, &err);
    if (status == MST_OK) {
        const struct mst_event event = {.payload = doc,
                                        .encoding = MST_ENCODING_BSON};
        if (mst_lua_script_batches(script)) {
            fuzz_together(script, &event, &self);
        } else {
            (void)mst_lua_script_apply(script, &event, &self.emit, &err);
            (void)mst_lua_script_apply(script, &event, &self.emit, &err);
        }
        mst_lua_script_finish(script);
    } else if (!is_script) {
        abort();
    }
    mst_lua_script_destroy(script);
    mst_arena_clear(&arena);
    return 0;
}
