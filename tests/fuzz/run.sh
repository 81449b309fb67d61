#!/bin/sh
# Runs one fuzz target for some seconds and says in one line how that went; shows all of its output
# when it found something.  Usage: run.sh FUZZ_BUILD_DIR TARGET SECONDS
set -eu

dir=$1 target=$2 seconds=$3
here=$(dirname "$0")
seeds=$here/corpus/$target
found=$dir/corpus/$target
log=$dir/$target.log
mkdir -p "$found" "$dir/crashes"

set -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	-artifact_prefix="$dir/crashes/$target-"
[ ! -f "$here/$target.dict" ] || set -- "$@" -dict="$here/$target.dict"
[ ! -f "$here/$target.options" ] || set -- "$@" $(cat "$here/$target.options")
set -- "$@" "$found"
[ ! -d "$seeds" ] || set -- "$@" "$seeds"

if ! "$dir/fuzz-$target" "$@" >"$log" 2>&1; then
	cat "$log"
	echo "fuzz: $target found something; the input is in $dir/crashes/"
	exit 1
fi
runs=$(sed -n 's/^stat::number_of_executed_units: //p' "$log")
edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
printf 'ok    fuzz %-14s %9s runs in %ss, %s edges\n' "$target" "$runs" "$seconds" "$edges"
