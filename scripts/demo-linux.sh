#!/usr/bin/env bash
# The patch of December 2008 on the guest it was written for: 32-bit Linux with PAE and high memory, unmodified. Boots it
# three times, lets it copy files in high memory and start programs, and prints what each policy cost. About 8.3 billion
# instructions each. docs/history.md discusses the numbers.
#
#   npm run demo:linux                     fetches the kernel first, if it is not there
#   npm run demo:linux -- --policy oos,oos+global,modern
set -euo pipefail
cd "$(dirname "$0")/.."
cache=guests/real/cache
bash scripts/fetch-guests.sh pae >/dev/null
cat <<'TEXT'
Debian's linux-image-686-pae with 1.5 GiB, of which Linux reaches 656 MiB by its kmap page alone. That page table is
global. An `oos` hypervisor compares it at each CR3 load, if the guest has stored to it; `oos+global` leaves it alone.

TEXT
exec node bin/umbra.js compare $cache/vmlinuz-686-pae --mem 1536M --initrd $cache/initrd-686-pae.gz \
  --append "console=ttyS0 rdinit=/init panic=-1 mitigations=off quiet work=kmap" "$@"
