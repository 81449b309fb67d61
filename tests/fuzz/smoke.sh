#!/bin/sh
# Runs all fuzz targets for SECONDS in all, as many at a time as there are processors: those that
# play with a whole stack four times as long as the others.  Fails when one of them does.
# Usage: smoke.sh FUZZ_BUILD_DIR SECONDS TARGET...
set -eu

dir=$1 seconds=$2
shift 2
here=$(dirname "$0")

weight() {
	case "$1" in
	frame-in | tcp-segments | ipv4-reassembly) echo 4 ;;
	*) echo 1 ;;
	esac
}

at_once=$(nproc)
shares=0
for target in "$@"; do
	shares=$((shares + $(weight "$target")))
done
for target in "$@"; do
	time=$((seconds * at_once * $(weight "$target") / shares))
	[ "$time" -le "$seconds" ] || time=$seconds
	[ "$time" -gt 0 ] || time=1
	echo "$time $target"
done | sort -rn | xargs -P "$at_once" -L 1 sh -c '"$0" "$1" "$3" "$2"' "$here/run.sh" "$dir"
