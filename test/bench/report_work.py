"""The Python half of report-work.ts: reads the case's input, times the work, prints one line of JSON."""

import json
import sys
import time


def read_input():
    return json.loads(sys.argv[1])


def report_work(work):
    started = time.perf_counter()
    facts = work()
    seconds = time.perf_counter() - started
    print("\n" + json.dumps({"seconds": seconds, "facts": facts}))
