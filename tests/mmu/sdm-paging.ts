/**
 * What an access to paged memory does, written from the manual and from nothing else: the reference that the
 * permission matrix holds the walkers against. It is plain and slow, and shares no line with them.
 *
 * SDM: volume 3, 4.3 (32-bit paging), 4.4 (PAE paging), 4.6 (access rights), 4.7 (page-fault exceptions), 4.8
 * (accessed and dirty flags). MAXPHYADDR is 36; the PAT is supported; there is neither SMEP nor SMAP.
 */

/** Inclusive ranges of bits, [highest, lowest], in the manual's order. */
type Bits = readonly [number, number];

/** One format of a paging-structure entry, as its table in the manual has it. */
interface Format {
  readonly frame: Bits;
  /** Where bits of the frame above the 31st are, and the number of the lowest of them. */
  readonly frameHigh?: { readonly bits: Bits; readonly from: number };
  readonly reserved: readonly Bits[];
  /** Bytes that the entry maps or controls, as a power of two. */
  readonly shift: number;
}

/** SDM: volume 3, tables 4-4 to 4-11. Bit 63 is execute-disable or, without EFER.NXE, reserved. */
const FORMATS = {
  pde4Mb: {
    frame: [31, 22],
    frameHigh: { bits: [16, 13], from: 32 },
    reserved: [[21, 17]],
    shift: 22,
  },
  pde4Byte: { frame: [31, 12], reserved: [], shift: 22 },
  pte4Byte: { frame: [31, 12], reserved: [], shift: 12 },
  pdpte: {
    frame: [35, 12],
    reserved: [
      [63, 36],
      [8, 5],
      [2, 1],
    ],
    shift: 30,
  },
  pde2Mb: {
    frame: [35, 21],
    reserved: [
      [62, 36],
      [20, 13],
    ],
    shift: 21,
  },
  pde8Byte: { frame: [35, 12], reserved: [[62, 36]], shift: 21 },
  pte8Byte: { frame: [35, 12], reserved: [[62, 36]], shift: 12 },
} satisfies Record<string, Format>;

/** Bits of every entry that is not a PDPTE. SDM: volume 3, figures 4-4 and 4-7. */
const BIT_P = 0;
const BIT_RW = 1;
const BIT_US = 2;
const BIT_A = 5;
const BIT_D = 6;
const BIT_PS = 7;
const BIT_XD = 63;

export const SET_A = 1 << BIT_A;
export const SET_D = 1 << BIT_D;

/** Error code. SDM: volume 3, figure 4-12. */
const ERROR_P = 1 << 0;
const ERROR_WR = 1 << 1;
const ERROR_US = 1 << 2;
const ERROR_RSVD = 1 << 3;
const ERROR_ID = 1 << 4;

/** One attempt to use memory. */
export interface Access {
  readonly name: string;
  readonly write: boolean;
  readonly fetch: boolean;
  readonly user: boolean;
}

const access = (name: string, write: boolean, fetch: boolean, user: boolean): Access => ({
  name,
  write,
  fetch,
  user,
});

/** SDM: volume 3, 4.6: an access is a data read, a data write or an instruction fetch, in either mode. */
export const ACCESSES: readonly Access[] = [
  access("supervisor read", false, false, false),
  access("supervisor write", true, false, false),
  access("supervisor fetch", false, true, false),
  access("user read", false, false, true),
  access("user write", true, false, true),
  access("user fetch", false, true, true),
];

/** The control bits that paging looks at. SDM: volume 3, 4.1.1 and 4.1.3. CR4.PGE only matters to what is cached. */
export interface Controls {
  readonly wp: boolean;
  readonly pse: boolean;
  readonly pae: boolean;
  readonly nxe: boolean;
  readonly pge: boolean;
}

/**
 * Where the answers of KVM 2.6.29's software walk differ from the manual's; for the manual all are false.
 * KVM: paging_tmpl.h, FNAME(walk_addr); mmu.c, set_spte.
 */
export interface Differences {
  /** Reserved bits are not looked at, and neither is bit 63 when EFER.NXE is clear. Frames have 43 bits. */
  readonly ignoresReservedBits: boolean;
  /** A directory that forbids the access ends the walk: its A stays, and nobody learns that the PTE is absent. */
  readonly checksEachLevel: boolean;
  /** I/D says that it was a fetch, whether NX is on or not. */
  readonly alwaysReportsFetch: boolean;
  /** A supervisor write that only CR0.WP = 0 permits opens the page to user writes as well. */
  readonly opensToUser: boolean;
}

export const SDM: Differences = {
  ignoresReservedBits: false,
  checksEachLevel: false,
  alwaysReportsFetch: false,
  opensToUser: false,
};

export const KVM_2009: Differences = {
  ignoresReservedBits: true,
  checksEachLevel: true,
  alwaysReportsFetch: true,
  opensToUser: true,
};

/** What an access must do. One object is filled again and again. */
export interface Verdict {
  /** #PF with `error`; otherwise the byte at `gpa` is reached. */
  fault: boolean;
  error: number;
  gpa: number;
  /** SET_A, SET_D: flags that the access leaves set in the PDE and the PTE. */
  pdeSets: number;
  pteSets: number;
}

export const newVerdict = (): Verdict => ({ fault: false, error: 0, gpa: 0, pdeSets: 0, pteSets: 0 });

/** Bits of one half of an entry, out of ranges of the whole. */
function halfMask(ranges: readonly Bits[], half: 0 | 1): number {
  let mask = 0;
  for (const [high, low] of ranges) {
    for (let bit = low; bit <= high; bit++) if (bit >> 5 === half) mask |= 1 << (bit & 31);
  }
  return mask;
}

function prepare(name: keyof typeof FORMATS) {
  const { reserved, frame, shift, frameHigh }: Format = FORMATS[name];
  return {
    reservedLo: halfMask(reserved, 0),
    reservedHi: halfMask(reserved, 1),
    frameLo: halfMask([frame], 0),
    frameHi: halfMask([frame], 1),
    frameHigh,
    offsetMask: 2 ** shift - 1,
  };
}

type Prepared = ReturnType<typeof prepare>;

const PDE_4MB = prepare("pde4Mb");
const PDE_4BYTE = prepare("pde4Byte");
const PTE_4BYTE = prepare("pte4Byte");
const PDPTE = prepare("pdpte");
const PDE_2MB = prepare("pde2Mb");
const PDE_8BYTE = prepare("pde8Byte");
const PTE_8BYTE = prepare("pte8Byte");

/** KVM keeps the bits of a frame number that nobody found reserved, as far as a positive 32-bit number goes. */
const KVM_FRAME_HI = halfMask([[42, 32]], 1);

const bit = (lo: number, hi: number, n: number): boolean => ((n < 32 ? lo >>> n : hi >>> (n - 32)) & 1) === 1;

/** SDM: volume 3, 4.4.1: MOV to CR3 with a PDPTE that is present and has a reserved bit set is a #GP. */
export function pdpteIsMalformed(lo: number, hi: number): boolean {
  return bit(lo, hi, BIT_P) && ((lo & PDPTE.reservedLo) !== 0 || (hi & PDPTE.reservedHi) !== 0);
}

export interface PhysicalMemory {
  /** The 32-bit word at a physical address; 0 where there is no memory. */
  read(gpa: number): number;
  exists(gpa: number): boolean;
}

/** A machine with one set of tables, judged access by access. */
export class SdmPaging {
  private readonly controls: Controls;
  private readonly differs: Differences;
  private readonly memory: PhysicalMemory;
  private readonly cr3: number;
  /** A page that a supervisor write with CR0.WP = 0 opened, in KVM's way. */
  private opened: boolean;

  constructor(controls: Controls, differs: Differences, cr3: number, memory: PhysicalMemory) {
    this.controls = controls;
    this.differs = differs;
    this.cr3 = cr3;
    this.memory = memory;
    this.opened = false;
  }

  /** All that is cached was forgotten. */
  flush(): void {
    this.opened = false;
  }

  /**
   * Judges one access with the tables as they are in memory.
   *
   * A and D are where the manual leaves a choice: a directory entry gets A once it led to a page table, even if the
   * translation fails there (4.8 says when an entry is used, not whether a failed use counts); the entry that maps the page gets A and D only from an access that is
   * permitted.
   */
  judge(linear: number, access: Access, verdict: Verdict): Verdict {
    const { controls, differs, memory } = this;
    const { pae } = controls;
    verdict.fault = false;
    verdict.pdeSets = 0;
    verdict.pteSets = 0;

    // 4.4.1: the PDPTE registers hold no rights and no accessed flag. Here they equal what memory has.
    let directory = this.cr3 - (this.cr3 % 4096);
    if (pae) {
      const at = this.cr3 - (this.cr3 % 32) + (linear >>> 30) * 8;
      const lo = memory.read(at);
      const hi = memory.read(at + 4);
      if (!bit(lo, hi, BIT_P)) return this.fault(access, 0, verdict);
      directory = frameOf(PDPTE, lo, hi, false);
    }

    // 4.3: bits 31:22 select a PDE of 4 bytes. 4.4.2: bits 29:21 select one of 8 bytes.
    const pdeAt = directory + (pae ? ((linear >>> 21) & 0x1ff) * 8 : (linear >>> 22) * 4);
    const pdeLo = memory.read(pdeAt);
    const pdeHi = pae ? memory.read(pdeAt + 4) : 0;
    if (!bit(pdeLo, pdeHi, BIT_P)) return this.fault(access, 0, verdict);
    // 4.3: with CR4.PSE = 1 and the PS flag set. 4.4.2: the PS flag alone.
    const large = bit(pdeLo, pdeHi, BIT_PS) && (pae || controls.pse);
    const pdeFormat = large ? (pae ? PDE_2MB : PDE_4MB) : pae ? PDE_8BYTE : PDE_4BYTE;
    if (this.reserved(pdeFormat, pdeLo, pdeHi)) return this.fault(access, ERROR_P | ERROR_RSVD, verdict);
    if (large) {
      if (!this.allowed(pdeLo, pdeHi, pdeLo, pdeHi, access)) return this.fault(access, ERROR_P, verdict);
      verdict.pdeSets = access.write ? SET_A | SET_D : SET_A;
      verdict.gpa = this.frame(pdeFormat, pdeLo, pdeHi) + (linear & pdeFormat.offsetMask);
      return this.reach(pdeLo, pdeLo, access, verdict);
    }
    if (differs.checksEachLevel && !this.allowed(pdeLo, pdeHi, pdeLo, pdeHi, access)) {
      return this.fault(access, ERROR_P, verdict);
    }
    verdict.pdeSets = SET_A;

    // 4.3: bits 21:12 select a PTE of 4 bytes. 4.4.2: bits 20:12 select one of 8 bytes.
    const table = this.frame(pdeFormat, pdeLo, pdeHi);
    const pteAt = table + (pae ? ((linear >>> 12) & 0x1ff) * 8 : ((linear >>> 12) & 0x3ff) * 4);
    const pteLo = memory.read(pteAt);
    const pteHi = pae ? memory.read(pteAt + 4) : 0;
    const pteFormat = pae ? PTE_8BYTE : PTE_4BYTE;
    if (!bit(pteLo, pteHi, BIT_P)) return this.fault(access, 0, verdict);
    if (this.reserved(pteFormat, pteLo, pteHi)) return this.fault(access, ERROR_P | ERROR_RSVD, verdict);
    if (!this.allowed(pdeLo, pdeHi, pteLo, pteHi, access)) return this.fault(access, ERROR_P, verdict);
    verdict.pteSets = access.write ? SET_A | SET_D : SET_A;
    verdict.gpa = this.frame(pteFormat, pteLo, pteHi) + (linear & pteFormat.offsetMask);
    return this.reach(pdeLo, pteLo, access, verdict);
  }

  /** 4.3 and 4.4.2: reserved bits are looked at in present entries only, and before any right. */
  private reserved(format: Prepared, lo: number, hi: number): boolean {
    if (this.differs.ignoresReservedBits) return false;
    return (
      (lo & format.reservedLo) !== 0 ||
      (hi & format.reservedHi) !== 0 ||
      (bit(lo, hi, BIT_XD) && !this.controls.nxe)
    );
  }

  /** 4.6.1, access rights, over the two entries that control a translation. */
  private allowed(pdeLo: number, pdeHi: number, lo: number, hi: number, access: Access): boolean {
    // An address is a supervisor-mode address if U/S is 0 in at least one of the entries.
    const userAddress = bit(pdeLo, pdeHi, BIT_US) && bit(lo, hi, BIT_US);
    const writable = bit(pdeLo, pdeHi, BIT_RW) && bit(lo, hi, BIT_RW);
    const { pae, nxe, wp } = this.controls;
    const disabled = pae && nxe && (bit(pdeLo, pdeHi, BIT_XD) || bit(lo, hi, BIT_XD));
    if (access.user && !userAddress) return false;
    if (access.fetch) return !disabled;
    if (!access.write) return true;
    // With CR0.WP = 0 a supervisor may write any address it may read.
    return writable || (!access.user && !wp) || (access.user && this.opened && this.differs.opensToUser);
  }

  /** What a permitted access leaves behind in KVM's tables. */
  private reach(pdeLo: number, lo: number, access: Access, verdict: Verdict): Verdict {
    const writable = bit(pdeLo, 0, BIT_RW) && bit(lo, 0, BIT_RW);
    // KVM opens entries of its own, which only memory has.
    if (access.write && !access.user && !writable && this.memory.exists(verdict.gpa)) this.opened = true;
    return verdict;
  }

  private frame(format: Prepared, lo: number, hi: number): number {
    return frameOf(format, lo, hi, this.differs.ignoresReservedBits);
  }

  /** 4.7: the error code describes the access and the first thing that was wrong. */
  private fault(access: Access, why: number, verdict: Verdict): Verdict {
    const { pae, nxe } = this.controls;
    // I/D is set by fetches, if CR4.PAE = 1 and IA32_EFER.NXE = 1 (or with SMEP, which is not there).
    const fetch = access.fetch && (this.differs.alwaysReportsFetch || (pae && nxe));
    verdict.fault = true;
    verdict.error =
      why | (access.write ? ERROR_WR : 0) | (access.user ? ERROR_US : 0) | (fetch ? ERROR_ID : 0);
    return verdict;
  }
}

/** Physical address of the page or table that an entry points at. */
function frameOf(format: Prepared, lo: number, hi: number, unchecked: boolean): number {
  const { frameLo, frameHi, frameHigh } = format;
  let high = hi & (unchecked && frameHi !== 0 ? KVM_FRAME_HI : frameHi);
  if (frameHigh !== undefined) {
    // 4.3: bits 16:13 of a PDE that maps a 4-MByte page are bits 35:32 of its address.
    const [top, low] = frameHigh.bits;
    high = ((lo >>> low) & (2 ** (top - low + 1) - 1)) * 2 ** (frameHigh.from - 32);
  }
  return high * 2 ** 32 + ((lo & frameLo) >>> 0);
}
