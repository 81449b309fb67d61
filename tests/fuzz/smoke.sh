#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs all fuzz targets, about a minute in all, as many at a time as there are processors.  Fails
# when one of them does.  It is the same run each time (run.sh), so that what fails here is what was
# changed here; `make fuzz` looks for what nobody has seen yet.  SECONDS bounds it on slow machines.
# Usage: smoke.sh FUZZ_BUILD_DIR SECONDS TARGET...
set -eu

dir=$1 seconds=$2
shift 2
here=$(dirname "$0")

# Executions: some seconds each, and the three that play with a whole stack four times as long.
runs_of() {
	case "$1" in
	ipv4-reassembly) echo 5000 ;;
	tcp-segments) echo 10000 ;;
	frame-in) echo 55000 ;;
	dhcp) echo 5000 ;;
	config) echo 40000 ;;
	http) echo 12000 ;;
	server-request) echo 100000 ;;
	pci | log) echo 200000 ;;
	ring) echo 400000 ;;
	redirect) echo 800000 ;;
	dns) echo 300000 ;;
	elf | tcp-options) echo 2000000 ;;
	*) echo 20000 ;;
	esac
}

slow_first() {
	for target in "$@"; do
		echo "$(runs_of "$target") $target"
	done | sort -n
}

slow_first "$@" | xargs -P "$(nproc)" -L 1 sh -c '"$0" "$1" "$4" "$2" "$3"' \
	"$here/run.sh" "$dir" "$seconds"
