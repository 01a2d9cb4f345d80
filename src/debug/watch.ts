/** What a watchpoint looks at. */
export type Watch =
  /** Stops after a store to any of `bytes` bytes at a linear address, whoever makes it and through whatever alias. */
  | { readonly kind: "gva"; readonly gva: number; readonly bytes: 1 | 2 | 4 }
  /** Stops after a store to a guest frame. */
  | { readonly kind: "gfn"; readonly gfn: number }
  /** Stops after an event about a shadow page. */
  | { readonly kind: "sp"; readonly sp: number }
  /** Stops after an instruction that changes a register, by its name in `info registers`. */
  | { readonly kind: "register"; readonly name: string };

export function watchText(watch: Watch): string {
  const hex = (value: number): string => (value >>> 0).toString(16);
  switch (watch.kind) {
    case "gva":
      return `gva ${hex(watch.gva).padStart(8, "0")}, ${watch.bytes} bytes`;
    case "gfn":
      return `gfn ${hex(watch.gfn).padStart(5, "0")}`;
    case "sp":
      return `sp ${hex(watch.sp)}`;
    case "register":
      return watch.name;
  }
}
