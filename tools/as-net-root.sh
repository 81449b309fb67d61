#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a command where it may make network namespaces and taps: as it is for root, and otherwise as
# root of a user namespace of its own (with its own /run, for the names of ip netns).
# Usage: as-net-root.sh COMMAND...  Ends with 2 and a line saying what to type where neither works.
set -eu

[ "$(id -u)" != 0 ] || exec "$@"

# The device checks permission when it is opened, so the first test is to open it.
# shellcheck disable=SC2016 # the inner shell expands
if (: <>/dev/net/tun) 2>/dev/null && unshare --user --map-root-user --net --mount true 2>/dev/null
then
	exec unshare --user --map-root-user --net --mount \
		sh -c 'mount -t tmpfs -o mode=755 none /run && ip link set lo up && exec "$@"' sh "$@"
fi
echo "A tap needs root here (or a /dev/net/tun that opens, and user namespaces); type: sudo $*" >&2
exit 2
