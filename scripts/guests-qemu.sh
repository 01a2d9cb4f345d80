#!/usr/bin/env bash
# Boots every guest of guests/guests.json in QEMU: a guest is a real kernel, not a script for our emulator.
#
#   guests-qemu.sh             console and exit status must be what guests.json promises
#   guests-qemu.sh --accept    writes the console of this run as the one to expect
#   guests-qemu.sh [NAME…]     only these guests
#
# QEMU runs a 32-bit processor with NX (qemu32 alone has none), because the guests print which paging features they found.
set -euo pipefail

guests=$(cd "$(dirname "${BASH_SOURCE[0]}")/../guests" && pwd)
qemu=${QEMU:-qemu-system-i386}

if ! command -v "$qemu" >/dev/null 2>&1; then
	echo "guests-qemu: skipped, $qemu is not installed"
	exit 0
fi

accept=false
names=()
for argument in "$@"; do
	case $argument in
	--accept) accept=true ;;
	-*) echo "guests-qemu: unknown option $argument; only --accept is known" >&2 && exit 2 ;;
	*) names+=("$argument") ;;
	esac
done

wanted() {
	local name
	[ "${#names[@]}" -eq 0 ] && return 0
	for name in "${names[@]}"; do
		[ "$name" = "$1" ] && return 0
	done
	return 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One line for each guest; the unit separator cannot be part of any field.
list() {
	node -e '
		const guests = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
		for (const g of guests)
			console.log([g.name, g.image, g.checkAppend ?? g.append, g.mem, g.status, g.timeoutSeconds, g.console ?? ""].join("\x1f"));
	' "$guests/guests.json"
}

limit() {
	local seconds=$1
	shift
	if command -v timeout >/dev/null 2>&1; then timeout "$seconds" "$@"; else "$@"; fi
}

failed=0
complain() {
	echo "guests-qemu: FAIL $*" >&2
	failed=1
}

list >"$work/list"
while IFS=$'\x1f' read -r name image append mem status seconds console; do
	wanted "$name" || continue
	out=$work/$name.txt
	code=0
	# A comma in a file name would end QEMU's option; doubled it stands for itself.
	limit "$seconds" "$qemu" -accel tcg -cpu qemu32,+nx -m "$mem" -kernel "$guests/$image" -append "$append" \
		-nodefaults -display none -no-reboot -monitor none -serial "file:${out//,/,,}" \
		-device isa-debug-exit,iobase=0xf4,iosize=0x04 </dev/null 2>"$work/errors" || code=$?
	if [ "$code" -ne "$status" ]; then
		complain "$name: exit status $code, not $status"
		cat "$work/errors" "$out" >&2 || true
		continue
	fi
	tr -d '\r' <"$out" >"$out.plain"
	if [ -z "$console" ]; then
		cat "$out.plain"
	elif $accept; then
		cp "$out.plain" "$guests/$console"
		echo "guests-qemu: wrote $console"
		continue
	elif ! diff -u "$guests/$console" "$out.plain"; then
		complain "$name: the console is not that of $console"
		continue
	fi
	echo "guests-qemu: $name: console and status as expected"
done <"$work/list"
exit "$failed"
