#!/usr/bin/env bash
# Builds the guests into guests/images, byte for byte the same wherever the same compiler runs.
#
#   build-guests.sh           builds and replaces guests/images
#   build-guests.sh --check   builds to a temporary folder and compares with guests/images
#
# A guest is a folder guests/NAME with kernel/kernel.ld (or kernel.ld) beside its *.c and *.S files. Optional: shared/
# (headers), and user/ with user.ld, a program that the kernel includes as user.bin. guests/lib is there for all.
# GUEST_CROSS names another toolchain by its prefix, for example GUEST_CROSS=i686-elf- on a computer that is not x86.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
images=$root/guests/images
cross=${GUEST_CROSS:-}
cc=${cross}gcc ld=${cross}ld ar=${cross}ar objcopy=${cross}objcopy

# No x87, MMX or SSE: a guest must run before the emulator has them. Fixed options, so that distributions' own
# defaults (PIE, stack protector, CET) change nothing.
cflags=(-m32 -march=i686 -mgeneral-regs-only -mno-sse -mno-mmx -std=gnu11 -O2
	-ffreestanding -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none
	-fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-tree-loop-distribute-patterns
	-fno-ident -fno-common -Wall -Wextra -Wno-main -Werror=implicit-function-declaration)
ldflags=(-m elf_i386 -nostdlib -static --build-id=none -z noexecstack -z max-page-size=4096 --no-warn-rwx-segments)

die() {
	echo "build-guests: $*" >&2
	exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

toolchain_missing() {
	local tool
	for tool in "$cc" "$ld" "$ar" "$objcopy"; do
		command -v "$tool" >/dev/null 2>&1 || { echo "$tool is not installed" && return 0; }
	done
	echo 'int x;' >"$work/probe.c"
	"$cc" "${cflags[@]}" -c "$work/probe.c" -o "$work/probe.o" 2>/dev/null || { echo "$cc cannot build for -m32" && return 0; }
	"$ld" "${ldflags[@]}" -r "$work/probe.o" -o "$work/probe.ro" 2>/dev/null || { echo "$ld cannot link elf_i386" && return 0; }
	return 1
}

# What decides the bytes: compiler and linker.
toolchain() {
	"$cc" --version | head -n 1
	"$ld" --version | head -n 1
}

# compile SOURCE_FOLDER OBJECT_FOLDER [FLAG…]: one object per *.c and *.S, compiled inside the folder, so that no
# object knows where the checkout is.
compile() {
	local from=$1 to=$2 source
	shift 2
	mkdir -p "$to"
	(
		cd "$from"
		for source in *.c *.S; do
			[ -e "$source" ] || continue
			"$cc" "${cflags[@]}" "-ffile-prefix-map=$root=." "-I$root/guests/lib" "$@" -c "$source" -o "$to/${source%.*}.o"
		done
	)
}

build_library() {
	compile "$root/guests/lib" "$work/lib"
	(cd "$work/lib" && "$ar" rcsD lib.a -- *.o)
}

# build_guest FOLDER OUTPUT
build_guest() {
	local folder=$1 output=$2 name kernel
	name=$(basename "$folder")
	kernel=$folder
	[ -e "$folder/kernel/kernel.ld" ] && kernel=$folder/kernel
	local objects=$work/$name
	mkdir -p "$objects"
	if [ -e "$folder/user/user.ld" ]; then
		compile "$folder/user" "$objects/user" "-I$folder/shared"
		"$ld" "${ldflags[@]}" -T "$folder/user/user.ld" -o "$objects/user.elf" "$objects"/user/*.o "$work/lib/lib.a"
		"$objcopy" -O binary "$objects/user.elf" "$objects/user.bin"
	fi
	# -Wa,-I: .incbin looks for user.bin there.
	compile "$kernel" "$objects/kernel" "-I$folder/shared" "-Wa,-I$objects"
	"$ld" "${ldflags[@]}" -T "$kernel/kernel.ld" -o "$output" "$objects"/kernel/*.o "$work/lib/lib.a"
	# Symbols stay: the dashboard names addresses by them. Everything else that is not loaded goes.
	"$objcopy" --strip-debug --remove-section=.comment "$output"
	chmod 644 "$output"
}

# The system guests: a folder of *.S each, linked with guests/conformance/lib.
build_conformance() {
	local folder name objects
	for folder in "$root"/guests/conformance/*/; do
		folder=${folder%/}
		name=$(basename "$folder")
		[ "$name" != lib ] || continue
		objects=$work/conformance-$name
		compile "$root/guests/conformance/lib" "$objects/lib" "-DGUEST=\"conformance $name\""
		compile "$folder" "$objects/tests" "-I$root/guests/conformance/lib"
		"$ld" "${ldflags[@]}" -T "$root/guests/conformance/link.ld" -o "$1/conformance-$name.elf" \
			"$objects"/lib/*.o "$objects"/tests/*.o
		"$objcopy" --strip-debug --remove-section=.comment "$1/conformance-$name.elf"
		chmod 644 "$1/conformance-$name.elf"
	done
}

build_all() {
	local out=$1 folder
	mkdir -p "$out"
	build_library
	for folder in "$root"/guests/*/; do
		folder=${folder%/}
		[ -e "$folder/kernel.ld" ] || [ -e "$folder/kernel/kernel.ld" ] || continue
		build_guest "$folder" "$out/$(basename "$folder").elf"
	done
	"$root/scripts/build-bench-guests.sh" "$out"
	build_conformance "$out"
	# sha256sum -c takes this file as it is; the comments say which toolchain made the images.
	{
		toolchain | sed 's/^/# /'
		(cd "$out" && sha256sum -- *.elf)
	} >"$out/SHA256SUMS"
}

check_sums() {
	(cd "$images" && sha256sum --check --quiet SHA256SUMS) ||
		die "guests/images does not match its SHA256SUMS; npm run guests rebuilds it"
}

check() {
	build_all "$work/out"
	local committed here image
	committed=$(grep '^# ' "$images/SHA256SUMS")
	here=$(grep '^# ' "$work/out/SHA256SUMS")
	if [ "$committed" != "$here" ]; then
		echo "build-guests: skipped the byte comparison, the toolchain differs; compare the console (npm run guests:qemu)"
		printf 'committed:\n%s\nhere:\n%s\n' "$committed" "$here"
		return 0
	fi
	for image in "$work"/out/*.elf; do
		cmp "$image" "$images/$(basename "$image")" || die "$(basename "$image") is not what its source gives; run npm run guests and commit"
	done
	echo "build-guests: every image is byte for byte what its source gives"
}

case ${1:-} in
"" | --check) ;;
*) die "unknown option $1; only --check is known" ;;
esac

[ "${1:-}" != --check ] || check_sums
if reason=$(toolchain_missing); then
	echo "build-guests: skipped, $reason"
	exit 0
fi
if [ "${1:-}" = --check ]; then
	check
else
	build_all "$work/out"
	mkdir -p "$images"
	cp "$work"/out/* "$images/"
	(cd "$work/out" && sha256sum -- *.elf)
fi
