#!/bin/sh
# SPDX-License-Identifier: MIT
# Who is built again when an event changes: who uses it.
#
#   event_deps.sh stamps FOLDER        there is FOLDER/EVENT_X for each event of log/events.def, its number
#                                      in it; those that are right are left alone
#   event_deps.sh narrow FOLDER X.d    what the compiler wrote into X.d: instead of on log/events.def it
#                                      depends on the stamps of the events that its sources name
#
# All code includes the enumeration of events, through log/event.h; few care for what an event's text is.
# A new event at the end of its list moves no number.  A file that includes log/events.def itself wants all
# of it, and keeps its dependency.
set -eu
export LC_ALL=C

stamps() {
	[ "$1/.all" -nt log/events.def ] && return
	mkdir -p "$1"
	sed -n 's/^EVENT(\([A-Z0-9_]*\),.*/\1/p' log/events.def | { n=0; while read -r name; do
		echo "$name $n"; n=$((n + 1)); done; echo "COUNT $n"; } | while read -r name n; do
		[ "$(cat "$1/EVENT_$name" 2>/dev/null)" = "$n" ] || echo "$n" > "$1/EVENT_$name"
	done
	for stamp in "$1"/EVENT_*; do # who uses one that is gone hears of it
		name=${stamp##*/EVENT_}
		[ "$name" = COUNT ] || grep -q "^EVENT($name," log/events.def || rm "$stamp"
	done
	touch "$1/.all"
}

narrow() {
	grep -q ' log/events\.def' "$2" || return 0
	sources=$(sed -e '/^$/,$d' -e 's/^[^:]*://' -e 's/\\$//' "$2" | tr ' ' '\n' | sed -n '/\.def$/d; /log\/event\.h$/d; /\.[chS]$/p' |
		grep -v '^/')
	# shellcheck disable=SC2086
	grep -q '^#include "log/events\.def"' $sources && return 0
	# shellcheck disable=SC2086
	used=$(grep -ohE '\bEVENT_[A-Z0-9_]+\b' $sources | sort -u | while read -r name; do
		if [ -f "$1/$name" ]; then printf ' %s/%s' "$1" "$name"; fi; done)
	sed -i -e 's, log/events\.def,,' -e '/^log\/events\.def:/d' "$2"
	printf '%s:%s\n' "${2%.d}.o" "$used" >> "$2"
	for stamp in $used; do
		printf '%s:\n' "$stamp" >> "$2"
	done
}

"$@"
