#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs one fuzz target for some seconds and says in one line how that went.  A crash, a leak, a
# time-out or too much memory fails, and says which input did it and how to see it again.
# 0 seconds: only the inputs that there are.  With RUNS it is the same run each time: seed 1, from
# the inputs in the tree, so many executions, and the seconds are only a bound for slow machines.
# Usage: run.sh FUZZ_BUILD_DIR TARGET SECONDS [RUNS]
set -eu

dir=$1 target=$2 seconds=$3 runs=${4:-}
here=$(dirname "$0")
seeds=$here/corpus/$target
found=$dir/corpus/$target
log=$dir/$target.log

set -- -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
	-artifact_prefix="$dir/crashes/$target-"
if [ -n "$runs" ]; then
	found=$dir/smoke/$target
	rm -rf "$found"
	# Addresses differ from run to run, and so would what is learnt from comparing them.
	set -- "$@" -seed=1 -reload=0 -use_cmp=0 -runs="$runs" -max_total_time="$seconds"
elif [ "$seconds" -gt 0 ]; then
	set -- "$@" -max_total_time="$seconds"
else
	set -- "$@" -runs=0
fi
mkdir -p "$found" "$dir/crashes" "$dir/lines"
[ ! -f "$here/$target.dict" ] || set -- "$@" -dict="$here/$target.dict"
set -- "$@" "$found"
[ ! -d "$seeds" ] || set -- "$@" "$seeds"

begin=$(date +%s)
if ! LLVM_PROFILE_FILE=$dir/lines/$target.profraw "$dir/fuzz-$target" "$@" >"$log" 2>&1; then
	grep -vE '^(#[0-9]|INFO:|	*NEW_FUNC)' "$log" || true
	input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
	echo "FAILED fuzz $target: the input is $input; to see it again:"
	echo "  $dir/fuzz-$target $input"
	exit 1
fi
runs=$(sed -n 's/^stat::number_of_executed_units: //p' "$log")
edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
printf 'ok    fuzz %-16s %9s runs in %2ss, %5s edges\n' "$target" "$runs" \
	$(($(date +%s) - begin)) "$edges"
