/** What may happen in a story: plain records, one for each thing that a guest, its processor or its host does. */
import type { Gva } from "../types.ts";

/** A store to a table, or to what may become one. */
export interface StoreOp {
  readonly kind: "store";
  /** Index in FRAME_NAMES. */
  readonly frame: number;
  readonly offset: number;
  readonly bytes: 1 | 2 | 4 | 8;
  /** The value; `hi` only counts for 8 bytes. */
  readonly lo: number;
  readonly hi: number;
  /** The hypervisor's emulator does it, whether the tables ask for that or not. Else: through the kernel window. */
  readonly emulated: boolean;
}

/** A read or a fetch. */
export interface AccessOp {
  readonly kind: "access";
  readonly gva: Gva;
  /** PFERR_USER and PFERR_FETCH. */
  readonly access: number;
}

/** A store of four bytes through whatever mapping is there: it may well hit a table. */
export interface WriteOp {
  readonly kind: "write";
  readonly gva: Gva;
  readonly user: boolean;
  readonly value: number;
  /** Part of the delivery of an event, which no hypervisor emulates. */
  readonly delivery: boolean;
}

export interface InvlpgOp {
  readonly kind: "invlpg";
  readonly gva: Gva;
}

export interface Cr3Op {
  readonly kind: "cr3";
  readonly frame: number;
}

export const BITS = ["pge", "pse", "pae", "wp", "pg"] as const;
export type Bit = (typeof BITS)[number];

/** A write to CR0 or CR4 that gives one bit a value, maybe the one it has. */
export interface BitOp {
  readonly kind: "bit";
  readonly bit: Bit;
  readonly on: boolean;
}

export const HOST_EVENTS = ["shrink", "recycle", "tight", "roomy"] as const;
export type HostEvent = (typeof HOST_EVENTS)[number];

/** The host takes shadow pages back: one, all, or most for a while. */
export interface HostOp {
  readonly kind: "host";
  readonly event: HostEvent;
}

/** The hypervisor ends the shadows of a frame. */
export interface UnprotectOp {
  readonly kind: "unprotect";
  readonly frame: number;
}

export const SLOT_EVENTS = [
  "gone",
  "back",
  "moved",
  "home",
  "other-memory",
  "first-memory",
  "read-only",
  "writable",
  "log",
  "take",
] as const;
export type SlotEvent = (typeof SLOT_EVENTS)[number];

/** Something happens to the slot of T2 and F2. */
export interface SlotOp {
  readonly kind: "slot";
  readonly event: SlotEvent;
}

/** AL shows the memory of another frame from now on, or none: -1. */
export interface AliasOp {
  readonly kind: "alias";
  readonly frame: number;
}

export type Op =
  | StoreOp
  | AccessOp
  | WriteOp
  | InvlpgOp
  | Cr3Op
  | BitOp
  | HostOp
  | UnprotectOp
  | SlotOp
  | AliasOp;
