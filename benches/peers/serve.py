"""The conversation of benches/README.md, for the Python peers. Import it before the library that is measured."""

import argparse
import json
import os
import resource
import statistics
import sys
import time


def threads():
    """Reads --threads and holds this process to that many cores before a library starts its pool."""
    flags = argparse.ArgumentParser()
    flags.add_argument("--threads", type=int, default=1)
    n = flags.parse_args().threads
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(n)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:n])
    return n


def median_us(step, sync, per=1):
    """Median over at least 5 batches of at least 10 ms, in microseconds a step."""
    now = time.perf_counter
    start, count = now(), 0
    while count < 3 or now() - start < 0.1:
        step()
        sync()
        count += 1
    k = max(1, round(0.010 * count / (now() - start)))
    times, begin = [], now()
    while len(times) < 5 or (now() - begin < 0.1 and len(times) < 50):
        start = now()
        for _ in range(k):
            step()
        sync()
        times.append((now() - start) / k)
    return statistics.median(times) * 1e6 / per


def serve(workloads, scale=None):
    """`workloads`: name -> function of `dropout`, which returns (step, sync, loss, ops a step)."""
    held = (None, None)
    print("ready", flush=True)
    for line in sys.stdin:
        verb, *words = line.split() or [""]
        if verb == "quit":
            return
        try:
            if verb == "list":
                answer = list(workloads)
            elif verb == "scale" and scale:
                step, sync = scale(words[0], int(words[1]))
                us = median_us(step, sync)
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                answer = {"axis": words[0], "value": int(words[1]), "us": us, "peak_kb": peak}
            elif verb == "run":
                if held[0] != words[0]:
                    held = (None, None)
                    held = (words[0], workloads[words[0]](dropout=True))
                step, sync, _, per = held[1]
                answer = {"workload": words[0], "us": median_us(step, sync, per)}
            elif verb == "loss":
                step, sync, loss, _ = workloads[words[0]](dropout=False)
                for _ in range(5):
                    step()
                value = None if loss is None else float(loss())
                answer = {"workload": words[0], "loss5": value}
            else:
                answer = {"error": f"no such line: {line.strip()}"}
        except Exception as problem:  # one workload that fails must not end the conversation
            answer = {"workload": words[0] if words else "", "error": f"{type(problem).__name__}: {problem}"}
        print(json.dumps(answer), flush=True)
