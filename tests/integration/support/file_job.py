# SPDX-License-Identifier: MIT
"""A configuration with one job, from a file to files."""

# @SERVICES@, @SOURCE@, @SINK@ and @JOB@ are more keys.
FILES = """
[state]
path = "./state"
@SERVICES@
[[services]]
provider = "file"
name = "in"
path = "./in"
[[services]]
provider = "file"
name = "out"
path = "./out"
[[connectors]]
name = "users"
source = { service_name = "in", resource = "users.jsonl" @SOURCE@ }
sinks = [ { service_name = "out", resource = "users.bson", output_encoding = "bson" @SINK@ } ]
@JOB@
"""


def file_job(folder, lines, services="", source="", sink="", job=""):
    """Write job.toml and the job's input; return the path."""
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in" / "users.jsonl").write_text("".join(f"{s}\n" for s in lines))
    text = FILES.replace("@SERVICES@", services).replace("@SOURCE@", source)
    path = folder / "job.toml"
    path.write_text(text.replace("@SINK@", sink).replace("@JOB@", job))
    return path
