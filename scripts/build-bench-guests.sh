#!/usr/bin/env bash
# Builds the benchmark guests, guests/images/bench-*.elf, from guests/bench.
# GUEST_CROSS names another toolchain by its prefix, for example GUEST_CROSS=i686-elf-.
# With --check nothing is written: the images must have the bytes that a build gives now.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1-}" in
  "" | --check) ;;
  *) echo "usage: $0 [--check]" >&2; exit 2 ;;
esac
cc=${GUEST_CROSS-}gcc
ld=${GUEST_CROSS-}ld
for tool in "$cc" "$ld"; do
  if ! command -v "$tool" >/dev/null; then
    echo "the benchmark guests need $tool (gcc with -m32, and GNU binutils)" >&2
    exit 1
  fi
done

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

assemble() { "$cc" -m32 -march=i686 -Wa,--noexecstack -c -I guests/bench -o "$2" "$1"; }

assemble guests/bench/start.S "$build/start.o"
assemble guests/bench/paging.S "$build/paging.o"
different=0
for source in guests/bench/rows/*.S; do
  row=$(basename "$source" .S)
  image=guests/images/bench-$row.elf
  objects=("$build/start.o")
  if grep -q 'call paging_on' "$source"; then objects+=("$build/paging.o"); fi
  assemble "$source" "$build/$row.o"
  "$ld" -m elf_i386 -T guests/bench/bench.ld --build-id=none -z noexecstack --no-warn-rwx-segments -n -s \
    -o "$build/$row.elf" "${objects[@]}" "$build/$row.o"
  chmod 644 "$build/$row.elf"
  if [ "${1-}" = --check ]; then
    cmp "$build/$row.elf" "$image" || different=1
  else
    mkdir -p guests/images
    mv "$build/$row.elf" "$image"
  fi
done
if [ "$different" -ne 0 ]; then
  echo "a committed benchmark image differs from its source; run scripts/build-bench-guests.sh" >&2
  exit 1
fi
