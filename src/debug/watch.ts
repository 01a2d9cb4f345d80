/** What a watchpoint looks at. */
import { digits, hex8 } from "../common/hex.ts";

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
  switch (watch.kind) {
    case "gva":
      return `gva ${hex8(watch.gva)}, ${watch.bytes} bytes`;
    case "gfn":
      return `gfn ${digits(watch.gfn, 5)}`;
    case "sp":
      return `sp ${digits(watch.sp)}`;
    case "register":
      return watch.name;
  }
}
