"""Server CPU microseconds per request, the median over the rounds, and the ratio to a reference row.

usage: ratios.py echo|http FILE.tsv [reference label]
The file is what the peers' drivers write. The reference is by default the C server for echo, stock Reactor Netty for http.
"""
import sys
from statistics import median

COLUMN = {"echo": 11, "http": 9}
REFERENCE = {"echo": "C epoll", "http": "Reactor Netty 1.3 NIO"}

kind, path = sys.argv[1:3]
reference = sys.argv[3] if len(sys.argv) > 3 else REFERENCE[kind]

rows, configs = {}, []
with open(path) as file:
    for line in file:
        fields = line.rstrip("\n").split("\t")
        label, config = fields[1:3]
        if config == "cal" or fields[3].startswith("FAIL"):
            continue
        if config not in configs:
            configs.append(config)
        rows.setdefault(label, {}).setdefault(config, []).append(float(fields[COLUMN[kind]]))

medians = {label: {c: median(v) for c, v in by_config.items()} for label, by_config in rows.items()}
base = medians.get(reference, {})


def cell(label, config):
    value = medians[label].get(config)
    if value is None:
        return "-"
    spread = max(rows[label][config]) - min(rows[label][config])
    noise = 50 * spread / value if value else 0
    ratio = f" ({value / base[config]:.2f} x)" if base.get(config) else ""
    return f"{value:.2f} ±{noise:.0f}%{ratio}"


print(f"| server CPU µs per request (ratio to {reference}) | " + " | ".join(configs) + " |")
print("|---|" + "---:|" * len(configs))
for label in sorted(medians, key=lambda l: medians[l].get(configs[0], float("inf"))):
    print(f"| {label} | " + " | ".join(cell(label, c) for c in configs) + " |")
