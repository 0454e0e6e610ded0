/* SPDX-License-Identifier: MIT */
/* Shapes of answers as JSON Schema 2020-12, the dialect of OpenAPI 3.1. */
#include "api/openapi_shapes.h"

#include <stddef.h>

const struct mst_api_shape mst_api_shapes[] = {
    {"Error", "application/json",
     "{\"type\":\"object\",\"required\":[\"message\",\"code\"],\"properties"
     "\":{\"message\":{\"type\":\"string\"},\"code\":{\"type\":\"string\"},"
     "\"path\":{\"type\":\"string\"},\"hint\":{\"type\":\"string\"},\"proble"
     "ms\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":["
     "\"severity\",\"path\",\"message\"],\"properties\":{\"severity\":{\"typ"
     "e\":\"string\",\"enum\":[\"error\",\"warning\"]},\"path\":{\"type\":\""
     "string\"},\"message\":{\"type\":\"string\"},\"hint\":{\"type\":\"strin"
     "g\"},\"file\":{\"type\":\"string\"},\"line\":{\"type\":\"integer\"},\""
     "column\":{\"type\":\"integer\"}}}}}}"},
    {"Status", "application/json",
     "{\"type\":\"object\",\"required\":[\"status\"],\"properties\":{\"s"
     "tatus\":{\"type\":\"string\"}}}"},
    {"Done", "application/json",
     "{\"type\":\"object\",\"required\":[\"message\"],\"properties\":{\""
     "message\":{\"type\":\"string\"}}}"},
    {"Session", "application/json",
     "{\"type\":\"object\",\"required\":[\"name\",\"role\",\"expires_at\""
     "],\"properties\":{\"name\":{\"type\":\"string\"},\"role\":{\"type\""
     ":\"string\",\"enum\":[\"read\",\"operate\",\"admin\"]},\"expires_at"
     "\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}}}"},
    {"JobCounts", "application/json",
     "{\"type\":\"object\",\"required\":[\"running\",\"retrying\",\"pause"
     "d\",\"stopped\",\"completed\",\"failed\",\"stuck\",\"elsewhere\"],"
     "\"properties\":{\"running\":{\"type\":\"integer\"},\"retrying\":{\""
     "type\":\"integer\"},\"paused\":{\"type\":\"integer\"},\"stopped\":{"
     "\"type\":\"integer\"},\"completed\":{\"type\":\"integer\"},\"failed"
     "\":{\"type\":\"integer\"},\"stuck\":{\"type\":\"integer\"},\"elsewh"
     "ere\":{\"type\":\"integer\"}}}"},
    {"Health", "application/json",
     "{\"type\":\"object\",\"required\":[\"status\",\"version\",\"uptime"
     "_seconds\",\"jobs\",\"problems\"],\"properties\":{\"status\":{\"ty"
     "pe\":\"string\",\"enum\":[\"healthy\",\"degraded\"]},\"version\":{"
     "\"type\":\"string\"},\"uptime_seconds\":{\"type\":\"integer\"},\"j"
     "obs\":{\"$ref\":\"#/components/schemas/JobCounts\"},\"problems\":{"
     "\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\""
     "job\",\"state\",\"message\",\"hint\"],\"properties\":{\"job\":{\"t"
     "ype\":\"string\"},\"state\":{\"type\":\"string\"},\"message\":{\"t"
     "ype\":\"string\"},\"hint\":{\"type\":[\"string\",\"null\"]}}}}}}"},
    {"Stats", "application/json",
     "{\"type\":\"object\",\"required\":[\"total_events_processed\",\"to"
     "tal_bytes_processed\",\"total_events_delivered\",\"total_events_re"
     "jected\",\"uptime_seconds\",\"running_jobs\",\"stopped_jobs\",\"er"
     "ror_jobs\",\"jobs\"],\"properties\":{\"total_events_processed\":{"
     "\"type\":\"integer\"},\"total_bytes_processed\":{\"type\":\"intege"
     "r\"},\"total_events_delivered\":{\"type\":\"integer\"},\"total_eve"
     "nts_rejected\":{\"type\":\"integer\"},\"uptime_seconds\":{\"type\""
     ":\"integer\"},\"running_jobs\":{\"type\":\"integer\"},\"stopped_jo"
     "bs\":{\"type\":\"integer\"},\"error_jobs\":{\"type\":\"integer\"},"
     "\"jobs\":{\"$ref\":\"#/components/schemas/JobCounts\"}}}"},
    {"Job", "application/json",
     "{\"type\":\"object\",\"required\":[\"name\",\"defined_in\",\"revision"
     "\",\"state\",\"desired_state\",\"started_at\",\"stopped_at\",\"since\""
     ",\"stuck\",\"leaving\",\"holder\",\"elsewhere\",\"reason\",\"next_atte"
     "mpt_at\",\"linked_services\",\"metrics\",\"pipeline\"],\"properties\":"
     "{\"name\":{\"type\":\"string\"},\"defined_in\":{\"type\":\"string\",\""
     "enum\":[\"file\",\"api\"]},\"revision\":{\"type\":[\"string\",\"null\""
     "]},\"state\":{\"type\":\"string\",\"enum\":[\"starting\",\"running\","
     "\"retrying\",\"paused\",\"draining\",\"stopped\",\"failed\",\"complete"
     "d\"]},\"desired_state\":{\"type\":\"string\",\"enum\":[\"running\",\"p"
     "aused\",\"stopped\"]},\"started_at\":{\"type\":[\"string\",\"null\"],"
     "\"format\":\"date-time\"},\"stopped_at\":{\"type\":[\"string\",\"null"
     "\"],\"format\":\"date-time\"},\"since\":{\"type\":[\"string\",\"null\""
     "],\"format\":\"date-time\"},\"stuck\":{\"type\":\"boolean\"},\"leaving"
     "\":{\"type\":\"boolean\"},\"holder\":{\"type\":[\"string\",\"null\"]},"
     "\"elsewhere\":{\"type\":\"boolean\"},\"reason\":{\"type\":[\"object\","
     "\"null\"],\"required\":[\"message\",\"origin\",\"code\",\"hint\"],\"pr"
     "operties\":{\"message\":{\"type\":\"string\"},\"origin\":{\"type\":\"s"
     "tring\"},\"code\":{\"type\":\"integer\"},\"hint\":{\"type\":[\"string"
     "\",\"null\"]}}},\"next_attempt_at\":{\"type\":[\"string\",\"null\"],\""
     "format\":\"date-time\"},\"linked_services\":{\"type\":\"array\",\"item"
     "s\":{\"type\":\"string\"}},\"metrics\":{\"$ref\":\"#/components/schema"
     "s/JobMetrics\"},\"pipeline\":{\"type\":\"object\"}}}"},
    {"Jobs", "application/json",
     "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Job"
     "\"}}"},
    {"JobDone", "application/json",
     "{\"type\":\"object\",\"required\":[\"message\"],\"properties\":{\""
     "message\":{\"type\":\"string\"},\"item\":{\"$ref\":\"#/components/"
     "schemas/Job\"}}}"},
    {"Service", "application/json",
     "{\"type\":\"object\",\"required\":[\"name\",\"provider\",\"used_by_job"
     "s\",\"is_system\",\"defined_in\",\"revision\"],\"properties\":{\"name"
     "\":{\"type\":\"string\"},\"provider\":{\"type\":\"string\"},\"used_by_"
     "jobs\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"is_syste"
     "m\":{\"type\":\"boolean\"},\"defined_in\":{\"type\":\"string\",\"enum"
     "\":[\"file\",\"api\"]},\"revision\":{\"type\":[\"string\",\"null\"]}}}"},
    {"Services", "application/json",
     "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Service"
     "\"}}"},
    {"ServiceDone", "application/json",
     "{\"type\":\"object\",\"required\":[\"message\"],\"properties\":{\"mess"
     "age\":{\"type\":\"string\"},\"item\":{\"$ref\":\"#/components/schemas/"
     "Service\"}}}"},
    {"Script", "application/json",
     "{\"type\":\"object\",\"required\":[\"filename\",\"content\",\"origin"
     "\"],\"properties\":{\"message\":{\"type\":\"string\"},\"filename\":"
     "{\"type\":\"string\"},\"content\":{\"type\":\"string\"},\"origin\":"
     "{\"type\":\"string\",\"enum\":[\"state\",\"definition\",\"file\"]}}}"},
    {"Config", "application/json",
     "{\"type\":\"object\",\"required\":[\"services\",\"connectors\"],\"prop"
     "erties\":{\"services\":{\"type\":\"array\",\"items\":{\"type\":\"objec"
     "t\"}},\"connectors\":{\"type\":\"array\",\"items\":{\"type\":\"object"
     "\"}}}}"},
    {"JobMetrics", "application/json",
     "{\"type\":\"object\",\"required\":[\"events_processed\",\"bytes_pr"
     "ocessed\",\"current_lag_seconds\",\"lag_known\",\"lag_events\",\"t"
     "ail\",\"tail_switches\",\"t"
     "hroughput_per_second\",\"total_errors\",\"last_processed_at\",\"ev"
     "ents_delivered\",\"events_rejected\",\"retries\",\"checkpoints\","
     "\"last_checkpoint_at\",\"runs\",\"failures\",\"memory_bytes\"],\"p"
     "roperties\":{\"events_processed\":{\"type\":\"integer\"},\"bytes_p"
     "rocessed\":{\"type\":\"integer\"},\"current_lag_seconds\":{\"type"
     "\":\"number\"},\"lag_known\":{\"type\":\"boolean\"},\"tail\":{\"ty"
     "pe\":[\"string\",\"null\"],\"enum\":[\"shared\",\"own\",null]},\"tail"
     "_switches\":{\"type\":\"integer\"},\"lag_events\""
     ":{\"type\":\"integer\"},\"throughput_per_second\":{\"type\":\"numb"
     "er\"},\"total_errors\":{\"type\":\"integer\"},\"last_processed_at"
     "\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},\"eve"
     "nts_delivered\":{\"type\":\"integer\"},\"events_rejected\":{\"type"
     "\":\"integer\"},\"retries\":{\"type\":\"integer\"},\"checkpoints\""
     ":{\"type\":\"integer\"},\"last_checkpoint_at\":{\"type\":[\"string"
     "\",\"null\"],\"format\":\"date-time\"},\"runs\":{\"type\":\"intege"
     "r\"},\"failures\":{\"type\":\"integer\"},\"memory_bytes\":{\"type"
     "\":\"integer\"}}}"},
    {"Run", "application/json",
     "{\"type\":\"object\",\"required\":[\"id\",\"started_at\",\"stopped"
     "_at\",\"state\",\"reason\",\"events_read\",\"events_delivered\",\""
     "events_rejected\",\"bytes\",\"first_position\",\"last_position\"],"
     "\"properties\":{\"id\":{\"type\":\"integer\"},\"started_at\":{\"ty"
     "pe\":[\"string\",\"null\"],\"format\":\"date-time\"},\"stopped_at"
     "\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},\"sta"
     "te\":{\"type\":[\"string\",\"null\"]},\"reason\":{\"type\":[\"stri"
     "ng\",\"null\"]},\"events_read\":{\"type\":\"integer\"},\"events_de"
     "livered\":{\"type\":\"integer\"},\"events_rejected\":{\"type\":\"i"
     "nteger\"},\"bytes\":{\"type\":\"integer\"},\"first_position\":{\"t"
     "ype\":[\"string\",\"null\"]},\"last_position\":{\"type\":[\"string"
     "\",\"null\"]}}}"},
    {"Runs", "application/json",
     "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Run"
     "\"}}"},
    {"Checkpoint", "application/json",
     "{\"type\":\"object\",\"required\":[\"job_name\",\"updated_at\",\"c"
     "ursor\",\"saved_at\",\"origin\",\"identity\",\"position\",\"words"
     "\",\"events\"],\"properties\":{\"job_name\":{\"type\":\"string\"},"
     "\"updated_at\":{\"type\":\"string\"},\"cursor\":{\"type\":\"object"
     "\"},\"saved_at\":{\"type\":\"string\",\"format\":\"date-time\"},\""
     "origin\":{\"type\":\"string\",\"enum\":[\"saved\",\"set\"]},\"iden"
     "tity\":{\"type\":[\"string\",\"null\"]},\"position\":{\"type\":\"s"
     "tring\"},\"words\":{\"type\":\"string\"},\"events\":{\"type\":\"in"
     "teger\"}}}"},
    {"Checkpoints", "application/json",
     "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Che"
     "ckpoint\"}}"},
    {"PositionDone", "application/json",
     "{\"type\":\"object\",\"required\":[\"message\",\"item\"],\"propert"
     "ies\":{\"message\":{\"type\":\"string\"},\"item\":{\"type\":\"obje"
     "ct\",\"required\":[\"position\",\"words\"],\"properties\":{\"posit"
     "ion\":{\"type\":[\"string\",\"null\"]},\"words\":{\"type\":\"strin"
     "g\"}}}}}"},
    {"LetterHead", "application/json",
     "{\"type\":\"object\",\"required\":[\"id\",\"time\",\"job\",\"sink"
     "\",\"stage\",\"attempts\",\"op\",\"position\",\"reason\",\"hint\"]"
     ",\"properties\":{\"id\":{\"type\":\"integer\"},\"time\":{\"type\":"
     "[\"string\",\"null\"],\"format\":\"date-time\"},\"job\":{\"type\":"
     "\"string\"},\"sink\":{\"type\":[\"string\",\"null\"]},\"stage\":{"
     "\"type\":[\"string\",\"null\"]},\"attempts\":{\"type\":\"integer\""
     "},\"op\":{\"type\":\"string\"},\"position\":{\"type\":[\"object\","
     "\"null\"]},\"reason\":{\"type\":[\"string\",\"null\"]},\"hint\":{"
     "\"type\":[\"string\",\"null\"]}}}"},
    {"Letters", "application/json",
     "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Let"
     "terHead\"}}"},
    {"Letter", "application/json", "{\"type\":\"object\"}"},
    {"ReplayDone", "application/json",
     "{\"type\":\"object\",\"required\":[\"message\",\"item\"],\"propert"
     "ies\":{\"message\":{\"type\":\"string\"},\"item\":{\"type\":\"obje"
     "ct\",\"required\":[\"sent\",\"delivered\",\"rejected\",\"left\"],"
     "\"properties\":{\"sent\":{\"type\":\"integer\"},\"delivered\":{\"t"
     "ype\":\"integer\"},\"rejected\":{\"type\":\"integer\"},\"left\":{"
     "\"type\":\"integer\"}}}}}"},
    {"LogLine", "application/json",
     "{\"type\":\"object\",\"required\":[\"id\",\"timestamp\",\"level\","
     "\"message\",\"target\",\"fields\"],\"properties\":{\"id\":{\"type"
     "\":\"integer\"},\"timestamp\":{\"type\":\"string\",\"format\":\"da"
     "te-time\"},\"level\":{\"type\":\"string\"},\"message\":{\"type\":"
     "\"string\"},\"target\":{\"type\":\"string\"},\"fields\":{\"type\":"
     "\"object\"},\"job_name\":{\"type\":\"string\"}}}"},
    {"LogLines", "application/json",
     "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Log"
     "Line\"}}"},
    {"Logs", "application/json",
     "{\"type\":\"object\",\"required\":[\"logs\"],\"properties\":{\"log"
     "s\":{\"$ref\":\"#/components/schemas/LogLines\"}}}"},
    {"Document", "application/json", "{\"type\":\"object\"}"},
    {"ConvertedSchema", "application/json",
     "{\"type\":\"object\",\"required\":[\"schema\",\"encoding\"],\"prop"
     "erties\":{\"schema\":{\"type\":\"string\"},\"encoding\":{\"type\":"
     "\"string\"}}}"},
    {"Subjects", "application/json",
     "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":["
     "\"subject\",\"compatibility\",\"key_properties\",\"unique_by\",\"s"
     "ort_by\",\"versions\"],\"properties\":{\"subject\":{\"type\":\"str"
     "ing\"},\"compatibility\":{\"type\":\"string\"},\"key_properties\":"
     "{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"unique_by\""
     ":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"sort_by\":"
     "{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"versions\":"
     "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":["
     "\"version\",\"id\",\"encoding\",\"created_at\"],\"properties\":{\""
     "version\":{\"type\":\"integer\"},\"id\":{\"type\":\"integer\"},\"e"
     "ncoding\":{\"type\":\"string\"},\"created_at\":{\"type\":[\"string"
     "\",\"null\"],\"format\":\"date-time\"}}}}}}}"},
    {"Subject", "application/json",
     "{\"type\":\"object\",\"required\":[\"subject\",\"compatibility\","
     "\"key_properties\",\"unique_by\",\"sort_by\",\"versions\"],\"prope"
     "rties\":{\"subject\":{\"type\":\"string\"},\"compatibility\":{\"ty"
     "pe\":\"string\"},\"key_properties\":{\"type\":\"array\",\"items\":"
     "{\"type\":\"string\"}},\"unique_by\":{\"type\":\"array\",\"items\""
     ":{\"type\":\"string\"}},\"sort_by\":{\"type\":\"array\",\"items\":"
     "{\"type\":\"string\"}},\"versions\":{\"type\":\"array\",\"items\":"
     "{\"type\":\"object\",\"required\":[\"version\",\"id\",\"encoding\""
     ",\"created_at\",\"definition\"],\"properties\":{\"version\":{\"typ"
     "e\":\"integer\"},\"id\":{\"type\":\"integer\"},\"encoding\":{\"typ"
     "e\":\"string\"},\"created_at\":{\"type\":[\"string\",\"null\"],\"f"
     "ormat\":\"date-time\"},\"definition\":{\"type\":\"string\"}}}}}}"},
    {"SchemaVersion", "application/json",
     "{\"type\":\"object\",\"required\":[\"subject\",\"version\",\"id\","
     "\"encoding\",\"created_at\",\"definition\"],\"properties\":{\"subj"
     "ect\":{\"type\":\"string\"},\"version\":{\"type\":\"integer\"},\"i"
     "d\":{\"type\":\"integer\"},\"encoding\":{\"type\":\"string\"},\"cr"
     "eated_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time"
     "\"},\"definition\":{\"type\":\"string\"}}}"},
    {"SubjectDone", "application/json",
     "{\"type\":\"object\",\"required\":[\"subject\",\"version\",\"id\","
     "\"new\",\"dry_run\"],\"properties\":{\"subject\":{\"type\":\"strin"
     "g\"},\"version\":{\"type\":\"integer\"},\"id\":{\"type\":\"integer"
     "\"},\"new\":{\"type\":\"boolean\"},\"dry_run\":{\"type\":\"boolean"
     "\"}}}"},
    {"ServiceTest", "application/json",
     "{\"type\":\"object\",\"required\":[\"service\",\"provider\",\"find"
     "ings\",\"ok\"],\"properties\":{\"service\":{\"type\":\"string\"},"
     "\"provider\":{\"type\":\"string\"},\"ok\":{\"type\":\"boolean\"},"
     "\"findings\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\""
     "required\":[\"level\",\"what\",\"text\",\"hint\"],\"properties\":{"
     "\"level\":{\"type\":\"string\",\"enum\":[\"ok\",\"warn\",\"fail\"]"
     "},\"what\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},\""
     "hint\":{\"type\":[\"string\",\"null\"]}}}}}}"},
    {"Resources", "application/json",
     "{\"type\":\"object\",\"required\":[\"service_name\",\"resources\"]"
     ",\"properties\":{\"service_name\":{\"type\":\"string\"},\"resource"
     "s\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required"
     "\":[\"name\",\"resource_type\"],\"properties\":{\"name\":{\"type\""
     ":\"string\"},\"resource_type\":{\"type\":\"string\"},\"origin\":{"
     "\"type\":\"string\"}}}}}}"},
    {"DryRun", "application/json",
     "{\"type\":\"object\",\"required\":[\"deliveries\",\"events\",\"rej"
     "ected\",\"left_out\",\"timed_out\"],\"properties\":{\"deliveries\""
     ":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":["
     "\"event\",\"op\"],\"properties\":{\"event\":{\"type\":\"integer\"}"
     ",\"op\":{\"type\":\"string\"},\"steps\":{\"type\":\"array\",\"item"
     "s\":{\"type\":\"object\",\"required\":[\"step\",\"middleware\",\"b"
     "efore\",\"after\",\"outcome\"],\"properties\":{\"step\":{\"type\":"
     "\"integer\"},\"middleware\":{\"type\":\"string\"},\"part\":{\"type"
     "\":\"integer\"},\"before\":{\"type\":\"object\"},\"after\":{\"type"
     "\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"event"
     "\",\"changes\"],\"properties\":{\"event\":{\"type\":\"object\"},\""
     "changes\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"req"
     "uired\":[\"kind\",\"field\"],\"properties\":{\"kind\":{\"type\":\""
     "string\"},\"field\":{\"type\":\"string\"},\"before\":{},\"after\":"
     "{}}}}}}},\"outcome\":{\"type\":\"string\",\"enum\":[\"unchanged\","
     "\"changed\",\"dropped\",\"several\",\"rejected\"]},\"rejected\":{"
     "\"type\":\"string\"}}}},\"sink\":{\"type\":\"string\"},\"dropped\""
     ":{\"type\":\"boolean\"},\"rejected\":{\"type\":\"string\"},\"previ"
     "ew\":{},\"encoding\":{\"type\":\"string\"},\"payload\":{\"type\":["
     "\"string\",\"null\"]}}}},\"events\":{\"type\":\"integer\"},\"rejec"
     "ted\":{\"type\":\"integer\"},\"left_out\":{\"type\":\"integer\"},"
     "\"timed_out\":{\"type\":\"boolean\"}}}"},
    {"TransformDone", "application/json",
     "{\"type\":\"object\",\"required\":[\"message\",\"item\"],\"propert"
     "ies\":{\"message\":{\"type\":\"string\"},\"item\":{\"type\":\"obje"
     "ct\",\"required\":[\"document\",\"encoding\",\"attributes\",\"resu"
     "lts\",\"dropped\",\"duration_ms\"],\"properties\":{\"document\":{"
     "\"type\":[\"object\",\"null\"]},\"encoding\":{\"type\":\"string\"}"
     ",\"attributes\":{\"type\":\"object\"},\"results\":{\"type\":\"arra"
     "y\",\"items\":{\"type\":\"object\",\"required\":[\"document\",\"at"
     "tributes\"],\"properties\":{\"document\":{\"type\":[\"object\",\"n"
     "ull\"]},\"attributes\":{\"type\":\"object\"}}}},\"dropped\":{\"typ"
     "e\":\"boolean\"},\"duration_ms\":{\"type\":\"number\"}}}}}"},
    {"Diagnostics", "application/json",
     "{\"type\":\"object\",\"required\":[\"valid\",\"diagnostics\"],\"pr"
     "operties\":{\"valid\":{\"type\":\"boolean\"},\"diagnostics\":{\"ty"
     "pe\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"line"
     "\",\"column\",\"end_line\",\"end_column\",\"message\",\"severity\""
     "],\"properties\":{\"line\":{\"type\":\"integer\"},\"column\":{\"ty"
     "pe\":\"integer\"},\"end_line\":{\"type\":\"integer\"},\"end_column"
     "\":{\"type\":\"integer\"},\"message\":{\"type\":\"string\"},\"seve"
     "rity\":{\"type\":\"string\",\"enum\":[\"error\",\"warning\"]}}}}}}"},
    {"Completions", "application/json",
     "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":["
     "\"label\",\"kind\",\"detail\",\"documentation\",\"insert_text\",\""
     "is_snippet\"],\"properties\":{\"label\":{\"type\":\"string\"},\"ki"
     "nd\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"},\"docu"
     "mentation\":{\"type\":\"string\"},\"insert_text\":{\"type\":\"stri"
     "ng\"},\"is_snippet\":{\"type\":\"boolean\"}}}}"},
    {"GeneratedTests", "application/json",
     "{\"type\":\"object\",\"required\":[\"message\",\"item\"],\"propert"
     "ies\":{\"message\":{\"type\":\"string\"},\"item\":{\"type\":\"obje"
     "ct\",\"required\":[\"input_schema\",\"cases\",\"left_out\"],\"prop"
     "erties\":{\"input_schema\":{\"type\":\"object\"},\"cases\":{\"type"
     "\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"name\""
     ",\"input\",\"duration_ms\"],\"properties\":{\"name\":{\"type\":\"s"
     "tring\"},\"input\":{},\"expected\":{},\"expected_error\":{\"type\""
     ":\"string\"},\"assertions\":{\"type\":\"array\",\"items\":{\"type"
     "\":\"object\"}},\"duration_ms\":{\"type\":\"number\"}}}},\"left_ou"
     "t\":{\"type\":\"integer\"}}}}}"},
    {"TestDone", "application/json",
     "{\"type\":\"object\",\"required\":[\"message\",\"item\"],\"propert"
     "ies\":{\"message\":{\"type\":\"string\"},\"item\":{\"type\":\"obje"
     "ct\",\"required\":[\"results\",\"summary\"],\"properties\":{\"resu"
     "lts\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"require"
     "d\":[\"name\",\"passed\",\"duration_ms\"],\"properties\":{\"name\""
     ":{\"type\":\"string\"},\"passed\":{\"type\":\"boolean\"},\"actual"
     "\":{},\"actual_attributes\":{},\"error\":{\"type\":\"string\"},\"f"
     "ailures\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"req"
     "uired\":[\"path\",\"assert_type\",\"expected\",\"actual\",\"messag"
     "e\"],\"properties\":{\"path\":{\"type\":\"string\"},\"assert_type"
     "\":{\"type\":\"string\"},\"expected\":{},\"actual\":{},\"message\""
     ":{\"type\":\"string\"}}}},\"failures_left_out\":{\"type\":\"intege"
     "r\"},\"duration_ms\":{\"type\":\"number\"}}}},\"summary\":{\"type"
     "\":\"object\",\"required\":[\"total\",\"passed\",\"failed\"],\"pro"
     "perties\":{\"total\":{\"type\":\"integer\"},\"passed\":{\"type\":"
     "\"integer\"},\"failed\":{\"type\":\"integer\"}}}}}}}"},
    {"Shadow", "application/json",
     "{\"type\":\"object\",\"required\":[\"job\",\"middlewares\",\"can_s"
     "witch\",\"state\",\"started\",\"ended\",\"compared\",\"skipped\","
     "\"failed\",\"waiting\",\"memory\",\"outcomes\",\"cost\",\"fields\""
     ",\"other_fields\",\"samples\"],\"properties\":{\"message\":{\"type"
     "\":\"string\"},\"job\":{\"type\":\"string\"},\"middlewares\":{\"ty"
     "pe\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"serv"
     "ice_name\",\"provider\",\"resource\"],\"properties\":{\"service_na"
     "me\":{\"type\":\"string\"},\"provider\":{\"type\":\"string\"},\"re"
     "source\":{\"type\":[\"string\",\"null\"]}}}},\"can_switch\":{\"typ"
     "e\":\"boolean\"},\"state\":{\"type\":\"string\",\"enum\":[\"runnin"
     "g\",\"events\",\"duration\",\"stopped\",\"job_ended\",\"failed\"]}"
     ",\"error\":{\"type\":\"string\"},\"started\":{\"type\":[\"string\""
     ",\"null\"]},\"ended\":{\"type\":[\"string\",\"null\"]},\"compared"
     "\":{\"type\":\"integer\"},\"skipped\":{\"type\":\"integer\"},\"fai"
     "led\":{\"type\":\"integer\"},\"waiting\":{\"type\":\"integer\"},\""
     "memory\":{\"type\":\"integer\"},\"outcomes\":{\"type\":\"object\","
     "\"required\":[\"equal\",\"different\",\"dropped_only_live\",\"drop"
     "ped_only_shadow\",\"more_results\",\"fewer_results\",\"rejected_on"
     "ly_live\",\"rejected_only_shadow\"],\"properties\":{\"equal\":{\"t"
     "ype\":\"integer\"},\"different\":{\"type\":\"integer\"},\"dropped_"
     "only_live\":{\"type\":\"integer\"},\"dropped_only_shadow\":{\"type"
     "\":\"integer\"},\"more_results\":{\"type\":\"integer\"},\"fewer_re"
     "sults\":{\"type\":\"integer\"},\"rejected_only_live\":{\"type\":\""
     "integer\"},\"rejected_only_shadow\":{\"type\":\"integer\"}}},\"cos"
     "t\":{\"type\":\"object\",\"required\":[\"live\",\"shadow\"],\"prop"
     "erties\":{\"live\":{\"type\":\"object\",\"required\":[\"events\","
     "\"mean_ns\",\"cpu_ns\",\"p50_ns\",\"p99_ns\",\"max_ns\"],\"propert"
     "ies\":{\"events\":{\"type\":\"integer\"},\"mean_ns\":{\"type\":\"i"
     "nteger\"},\"cpu_ns\":{\"type\":\"integer\"},\"p50_ns\":{\"type\":"
     "\"integer\"},\"p99_ns\":{\"type\":\"integer\"},\"max_ns\":{\"type"
     "\":\"integer\"}}},\"shadow\":{\"type\":\"object\",\"required\":[\""
     "events\",\"mean_ns\",\"cpu_ns\",\"p50_ns\",\"p99_ns\",\"max_ns\"],"
     "\"properties\":{\"events\":{\"type\":\"integer\"},\"mean_ns\":{\"t"
     "ype\":\"integer\"},\"cpu_ns\":{\"type\":\"integer\"},\"p50_ns\":{"
     "\"type\":\"integer\"},\"p99_ns\":{\"type\":\"integer\"},\"max_ns\""
     ":{\"type\":\"integer\"}}}}},\"fields\":{\"type\":\"array\",\"items"
     "\":{\"type\":\"object\",\"required\":[\"field\",\"added\",\"remove"
     "d\",\"changed\",\"order\"],\"properties\":{\"field\":{\"type\":\"s"
     "tring\"},\"added\":{\"type\":\"integer\"},\"removed\":{\"type\":\""
     "integer\"},\"changed\":{\"type\":\"integer\"},\"order\":{\"type\":"
     "\"integer\"}}}},\"other_fields\":{\"type\":\"integer\"},\"samples"
     "\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\""
     ":[\"event\",\"outcome\",\"before\",\"live\",\"shadow\",\"changes\""
     "],\"properties\":{\"event\":{\"type\":\"integer\"},\"outcome\":{\""
     "type\":\"string\"},\"before\":{\"type\":\"object\"},\"live\":{\"ty"
     "pe\":\"object\",\"required\":[\"results\",\"events\"],\"properties"
     "\":{\"rejected\":{\"type\":\"string\"},\"results\":{\"type\":\"int"
     "eger\"},\"events\":{\"type\":\"array\",\"items\":{\"type\":\"objec"
     "t\"}}}},\"shadow\":{\"type\":\"object\",\"required\":[\"results\","
     "\"events\"],\"properties\":{\"rejected\":{\"type\":\"string\"},\"r"
     "esults\":{\"type\":\"integer\"},\"events\":{\"type\":\"array\",\"i"
     "tems\":{\"type\":\"object\"}}}},\"changes\":{\"type\":\"array\",\""
     "items\":{\"type\":\"object\",\"required\":[\"kind\",\"field\"],\"p"
     "roperties\":{\"kind\":{\"type\":\"string\"},\"field\":{\"type\":\""
     "string\"},\"live\":{},\"shadow\":{}}}}}}}}}"},
    {"ShadowSwitch", "application/json",
     "{\"type\":\"object\",\"required\":[\"message\",\"revision\",\"posi"
     "tion\",\"report\"],\"properties\":{\"message\":{\"type\":\"string"
     "\"},\"revision\":{\"type\":\"integer\"},\"position\":{\"type\":[\""
     "string\",\"null\"]},\"report\":{\"type\":\"object\"}}}"},
    {"TestSuites", "application/json",
     "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":["
     "\"id\",\"name\",\"description\",\"case_count\"],\"properties\":{\""
     "id\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},\"descri"
     "ption\":{\"type\":[\"string\",\"null\"]},\"case_count\":{\"type\":"
     "\"integer\"}}}}"},
    {"TestSuite", "application/json",
     "{\"type\":\"object\",\"required\":[\"id\",\"name\",\"context\",\"c"
     "ases\",\"created_at\",\"updated_at\"],\"properties\":{\"id\":{\"ty"
     "pe\":\"string\"},\"name\":{\"type\":\"string\"},\"description\":{"
     "\"type\":\"string\"},\"context\":{\"type\":\"object\"},\"source_re"
     "f\":{\"type\":\"object\"},\"input_schema\":{\"type\":\"object\"},"
     "\"cases\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},\"c"
     "reated_at\":{\"type\":\"string\",\"format\":\"date-time\"},\"updat"
     "ed_at\":{\"type\":\"string\",\"format\":\"date-time\"}}}"},
    {"TestSuiteDone", "application/json",
     "{\"type\":\"object\",\"required\":[\"message\",\"item\"],\"propert"
     "ies\":{\"message\":{\"type\":\"string\"},\"item\":{\"$ref\":\"#/co"
     "mponents/schemas/TestSuite\"}}}"},
    {"Workspaces", "application/json",
     "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":["
     "\"id\",\"name\"],\"properties\":{\"id\":{\"type\":\"string\"},\"na"
     "me\":{\"type\":\"string\"}}}}"},
    {"Workspace", "application/json",
     "{\"type\":\"object\",\"required\":[\"id\",\"name\",\"created_at\","
     "\"updated_at\"],\"properties\":{\"id\":{\"type\":\"string\"},\"nam"
     "e\":{\"type\":\"string\"},\"script\":{\"type\":\"object\"},\"input"
     "\":{\"type\":\"string\"},\"schema\":{\"type\":\"object\"},\"test_s"
     "uite_id\":{\"type\":\"string\"},\"created_at\":{\"type\":\"string"
     "\",\"format\":\"date-time\"},\"updated_at\":{\"type\":\"string\","
     "\"format\":\"date-time\"}}}"},
    {"WorkspaceDone", "application/json",
     "{\"type\":\"object\",\"required\":[\"message\",\"item\"],\"propert"
     "ies\":{\"message\":{\"type\":\"string\"},\"item\":{\"$ref\":\"#/co"
     "mponents/schemas/Workspace\"}}}"},
    {"Introspection", "application/json",
     "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":["
     "\"share_percent\",\"sample_count\",\"schema\"],\"properties\":{\"s"
     "hare_percent\":{\"type\":\"number\"},\"sample_count\":{\"type\":\""
     "integer\"},\"schema\":{\"type\":\"object\"}}}}"},
    {"ServiceSchemas", "application/json",
     "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":["
     "\"id\",\"name\",\"encoding\"],\"properties\":{\"id\":{\"type\":\"s"
     "tring\"},\"name\":{\"type\":[\"string\",\"null\"]},\"encoding\":{"
     "\"type\":\"string\"}}}}"},
    {"ServiceSchema", "application/json",
     "{\"type\":\"object\",\"required\":[\"id\",\"name\",\"encoding\",\""
     "definition\",\"created_at\",\"updated_at\",\"version\"],\"properti"
     "es\":{\"id\":{\"type\":\"string\"},\"name\":{\"type\":[\"string\","
     "\"null\"]},\"encoding\":{\"type\":\"string\"},\"definition\":{\"ty"
     "pe\":\"string\"},\"created_at\":{\"type\":[\"string\",\"null\"],\""
     "format\":\"date-time\"},\"updated_at\":{\"type\":[\"string\",\"nul"
     "l\"],\"format\":\"date-time\"},\"version\":{\"type\":\"integer\"}}"
     "}"},
    {"ServiceSchemaDone", "application/json",
     "{\"type\":\"object\",\"required\":[\"message\",\"item\"],\"propert"
     "ies\":{\"message\":{\"type\":\"string\"},\"item\":{\"$ref\":\"#/co"
     "mponents/schemas/ServiceSchema\"}}}"},
    {"LogEvents", "text/event-stream", "{\"type\":\"string\"}"},
    {"Metrics", "text/plain", "{\"type\":\"string\"}"},
    {"OpenApi", "application/json", "{\"type\":\"object\"}"},
    {NULL, NULL, NULL},
};
