#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes a bootable disk image: GPT, one EFI system partition (FAT) with loader, kernel and
# configuration.  No root, no loop device.  The same input gives the same bytes.
#
#   mkimage.sh IMAGE LOADER KERNEL CONF
#
# The partition starts at 64 KiB, so mtools reach it as IMAGE@@64K:
#   mcopy -o -i IMAGE@@64K my.conf ::/dialtone.conf
set -eu

[ $# = 4 ] || { echo "usage: mkimage.sh IMAGE LOADER KERNEL CONF" >&2; exit 2; }
image=$1 loader=$2 kernel=$3 conf=$4

# Fixed identities and times, so that the image depends on nothing but its input.
disk_guid=64696164-6c74-6f6e-8065-000000000001
partition_guid=64696164-6c74-6f6e-8065-000000000002
volume_serial=64696164
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1704067200}" TZ=UTC LC_ALL=C
# Nobody's ~/.mtoolsrc; and the geometry below is the image's own affair.
export MTOOLSRC=/dev/null MTOOLS_SKIP_CHECK=1
# sfdisk needs no root here, but is kept where only root looks.
PATH=$PATH:/usr/sbin:/sbin

start=128       # sectors before the partition: protective MBR, GPT, 64 KiB alignment
gpt_end=33      # sectors of the second GPT
spare=131072    # bytes left free at least, for longer configurations
sector=512
esp_type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
conf_max=65536  # the loader refuses a longer one

for file in "$loader" "$kernel" "$conf"; do
	[ -f "$file" ] || { echo "mkimage.sh: $file: no such file" >&2; exit 1; }
done
[ "$(wc -c <"$conf")" -le $conf_max ] ||
	{ echo "mkimage.sh: $conf: a configuration has at most 64 KiB" >&2; exit 1; }

# Whole MiB (some clouds insist): the smallest number that holds the files, two directories, the
# FATs and the spare room.
content=$(cat "$loader" "$kernel" "$conf" | wc -c)
mib=$(((content + content / 64 + spare + (start + gpt_end + 64) * sector) / 1048576 + 1))
sectors=$((mib * 2048))
length=$((sectors - start - gpt_end))

tmp=$image.tmp
trap 'rm -f "$tmp"' EXIT
rm -f "$tmp"
truncate -s "${mib}M" "$tmp"
sfdisk --quiet --no-reread --no-tell-kernel "$tmp" <<END
label: gpt
label-id: $disk_guid
first-lba: 34
start=$start, size=$length, type=$esp_type, uuid=$partition_guid, name="EFI system"
END

fat=$tmp@@$((start * sector))
mformat -i "$fat" -T "$length" -H "$start" -N "$volume_serial" -v DIALTONE ::
mmd -i "$fat" ::/EFI ::/EFI/BOOT
mcopy -i "$fat" "$loader" ::/EFI/BOOT/BOOTX64.EFI
mcopy -i "$fat" "$kernel" ::/dialtone.elf
mcopy -i "$fat" "$conf" ::/dialtone.conf
mv "$tmp" "$image"
