/* SPDX-License-Identifier: MIT */
/* Every type of Avro with what becomes it, what does not, and at its limits. */
#include "unit/cmocka_all.h"

#include "encodings/avro/avro_plan.h"
#include "encodings/bson_json.h"
#include "encodings/digits.h"
#include "encodings/json_bson.h"

enum { VALUES_MAX = 1 << 24 };

#define LONG(n)    "{\"$numberLong\":\"" n "\"}"
#define DECIMAL(n) "{\"$numberDecimal\":\"" n "\"}"
#define DATE(n)    "{\"$date\":{\"$numberLong\":\"" n "\"}}"
#define BINARY(base64, type)                                                   \
    "{\"$binary\":{\"base64\":\"" base64 "\",\"subType\":\"" type "\"}}"
#define OID "{\"$oid\":\"0123456789abcdef01234567\"}"
#define LOGICAL(type, name)                                                    \
    "{\"type\":\"" type "\",\"logicalType\":\"" name "\"}"
#define FIXED(size) "{\"type\":\"fixed\",\"name\":\"F\",\"size\":" size "}"
#define FIXED_AS(size, rest)                                                   \
    "{\"type\":\"fixed\",\"name\":\"F\",\"size\":" size "," rest "}"
#define PRICE                                                                  \
    "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,"         \
    "\"scale\":2}"
#define WIDE "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":34}"
#define COLOUR                                                                 \
    "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"RED\",\"BLUE\"]}"
#define ARRAY(items) "{\"type\":\"array\",\"items\":" items "}"
#define MAP(values)  "{\"type\":\"map\",\"values\":" values "}"
#define UUID_BASE64  "ABEiM0RVZneImaq7zN3u/w=="
#define UUID_TEXT    "00112233-4455-6677-8899-aabbccddeeff"
#define RECORD(name, field)                                                    \
    "{\"type\":\"record\",\"name\":\"" name                                    \
    "\",\"fields\":[{\"name\":\"" field "\",\"type\":\"int\"}]}"

/* A value of a field (as Extended JSON), its datum, and what it is when it
 * comes back (NULL: the same); or why it is refused. */
static const struct {
    const char *type;
    const char *value;
    const char *datum; /* hex; NULL: refused */
    const char *back;  /* or a part of the reason */
} cases[] = {
    {"\"null\"", "null", "", NULL},
    {"\"null\"", "0", NULL, "int32 to null"},
    {"\"null\"", "{\"$undefined\":true}", NULL, "undefined to null"},
    {"\"boolean\"", "true", "01", NULL},
    {"\"boolean\"", "false", "00", NULL},
    {"\"boolean\"", "1", NULL, "int32 to boolean"},
    {"\"int\"", "0", "00", NULL},
    {"\"int\"", "-1", "01", NULL},
    {"\"int\"", "2147483647", "feffffff0f", NULL},
    {"\"int\"", "-2147483648", "ffffffff0f", NULL},
    {"\"int\"", LONG("2147483647"), "feffffff0f", "2147483647"},
    {"\"int\"", LONG("2147483648"), NULL, "range"},
    {"\"int\"", "5.0", "0a", "5"},
    {"\"int\"", "5.5", NULL, "not whole"},
    {"\"int\"", "-0.0", NULL, "not whole"},
    {"\"int\"", "1e300", NULL, "range"},
    {"\"int\"", "{\"$numberDouble\":\"NaN\"}", NULL, "range"},
    {"\"int\"", DECIMAL("1E+2"), "c801", "100"},
    {"\"int\"", DECIMAL("1.50"), NULL, "not whole"},
    {"\"int\"", DECIMAL("1.00"), "02", "1"},
    {"\"int\"", DECIMAL("NaN"), NULL, "range"},
    {"\"int\"", "\"5\"", NULL, "string to int"},
    {"\"long\"", "5", "0a", LONG("5")},
    {"\"long\"", LONG("9223372036854775807"), "feffffffffffffffff01", NULL},
    {"\"long\"", LONG("-9223372036854775808"), "ffffffffffffffffff01", NULL},
    {"\"long\"", "9223372036854775808.0", NULL, "range"},
    {"\"long\"", "-9223372036854775808.0", "ffffffffffffffffff01",
     LONG("-9223372036854775808")},
    {"\"long\"", DECIMAL("9223372036854775808"), NULL, "range"},
    {"\"long\"", DECIMAL("9223372036854775807"), "feffffffffffffffff01",
     LONG("9223372036854775807")},
    {"\"long\"", DATE("5"), NULL, "date to long"},
    {"\"float\"", "0.5", "0000003f", NULL},
    {"\"float\"", "0.1", NULL, "rounded"},
    {"\"float\"", "16777216", "0000804b", "16777216.0"},
    {"\"float\"", "16777217", NULL, "rounded"},
    {"\"float\"", "1e39", NULL, "range"},
    {"\"float\"", "{\"$numberDouble\":\"-Infinity\"}", "000080ff", NULL},
    {"\"double\"", "0.1", "9a9999999999b93f", NULL},
    {"\"double\"", "7", "0000000000001c40", "7.0"},
    {"\"double\"", LONG("9007199254740992"), "0000000000004043",
     "9007199254740992.0"},
    {"\"double\"", LONG("9007199254740993"), NULL, "rounded"},
    {"\"double\"", LONG("9223372036854775807"), NULL, "rounded"},
    {"\"double\"", DECIMAL("0.25"), "000000000000d03f", "0.25"},
    {"\"double\"", DECIMAL("0.1"), NULL, "rounded"},
    {"\"double\"", DECIMAL("-Infinity"), "000000000000f0ff",
     "{\"$numberDouble\":\"-Infinity\"}"},
    {"\"string\"", "\"\"", "00", NULL},
    {"\"string\"", "\"\xC3\xA4\xE2\x82\xAC\"", "0ac3a4e282ac", NULL},
    {"\"string\"", "{\"$symbol\":\"x\"}", "0278", "\"x\""},
    {"\"string\"", OID, "30303132333435363738396162636465663031323334353637",
     "\"0123456789abcdef01234567\""},
    {"\"string\"", "5", NULL, "int32 to string"},
    {"\"string\"", "{\"$code\":\"x\"}", NULL, "code to string"},
    {"\"bytes\"", BINARY("AAEC", "00"), "06000102", NULL},
    {"\"bytes\"", BINARY("AAEC", "80"), "06000102", BINARY("AAEC", "00")},
    {"\"bytes\"", "\"abc\"", NULL, "string to bytes"},
    {FIXED("3"), BINARY("AAEC", "00"), "000102", NULL},
    {FIXED("3"), BINARY("AAECAw==", "00"), NULL, "length"},
    {FIXED("12"), OID, "0123456789abcdef01234567",
     BINARY("ASNFZ4mrze8BI0Vn", "00")},
    {FIXED("0"), BINARY("", "00"), "", NULL},
    {LOGICAL("string", "uuid"), BINARY(UUID_BASE64, "04"),
     "4830303131323233332d343435352d363637372d383839392d6161626263636464656566"
     "66",
     NULL},
    {LOGICAL("string", "uuid"), BINARY(UUID_BASE64, "00"), NULL, "UUID"},
    {LOGICAL("string", "uuid"), "\"nonsense\"", NULL, "UUID"},
    {FIXED_AS("16", "\"logicalType\":\"uuid\""), "\"" UUID_TEXT "\"",
     "00112233445566778899aabbccddeeff", BINARY(UUID_BASE64, "04")},
    {PRICE, DECIMAL("1.50"), "040096", NULL},
    {PRICE, DECIMAL("1.5"), "040096", DECIMAL("1.50")},
    {PRICE, DECIMAL("-0.01"), "02ff", NULL},
    {PRICE, DECIMAL("99.99"), "04270f", NULL},
    {PRICE, DECIMAL("100.00"), NULL, "range"},
    {PRICE, DECIMAL("0.001"), NULL, "rounded"},
    {PRICE, DECIMAL("1E+6000"), NULL, "range"},
    {PRICE, DECIMAL("1E-6000"), NULL, "rounded"},
    {PRICE, DECIMAL("NaN"), NULL, "range"},
    {PRICE, "7", "0402bc", DECIMAL("7.00")},
    {PRICE, LONG("-99"), "04d954", DECIMAL("-99.00")},
    {PRICE, "0.25", "0219", DECIMAL("0.25")},
    {PRICE, "0.1", NULL, "rounded"},
    {PRICE, "\"12.3\"", "0404ce", DECIMAL("12.30")},
    {PRICE, "\"12,3\"", NULL, "no decimal number"},
    {WIDE, DECIMAL("9999999999999999999999999999999999"),
     "1e01ed09bead87c0378d8e63ffffffff", NULL},
    {WIDE, DECIMAL("-9999999999999999999999999999999999"),
     "1efe12f64152783fc872719c00000001", NULL},
    {FIXED_AS("2", "\"logicalType\":\"decimal\",\"precision\":4,\"scale\":2"),
     DECIMAL("-0.01"), "ffff", NULL},
    {FIXED_AS("2", "\"logicalType\":\"decimal\",\"precision\":4,\"scale\":2"),
     DECIMAL("99.99"), "270f", NULL},
    {LOGICAL("int", "date"), DATE("86400000"), "02", NULL},
    {LOGICAL("int", "date"), DATE("-86400000"), "01", NULL},
    {LOGICAL("int", "date"), DATE("86400001"), NULL, "rounded"},
    {LOGICAL("int", "date"), DATE("185542587100800000"), "feffffff0f", NULL},
    {LOGICAL("int", "date"), DATE("185542587187200000"), NULL, "range"},
    {LOGICAL("int", "date"), "\"1970-01-02\"", "02", DATE("86400000")},
    {LOGICAL("int", "date"), "\"1970-02-30\"", NULL, "no such time"},
    {LOGICAL("int", "date"), "3", "06", DATE("259200000")},
    {LOGICAL("int", "time-millis"), DATE("86399999"), "feefb252", NULL},
    {LOGICAL("int", "time-millis"), DATE("86400000"), NULL, "range"},
    {LOGICAL("int", "time-millis"), DATE("-1"), NULL, "range"},
    {LOGICAL("int", "time-millis"), "\"00:00:00.007\"", "0e", DATE("7")},
    {LOGICAL("int", "time-millis"), "\"00:00:00.0001\"", NULL, "rounded"},
    {LOGICAL("long", "time-micros"), "\"00:00:00.000001\"", "02", LONG("1")},
    {LOGICAL("long", "time-micros"), LONG("86400000000"), NULL, "range"},
    {LOGICAL("long", "time-micros"), LONG("86399999000"), "b0f0badd8305",
     DATE("86399999")},
    {LOGICAL("long", "timestamp-millis"), DATE("-1"), "01", NULL},
    {LOGICAL("long", "timestamp-millis"), DATE("9223372036854775807"),
     "feffffffffffffffff01", NULL},
    {LOGICAL("long", "timestamp-millis"), DATE("-9223372036854775808"),
     "ffffffffffffffffff01", NULL},
    {LOGICAL("long", "timestamp-millis"), LONG("5"), "0a", DATE("5")},
    {LOGICAL("long", "timestamp-millis"), "{\"$timestamp\":{\"t\":1,\"i\":0}}",
     "d00f", DATE("1000")},
    {LOGICAL("long", "timestamp-millis"), "{\"$timestamp\":{\"t\":1,\"i\":2}}",
     NULL, "increment"},
    {LOGICAL("long", "timestamp-millis"), "\"1970-01-01T00:00:01.5Z\"", "b817",
     DATE("1500")},
    {LOGICAL("long", "timestamp-millis"), "\"1970-01-01T01:00:00+01:00\"", "00",
     DATE("0")},
    {LOGICAL("long", "timestamp-micros"), DATE("9223372036854775"),
     "b0f3ffffffffffffff01", NULL},
    {LOGICAL("long", "timestamp-micros"), DATE("9223372036854776"), NULL,
     "range"},
    {LOGICAL("long", "timestamp-micros"), "\"1970-01-01T00:00:00.000001Z\"",
     "02", LONG("1")},
    {LOGICAL("long", "timestamp-micros"), "\"1969-12-31T23:59:59.999999Z\"",
     "01", LONG("-1")},
    {LOGICAL("long", "timestamp-nanos"), "\"1970-01-01T00:00:00.000000001Z\"",
     "02", LONG("1")},
    {LOGICAL("long", "timestamp-nanos"), "\"1970-01-01T00:00:00.0000000001Z\"",
     NULL, "no such time"},
    {LOGICAL("long", "timestamp-nanos"), DATE("1"), "80897a", NULL},
    {LOGICAL("long", "timestamp-nanos"), DATE("9223372036855"), NULL, "range"},
    {LOGICAL("long", "local-timestamp-millis"), DATE("1"), "02", NULL},
    {LOGICAL("long", "local-timestamp-micros"), DATE("1"), "d00f", NULL},
    {LOGICAL("long", "local-timestamp-nanos"), DATE("1"), "80897a", NULL},
    {FIXED_AS("12", "\"logicalType\":\"duration\""),
     BINARY("AAECAwQFBgcICQoL", "00"), "000102030405060708090a0b", NULL},
    {COLOUR, "\"BLUE\"", "02", NULL},
    {COLOUR, "\"GREEN\"", NULL, "none of the symbols"},
    {ARRAY("\"int\""), "[]", "00", NULL},
    {ARRAY("\"int\""), "[1,2,3]", "0602040600", NULL},
    {ARRAY("\"int\""), "[1,\"x\"]", NULL, "field 'f.1': string to int"},
    {ARRAY("\"int\""), "{}", NULL, "document to array"},
    {ARRAY("\"null\""), "[null,null]", "0400", NULL},
    {MAP("\"int\""), "{}", "00", NULL},
    {MAP("\"int\""), "{\"k\":1,\"\":2}", "04026b02000400", NULL},
    {MAP("\"int\""), "{\"k\":{}}", NULL, "field 'f.k': document to int"},
    {RECORD("I", "x"), "{\"x\":1}", "02", NULL},
    {RECORD("I", "x"), "{\"y\":0,\"x\":1}", "02", "{\"x\":1}"},
    {RECORD("I", "x"), "{}", NULL, "field 'f.x'"},
    {RECORD("I", "x"), "[1]", NULL, "array to record I"},
    {"[\"null\",\"int\"]", "null", "00", NULL},
    {"[\"null\",\"int\"]", "1", "0202", NULL},
    {"[\"int\",\"null\"]", "null", "02", NULL},
    {"[\"null\",\"int\"]", "\"x\"", NULL, "no branch"},
    {"[\"null\",\"int\"]", LONG("2147483648"), NULL, "range"},
    {"[\"long\",\"int\"]", "1", "0202", NULL},
    {"[\"long\",\"int\"]", LONG("1"), "0002", NULL},
    {"[\"int\",\"double\"]", "1.0", "02000000000000f03f", NULL},
    {"[\"int\",\"string\"]", "1.0", "0002", "1"},
    {"[\"double\",\"float\"]", "0.5", "020000003f", NULL},
    {"[\"double\",\"float\"]", "0.1", "009a9999999999b93f", NULL},
    {"[\"string\"," COLOUR "]", "\"BLUE\"", "0008424c5545", NULL},
    {"[" COLOUR ",\"string\"]", "\"BLUE\"", "0002", NULL},
    {"[" COLOUR ",\"string\"]", "\"X\"", "020258", NULL},
    {"[" LOGICAL("long", "timestamp-millis") ",\"string\"]",
     "\"1970-01-01T00:00:00Z\"", "0228313937302d30312d30315430303a30303a30305a",
     NULL},
    {"[" RECORD("A", "a") "," RECORD("B", "b") "]", "{\"b\":1}", "0202", NULL},
    {"[" RECORD("A", "a") "," RECORD("B", "b") "]", "{\"b\":1,\"c\":2}", "0202",
     "{\"b\":1}"},
    {"[" RECORD("A", "a") "," MAP("\"int\"") "]", "{\"a\":1,\"c\":2}",
     "020402610202630400", NULL},
    {"[" RECORD("A", "a") "," RECORD("B", "b") "]", "{\"c\":1}", NULL,
     "no branch"},
    {"\"int\"", "{\"$minKey\":1}", NULL, "MinKey to int"},
    {"[\"null\",\"int\"]", "{\"$minKey\":1}", NULL, "MinKey to union"},
    {"\"string\"",
     "{\"$regularExpression\":{\"pattern\":\"a\",\"options\":"
     "\"\"}}",
     NULL, "regular expression to string"},
};

static struct mst_avro_plan *
plan_of(const char *type, const char *more,
        const struct mst_avro_plan_options *options)
{
    struct mst_buf text;
    struct mst_error err;
    struct mst_avro_plan *plan = NULL;
    mst_buf_init(&text, VALUES_MAX);
    assert_int_equal(
        mst_buf_printf(&text,
                       "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{"
                       "\"name\":\"f\",\"type\":%s}%s]}",
                       type, more),
        MST_OK);
    if (mst_avro_plan_create(mst_buf_slice(&text), options, &plan, &err)
        != MST_OK) {
        fail_msg("%s: %s", type, err.text);
    }
    mst_buf_clear(&text);
    return plan;
}

static void
bson_of(const char *value, struct mst_buf *out)
{
    struct mst_buf text;
    struct mst_error err;
    mst_buf_init(&text, VALUES_MAX);
    mst_buf_init(out, VALUES_MAX);
    assert_int_equal(mst_buf_printf(&text, "{\"f\":%s}", value), MST_OK);
    if (mst_json_to_bson(mst_buf_slice(&text), NULL, out, &err) != MST_OK) {
        fail_msg("%s: %s", value, err.text);
    }
    mst_buf_clear(&text);
}

static const char *
hex_of(struct mst_slice bytes, struct mst_buf *out)
{
    mst_buf_reset(out);
    assert_int_equal(mst_buf_reserve(out, bytes.len * 2 + 1), MST_OK);
    (void)mst_print_hex(out->data, bytes.data, bytes.len);
    out->len = bytes.len * 2;
    return mst_buf_text(out);
}

/* Number of what went wrong with one case. */
static int
try_case(size_t i)
{
    struct mst_avro_plan *plan = plan_of(cases[i].type, "", NULL);
    struct mst_encoding_options options = {.schema = NULL};
    struct mst_buf bson;
    struct mst_buf avro;
    struct mst_buf text;
    struct mst_buf back;
    struct mst_buf wanted;
    struct mst_error err;
    int wrong = 0;
    mst_error_clear(&err);
    bson_of(cases[i].value, &bson);
    mst_buf_init(&avro, VALUES_MAX);
    mst_buf_init(&text, VALUES_MAX);
    mst_buf_init(&back, VALUES_MAX);
    enum mst_status status = mst_avro_plan_encode(
        plan, MST_ENCODING_BSON, &options, mst_buf_slice(&bson), &avro, &err);
    if (cases[i].datum == NULL) {
        wrong = status != MST_REJECTED || avro.len != 0
                || strstr(err.text, cases[i].back) == NULL
                || strstr(err.text, "field 'f") == NULL;
        bson_of("0", &wanted);
    } else if (status != MST_OK
               || strcmp(hex_of(mst_buf_slice(&avro), &text), cases[i].datum)
                      != 0) {
        wrong = 1;
        bson_of("0", &wanted);
    } else {
        bson_of(cases[i].back == NULL ? cases[i].value : cases[i].back,
                &wanted);
        status = mst_avro_plan_decode(
            plan, NULL,
            &(struct mst_transcoder){.to = MST_ENCODING_BSON,
                                     .options = options},
            mst_buf_slice(&avro), &back, &err);
        wrong =
            status != MST_OK
            || !mst_slice_equal(mst_buf_slice(&back), mst_buf_slice(&wanted));
    }
    if (wrong != 0) {
        print_error("%s, %s: datum %s, %s\n", cases[i].type, cases[i].value,
                    hex_of(mst_buf_slice(&avro), &text), err.text);
    }
    mst_buf_clear(&bson);
    mst_buf_clear(&avro);
    mst_buf_clear(&text);
    mst_buf_clear(&back);
    mst_buf_clear(&wanted);
    mst_avro_plan_destroy(plan);
    return wrong;
}

static void
values_become_their_type_exactly_or_are_refused(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        wrong += try_case(i);
    }
    assert_int_equal(wrong, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_their_type_exactly_or_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
