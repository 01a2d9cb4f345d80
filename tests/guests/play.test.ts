/**
 * The play guest as a person meets it: typed at, one command after the other. Each command does to the shadow MMU what
 * docs/what-am-i-looking-at.md says, and the guest itself cannot tell what is below it.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { CatalogGuest } from "../../src/cli/guest-catalog.ts";
import { stateHash } from "../../src/inspect/state-hash.ts";
import type { ExitReason, Machine } from "../../src/machine/machine.ts";
import { defaultPolicy, type Policy, policies, policyNames } from "../../src/mmu/shadow/policy.ts";
import { events } from "../../src/trace/events.ts";
import { reasons } from "../../src/trace/reasons.ts";
import { Tap } from "../../src/trace/tap.ts";
import { guestMachine } from "../support/guest-machine.ts";

const GUESTS = resolve(import.meta.dirname, "../../guests");
const MIB = 1 << 20;
/** A command needs less than 100 000. */
const MOST_INSTRUCTIONS = 50_000_000;
const PROMPT = "play> ";
/** What the first commands of a fresh guest use; the guest says so, and a test below makes sure. */
const DIRECTORY = 0x201;
const TABLE = 0x203;

interface Event {
  readonly name: string;
  readonly reason: string;
  readonly fields: Readonly<Record<string, number>>;
}

/** A running play guest, and someone at its keyboard. */
class Session {
  readonly machine: Machine;
  text = "";
  ended: ExitReason | null = null;
  private seen: Event[] = [];

  constructor(mmu: "bare" | "shadow" = "shadow", policy: Policy = defaultPolicy, append = "") {
    const console = (byte: number) => {
      this.text += String.fromCharCode(byte);
    };
    this.machine = guestMachine("play", { mmu, policy, append, ramBytes: 16 * MIB, console });
    const write = (head: number, _icount: number, _eip: number, _cr3: number, ...values: number[]) => {
      const { name, fields } = events[head & 0xffff];
      const reason = reasons[head >>> 16].key;
      this.seen.push({ name, reason, fields: Object.fromEntries(fields.map((key, i) => [key, values[i]])) });
    };
    this.machine.attachTap(new Tap({ write }));
    this.run();
  }

  /** Presses these keys and returns what is printed until the guest waits again, without carriage returns. */
  keys(keys: string): string {
    const before = this.text.length;
    this.seen = [];
    let rest = new TextEncoder().encode(keys);
    while (rest.length > 0 && this.ended === null) {
      rest = rest.subarray(this.machine.board.com1.receive(rest));
      this.run();
    }
    return this.text.slice(before).replaceAll("\r", "");
  }

  /** Types lines; the events afterwards are those of the last one. */
  type(...lines: string[]): string {
    return lines.map((line) => this.keys(`${line}\r`)).at(-1) ?? "";
  }

  /** Events of the last line, other than those of its typing and printing. */
  events(name: string, reason?: string): Event[] {
    return this.seen.filter(
      (event) =>
        event.name === name &&
        event.reason !== "exit_io" &&
        (reason === undefined || event.reason === reason),
    );
  }

  private run(): void {
    const { reason } = this.machine.run(this.machine.icount + MOST_INSTRUCTIONS);
    if (reason !== "halted") this.ended = reason;
    else expect(this.machine.interruptible).toBe(true);
  }
}

/** A fresh guest under oos+global that has obeyed these lines. */
function playing(...lines: string[]): Session {
  const session = new Session();
  session.type(...lines);
  return session;
}

const gfnsOf = (list: Event[]) => list.map(({ fields }) => fields.gfn);

/** The gfn that an answer names after these words. */
function gfnIn(text: string, words: string): number {
  return Number.parseInt(text.split(`${words} `)[1]?.slice(0, 5) ?? "", 16);
}

describe("under whatever MMU, play is the same", () => {
  const entries = JSON.parse(readFileSync(resolve(GUESTS, "guests.json"), "utf8")) as (CatalogGuest & {
    readonly checkAppend?: string;
  })[];
  const script = entries.find(({ name }) => name === "play")?.checkAppend;
  const expected = readFileSync(resolve(GUESTS, "play/console.txt"), "utf8");
  const bare = new Session("bare", defaultPolicy, script);

  it("without a hypervisor the script gives the expected console, which has no FAIL", () => {
    expect(bare.text.replaceAll("\r", "")).toBe(expected);
    expect(expected).not.toContain("FAIL");
    expect(bare.machine.exitStatus).toBe(1);
  });

  it.each(policyNames)("%s: same console, instructions, registers and memory", (name) => {
    const { text, machine } = new Session("shadow", policies[name].policy, script);
    expect(text).toBe(bare.text);
    expect(machine.instructions).toBe(bare.machine.instructions);
    expect(stateHash(machine)).toBe(stateHash(bare.machine));
  });

  it("typed or scripted, the answers are the same", () => {
    const session = new Session();
    for (const line of (script ?? "").replace("script=", "").replaceAll(":", " ").split(","))
      session.type(line);
    expect(session.text).toBe(bare.text);
  });
});

describe("pages", () => {
  it("map: the first store to a page directory is emulated, as upper levels stay protected", () => {
    const session = playing("map");
    expect(gfnsOf(session.events("kvm_mmu_keep_protected", "upper_level"))).toEqual([DIRECTORY]);
    expect(gfnsOf(session.events("kvm_mmu_pte_write", "emulated"))).toEqual([DIRECTORY]);
  });

  it("map: the read makes a shadow of the table, which becomes read-only, and an spte", () => {
    const session = new Session();
    const text = session.type("map");
    expect(gfnIn(text, "of the table in gfn")).toBe(TABLE);
    const [made] = session.events("kvm_mmu_get_page", "miss");
    expect(made.fields.gfn).toBe(TABLE);
    expect(gfnsOf(session.events("kvm_mmu_write_protect"))).toEqual([TABLE]);
    const set = session.events("kvm_mmu_set_spte").filter(({ fields }) => fields.sp === made.fields.sp);
    expect(set.map(({ fields }) => [fields.index, fields.gfn])).toEqual([[0x50, gfnIn(text, "is gfn")]]);
  });

  it("map again: the table is let out of sync, not on the global list", () => {
    const session = playing("map", "map");
    const [unsync] = session.events("kvm_mmu_unsync_page", "level1_one_role");
    expect(unsync.fields).toMatchObject({ gfn: TABLE, global: 0, all: 1 });
    expect(session.events("kvm_emulate_insn")).toEqual([]);
  });

  it("touch: a first store faults for D; the second time nothing faults", () => {
    const session = playing("map", "touch");
    expect(gfnsOf(session.events("kvm_mmu_pte_write", "dirty_bit"))).toEqual([TABLE]);
    session.type("touch");
    expect(session.events("kvm_exit", "exit_pf")).toEqual([]);
  });

  it("remap: the store to an unsync table is not seen; cr3 finds the stale spte and drops it", () => {
    const session = playing("map", "map", "touch");
    const text = session.type("remap");
    expect(session.events("kvm_mmu_pte_write")).toEqual([]);
    expect(session.events("kvm_mmu_drop_spte")).toEqual([]);
    session.type("cr3");
    expect(gfnsOf(session.events("kvm_mmu_drop_spte", "gpte_changed"))).toEqual([gfnIn(text, "was")]);
    const [sync] = session.events("kvm_mmu_sync_page", "cr3_reload");
    expect(sync.fields).toMatchObject({ gfn: TABLE, examined: 2, changed: 1 });
  });

  it("remap: where every store traps nothing is ever stale", () => {
    const session = new Session("shadow", policies["write-protect"].policy);
    session.type("map", "map", "touch", "remap");
    expect(gfnsOf(session.events("kvm_mmu_pte_write", "emulated"))).toEqual([TABLE]);
    expect(session.events("kvm_mmu_unsync_page")).toEqual([]);
    session.type("cr3");
    expect(session.events("kvm_mmu_sync_page")).toEqual([]);
  });

  it("invlpg: drops the one spte; the table stays out of sync", () => {
    const session = playing("map", "map", "touch", "remap", "invlpg");
    expect(session.events("kvm_mmu_drop_spte", "invlpg")).toHaveLength(1);
    expect(session.events("kvm_mmu_sync_page")).toEqual([]);
  });

  it("unmap: INVLPG drops the spte, and the guest gets its fault", () => {
    const session = playing("map", "map", "unmap");
    expect(session.events("kvm_invlpg")[0].fields.gva).toBe(0x0805_1000);
    expect(session.events("kvm_mmu_drop_spte", "invlpg")).toHaveLength(1);
    expect(session.events("kvm_inj_exception")[0].fields).toMatchObject({ vector: 14, gva: 0x0805_1000 });
  });

  it("alias: the frame's third spte, after the page's and that of the kernel's view of all memory", () => {
    const session = new Session();
    const frame = gfnIn(session.type("map"), "is gfn");
    const shadows = () =>
      session.events("kvm_mmu_set_spte").flatMap(({ fields }) => (fields.gfn === frame ? [fields.sp] : []));
    const mapped = new Set(shadows());
    expect(mapped.size).toBe(2);
    session.type("alias");
    expect(new Set([...mapped, ...shadows()]).size).toBe(3);
  });
});

describe("processes", () => {
  it("fork: the parent's table goes out of sync, and the CR3 load takes its W bits away", () => {
    const session = playing("map", "map", "touch", "cr3", "fork");
    expect(gfnsOf(session.events("kvm_mmu_unsync_page"))).toEqual([TABLE]);
    expect(session.events("kvm_mmu_sync_page", "cr3_reload")[0].fields).toMatchObject({
      gfn: TABLE,
      changed: 2,
    });
  });

  it("touch after fork: each store is the guest's own fault, and is answered with a copy", () => {
    const session = playing("map", "map", "touch", "fork");
    expect(session.type("touch")).toContain("2 of them copied first");
    expect(session.events("kvm_inj_exception", "guest_fault")).toHaveLength(2);
    expect(session.events("kvm_invlpg")).toHaveLength(2);
  });

  it("switch: what drifted is skipped while another process runs, and synced when its own CR3 is loaded", () => {
    const session = playing("map", "fork", "touch", "switch");
    expect(session.events("kvm_mmu_load_roots", "cr3_load")).toHaveLength(1);
    expect(gfnsOf(session.events("kvm_mmu_sync_page"))).not.toContain(TABLE);
    session.type("switch");
    expect(gfnsOf(session.events("kvm_mmu_sync_page", "cr3_load"))).toEqual([TABLE]);
  });

  it("end: the frame of its directory becomes a page; after some emulated stores the shadow of it is zapped", () => {
    const session = new Session();
    session.type("map", "fork");
    const text = session.type("show").split("process 1")[1];
    session.type("switch", "end", "map", "map");
    expect(gfnsOf(session.events("kvm_mmu_zap_page", "flood"))).toEqual([gfnIn(text, "directory in gfn")]);
  });
});

describe("global entries", () => {
  /** Its table, and what cr3 does with it. */
  function kmapped(): { session: Session; table: number } {
    const session = new Session();
    return { table: gfnIn(session.type("kmap 8"), "the table is in gfn"), session };
  }

  it("kmap: its table goes out of sync onto the global list, once for all its slots", () => {
    const { session, table } = kmapped();
    const unsync = session.events("kvm_mmu_unsync_page");
    expect(unsync.map(({ fields }) => [fields.gfn, fields.global])).toEqual([[table, 1]]);
  });

  it("cr3: a table on the list is skipped, and that is an event", () => {
    const { session, table } = kmapped();
    session.type("cr3");
    expect(gfnsOf(session.events("kvm_mmu_sync_skip", "global"))).toEqual([table]);
    expect(session.events("kvm_mmu_sync_page")).toEqual([]);
  });

  it("cr3 under oos: the same table is synced, as there is no list", () => {
    const session = new Session("shadow", policies.oos.policy);
    const table = gfnIn(session.type("kmap 8"), "the table is in gfn");
    session.type("cr3");
    expect(gfnsOf(session.events("kvm_mmu_sync_page", "cr3_reload"))).toEqual([table]);
    expect(session.events("kvm_mmu_sync_skip", "global")).toEqual([]);
  });

  it("local: an entry that is not global takes it off the list, so that the next cr3 syncs it", () => {
    const { session, table } = kmapped();
    session.type("local");
    expect(session.events("kvm_mmu_demote", "non_global_spte").map(({ fields }) => fields)).toMatchObject([
      { gfn: table, unsync: 1 },
    ]);
    session.type("cr3");
    expect(gfnsOf(session.events("kvm_mmu_sync_page", "cr3_reload"))).toEqual([table]);
  });

  it("pge: CR4 writes sync what is on the list", () => {
    const { session, table } = kmapped();
    session.type("pge");
    expect(session.events("kvm_cr").map(({ fields }) => fields.cr)).toEqual([4, 4]);
    expect(gfnsOf(session.events("kvm_mmu_sync_page", "cr4_write"))).toEqual([table]);
  });

  it("kmap with all slots used: they are cleared, and one flush drops 16 sptes", () => {
    const { session, table } = kmapped();
    session.type("kmap 8", "kmap 1");
    expect(session.events("kvm_mmu_sync_page", "cr4_write")[0].fields).toMatchObject({
      gfn: table,
      changed: 16,
    });
    expect(session.events("kvm_mmu_zap_page", "empty")[0].fields.gfn).toBe(table);
  });
});

describe("the rest", () => {
  it("fault: a store in ring 3 is the guest's fault; it gives a page, and the store happens", () => {
    const session = new Session();
    expect(session.type("fault")).toContain("did it again and read 600d");
    const [fault] = session.events("kvm_inj_exception");
    expect(fault.fields).toMatchObject({ vector: 14, gva: 0x0810_0000 });
    expect(fault.fields.error & 7).toBe(6);
  });

  it("storm: leaves the pages and processes that there were, and ends at a key", () => {
    const session = playing("map", "fork");
    const before = session.type("show").replaceAll(/gfn \w+/g, "");
    expect(session.type("storm 3")).toContain("storm: 3 rounds");
    expect(session.type("show").replaceAll(/gfn \w+/g, "")).toBe(
      before.replace("read-only, to be copied", "writable"),
    );
    // The key arrives with the command: a storm that did not look would not come back.
    expect(session.keys("storm\rx")).toMatch(/storm: \d+ rounds/);
    expect(session.ended).toBeNull();
  });

  it("die: a fault that cannot be delivered ends in a triple fault", () => {
    const session = playing("die");
    expect(session.ended).toBe("triple-fault");
    expect(session.machine.faultChain).toContain("#PF, then");
  });

  it("hostile: sends what a terminal must not take from a guest, and leaves the alternate screen", () => {
    const text = new Session().type("hostile");
    for (const start of ["\x1b]0;", "\x1b]52;c;", "\x1b]8;;", "\x1b[?1049h", "\x1b[6n"])
      expect(text).toContain(start);
    expect(text.lastIndexOf("\x1b[?1049l")).toBeGreaterThan(text.lastIndexOf("\x1b[?1049h"));
  });

  it("exit: says that all was well", () => {
    const session = playing("map", "exit");
    expect(session.ended).toBe("debug-exit");
    expect(session.machine.exitStatus).toBe(1);
  });

  it.each([
    ["invlpg", "unmap", ["map", "map", "touch", "unmap"]],
    ["setCr3", "cr3, then touch", ["map", "map", "touch", "remap", "cr3", "touch"]],
  ] as const)("an MMU whose %s forgets nothing is found out by %s", (duty, _name, lines) => {
    const session = playing(...lines.slice(0, 3));
    session.machine.mmu[duty] = () => false;
    session.type(...lines.slice(3));
    session.type("exit");
    expect(session.text).toContain("FAIL");
    expect(session.machine.exitStatus).toBe(3);
  });
});

describe("the line editor", () => {
  it.each([
    ["backspace and delete take a character away", "mapq\x08x\x7f\r", "map: "],
    ["^U takes the line away", "bogus\x15map\r", "map: "],
    ["^C begins a new one", "bogus\x03map\r", "map: "],
    ["arrows are ignored", "m\x1b[Aa\x1bOBp\x1b[1;5D\r", "map: "],
    ["a line may end in CR LF", "map\r\n", "map: "],
    ["or in LF", "map\n", "map: "],
  ])("%s", (_rule, keys, answer) => {
    const text = new Session().keys(keys);
    expect(text).toContain(`\n${answer}`);
    expect(text.split(PROMPT)).toHaveLength(keys.includes("\x03") ? 3 : 2);
  });

  it("an empty line is no command; control characters are not echoed", () => {
    const session = new Session();
    expect(session.keys("\r")).toBe(`\n${PROMPT}`);
    expect(session.keys("\x01\x02\x07\x80\xff\r")).toBe(`\n${PROMPT}`);
  });

  it("a line that is too long loses its end, a name that is unknown gets a hint", () => {
    const text = new Session().type("x".repeat(100));
    expect(text.split("\n")[0]).toHaveLength(63);
    expect(text).toContain("no such command; help lists them");
  });

  it.each(["map 1x", "map 1 2", "map -1"])("%s: not a number", (line) => {
    expect(new Session().type(line)).toContain("a number may follow a command, nothing else");
  });

  it("more keys than the FIFO holds are all heard", () => {
    expect(new Session().keys("map\r".repeat(12)).match(/map: 08/g)).toHaveLength(12);
  });
});
