/** A multiboot kernel from a few lines of assembly, loaded and entered at 1 MiB. */
import { asm } from "./asm.ts";

const LOAD_ADDRESS = 0x10_0000;
/** Multiboot 0.6.96: 3.1: address fields valid, so no ELF is needed. */
const FLAGS = 1 << 16;
const MAGIC = 0x1bad_b002;

export function tinyKernel(text: string): Uint8Array {
  return asm(
    `dd ${MAGIC}, ${FLAGS}, ${-(MAGIC + FLAGS) >>> 0}, ${LOAD_ADDRESS}, ${LOAD_ADDRESS}, 0, 0, entry\nentry:\n${text}`,
    { origin: LOAD_ADDRESS },
  );
}

/** Sends a text to COM1. Uses EAX, EDX and ESI. */
export const print = (text: string): string => {
  const out = [...text].map((char) => `mov al, ${char.charCodeAt(0)}\nout dx, al`).join("\n");
  return `mov dx, 0x3f8\n${out}`;
};

/** Masks the timer, which a BIOS leaves running: what then sleeps is woken by nothing. Uses AL. */
export const DEAF = "mov al, 0xff\nout 0x21, al\n";
