#!/bin/sh
# SPDX-License-Identifier: MIT
# Adds to tests/fuzz/corpus/TARGET those of the inputs found so far that reach code which the seeds do
# not: as few as cover it all (libFuzzer's -set_cover_merge).  Refuses a corpus of more than 96 KiB.
# Usage: merge.sh FUZZ_BUILD_DIR TARGET
set -eu

dir=$1 target=$2
seeds=$(dirname "$0")/corpus/$target
log=$dir/$target.merge.log

mkdir -p "$seeds" "$dir/corpus/$target"
"$dir/fuzz-$target" -set_cover_merge=1 -use_counters=0 -timeout=20 "$seeds" "$dir/corpus/$target" \
	>"$log" 2>&1 || { cat "$log"; exit 1; }
size=$(cat "$seeds"/* | wc -c)
echo "$target: $(find "$seeds" -type f | wc -l) inputs, $size bytes"
[ "$size" -le 98304 ] || { echo "$seeds: that is too much for the tree" >&2; exit 1; }
