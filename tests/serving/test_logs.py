"""The log: whoever does not read it holds up nobody."""

import json
import os
import subprocess
import sys
import time

_SCRIPT = """
import json, logging, os, sys, time
from serving.logs import Log
log = Log(sys.stderr)
started = time.monotonic()
for number in range(5000):
    logging.getLogger("serving").error("line %d of %s", number, "x" * 200)
waited = time.monotonic() - started
log.flush()
print(json.dumps([waited, time.monotonic() - started]), flush=True)
os._exit(0)
"""


def test_a_log_that_nobody_reads_holds_up_nobody():
    reading, writing = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT], stdout=subprocess.PIPE, stderr=writing, text=True
    )
    os.close(writing)
    told = child.communicate(timeout=30)[0]
    os.close(reading)
    waited, whole = json.loads(told)
    assert waited < 2.0
    assert whole < 6.0


def test_the_last_lines_are_written():
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.replace("5000", "500")], capture_output=True, text=True
    )
    lines = done.stderr.splitlines()
    assert len(lines) == 500
    assert lines[-1].endswith("ERROR line 499 of " + "x" * 200)
    assert time.strptime(lines[0][:19], "%Y-%m-%d %H:%M:%S")
