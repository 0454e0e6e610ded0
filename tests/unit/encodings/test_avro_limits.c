/* SPDX-License-Identifier: MIT */
/* Logical types at their limits, and beyond: from BSON and JSON and back to
 * both. The data are written by hand from the specification of Avro 1.11. */
#include "unit/cmocka_all.h"

#include "encodings/bson_json.h"
#include "encodings/digits_read.h"
#include "encodings/json_bson.h"
#include "encodings/schema_plan.h"
#include "encodings/transcode.h"

enum { LIMITS_MAX = 1 << 20 };

#define INT(n)  "{\"$numberInt\":\"" n "\"}"
#define LONG(n) "{\"$numberLong\":\"" n "\"}"
#define DEC(n)  "{\"$numberDecimal\":\"" n "\"}"
#define DATE(n) "{\"$date\":{\"$numberLong\":\"" n "\"}}"
#define STAMP   "{\"$timestamp\":{\"t\":4294967295,\"i\":0}}"
#define BIN(base64, type)                                                      \
    "{\"$binary\":{\"base64\":\"" base64 "\",\"subType\":\"" type "\"}}"
#define OID "{\"$oid\":\"0123456789abcdef01234567\"}"

/* "logicalType" and what stands beside it. */
#define AS(name, type) "{\"logicalType\":\"" name "\",\"type\":\"" type "\"}"
#define NUMERIC(p, s)  "\"precision\":" p ",\"scale\":" s
#define BYTES_DEC(more)                                                        \
    "{\"type\":\"bytes\",\"logicalType\":\"decimal\"," more "}"
#define FIXED(size, name)                                                      \
    "{\"type\":\"fixed\",\"name\":\"F\",\"size\":" size                        \
    ",\"logicalType\":\"" name "\"}"
#define FIXED_DEC(size, p)                                                     \
    "{\"type\":\"fixed\",\"name\":\"F\",\"size\":" size                        \
    ",\"logicalType\":\"decimal\",\"precision\":" p "}"

#define DEC1      BYTES_DEC(NUMERIC("1", "0"))
#define DEC34     BYTES_DEC(NUMERIC("34", "0"))
#define DEC34_34  BYTES_DEC(NUMERIC("34", "34"))
#define DEC38     BYTES_DEC(NUMERIC("38", "0"))
#define DEC_TINY  BYTES_DEC(NUMERIC("6176", "6176"))
#define DEC_TINY1 BYTES_DEC(NUMERIC("6177", "6177"))
#define DAY       AS("date", "int")
#define TIME_MS   AS("time-millis", "int")
#define TIME_US   AS("time-micros", "long")
#define AT_MS     AS("timestamp-millis", "long")
#define AT_US     AS("timestamp-micros", "long")
#define AT_NS     AS("timestamp-nanos", "long")
#define LOCAL_MS  AS("local-timestamp-millis", "long")
#define LOCAL_US  AS("local-timestamp-micros", "long")
#define LOCAL_NS  AS("local-timestamp-nanos", "long")
#define UUID      AS("uuid", "string")
#define UUID16    FIXED("16", "uuid")
#define DURATION  FIXED("12", "duration")

#define NINES     "9999999999999999999999999999999999"
#define INT64_TOP "9223372036854775807"
#define INT64_LOW "-9223372036854775808"
#define TOP       "feffffffffffffffff01"
#define LOW       "ffffffffffffffffff01"
#define UUID_TEXT "00112233-4455-6677-8899-aabbccddeeff"
#define UUID_BIN  BIN("ABEiM0RVZneImaq7zN3u/w==", "04")
#define UUID_HEX  "00112233445566778899aabbccddeeff"
#define UUID_STRING                                                            \
    "4830303131323233332d343435352d363637372d383839392d6161626263636464656566" \
    "66"

/* The value of a field, in Extended JSON; its datum in hex, or NULL where it
 * is refused; and what comes back, in canonical Extended JSON (NULL: the
 * same), or a part of the reason. */
static const struct {
    const char *type;
    const char *value;
    const char *datum;
    const char *back;
} encoded[] = {
    /* decimal: as many digits as it says, no more. */
    {DEC1, DEC("9"), "0209", NULL},
    {DEC1, DEC("-9"), "02f7", NULL},
    {DEC1, DEC("0"), "0200", NULL},
    {DEC1, DEC("10"), NULL, "range"},
    {DEC1, DEC("-10"), NULL, "range"},
    {DEC1, DEC("0.9"), NULL, "rounded"},
    {DEC1, DEC("0E+6111"), "0200", DEC("0")},
    {DEC34, DEC(NINES), "1e01ed09bead87c0378d8e63ffffffff", NULL},
    {DEC34, DEC("-" NINES), "1efe12f64152783fc872719c00000001", NULL},
    {DEC34, DEC("1E+34"), NULL, "range"},
    {DEC34, DEC("-1E+34"), NULL, "range"},
    {DEC34, DEC("1E+33"), "1c314dc6448d9338c15b0a00000000",
     DEC("1000000000000000000000000000000000")},
    {DEC34, DEC("9.999999999999999999999999999999999E+6144"), NULL, "range"},
    {DEC34, DEC("1E-6176"), NULL, "rounded"},
    {DEC34, DEC("NaN"), NULL, "range"},
    {DEC34, DEC("Infinity"), NULL, "range"},
    {DEC34, DEC("-Infinity"), NULL, "range"},
    {DEC34_34, DEC("0." NINES), "1e01ed09bead87c0378d8e63ffffffff", NULL},
    {DEC34_34, DEC("-0." NINES), "1efe12f64152783fc872719c00000001", NULL},
    {DEC34_34, DEC("1E-34"), "0201", NULL},
    {DEC34_34, DEC("1E-35"), NULL, "rounded"},
    {DEC34_34, DEC("1"), NULL, "range"},
    {DEC34_34, "1", NULL, "range"},
    {DEC34_34, "0.5", "1e00f684df56c3e01bc6c73200000000",
     DEC("0.5000000000000000000000000000000000")},
    {DEC34, "\"" NINES "\"", "1e01ed09bead87c0378d8e63ffffffff", DEC(NINES)},
    {DEC34, "\"1" NINES "\"", NULL, "no decimal number"},
    {DEC34, "\"\"", NULL, "no decimal number"},
    {DEC34, "\" 1\"", NULL, "no decimal number"},
    {DEC34, "\"0x10\"", NULL, "no decimal number"},
    {DEC34, "\"1e2\"", "0264", DEC("100")},
    {DEC34, "\"NaN\"", NULL, "range"},
    {DEC34, "true", NULL, "bool to decimal"},
    /* More than 34 digits of which the last ones are zeros. */
    {DEC38, DEC("1E+34"), "1e01ed09bead87c0378d8e6400000000",
     DEC("1.000000000000000000000000000000000E+34")},
    {DEC38, DEC("1E+37"), "200785ee10d5da46d900f436a000000000",
     DEC("1.000000000000000000000000000000000E+37")},
    {DEC38, DEC("1E+38"), NULL, "range"},
    {DEC_TINY, DEC("1E-6176"), "0201", NULL},
    {DEC_TINY1, DEC("1E-6176"), "020a", NULL},
    /* decimal: the fewest bytes that keep the sign. */
    {DEC34, "127", "027f", DEC("127")},
    {DEC34, "128", "040080", DEC("128")},
    {DEC34, "255", "0400ff", DEC("255")},
    {DEC34, "256", "040100", DEC("256")},
    {DEC34, "-1", "02ff", DEC("-1")},
    {DEC34, "-128", "0280", DEC("-128")},
    {DEC34, "-129", "04ff7f", DEC("-129")},
    {DEC34, "-256", "04ff00", DEC("-256")},
    {DEC34, "32767", "047fff", DEC("32767")},
    {DEC34, "32768", "06008000", DEC("32768")},
    {DEC34, "-32768", "048000", DEC("-32768")},
    {DEC34, "-32769", "06ff7fff", DEC("-32769")},
    {DEC34, "8388607", "067fffff", DEC("8388607")},
    {DEC34, "8388608", "0800800000", DEC("8388608")},
    {DEC34, "-8388608", "06800000", DEC("-8388608")},
    {DEC34, "2147483647", "087fffffff", DEC("2147483647")},
    {DEC34, "-2147483648", "0880000000", DEC("-2147483648")},
    {DEC34, LONG("2147483648"), "0a0080000000", DEC("2147483648")},
    {DEC34, LONG(INT64_TOP), "107fffffffffffffff", DEC(INT64_TOP)},
    {DEC34, LONG(INT64_LOW), "108000000000000000", DEC(INT64_LOW)},
    {DEC34, DEC("9223372036854775808"), "12008000000000000000", NULL},
    {DEC34, DEC("-9223372036854775809"), "12ff7fffffffffffffff", NULL},
    {DEC34, DEC("18446744073709551615"), "1200ffffffffffffffff", NULL},
    {DEC34, DEC("18446744073709551616"), "12010000000000000000", NULL},
    {DEC34, DEC("2596148429267413814265248164610047"),
     "1c7fffffffffffffffffffffffffff", NULL},
    {DEC34, DEC("2596148429267413814265248164610048"),
     "1e008000000000000000000000000000", NULL},
    {DEC34, DEC("-2596148429267413814265248164610048"),
     "1c8000000000000000000000000000", NULL},
    {DEC34, DEC("-2596148429267413814265248164610049"),
     "1eff7fffffffffffffffffffffffffff", NULL},
    /* A fixed decimal has all of its bytes, the sign in front. */
    {FIXED_DEC("1", "2"), "99", "63", DEC("99")},
    {FIXED_DEC("1", "2"), "-99", "9d", DEC("-99")},
    {FIXED_DEC("1", "2"), "100", NULL, "range"},
    {FIXED_DEC("1", "2"), "-128", NULL, "range"},
    {FIXED_DEC("2", "4"), "-1", "ffff", DEC("-1")},
    {FIXED_DEC("4", "9"), "999999999", "3b9ac9ff", DEC("999999999")},
    {FIXED_DEC("4", "9"), "-999999999", "c4653601", DEC("-999999999")},
    {FIXED_DEC("8", "18"), LONG("999999999999999999"), "0de0b6b3a763ffff",
     DEC("999999999999999999")},
    {FIXED_DEC("8", "18"), LONG("-999999999999999999"), "f21f494c589c0001",
     DEC("-999999999999999999")},
    {FIXED_DEC("15", "34"), DEC(NINES), "01ed09bead87c0378d8e63ffffffff", NULL},
    {FIXED_DEC("15", "34"), DEC("-" NINES), "fe12f64152783fc872719c00000001",
     NULL},
    {FIXED_DEC("16", "38"), DEC(NINES), "0001ed09bead87c0378d8e63ffffffff",
     NULL},
    {FIXED_DEC("20", "34"), DEC("-" NINES),
     "fffffffffffe12f64152783fc872719c00000001", NULL},
    {FIXED_DEC("20", "34"), "1", "0000000000000000000000000000000000000001",
     DEC("1")},
    /* date: all of int, whole days only. */
    {DAY, DATE("0"), "00", NULL},
    {DAY, DATE("185542587100800000"), "feffffff0f", NULL},
    {DAY, DATE("-185542587187200000"), "ffffffff0f", NULL},
    {DAY, DATE("185542587187200000"), NULL, "range"},
    {DAY, DATE("-185542587273600000"), NULL, "range"},
    {DAY, DATE("-1"), NULL, "rounded"},
    {DAY, "2147483647", "feffffff0f", DATE("185542587100800000")},
    {DAY, "-2147483648", "ffffffff0f", DATE("-185542587187200000")},
    {DAY, LONG("2147483648"), NULL, "range"},
    {DAY, LONG("-2147483649"), NULL, "range"},
    {DAY, "0.5", NULL, "whole"},
    {DAY, "\"0000-01-01\"", "cfea57", DATE("-62167219200000")},
    {DAY, "\"9999-12-31\"", "c082e602", DATE("253402214400000")},
    {DAY, "\"2000-02-29\"", "90ac01", DATE("951782400000")},
    {DAY, "\"1900-02-29\"", NULL, "no such time"},
    {DAY, "\"2001-00-01\"", NULL, "no such time"},
    {DAY, "\"2001-13-01\"", NULL, "no such time"},
    {DAY, "\"10000-01-01\"", NULL, "no such time"},
    {DAY, "\"\"", NULL, "no such time"},
    {DAY, "\"1970-01-02T00:00:00Z\"", "02", DATE("86400000")},
    {DAY, "\"1970-01-02T00:00:01Z\"", NULL, "rounded"},
    /* Times of day: from midnight to the last unit of the day. */
    {TIME_MS, "0", "00", DATE("0")},
    {TIME_MS, "86399999", "feefb252", DATE("86399999")},
    {TIME_MS, "86400000", NULL, "range"},
    {TIME_MS, "-1", NULL, "range"},
    {TIME_MS, LONG("4294967296"), NULL, "range"},
    {TIME_MS, "\"00:00:00\"", "00", DATE("0")},
    {TIME_MS, "\"23:59:59.999\"", "feefb252", DATE("86399999")},
    {TIME_MS, "\"24:00:00\"", NULL, "no such time"},
    {TIME_MS, "\"23:60:00\"", NULL, "no such time"},
    {TIME_MS, "\"23:59:60\"", NULL, "no such time"},
    {TIME_MS, "\"23:59:59.\"", NULL, "no such time"},
    {TIME_MS, "\"23:59:59.9999\"", NULL, "rounded"},
    {TIME_MS, "\"23:59:59.999000000\"", "feefb252", DATE("86399999")},
    {TIME_US, LONG("0"), "00", DATE("0")},
    {TIME_US, LONG("86399999999"), "feffbadd8305", NULL},
    {TIME_US, LONG("86400000000"), NULL, "range"},
    {TIME_US, LONG("-1"), NULL, "range"},
    {TIME_US, "\"23:59:59.999999\"", "feffbadd8305", LONG("86399999999")},
    {TIME_US, "\"23:59:59.9999999\"", NULL, "rounded"},
    {TIME_US, DATE("86399999"), "b0f0badd8305", NULL},
    {TIME_US, DATE("86400000"), NULL, "range"},
    /* Points in time: all of long. */
    {AT_MS, DATE(INT64_TOP), TOP, NULL},
    {AT_MS, DATE(INT64_LOW), LOW, NULL},
    {AT_MS, LONG(INT64_TOP), TOP, DATE(INT64_TOP)},
    {AT_MS, LONG(INT64_LOW), LOW, DATE(INT64_LOW)},
    {AT_MS, "9223372036854775808.0", NULL, "range"},
    {AT_MS, DEC("9223372036854775808"), NULL, "range"},
    {AT_MS, STAMP, "b0f0fffffff901", DATE("4294967295000")},
    {AT_MS, "\"0000-01-01T00:00:00Z\"", "ffffa2f0cda21c",
     DATE("-62167219200000")},
    {AT_MS, "\"9999-12-31T23:59:59.999Z\"", "feeffea1fa9d73",
     DATE("253402300799999")},
    {AT_MS, "\"0000-01-01T00:00:00.001+24:00\"", NULL, "no such time"},
    {AT_MS, "\"1969-12-31T23:59:59.999Z\"", "01", DATE("-1")},
    {AT_MS, "\"1970-01-01T00:00:00.0005Z\"", NULL, "rounded"},
    {AT_MS, "\"1970-01-01T00:00:00\"", NULL, "no such time"},
    {AT_MS, "\"1970-01-01\"", NULL, "no such time"},
    {AT_US, DATE("9223372036854775"), "b0f3ffffffffffffff01", NULL},
    {AT_US, DATE("-9223372036854775"), "aff3ffffffffffffff01", NULL},
    {AT_US, DATE("9223372036854776"), NULL, "range"},
    {AT_US, DATE("-9223372036854776"), NULL, "range"},
    {AT_US, LONG(INT64_TOP), TOP, NULL},
    {AT_US, LONG(INT64_LOW), LOW, NULL},
    {AT_US, LONG("999"), "ce0f", NULL},
    {AT_US, LONG("1000"), "d00f", DATE("1")},
    {AT_US, LONG("-1000"), "cf0f", DATE("-1")},
    {AT_US, STAMP, "80f785ffff8fa10f", DATE("4294967295000")},
    {AT_US, "\"9999-12-31T23:59:59.999999Z\"", "feff9ac79983a28407",
     LONG("253402300799999999")},
    {AT_US, "\"1970-01-01T00:00:00.0000001Z\"", NULL, "rounded"},
    {AT_NS, DATE("9223372036854"), "80a6a1ffffffffffff01", NULL},
    {AT_NS, DATE("-9223372036854"), "ffa5a1ffffffffffff01", NULL},
    {AT_NS, DATE("9223372036855"), NULL, "range"},
    {AT_NS, DATE("-9223372036855"), NULL, "range"},
    {AT_NS, LONG(INT64_TOP), TOP, NULL},
    {AT_NS, LONG(INT64_LOW), LOW, NULL},
    {AT_NS, LONG("999999"), "fe887a", NULL},
    {AT_NS, STAMP, "80d8a9c6f8ffe49a77", DATE("4294967295000")},
    {AT_NS, "\"2262-04-11T23:47:16.854775807Z\"", TOP, LONG(INT64_TOP)},
    {AT_NS, "\"2262-04-11T23:47:16.854775808Z\"", NULL, "range"},
    {AT_NS, "\"1677-09-21T00:12:43.145224192Z\"", LOW, LONG(INT64_LOW)},
    {AT_NS, "\"1677-09-21T00:12:43.145224191Z\"", NULL, "range"},
    {LOCAL_MS, DATE(INT64_TOP), TOP, NULL},
    {LOCAL_MS, DATE(INT64_LOW), LOW, NULL},
    {LOCAL_US, DATE("9223372036854775"), "b0f3ffffffffffffff01", NULL},
    {LOCAL_US, DATE("9223372036854776"), NULL, "range"},
    {LOCAL_US, LONG(INT64_LOW), LOW, NULL},
    {LOCAL_NS, DATE("9223372036855"), NULL, "range"},
    {LOCAL_NS, LONG(INT64_TOP), TOP, NULL},
    /* uuid: 36 characters of RFC 4122, no other form. */
    {UUID, "\"" UUID_TEXT "\"", UUID_STRING, UUID_BIN},
    {UUID, "\"00112233-4455-6677-8899-AABBCCDDEEFF\"", UUID_STRING, UUID_BIN},
    {UUID, UUID_BIN, UUID_STRING, NULL},
    {UUID, "\"" UUID_HEX "\"", NULL, "UUID"},
    {UUID, "\"{" UUID_TEXT "}\"", NULL, "UUID"},
    {UUID, "\"urn:uuid:" UUID_TEXT "\"", NULL, "UUID"},
    {UUID, "\"" UUID_TEXT " \"", NULL, "UUID"},
    {UUID, "\"0011223-34455-6677-8899-aabbccddeeff\"", NULL, "UUID"},
    {UUID, "\"00112233-4455-6677-8899-aabbccddeefg\"", NULL, "UUID"},
    {UUID, "\"00112233-4455-6677-8899-aabbccddeef\"", NULL, "UUID"},
    {UUID, "\"\"", NULL, "UUID"},
    {UUID, BIN("ABEiM0RVZneImaq7zN3u/w==", "03"), NULL, "UUID"},
    {UUID, BIN("ABEiM0RVZneImaq7zN3u", "04"), NULL, "UUID"},
    {UUID, OID, NULL, "ObjectId to uuid"},
    {UUID16, UUID_BIN, UUID_HEX, NULL},
    {UUID16, "\"" UUID_TEXT "\"", UUID_HEX, UUID_BIN},
    {UUID16, BIN("ABEiM0RVZneImaq7zN3u/w==", "00"), NULL, "UUID"},
    /* duration: twelve bytes of months, days, milliseconds. */
    {DURATION, BIN("////////////////", "00"), "ffffffffffffffffffffffff", NULL},
    {DURATION, BIN("AAAAAAAAAAAAAAAA", "00"), "000000000000000000000000", NULL},
    {DURATION, BIN("AAAAAAAAAAAAAAA=", "00"), NULL, "length"},
    {DURATION, BIN("AAAAAAAAAAAAAAAAAA==", "00"), NULL, "length"},
    {DURATION, OID, NULL, "ObjectId to duration"},
    {DURATION, "0", NULL, "int32 to duration"},
    {"[" DURATION ",\"string\"]", OID,
     "0230303132333435363738396162636465663031323334353637",
     "\"0123456789abcdef01234567\""},
    /* What the specification wants ignored: the type below counts. */
    {AS("date", "string"), "\"x\"", "0278", NULL},
    {AS("date", "long"), LONG("1"), "02", NULL},
    {AS("time-millis", "long"), LONG("86400000"), "80f0b252", NULL},
    {AS("time-micros", "int"), INT("-1"), "01", NULL},
    {AS("timestamp-millis", "int"), INT("1"), "02", NULL},
    {AS("timestamp-millis", "int"), DATE("1"), NULL, "date to int"},
    {AS("timestamp-micros", "double"), "0.5", "000000000000e03f",
     "{\"$numberDouble\":\"0.5\"}"},
    {AS("local-timestamp-millis", "string"), "\"\"", "00", NULL},
    {AS("uuid", "bytes"), BIN("AA==", "00"), "0200", NULL},
    {AS("duration", "bytes"), BIN("AA==", "00"), "0200", NULL},
    {AS("decimal", "string"), "\"1\"", "0231", NULL},
    {AS("decimal", "bytes"), BIN("AA==", "00"), "0200", NULL},
    {AS("Date", "int"), INT("1"), "02", NULL},
    {AS("no-such-type", "int"), INT("1"), "02", NULL},
    {"{\"type\":\"int\",\"logicalType\":1}", INT("1"), "02", NULL},
    {"{\"type\":\"int\",\"logicalType\":null}", INT("1"), "02", NULL},
    {FIXED("15", "uuid"), BIN("ABEiM0RVZneImaq7zN3u", "00"),
     "00112233445566778899aabbccddee", NULL},
    {FIXED("11", "duration"), BIN("AAAAAAAAAAAAAAA=", "00"),
     "0000000000000000000000", NULL},
    {FIXED("12", "uuid"), OID, "0123456789abcdef01234567",
     BIN("ASNFZ4mrze8BI0Vn", "00")},
    {BYTES_DEC(NUMERIC("0", "0")), BIN("AA==", "00"), "0200", NULL},
    {BYTES_DEC(NUMERIC("-1", "0")), BIN("AA==", "00"), "0200", NULL},
    {BYTES_DEC(NUMERIC("2", "3")), BIN("AA==", "00"), "0200", NULL},
    {BYTES_DEC(NUMERIC("2", "-1")), BIN("AA==", "00"), "0200", NULL},
    {BYTES_DEC(NUMERIC("\"2\"", "0")), BIN("AA==", "00"), "0200", NULL},
    {BYTES_DEC(NUMERIC("2", "\"0\"")), BIN("AA==", "00"), "0200", NULL},
    {BYTES_DEC(NUMERIC("2.5", "0")), BIN("AA==", "00"), "0200", NULL},
    {BYTES_DEC("\"scale\":0"), BIN("AA==", "00"), "0200", NULL},
    {BYTES_DEC("\"precision\":2"), "5", "0205", DEC("5")},
    {FIXED_DEC("1", "3"), BIN("AA==", "00"), "00", NULL},
    {FIXED_DEC("1", "3"), "5", NULL, "int32 to fixed"},
    {FIXED_DEC("2", "5"), BIN("AAA=", "00"), "0000", NULL},
    {FIXED_DEC("4", "10"), BIN("AAAAAA==", "00"), "00000000", NULL},
    {FIXED_DEC("14", "34"), "5", NULL, "int32 to fixed"},
    {FIXED_DEC("0", "1"), BIN("", "00"), "", NULL},
    {"{\"type\":{\"type\":\"int\",\"logicalType\":\"date\"}}", DATE("0"), "00",
     NULL},
};

/* Data as somebody else may write them, and what they are in canonical
 * Extended JSON; or a part of why they are refused. */
static const struct {
    const char *type;
    const char *datum;
    const char *value;
    bool refused;
} decoded[] = {
    {DEC34, "040005", DEC("5"), false},
    {DEC34, "08ffffffff", DEC("-1"), false},
    {DEC34, "220000000000000000000000000000000005", DEC("5"), false},
    {DEC34, "22ffffffffffffffffffffffffffffffff80", DEC("-128"), false},
    {DEC34, "22ff00000000000000000000000000000005", "range", true},
    {DEC34, "2200ff000000000000000000000000000005", "range", true},
    {DEC34, "00", "malformed", true},
    {DEC34, "1e01ed09bead87c0378d8e6400000000", "range", true},
    {DEC34, "1efe12f64152783fc872719c00000000", "range", true},
    {DEC34, "207fffffffffffffffffffffffffffffff", "range", true},
    {DEC34, "2080000000000000000000000000000000", "range", true},
    {DEC1, "020a", "range", true},
    {DEC1, "02f6", "range", true},
    /* No Decimal128 has so many digits. */
    {DEC38, "204b3b4ca85a86c47a098a223fffffffff", "range", true},
    {DEC_TINY1, "0201", "range", true},
    {FIXED_DEC("1", "2"), "64", "range", true},
    {FIXED_DEC("1", "2"), "9c", "range", true},
    {FIXED_DEC("1", "2"), "", "malformed", true},
    {FIXED_DEC("20", "34"), "0000000000000000000000000000000000000001",
     DEC("1"), false},
    {DAY, "8080808010", "range", true},
    {DAY, "8180808010", "range", true},
    {DAY, "ffffffff0f", DATE("-185542587187200000"), false},
    {TIME_MS, "80f0b252", "range", true},
    {TIME_MS, "01", "range", true},
    {TIME_US, "8080bbdd8305", "range", true},
    {TIME_US, "01", "range", true},
    {TIME_US, "feffbadd8305", LONG("86399999999"), false},
    {AT_MS, TOP, DATE(INT64_TOP), false},
    {AT_MS, "feffffffffffffffff03", "malformed", true},
    {AT_US, TOP, LONG(INT64_TOP), false},
    {AT_US, "b0f3ffffffffffffff01", DATE("9223372036854775"), false},
    {AT_NS, LOW, LONG(INT64_LOW), false},
    {LOCAL_NS, "80a6a1ffffffffffff01", DATE("9223372036854"), false},
    {UUID, UUID_STRING, UUID_BIN, false},
    {UUID, "0278", "UUID", true},
    {UUID, "00", "UUID", true},
    {UUID16, UUID_HEX, UUID_BIN, false},
    {UUID16, "00112233", "malformed", true},
    {DURATION, "ffffffffffffffffffffffff", BIN("////////////////", "00"),
     false},
    {DURATION, "ffffffffffffffffffffff", "malformed", true},
};

static struct mst_schema_plan *
plan_of(const char *type)
{
    struct mst_schema_plan *plan = NULL;
    struct mst_buf text;
    struct mst_error err;
    mst_error_clear(&err);
    mst_buf_init(&text, LIMITS_MAX);
    assert_int_equal(
        mst_buf_printf(&text,
                       "{\"name\":\"R\",\"type\":\"record\",\"fields\":[{"
                       "\"name\":\"f\",\"type\":%s}]}",
                       type),
        MST_OK);
    if (mst_schema_plan_create(mst_buf_slice(&text), NULL, &plan, &err)
        != MST_OK) {
        fail_msg("%s: %s", type, err.text);
    }
    mst_buf_clear(&text);
    return plan;
}

static void
document_of(const char *value, struct mst_buf *json, struct mst_buf *bson)
{
    struct mst_error err;
    mst_error_clear(&err);
    mst_buf_init(json, LIMITS_MAX);
    mst_buf_init(bson, LIMITS_MAX);
    assert_int_equal(mst_buf_printf(json, "{\"f\":%s}", value), MST_OK);
    if (mst_json_to_bson(mst_buf_slice(json), NULL, bson, &err) != MST_OK) {
        fail_msg("%s: %s", value, err.text);
    }
}

static void
bytes_of(const char *hex, struct mst_buf *out)
{
    size_t n = strlen(hex) / 2;
    mst_buf_init(out, LIMITS_MAX);
    assert_int_equal(mst_buf_reserve(out, n + 1), MST_OK);
    assert_true(mst_parse_hex((const uint8_t *)hex, n, out->data));
    out->len = n;
}

/* Whether in becomes the bytes of wanted; or, where that is NULL, is refused
 * for the reason and the field. */
static bool
becomes(struct mst_schema_plan *plan, enum mst_encoding from,
        enum mst_encoding to, const struct mst_buf *in,
        const struct mst_buf *wanted, const char *reason)
{
    const struct mst_encoding_options options = {
        .json_mode = MST_JSON_CANONICAL, .schema = plan};
    struct mst_buf out;
    struct mst_error err;
    mst_error_clear(&err);
    mst_buf_init(&out, LIMITS_MAX);
    enum mst_status status =
        mst_transcode(from, to, &options, mst_buf_slice(in), &out, &err);
    bool fine = wanted == NULL ? status == MST_REJECTED && out.len == 0
                                     && strstr(err.text, reason) != NULL
                                     && strstr(err.text, "field 'f'") != NULL
                               : status == MST_OK
                                     && mst_slice_equal(mst_buf_slice(&out),
                                                        mst_buf_slice(wanted));
    if (!fine) {
        print_error("%s to %s: %s, %zu bytes %s\n", mst_encoding_name(from),
                    mst_encoding_name(to), mst_status_name(status), out.len,
                    err.text);
    }
    mst_buf_clear(&out);
    return fine;
}

/* Whether the datum comes back as that, both as BSON and as JSON. */
static bool
comes_back(struct mst_schema_plan *plan, const struct mst_buf *datum,
           const char *value)
{
    struct mst_buf json;
    struct mst_buf bson;
    document_of(value, &json, &bson);
    bool fine =
        becomes(plan, MST_ENCODING_AVRO, MST_ENCODING_BSON, datum, &bson, NULL);
    fine =
        becomes(plan, MST_ENCODING_AVRO, MST_ENCODING_JSON, datum, &json, NULL)
        && fine;
    mst_buf_clear(&json);
    mst_buf_clear(&bson);
    return fine;
}

static bool
encoded_is_right(size_t i)
{
    struct mst_schema_plan *plan = plan_of(encoded[i].type);
    const char *hex = encoded[i].datum;
    const char *back = encoded[i].back;
    struct mst_buf datum;
    struct mst_buf json;
    struct mst_buf bson;
    bytes_of(hex == NULL ? "" : hex, &datum);
    document_of(encoded[i].value, &json, &bson);
    const struct mst_buf *wanted = hex == NULL ? NULL : &datum;
    bool fine = becomes(plan, MST_ENCODING_BSON, MST_ENCODING_AVRO, &bson,
                        wanted, back);
    fine =
        becomes(plan, MST_ENCODING_JSON, MST_ENCODING_AVRO, &json, wanted, back)
        && fine;
    if (hex != NULL) {
        back = back == NULL ? encoded[i].value : back;
        fine = comes_back(plan, &datum, back) && fine;
    }
    mst_buf_clear(&datum);
    mst_buf_clear(&json);
    mst_buf_clear(&bson);
    mst_schema_plan_destroy(plan);
    return fine;
}

static void
values_at_the_limits_are_exact_or_refused(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < MST_ARRAY_SIZE(encoded); i++) {
        if (!encoded_is_right(i)) {
            print_error("... %s: %s\n", encoded[i].type, encoded[i].value);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static bool
decoded_is_right(size_t i)
{
    struct mst_schema_plan *plan = plan_of(decoded[i].type);
    const char *value = decoded[i].value;
    struct mst_buf datum;
    bytes_of(decoded[i].datum, &datum);
    bool fine = true;
    if (!decoded[i].refused) {
        fine = comes_back(plan, &datum, value);
    } else {
        fine = becomes(plan, MST_ENCODING_AVRO, MST_ENCODING_BSON, &datum, NULL,
                       value);
        fine = becomes(plan, MST_ENCODING_AVRO, MST_ENCODING_JSON, &datum, NULL,
                       value)
               && fine;
    }
    mst_buf_clear(&datum);
    mst_schema_plan_destroy(plan);
    return fine;
}

static void
data_of_others_at_the_limits_are_exact_or_refused(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < MST_ARRAY_SIZE(decoded); i++) {
        if (!decoded_is_right(i)) {
            print_error("... %s: %s\n", decoded[i].type, decoded[i].datum);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_at_the_limits_are_exact_or_refused),
        cmocka_unit_test(data_of_others_at_the_limits_are_exact_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
