#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs host test programs, as many at once as there are processors; shows the output of one that does
# not pass, a line for each and one for all of them.
# Usage: run_host_tests.sh PROGRAM...
set -u

# Prints all at once, so that the lines of two programs do not mix.
run_one() {
	if output=$("$1" 2>&1); then
		tests=$(echo "$output" | grep -c '\[       OK \]')
		scenarios=$(echo "$output" | sed -n 's/^\([0-9]*\) scenarios, .*/\1/p' |
			awk '{ n += $1 } END { if (n) print n }')
		echo "ok    $(basename "$1")  $tests tests${scenarios:+, $scenarios scenarios}"
	else
		echo "BAD   $1
$output"
	fi
}

if [ "$1" = --one ]; then
	run_one "$2"
	exit 0
fi
printf '%s\n' "$@" | xargs -n 1 -P "$(nproc)" "$0" --one | awk -v programs=$# '
	{ print; fflush() }
	/^ok / { ok++; for (i = 2; i <= NF; i++) if ($i == "scenarios") scenarios += $(i - 1) }
	END {
		printf "host tests: %d programs, %d did not pass; %d seeded scenarios\n", \
			programs, programs - ok, scenarios
		exit programs != ok
	}'
