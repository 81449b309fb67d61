#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Prints which share of each file's lines in net/ the fuzz targets have run, and of all of them.

Usage: coverage.py FUZZ_BUILD_DIR     after tests/fuzz/run.sh, which leaves lines/TARGET.profraw there.
A file of net/ that no target links counts with no line run.
"""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def code_lines(path):
    """Roughly what the compiler would count, for a file that no target links."""
    return sum(1 for line in path.read_text().splitlines() if line.startswith("\t"))


def measured(build, profiles):
    """{path below ROOT: (lines run, lines)}"""
    merged = build / "lines" / "all.profdata"
    subprocess.run(["llvm-profdata", "merge", "-sparse", "-o", merged, *profiles], check=True)
    binaries = [build / f"fuzz-{p.stem}" for p in profiles]
    command = ["llvm-cov", "export", "-summary-only", f"-instr-profile={merged}", binaries[0]]
    command += [f"-object={binary}" for binary in binaries[1:]]
    out = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    lines = {}
    for entry in out["data"][0]["files"]:
        path = pathlib.Path(entry["filename"])
        path = path.relative_to(ROOT) if path.is_absolute() else path
        counts = entry["summary"]["lines"]
        lines[str(path)] = (counts["covered"], counts["count"])
    return lines


def main():
    build = pathlib.Path(sys.argv[1])
    profiles = sorted((build / "lines").glob("*.profraw"))
    if not profiles:
        sys.exit("coverage.py: no target has run yet (make fuzz-coverage)")
    lines = measured(build, profiles)
    files = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "net").rglob("*.c"))
    rows = [(f, *lines.get(f, (0, code_lines(ROOT / f)))) for f in files]
    cells = [f"{run:5}/{all_:<5}{100 * run / max(all_, 1):6.1f} %  {f}" for f, run, all_ in rows]
    half = (len(cells) + 1) // 2
    print("lines of net/ that the fuzz targets ran, by file")
    for left, right in zip(cells[:half], cells[half:] + [""]):
        print(f"  {left:46}{right}".rstrip())
    run, all_ = sum(r[1] for r in rows), sum(r[2] for r in rows)
    print(f"net/: {run} of {all_} lines, {100 * run / all_:.1f} %")


main()
