#!/bin/sh
# Runs host test programs; shows the output of one that does not pass, and a line for all of them.
# Usage: run_host_tests.sh PROGRAM...
set -u

bad=0
for program in "$@"; do
	if output=$("$program" 2>&1); then
		echo "ok    $(basename "$program")  $(echo "$output" | grep -c '\[       OK \]') tests"
	else
		echo "BAD   $program"
		echo "$output"
		bad=$((bad + 1))
	fi
done
echo "host tests: $# programs, $bad did not pass"
[ "$bad" = 0 ]
