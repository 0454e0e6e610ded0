/* SPDX-License-Identifier: MIT */
/*
 * Unions hold each type once, and types without a name are told apart by
 * their kind alone. What is the same kind becomes one type that takes both,
 * or a fixed, which has a name.
 */
#include "encodings/schema_tools/to_avro_impl.h"

enum {
    LONG_DIGITS = 19,
    LONG_DECIMAL_SIZE = 9, /* bytes for 19 digits and a sign */
    DECIMAL_SIZE = 16      /* for 34 */
};

static bool
conflict_same(const struct to_scalar *a, const struct to_scalar *b)
{
    return a->kind == b->kind && a->logical == b->logical
           && a->precision == b->precision && a->scale == b->scale
           && a->size == b->size && mst_slice_equal(a->name, b->name);
}

/* The place of a type among the branches; NULL: it is none of them. */
static struct to_branch *
conflict_find(struct to_union *types, enum mst_avro_kind kind,
              enum mst_avro_logical logical)
{
    for (size_t i = 0; i < types->len; i++) {
        struct to_branch *branch = &types->branches[i];
        if (branch->scalar.kind == kind && branch->scalar.logical == logical) {
            return branch;
        }
    }
    return NULL;
}

static void
conflict_drop(struct to_union *types, struct to_branch *branch)
{
    size_t n = (size_t)(branch - types->branches);
    types->len--;
    memmove(branch, branch + 1, (types->len - n) * sizeof(*branch));
}

/* The symbols of two enums are those of one. */
static enum mst_status
conflict_symbols(struct to_avro *to, struct to_scalar *scalar,
                 const struct to_scalar *more)
{
    struct mst_slice *symbols =
        schema_doc_alloc(&to->doc, (scalar->symbols_len + more->symbols_len + 1)
                                       * sizeof(*symbols));
    struct avro_names seen = {.slots = NULL};
    enum mst_status status = symbols == NULL ? MST_FATAL : MST_OK;
    size_t n = 0;
    for (size_t i = 0;
         i < scalar->symbols_len + more->symbols_len && status == MST_OK; i++) {
        struct mst_slice symbol = i < scalar->symbols_len
                                      ? scalar->symbols[i]
                                      : more->symbols[i - scalar->symbols_len];
        status = avro_names_add(&seen, symbol, symbols);
        if (status == MST_OK) {
            symbols[n++] = symbol;
        }
        status = status == MST_AGAIN ? MST_OK : status;
    }
    avro_names_clear(&seen);
    scalar->symbols = symbols;
    scalar->symbols_len = n;
    return status == MST_OK ? status : schema_doc_memory(&to->doc);
}

enum mst_status
to_union_add(struct to_avro *to, struct to_union *types,
             const struct to_scalar *scalar, const uint8_t *where)
{
    static const struct to_scalar none = {.kind = MST_AVRO_ENUM};
    bool is_enum = scalar->kind == MST_AVRO_ENUM;
    for (size_t i = 0; i < types->len; i++) {
        struct to_scalar *known = &types->branches[i].scalar;
        if (is_enum && known->kind == MST_AVRO_ENUM
            && mst_slice_equal(known->name, scalar->name)) {
            return conflict_symbols(to, known, scalar);
        }
        if (conflict_same(known, scalar)) {
            return MST_OK;
        }
    }
    if (types->len == TO_AVRO_BRANCHES_MAX) {
        return mst_text_fail(&to->doc.subject, where,
                             "a value may be more than %d types of Avro",
                             TO_AVRO_BRANCHES_MAX);
    }
    struct to_branch *branch = &types->branches[types->len++];
    *branch = (struct to_branch){.scalar = *scalar};
    /* An enum may have a symbol twice by itself. */
    return is_enum ? conflict_symbols(to, &branch->scalar, &none) : MST_OK;
}

/* Whether there is a type of the kind with a logical type. */
static bool
conflict_has_logical(const struct to_union *types, enum mst_avro_kind kind)
{
    for (size_t i = 0; i < types->len; i++) {
        const struct to_scalar *scalar = &types->branches[i].scalar;
        if (scalar->kind == kind && scalar->logical != MST_AVRO_PLAIN) {
            return true;
        }
    }
    return false;
}

/* A decimal with a name. */
static void
conflict_fix(struct to_scalar *decimal)
{
    decimal->kind = MST_AVRO_FIXED;
    decimal->size = DECIMAL_SIZE;
    decimal->precision = MST_AVRO_DECIMAL_DIGITS;
    decimal->name = MST_SLICE_LIT("Decimal");
}

/* Drops the branch where another one is the same. */
static void
conflict_once(struct to_union *types, struct to_branch *branch)
{
    for (size_t i = 0; i < types->len; i++) {
        if (&types->branches[i] != branch
            && conflict_same(&types->branches[i].scalar, &branch->scalar)) {
            conflict_drop(types, branch);
            return;
        }
    }
}

/* Two decimals are one with room for both, if there is such a one. */
static void
conflict_decimals(struct to_union *types)
{
    struct to_branch *first =
        conflict_find(types, MST_AVRO_BYTES, MST_AVRO_DECIMAL);
    for (size_t i = types->len; first != NULL && i > 0; i--) {
        struct to_branch *other = &types->branches[i - 1];
        struct to_scalar *scalar = &other->scalar;
        if (other == first || scalar->kind != MST_AVRO_BYTES
            || scalar->logical != MST_AVRO_DECIMAL) {
            continue;
        }
        unsigned whole = first->scalar.precision - first->scalar.scale;
        unsigned whole_too = scalar->precision - scalar->scale;
        unsigned scale = scalar->scale > first->scalar.scale
                             ? scalar->scale
                             : first->scalar.scale;
        unsigned precision = scale + (whole_too > whole ? whole_too : whole);
        if (precision > MST_AVRO_DECIMAL_DIGITS) {
            conflict_fix(scalar);
            continue;
        }
        first->scalar.scale = scale;
        first->scalar.precision = precision;
        conflict_drop(types, other);
    }
}

/* Numbers beside dates, which are numbers to Avro. */
static void
conflict_numbers(struct to_union *types)
{
    struct to_branch *one = conflict_find(types, MST_AVRO_INT, MST_AVRO_PLAIN);
    if (one != NULL && conflict_has_logical(types, MST_AVRO_INT)) {
        one->scalar.kind = MST_AVRO_LONG;
        conflict_once(types, one);
    }
    one = conflict_find(types, MST_AVRO_LONG, MST_AVRO_PLAIN);
    if (one != NULL && conflict_has_logical(types, MST_AVRO_LONG)) {
        one->scalar = (struct to_scalar){.kind = MST_AVRO_FIXED,
                                         .logical = MST_AVRO_DECIMAL,
                                         .precision = LONG_DIGITS,
                                         .size = LONG_DECIMAL_SIZE,
                                         .name = MST_SLICE_LIT("Integer")};
    }
}

/* Decimals and UUIDs beside the bytes and strings that carry them. */
static void
conflict_carriers(struct to_union *types)
{
    struct to_branch *string =
        conflict_find(types, MST_AVRO_STRING, MST_AVRO_PLAIN);
    struct to_branch *one =
        conflict_find(types, MST_AVRO_STRING, MST_AVRO_UUID);
    if (one != NULL && string != NULL) {
        one->scalar = (struct to_scalar){.kind = MST_AVRO_BYTES};
        conflict_once(types, one);
    }
    one = conflict_find(types, MST_AVRO_BYTES, MST_AVRO_DECIMAL);
    if (one != NULL
        && conflict_find(types, MST_AVRO_BYTES, MST_AVRO_PLAIN) != NULL) {
        conflict_fix(&one->scalar);
    }
    one = conflict_find(types, MST_AVRO_ENUM, MST_AVRO_PLAIN);
    if (one != NULL
        && conflict_find(types, MST_AVRO_STRING, MST_AVRO_PLAIN) != NULL) {
        conflict_drop(types, one);
    }
}

/* Those that are still the same kind have no names to tell them apart. */
static enum mst_status
conflict_check(struct to_avro *to, const struct to_union *types,
               const uint8_t *where)
{
    for (size_t i = 0; i < types->len; i++) {
        enum mst_avro_kind kind = types->branches[i].scalar.kind;
        bool named = kind == MST_AVRO_RECORD || kind == MST_AVRO_ENUM
                     || kind == MST_AVRO_FIXED;
        for (size_t j = i + 1; j < types->len && !named; j++) {
            if (types->branches[j].scalar.kind == kind) {
                return mst_text_fail(
                    &to->doc.subject, where,
                    "two types that are both %s in Avro can not be in one "
                    "union",
                    mst_avro_kind_name(kind));
            }
        }
    }
    return MST_OK;
}

enum mst_status
to_union_settle(struct to_avro *to, struct to_union *types,
                const uint8_t *where)
{
    conflict_decimals(types);
    conflict_numbers(types);
    conflict_carriers(types);
    return conflict_check(to, types, where);
}
