/* SPDX-License-Identifier: MIT */
/* Compiles what a decoder runs: for each pair of types that meet, one plan. */
#include "encodings/avro/read_plan.h"

#include <assert.h>
#include <stdlib.h>

#include "encodings/avro/decode.h"
#include "encodings/field_path.h"
#include "schema/avro_match.h"

enum { ELEMENT_MAX = 64 * 1024 * 1024 };

struct read_plan {
    struct mst_avro_decoder *decoder;
    struct avro_names pairs; /* of indexes, to plans */
    struct mst_error *err;
    unsigned path_len; /* fields down to where types do not match */
    struct mst_slice path[MST_BSON_DEPTH_MAX];
};

static enum mst_status plan_pair(struct read_plan *plan,
                                 const struct mst_avro_type *writer,
                                 const struct mst_avro_type *reader,
                                 const struct avro_read **ret_read);

static void *
plan_alloc(struct read_plan *plan, size_t n, size_t size)
{
    return mst_arena_alloc_zeroed(&plan->decoder->arena, n + 1, size);
}

static enum mst_status
plan_memory(const struct read_plan *plan)
{
    return mst_fail_memory(plan->err, "avro");
}

static enum mst_status
plan_mismatch(const struct read_plan *plan, const struct mst_avro_type *writer,
              const struct mst_avro_type *reader)
{
    struct mst_field_path path = {.len = 0};
    char name[MST_FIELD_PATH_MAX + 16];
    struct mst_buf from;
    struct mst_buf to;
    for (unsigned i = 0; i < plan->path_len; i++) {
        mst_field_path_add(&path, plan->path[i]);
    }
    mst_buf_init(&from, 1024);
    mst_buf_init(&to, 1024);
    bool good = mst_avro_type_describe(writer, &from) == MST_OK
                && mst_avro_type_describe(reader, &to) == MST_OK;
    const char *a = good ? mst_buf_text(&from) : NULL;
    const char *b = good ? mst_buf_text(&to) : NULL;
    enum mst_status status =
        mst_fail(plan->err, MST_REJECTED, "avro", 0,
                 "%s: the reader's schema has %s where the data has %s",
                 mst_field_path_name(&path, name),
                 b == NULL ? "another type" : b, a == NULL ? "its own" : a);
    mst_buf_clear(&from);
    mst_buf_clear(&to);
    return status;
}

static enum avro_wire
plan_wire(enum mst_avro_kind kind)
{
    static const enum avro_wire wires[MST_AVRO_KINDS] = {
        [MST_AVRO_NULL] = AVRO_WIRE_NULL,
        [MST_AVRO_BOOLEAN] = AVRO_WIRE_BOOLEAN,
        [MST_AVRO_INT] = AVRO_WIRE_VARINT,
        [MST_AVRO_LONG] = AVRO_WIRE_VARINT,
        [MST_AVRO_FLOAT] = AVRO_WIRE_FLOAT,
        [MST_AVRO_DOUBLE] = AVRO_WIRE_DOUBLE,
        [MST_AVRO_BYTES] = AVRO_WIRE_BYTES,
        [MST_AVRO_STRING] = AVRO_WIRE_BYTES,
        [MST_AVRO_RECORD] = AVRO_WIRE_RECORD,
        [MST_AVRO_ENUM] = AVRO_WIRE_ENUM,
        [MST_AVRO_ARRAY] = AVRO_WIRE_ARRAY,
        [MST_AVRO_MAP] = AVRO_WIRE_MAP,
        [MST_AVRO_UNION] = AVRO_WIRE_UNION,
        [MST_AVRO_FIXED] = AVRO_WIRE_FIXED,
    };
    return wires[kind];
}

static enum mst_status
plan_enum(struct read_plan *plan, const struct mst_avro_type *writer,
          const struct mst_avro_type *reader, struct avro_read *read)
{
    struct avro_symbol *symbols =
        plan_alloc(plan, writer->symbols_len, sizeof(*symbols));
    struct avro_names names = {.slots = NULL};
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < reader->symbols_len && status == MST_OK; i++) {
        status =
            avro_names_add(&names, reader->symbols[i], &reader->symbols[i]);
    }
    for (size_t i = 0;
         i < writer->symbols_len && status == MST_OK && symbols != NULL; i++) {
        const struct mst_slice *found =
            avro_names_find(&names, writer->symbols[i]);
        int32_t index = found == NULL ? reader->fallback
                                      : (int32_t)(found - reader->symbols);
        symbols[i].index = index;
        symbols[i].text = index < 0 ? MST_SLICE_NONE : reader->symbols[index];
    }
    avro_names_clear(&names);
    read->symbols = symbols;
    read->size = (uint32_t)writer->symbols_len;
    return symbols == NULL || status != MST_OK ? plan_memory(plan) : MST_OK;
}

/* The type, read as itself: defaults of the reader are made of it. */
static enum mst_status
plan_default(struct read_plan *plan, const struct mst_avro_field *field,
             struct avro_step *step)
{
    static const uint8_t no_name[AVRO_LABEL_PAD] = {0};
    const struct avro_read *read = NULL;
    struct mst_buf out;
    struct mst_slice element = MST_SLICE_NONE;
    enum mst_status status = plan_pair(plan, field->type, field->type, &read);
    if (status != MST_OK) {
        return status;
    }
    mst_buf_init(&out, ELEMENT_MAX);
    struct avro_decode decode;
    avro_decode_init(&decode, plan->decoder, field->fallback, &out);
    enum avro_fault fault =
        avro_decode_value(&decode, read, (struct avro_label){no_name, 1});
    out.len = out.data == NULL ? 0 : (size_t)(decode.at - out.data);
    if (fault == AVRO_FINE && out.data != NULL) {
        /* Type, the NUL of no name, value. */
        out.data[1] = out.data[0];
        element = mst_arena_copy(&plan->decoder->arena,
                                 mst_slice_of(out.data + 1, out.len - 1));
        fault = element.data == NULL ? AVRO_NO_MEMORY : AVRO_FINE;
    }
    mst_buf_clear(&out);
    step->element = element;
    step->fallback = field->fallback;
    if (fault == AVRO_NO_MEMORY) {
        return plan_memory(plan);
    }
    if (fault != AVRO_FINE) {
        (void)avro_decode_fail(&decode, fault, plan->err);
        if (plan->err != NULL) {
            mst_error_prefix(plan->err, "the default of '%.100s': ",
                             (const char *)field->name.data);
        }
    }
    return fault == AVRO_FINE ? MST_OK : MST_REJECTED;
}

/* Both forms of a field's name. */
static bool
plan_label(struct read_plan *plan, struct mst_slice name,
           struct avro_step *step)
{
    struct mst_buf quoted;
    mst_buf_init(&quoted, SIZE_MAX / 2);
    if (mst_buf_append_json(&quoted, name) != MST_OK
        || mst_buf_append_char(&quoted, ':') != MST_OK) {
        mst_buf_clear(&quoted);
        return false;
    }
    uint8_t *data = plan_alloc(plan, name.len + AVRO_LABEL_PAD, 1);
    uint8_t *json = plan_alloc(plan, quoted.len + AVRO_LABEL_PAD, 1);
    bool good = data != NULL && json != NULL;
    if (good) {
        memcpy(data, name.data, name.len);
        memcpy(json, quoted.data, quoted.len);
        step->label = (struct avro_label){data, (uint32_t)name.len + 1};
        step->json = (struct avro_label){json, (uint32_t)quoted.len};
    }
    mst_buf_clear(&quoted);
    return good;
}

/* Names and aliases of the reader's fields; a name goes before an alias. */
static enum mst_status
plan_names(struct read_plan *plan, const struct mst_avro_type *reader,
           struct avro_names *names)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < reader->fields_len && status != MST_FATAL; i++) {
        status =
            avro_names_add(names, reader->fields[i].name, &reader->fields[i]);
    }
    for (size_t i = 0; i < reader->fields_len; i++) {
        const struct mst_avro_field *field = &reader->fields[i];
        for (size_t j = 0; j < field->aliases_len && status != MST_FATAL; j++) {
            /* Taken already: the other field has it. */
            status =
                avro_names_add(names, field->aliases[j], &reader->fields[i]);
        }
    }
    return status == MST_FATAL ? plan_memory(plan) : MST_OK;
}

/* A record while its steps are put together. */
struct read_record {
    const struct mst_avro_type *writer;
    const struct mst_avro_type *reader;
    uint32_t *sources; /* of each reader's field: writer's number + 1 */
    uint32_t *targets; /* of each writer's field: reader's number + 1 */
};

static enum mst_status
plan_sources(struct read_plan *plan, struct read_record *record)
{
    struct avro_names names = {.slots = NULL};
    enum mst_status status = plan_names(plan, record->reader, &names);
    record->sources =
        plan_alloc(plan, record->reader->fields_len, sizeof(*record->sources));
    record->targets =
        plan_alloc(plan, record->writer->fields_len, sizeof(*record->targets));
    if (record->sources == NULL || record->targets == NULL) {
        avro_names_clear(&names);
        return plan_memory(plan);
    }
    for (uint32_t i = 0; status == MST_OK && i < record->writer->fields_len;
         i++) {
        const struct mst_avro_field *target =
            avro_names_find(&names, record->writer->fields[i].name);
        size_t n =
            target == NULL ? 0 : (size_t)(target - record->reader->fields);
        if (target != NULL && record->sources[n] == 0) {
            record->sources[n] = i + 1;
            record->targets[i] = (uint32_t)n + 1;
        }
    }
    avro_names_clear(&names);
    return status;
}

/* The step that gives the reader its field. */
static enum mst_status
plan_field(struct read_plan *plan, const struct read_record *record, size_t n,
           struct avro_step *step)
{
    const struct mst_avro_field *field = &record->reader->fields[n];
    uint32_t source = record->sources[n];
    if (!plan_label(plan, field->label, step)) {
        return plan_memory(plan);
    }
    if (source == 0) {
        if (field->has_default) {
            return plan_default(plan, field, step);
        }
        if (plan->path_len < MST_BSON_DEPTH_MAX) {
            plan->path[plan->path_len++] = field->label;
        }
        return plan_mismatch(plan, record->writer, field->type);
    }
    step->from = source - 1;
    if (plan->path_len < MST_BSON_DEPTH_MAX) {
        plan->path[plan->path_len++] = field->label;
    }
    unsigned path_len = plan->path_len;
    enum mst_status status =
        plan_pair(plan, record->writer->fields[source - 1].type, field->type,
                  &step->read);
    if (status == MST_OK) {
        plan->path_len = path_len - 1;
    }
    return status;
}

/* Reader's fields in order, with the writer's unwanted ones between. */
static enum mst_status
plan_in_order(struct read_plan *plan, const struct read_record *record,
              struct avro_read *read)
{
    enum mst_status status = MST_OK;
    uint32_t next = 0;
    for (size_t n = 0; n <= record->reader->fields_len; n++) {
        bool last = n == record->reader->fields_len;
        uint32_t until = last ? (uint32_t)record->writer->fields_len
                         : record->sources[n] == 0 ? next
                                                   : record->sources[n] - 1;
        for (; next < until && status == MST_OK; next++) {
            struct avro_step *skip = &read->steps[read->size++];
            const struct mst_avro_field *field = &record->writer->fields[next];
            skip->skip = true;
            skip->from = next;
            status = plan_label(plan, field->label, skip)
                         ? plan_pair(plan, field->type, NULL, &skip->read)
                         : plan_memory(plan);
        }
        if (status == MST_OK && !last) {
            next += record->sources[n] == 0 ? 0 : 1;
            status = plan_field(plan, record, n, &read->steps[read->size++]);
        }
        if (status != MST_OK) {
            return status;
        }
    }
    return status;
}

static enum mst_status
plan_shuffled(struct read_plan *plan, const struct read_record *record,
              struct avro_read *read)
{
    enum mst_status status = MST_OK;
    size_t n = record->writer->fields_len;
    read->shuffled = true;
    read->walk = plan_alloc(plan, n, sizeof(*read->walk));
    read->walk_len = (uint32_t)n;
    if (read->walk == NULL) {
        return plan_memory(plan);
    }
    for (size_t i = 0; i < n && status == MST_OK; i++) {
        status = plan_pair(plan, record->writer->fields[i].type, NULL,
                           &read->walk[i]);
    }
    for (size_t i = 0; i < record->reader->fields_len && status == MST_OK;
         i++) {
        status = plan_field(plan, record, i, &read->steps[read->size++]);
    }
    return status;
}

static enum mst_status
plan_record(struct read_plan *plan, const struct mst_avro_type *writer,
            const struct mst_avro_type *reader, struct avro_read *read)
{
    struct read_record record = {.writer = writer, .reader = reader};
    enum mst_status status = plan_sources(plan, &record);
    read->steps = plan_alloc(plan, writer->fields_len + reader->fields_len,
                             sizeof(*read->steps));
    if (status != MST_OK || read->steps == NULL) {
        return plan_memory(plan);
    }
    uint32_t last = 0;
    bool shuffled = false;
    for (size_t i = 0; i < reader->fields_len; i++) {
        shuffled =
            shuffled || (record.sources[i] != 0 && record.sources[i] < last);
        last = record.sources[i] > last ? record.sources[i] : last;
    }
    status = shuffled ? plan_shuffled(plan, &record, read)
                      : plan_in_order(plan, &record, read);
    read->plain = !shuffled;
    for (uint32_t i = 0; i < read->size; i++) {
        const struct avro_step *step = &read->steps[i];
        read->plain = read->plain && step->read != NULL && !step->skip;
    }
    return status;
}

/* A branch that does not fit is one that data should not have. */
static enum mst_status
plan_union(struct read_plan *plan, const struct mst_avro_type *writer,
           const struct mst_avro_type *reader, struct avro_read *read)
{
    size_t n = writer->branches_len;
    bool any = false;
    read->branches = plan_alloc(plan, n, sizeof(*read->branches));
    read->size = (uint32_t)n;
    if (read->branches == NULL) {
        return plan_memory(plan);
    }
    for (size_t i = 0; i < n; i++) {
        unsigned path_len = plan->path_len;
        enum mst_status status =
            plan_pair(plan, writer->branches[i], reader, &read->branches[i]);
        any = any || status == MST_OK;
        if (status == MST_REJECTED) {
            struct avro_read *never = plan_alloc(plan, 1, sizeof(*never));
            if (never == NULL) {
                return plan_memory(plan);
            }
            never->wire = AVRO_WIRE_NEVER;
            never->branch = AVRO_NO_BRANCH_INDEX;
            never->type = writer->branches[i];
            read->branches[i] = never;
            plan->path_len = path_len;
        } else if (status != MST_OK) {
            return status;
        }
    }
    return any ? MST_OK : MST_REJECTED;
}

/* The reader's branch that takes the type: the same one, else by promotion. */
static const struct mst_avro_type *
plan_branch(const struct mst_avro_type *writer,
            const struct mst_avro_type *reader, int32_t *ret_branch)
{
    for (int wanted = MST_AVRO_MATCH_SAME; wanted > MST_AVRO_MATCH_NONE;
         wanted--) {
        for (size_t i = 0; i < reader->branches_len; i++) {
            if ((int)mst_avro_match_types(writer, reader->branches[i])
                == wanted) {
                *ret_branch = (int32_t)i;
                return reader->branches[i];
            }
        }
    }
    return NULL;
}

static enum mst_status
plan_types(struct read_plan *plan, const struct mst_avro_type *writer,
           const struct mst_avro_type *reader, struct avro_read *read)
{
    bool skip = reader == NULL;
    const struct mst_avro_type *wanted = skip ? writer : reader;
    read->branch = AVRO_NO_BRANCH_INDEX;
    read->type = writer;
    read->wire = plan_wire(writer->kind);
    read->size = (uint32_t)writer->size;
    if (writer->kind == MST_AVRO_UNION) {
        return plan_union(plan, writer, reader, read);
    }
    if (wanted->kind == MST_AVRO_UNION) {
        wanted = plan_branch(writer, wanted, &read->branch);
    }
    if (wanted == NULL
        || mst_avro_match_types(writer, wanted) == MST_AVRO_MATCH_NONE) {
        return plan_mismatch(plan, writer, reader);
    }
    read->type = wanted;
    read->code = avro_code_of(wanted);
    read->precision = wanted->precision;
    read->scale = wanted->scale;
    if (writer->kind == MST_AVRO_ENUM) {
        return plan_enum(plan, writer, wanted, read);
    }
    if (writer->kind == MST_AVRO_RECORD) {
        read->size = 0;
        return plan_record(plan, writer, wanted, read);
    }
    if (writer->items != NULL) {
        return plan_pair(plan, writer->items, skip ? NULL : wanted->items,
                         &read->items);
    }
    return MST_OK;
}

static enum avro_json_op
plan_json(const struct avro_read *read)
{
    switch (read->wire) {
    case AVRO_WIRE_NULL:
        return AVRO_JSON_NULL;
    case AVRO_WIRE_BOOLEAN:
        return AVRO_JSON_BOOLEAN;
    case AVRO_WIRE_VARINT:
        return read->code == AVRO_INT      ? AVRO_JSON_INT
               : read->code == AVRO_LONG   ? AVRO_JSON_LONG
               : read->code == AVRO_MILLIS ? AVRO_JSON_MILLIS
                                           : AVRO_JSON_RARE;
    case AVRO_WIRE_FLOAT:
        return AVRO_JSON_FLOAT;
    case AVRO_WIRE_DOUBLE:
        return AVRO_JSON_DOUBLE;
    case AVRO_WIRE_BYTES:
        return read->code == AVRO_STRING ? AVRO_JSON_TEXT : AVRO_JSON_RARE;
    case AVRO_WIRE_ENUM:
        return AVRO_JSON_SYMBOL;
    case AVRO_WIRE_RECORD:
    case AVRO_WIRE_ARRAY:
    case AVRO_WIRE_MAP:
        return AVRO_JSON_NESTED;
    case AVRO_WIRE_UNION:
        return AVRO_JSON_UNION;
    case AVRO_WIRE_FIXED:
    case AVRO_WIRE_NEVER:
        break;
    }
    return AVRO_JSON_RARE;
}

/* reader NULL: to be passed over. A pair that is being made is found too:
 * types recur. One that failed is made again, and fails again. */
static enum mst_status
plan_pair(struct read_plan *plan, const struct mst_avro_type *writer,
          const struct mst_avro_type *reader, const struct avro_read **ret_read)
{
    assert(writer != NULL);
    const uint64_t key[2] = {(uintptr_t)writer, (uintptr_t)reader};
    const struct avro_read *found =
        avro_names_find(&plan->pairs, mst_slice_of(key, sizeof(key)));
    if (found != NULL) {
        *ret_read = found;
        return found->wire == AVRO_WIRE_NEVER ? MST_REJECTED : MST_OK;
    }
    struct avro_read *read = plan_alloc(plan, 1, sizeof(*read));
    uint64_t *kept = plan_alloc(plan, 2, sizeof(*kept));
    if (read == NULL || kept == NULL) {
        return plan_memory(plan);
    }
    memcpy(kept, key, sizeof(key));
    if (avro_names_add(&plan->pairs, mst_slice_of(kept, sizeof(key)), read)
        != MST_OK) {
        return plan_memory(plan);
    }
    enum mst_status status = plan_types(plan, writer, reader, read);
    if (status == MST_REJECTED) {
        read->wire = AVRO_WIRE_NEVER;
        read->type = writer;
    }
    read->op = plan_json(read);
    *ret_read = read;
    return status;
}

enum mst_status
mst_avro_decoder_create(const struct mst_avro_schema *writer,
                        const struct mst_avro_schema *reader,
                        const struct mst_avro_options *options,
                        struct mst_avro_decoder **ret_decoder,
                        struct mst_error *err)
{
    struct mst_avro_decoder *decoder = calloc(1, sizeof(*decoder));
    struct read_plan plan = {.decoder = decoder, .err = err};
    if (decoder == NULL) {
        return mst_fail_memory(err, "avro");
    }
    if (options != NULL) {
        decoder->options = *options;
    }
    enum mst_status status =
        plan_pair(&plan, writer->root,
                  reader == NULL ? writer->root : reader->root, &decoder->root);
    avro_names_clear(&plan.pairs);
    if (status != MST_OK) {
        mst_avro_decoder_destroy(decoder);
        return status;
    }
    *ret_decoder = decoder;
    return MST_OK;
}

void
mst_avro_decoder_destroy(struct mst_avro_decoder *decoder)
{
    if (decoder != NULL) {
        avro_scratch_clear(&decoder->scratch);
        mst_arena_clear(&decoder->arena);
        free(decoder);
    }
}
