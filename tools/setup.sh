#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks that the Debian packages a group of targets needs are there, and installs the missing ones
# with apt where that is allowed; otherwise prints the one line to type.  Usage: setup.sh GROUP...
set -eu

packages_of() {
	case "$1" in
	build) echo "gcc make binutils libc6-dev linux-libc-dev gnu-efi mtools fdisk python3-minimal libbearssl-dev" ;;
	check) echo "gcc-aarch64-linux-gnu libc6-dev-arm64-cross libcmocka-dev g++ python3 python3-pytest python3-yaml python3-jsonschema python3-junitparser perl" ;;
	run) echo "qemu-system-x86 ovmf python3 iproute2 mtools util-linux dnsmasq-base" ;;
	fuzz) echo "clang libclang-rt-14-dev llvm" ;;
	test) echo "python3-pytest python3-jsonschema python3-scapy tshark nginx-light dnsmasq-base qemu-utils iputils-ping gdb valgrind curl perl chromium apache2-utils python3-prometheus-client" ;;
	pictures) echo "chromium python3-pil fonts-dejavu-core" ;;
	*)
		echo "setup.sh: no such group: $1 (build, check, run, fuzz, test, pictures)" >&2
		exit 2
		;;
	esac
}

# make may ask for several groups at once; apt can only be used by one.
exec 9<"$0"
flock 9

missing=
for group in "$@"; do
	for package in $(packages_of "$group"); do
		dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
			missing="$missing $package"
	done
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	sudo=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	sudo="sudo -n"
else
	echo "These Debian packages are missing; type:" >&2
	echo "  sudo apt-get install --no-install-recommends -y$missing" >&2
	exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # words on purpose
$sudo apt-get install -o DPkg::Lock::Timeout=300 --no-install-recommends -y -qq $missing >/dev/null 2>&1 || {
	$sudo apt-get update -qq
	$sudo apt-get install -o DPkg::Lock::Timeout=300 --no-install-recommends -y -qq $missing >/dev/null
}
