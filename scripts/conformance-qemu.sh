#!/usr/bin/env bash
# Runs the system guests (guests/conformance) in QEMU and in Umbra and compares both with what the guests expect.
#
#   conformance-qemu.sh [NAME…]     only these guests, for example: debug tasks
#   ACCEL=kvm conformance-qemu.sh   on the processor of this computer, where KVM works: nothing counts as known then
#   UMBRA="tsx src/cli/main.ts"     another way to start Umbra
#
# Umbra must pass every check. QEMU may differ where guests/conformance/qemu-differences.txt says so, and why.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
images=$root/guests/images
known=$root/guests/conformance/qemu-differences.txt
qemu=${QEMU:-qemu-system-i386}
accel=${ACCEL:-tcg}
umbra=${UMBRA:-node $root/bin/umbra.js}
passed_status=33
seconds=10

have_qemu=true
if ! command -v "$qemu" >/dev/null 2>&1; then
	echo "conformance-qemu: $qemu is not installed, Umbra runs alone"
	have_qemu=false
fi
[ "$accel" = tcg ] || known=/dev/null

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

limit() {
	if command -v timeout >/dev/null 2>&1; then timeout "$seconds" "$@"; else "$@"; fi
}

in_qemu() {
	local image=$1 out=$2
	limit "$qemu" -accel "$accel" -cpu max,-lm -m 16 -kernel "$image" -nodefaults -display none -no-reboot -monitor none \
		-serial "file:${out//,/,,}" -device isa-debug-exit,iobase=0xf4,iosize=0x04 </dev/null >/dev/null 2>&1
}

in_umbra() {
	# shellcheck disable=SC2086
	limit $umbra run "$1" --mem 16M --policy bare --ui none --report none </dev/null >"$2" 2>/dev/null
}

# count OUTPUT WORD
count() {
	grep -ac "^$2 " "$1" || true
}

# The checks that failed, one a line; and a line more if the guest did not come to its end.
failures() {
	local name=$1 out=$2
	grep -a '^FAIL ' "$out" | sed -E "s/^FAIL (.*): got .*/$name: \1/" || true
	grep -aq "^conformance $name: " "$out" || echo "$name: (the guest does not end)"
}

result=0
complain() {
	echo "  $*"
	result=1
}

row() {
	printf '%-14s %8s %8s %8s %8s %10s %8s\n' "$@"
}

names=("$@")
if [ ${#names[@]} -eq 0 ]; then
	for image in "$images"/conformance-*.elf; do
		name=$(basename "$image" .elf)
		names+=("${name#conformance-}")
	done
fi

row guest "qemu ok" "known" "failed" "umbra ok" "skipped" "failed"
for name in "${names[@]}"; do
	image=$images/conformance-$name.elf
	theirs=$work/$name.qemu ours=$work/$name.umbra
	status=0
	in_umbra "$image" "$ours" || status=$?
	failures "$name" "$ours" >"$ours.failed"
	: >"$theirs"
	: >"$theirs.known"
	: >"$theirs.failed"
	if $have_qemu; then
		in_qemu "$image" "$theirs" || true
		failures "$name" "$theirs" | sort -u >"$theirs.all"
		grep -axFf "$known" "$theirs.all" >"$theirs.known" || true
		grep -avxFf "$theirs.known" "$theirs.all" >"$theirs.failed" || true
		[ -s "$theirs.known" ] || cp "$theirs.all" "$theirs.failed"
	fi
	row "$name" "$(count "$theirs" ok)" "$(wc -l <"$theirs.known")" "$(wc -l <"$theirs.failed")" \
		"$(count "$ours" ok)" "$(count "$ours" skip)" "$(wc -l <"$ours.failed")"
	while read -r line; do complain "QEMU differs: $line"; done <"$theirs.failed"
	while read -r line; do complain "Umbra differs: $line"; done <"$ours.failed"
	[ "$status" -eq "$passed_status" ] || complain "Umbra ends with status $status, not $passed_status"
done
exit "$result"
