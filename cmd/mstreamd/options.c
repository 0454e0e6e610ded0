/* SPDX-License-Identifier: MIT */
/* getopt_long and the help text. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

static const char options_help[] =
    "Usage: mstreamd [options]\n"
    "\n"
    "Runs the jobs of a configuration file until it is told to stop.\n"
    "\n"
    "  --config FILE        configuration (default: " MST_CONFIG_DEFAULT_FILE
    ")\n"
    "  --defaults           start without a file\n"
    "  --check              check the configuration and exit\n"
    "  --set KEY=VALUE      override one setting, e.g. state.path=/var/lib/m;\n"
    "                       repeatable, wins over environment and file\n"
    "  --log-level LEVEL    debug, info, warn, error or off\n"
    "  --version, --help\n"
    "\n"
    "Signals: SIGTERM and SIGINT drain and end, a second one ends at once;\n"
    "SIGHUP loads the configuration again.\n"
    "\n"
    "Example:\n"
    "  mstreamd --config examples/quickstart.toml --set log.level=debug\n"
    "\n"
    "Exit codes: 0 ended as told, 1 failed, 2 usage or configuration.\n";

enum {
    OPTION_CONFIG = 256,
    OPTION_DEFAULTS,
    OPTION_CHECK,
    OPTION_SET,
    OPTION_LEVEL,
    OPTION_VERSION,
    OPTION_HELP
};

static const struct option options_long[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"defaults", no_argument, NULL, OPTION_DEFAULTS},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"set", required_argument, NULL, OPTION_SET},
    {"log-level", required_argument, NULL, OPTION_LEVEL},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static enum mst_daemon_start
options_wrong(const char *what, const char *value)
{
    (void)fprintf(stderr, "error: %s%s\nhint: see mstreamd --help\n", what,
                  value);
    return MST_DAEMON_USAGE;
}

static enum mst_daemon_start
options_one(int c, struct mst_daemon_options *options)
{
    switch (c) {
    case OPTION_CONFIG:
        options->config = optarg;
        return MST_DAEMON_GO;
    case OPTION_DEFAULTS:
        options->config = NULL;
        return MST_DAEMON_GO;
    case OPTION_CHECK:
        options->check = true;
        return MST_DAEMON_GO;
    case OPTION_SET:
        options->sets[options->sets_len++] = optarg;
        return strchr(optarg, '=') != NULL
                   ? MST_DAEMON_GO
                   : options_wrong("--set wants key=value, not ", optarg);
    case OPTION_LEVEL:
        options->has_level = true;
        return mst_log_parse_level(optarg, &options->level)
                   ? MST_DAEMON_GO
                   : options_wrong("no such log level: ", optarg);
    case OPTION_VERSION:
        (void)printf("mstreamd %s\n", MST_VERSION);
        return MST_DAEMON_DONE;
    case OPTION_HELP:
        (void)fputs(options_help, stdout);
        return MST_DAEMON_DONE;
    default: /* getopt has said what is wrong */
        return options_wrong("can not go on with these options", "");
    }
}

enum mst_daemon_start
mst_daemon_options_parse(int argc, char **argv,
                         struct mst_daemon_options *ret_options)
{
    enum mst_daemon_start start = MST_DAEMON_GO;
    int c = 0;
    memset(ret_options, 0, sizeof(*ret_options));
    ret_options->config = MST_CONFIG_DEFAULT_FILE;
    ret_options->sets = calloc((size_t)argc + 1, sizeof(*ret_options->sets));
    if (ret_options->sets == NULL) {
        return options_wrong("out of memory", "");
    }
    while (start == MST_DAEMON_GO
           && (c = getopt_long(argc, argv, "", options_long, NULL)) != -1) {
        start = options_one(c, ret_options);
    }
    if (start == MST_DAEMON_GO && optind < argc) {
        start = options_wrong("does not take this argument: ", argv[optind]);
    }
    return start;
}
