"""Loader throughput: gradus-data against PyTorch's DataLoader on the same data, in turns.

In memory: 60,000 samples of 784 f32 with labels, shuffled, batches of 64 (TensorDataset). From CSV: 21 columns, batches
of 64 in the order of the file (an IterableDataset over Python's csv reader, as PyTorch brings no reader of its own).
The figure is the median over pairs of the ratio of samples a second.

    cargo build --release -p gradus-data --example throughput
    python benches/peers/dataloader.py target/release/examples/throughput [pairs] [csv rows]
"""
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import torch
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

program = sys.argv[1]
pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 9
rows = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
torch.set_num_threads(1)


def ours(*arguments):
    return json.loads(subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True).stdout)


def epoch(loader):
    start, count, check = time.perf_counter(), 0, 0.0
    for x, y in loader:
        count += len(x)
        check += float(x[0, 0])
    return count / (time.perf_counter() - start)


class Rows(IterableDataset):
    def __init__(self, path):
        self.path = path

    def __iter__(self):
        with open(self.path, newline="") as file:
            reader = csv.reader(file)
            next(reader)
            for row in reader:
                values = torch.tensor([float(v) for v in row])
                yield values[:-1], values[-1]


def compare(name, us, them):
    ratios, own, other = [], [], []
    for _ in range(pairs):
        own.append(us()["samples_per_second"])
        other.append(them())
        ratios.append(own[-1] / other[-1])
    print(json.dumps({
        "workload": name, "gradus": round(statistics.median(own)), "pytorch": round(statistics.median(other)),
        "ratio": round(statistics.median(ratios), 2), "ratio_min": round(min(ratios), 2), "pairs": pairs,
    }), flush=True)


data = TensorDataset(torch.full((60_000, 784), 0.5), torch.arange(60_000) % 10)
for workers in [0, 2]:
    loader = DataLoader(data, batch_size=64, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
    compare(f"memory, {workers} workers", lambda: ours("memory", workers), lambda: max(epoch(loader) for _ in range(3)))
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "rows.csv")
    subprocess.run([program, "write", path, str(rows)], check=True)
    for workers in [0, 1]:
        loader = DataLoader(Rows(path), batch_size=64, num_workers=workers)
        compare(f"csv, {workers} workers", lambda: ours("csv", path), lambda: epoch(loader))
    print(json.dumps({"file_mib": round(os.path.getsize(path) / 2**20), **ours("csv", path)}), flush=True)
