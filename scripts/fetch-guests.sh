#!/usr/bin/env bash
# Brings the real guests: kernels and images of Debian packages, never committed, unpacked into guests/real/cache. Prints
# the checksum of each. Needs Debian's apt and the right to add the i386 architecture (root); run again, it fetches
# nothing that is there.
#
#   scripts/fetch-guests.sh                everything
#   scripts/fetch-guests.sh pae bios       some: pae 686 bios installer memtest grub gnumach
set -euo pipefail
cd "$(dirname "$0")/.."
cache=guests/real/cache
all=(pae 686 bios installer memtest grub gnumach)
wanted=("${@:-${all[@]}}")
[ $# -gt 0 ] || wanted=("${all[@]}")

fail() {
  echo "fetch-guests: $1" >&2
  exit 1
}

for group in "${wanted[@]}"; do
  case " ${all[*]} " in
    *" $group "*) ;;
    *) fail "there is no group '$group'; there are: ${all[*]}" ;;
  esac
done
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
  fail "this needs Debian's apt-get and dpkg-deb; on another system unpack the packages that docs/guests.md names"

updated=no
update() {
  [ $updated = no ] || return 0
  updated=yes
  if ! dpkg --print-foreign-architectures | grep -qx i386; then
    dpkg --add-architecture i386 || fail "the i386 architecture cannot be added; run this as root"
  fi
  # A mirror that cannot be reached is no reason to stop while another has the package.
  apt-get update -qq 2>/dev/null || true
}

# unpack PACKAGE: its files, in a folder that the caller removes.
unpack() {
  update
  local folder
  folder=$(mktemp -d)
  (cd "$folder" && apt-get download -q "$1" >/dev/null 2>&1) || fail "apt-get cannot download $1"
  dpkg-deb -x "$folder"/*.deb "$folder/files"
  echo "$folder"
}

# The package that a package with nothing in it stands for: a kernel, which an amd64 machine would take for itself.
behind() {
  update
  apt-cache depends "$1" | sed -n 's/^ *Depends: //p' | head -1
}

# take FOLDER FROM TO: one file of a package.
take() {
  local files=("$1"/files/$2)
  [ -f "${files[0]}" ] || fail "the package has no $2"
  mkdir -p "$(dirname "$cache/$3")"
  cp "${files[0]}" "$cache/$3"
}

have() {
  for file in "$@"; do [ -s "$cache/$file" ] || return 1; done
}

busybox() {
  have busybox && return
  local from
  from=$(unpack busybox-static:i386)
  take "$from" bin/busybox busybox
  rm -rf "$from"
}

# initrd NAME MODULE...: busybox, one init script, the modules. The same bytes every time.
initrd() {
  command -v cpio >/dev/null || apt-get install -qq cpio >/dev/null || fail "cpio cannot be installed"
  local root name=$1
  shift
  root=$(mktemp -d)
  mkdir -p "$root"/{bin,dev,lib/modules,proc,sys,tmp,work}
  install -m 755 "$cache/busybox" "$root/bin/busybox"
  install -m 755 guests/real/init "$root/init"
  install -m 755 guests/real/work/* "$root/work"
  for module in "$@"; do
    install -m 644 "$module" "$root/lib/modules"
    basename "$module" .ko >>"$root/lib/modules/order"
  done
  find "$root" -exec touch -h -d @0 {} +
  (cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc --reproducible -R 0:0 | gzip -9n) >"$cache/$name"
  rm -rf "$root"
}

kernel() {
  local meta=$1 flavour=$2 from
  have "vmlinuz-$flavour" "initrd-$flavour.gz" "initrd-devices-$flavour.gz" && return
  busybox
  from=$(unpack "$(behind "$meta")")
  take "$from" 'boot/vmlinuz-*' "vmlinuz-$flavour"
  local modules=("$from"/files/lib/modules/*/kernel)
  initrd "initrd-$flavour.gz" "${modules[0]}/drivers/net/dummy.ko" "${modules[0]}/drivers/block/loop.ko"
  # Each behind those that it needs.
  local drivers=(crypto/crct10dif_common lib/crc-t10dif lib/crc64 lib/crc64-rocksoft block/t10-pi)
  drivers+=(drivers/scsi/{scsi_common,scsi_mod,sd_mod} drivers/ata/{libata,ata_piix})
  drivers+=(drivers/cdrom/cdrom drivers/scsi/sr_mod drivers/block/floppy)
  drivers+=(drivers/input/mouse/psmouse drivers/input/evdev drivers/acpi/button)
  drivers=("${drivers[@]/#/${modules[0]}/}")
  initrd "initrd-devices-$flavour.gz" "${drivers[@]/%/.ko}"
  rm -rf "$from"
}

for group in "${wanted[@]}"; do
  case $group in
    pae) kernel linux-image-686-pae:i386 686-pae ;;
    686) kernel linux-image-686:i386 686 ;;
    bios)
      if ! have bios.bin vgabios.bin; then
        from=$(unpack seabios)
        take "$from" usr/share/seabios/bios-256k.bin bios.bin
        take "$from" usr/share/seabios/vgabios-isavga.bin vgabios.bin
        rm -rf "$from"
      fi
      ;;
    installer)
      if ! have installer/linux installer/initrd.gz; then
        from=$(unpack debian-installer-12-netboot-i386)
        text=usr/lib/debian-installer/images/12/i386/text/debian-installer/i386
        take "$from" $text/linux installer/linux
        take "$from" $text/initrd.gz installer/initrd.gz
        rm -rf "$from"
      fi
      ;;
    memtest)
      if ! have memtest86+ia32.bin; then
        from=$(unpack memtest86+)
        take "$from" 'boot/memtest86+ia32.bin' memtest86+ia32.bin
        rm -rf "$from"
      fi
      ;;
    grub)
      if ! have grub-rescue-floppy.img grub-rescue-cdrom.iso; then
        from=$(unpack grub-rescue-pc)
        take "$from" usr/lib/grub-rescue/grub-rescue-floppy.img grub-rescue-floppy.img
        take "$from" usr/lib/grub-rescue/grub-rescue-cdrom.iso grub-rescue-cdrom.iso
        rm -rf "$from"
      fi
      ;;
    gnumach)
      if ! have gnumach; then
        from=$(unpack "$(behind gnumach-image-1-486:i386)")
        take "$from" 'boot/gnumach-1.8*-486.gz' gnumach.gz
        gunzip -f "$cache/gnumach.gz"
        rm -rf "$from"
      fi
      ;;
  esac
done
(cd $cache && find . -type f | LC_ALL=C sort | xargs sha256sum)
