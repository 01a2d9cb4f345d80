#!/usr/bin/env bash
# Builds the benchmark guests, bench-*.elf, from guests/bench into the folder given. Part of build-guests.sh.
# GUEST_CROSS names another toolchain by its prefix, for example GUEST_CROSS=i686-elf-.
set -euo pipefail
out=${1:?usage: $0 FOLDER}
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/.."
cc=${GUEST_CROSS-}gcc
ld=${GUEST_CROSS-}ld

objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT

assemble() { "$cc" -m32 -march=i686 -Wa,--noexecstack -c -I guests/bench -o "$2" "$1"; }

assemble guests/bench/start.S "$objects/start.o"
assemble guests/bench/paging.S "$objects/paging.o"
for source in guests/bench/rows/*.S; do
  row=$(basename "$source" .S)
  needed=("$objects/start.o")
  if grep -q 'call paging_on' "$source"; then needed+=("$objects/paging.o"); fi
  assemble "$source" "$objects/$row.o"
  "$ld" -m elf_i386 -T guests/bench/bench.ld --build-id=none -z noexecstack --no-warn-rwx-segments -n -s \
    -o "$out/bench-$row.elf" "${needed[@]}" "$objects/$row.o"
  chmod 644 "$out/bench-$row.elf"
done
