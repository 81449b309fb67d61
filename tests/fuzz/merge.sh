#!/bin/sh
# Adds to tests/fuzz/corpus/TARGET what of the inputs found so far reaches something new, as small as
# may be (libFuzzer's -merge=1), up to LIMIT bytes in all.  Usage: merge.sh FUZZ_BUILD_DIR TARGET
set -eu

dir=$1 target=$2
limit=${LIMIT:-98304}
here=$(dirname "$0")
seeds=$here/corpus/$target
merged=$(mktemp -d)
trap 'rm -rf "$merged"' EXIT

mkdir -p "$seeds" "$dir/corpus/$target"
cp "$seeds"/* "$merged" 2>/dev/null || true
LLVM_PROFILE_FILE=/dev/null "$dir/fuzz-$target" -merge=1 -timeout=20 "$merged" "$dir/corpus/$target" \
	>"$dir/$target.merge.log" 2>&1 || { cat "$dir/$target.merge.log"; exit 1; }

# The seeds stay; of the others the smallest first, as far as the limit goes.
size=$(cat "$seeds"/* 2>/dev/null | wc -c)
find "$merged" -type f -printf '%s %f\n' | sort -n | while read -r bytes name; do
	[ ! -e "$seeds/$name" ] || continue
	size=$((size + bytes))
	[ "$size" -le "$limit" ] || break
	cp "$merged/$name" "$seeds/$name"
done
echo "$target: $(find "$seeds" -type f | wc -l) inputs, $(cat "$seeds"/* | wc -c) bytes"
