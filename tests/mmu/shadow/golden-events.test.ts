/**
 * Golden event lists: for a dozen small scenes, every event and its reason, line by line, as `umbra run --trace` writes
 * them. They are the shadow MMU explained by itself; who changes a decision or a sentence sees here what it says now.
 *
 *     GOLDEN=write npx vitest run tests/mmu/shadow/golden-events.test.ts     makes the lists again
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Policy, policies } from "../../../src/mmu/shadow/policy.ts";
import { eventText, reasonText } from "../../../src/trace/describe.ts";
import type { EventSink } from "../../../src/trace/event-sink.ts";
import { Tap } from "../../../src/trace/tap.ts";
import { USER } from "../harness.ts";
import { F, F2, KERNEL, Kernel, LOCAL, USERPAGE, V } from "./kernel.ts";

const FOLDER = join(import.meta.dirname, "golden");

/** A scene: steps in words, each followed by the events that it makes. */
class Scene implements EventSink {
  readonly k: Kernel;
  private readonly lines: string[];

  constructor(title: string, policy: Partial<Policy> = {}, shadowPages = 256) {
    this.k = new Kernel(policy, shadowPages);
    this.lines = [`# ${title}`];
  }

  /** Does something and writes down the events, if any. */
  step(words: string, act: (k: Kernel) => void): this {
    const { k } = this;
    this.lines.push("", `> ${words}`);
    const { length } = this.lines;
    k.cpu.shadow.attachTap(new Tap(this));
    act(k);
    k.cpu.shadow.attachTap(null);
    if (this.lines.length === length) this.lines.push("  (no exit, no event)");
    k.cpu.check();
    return this;
  }

  write(head: number, icount: number, eip: number, cr3: number, ...fields: number[]): void {
    const record = { seq: 0, event: head & 0xffff, reason: head >>> 16, icount, eip, cr3, fields };
    this.lines.push(`  ${eventText(record)}  ${reasonText(record)}`);
  }

  get text(): string {
    return `${this.lines.join("\n")}\n`;
  }
}

/** kmap_atomic, use, kunmap_atomic, context switch: twice, since the first time differs. */
function kmapCycles(title: string, policy: Policy): Scene {
  const scene = new Scene(title, policy);
  for (const [cycle, next] of [
    ["first", scene.k.p2],
    ["second", scene.k.p1],
  ] as const) {
    scene
      .step(`${cycle} cycle: the kernel stores F's entry`, (k) => k.write(k.pte(F), 0x123, KERNEL))
      .step("it reads through F", (k) => k.cpu.read(F))
      .step("it clears F's entry", (k) => k.write(k.pte(F), 0, 0))
      .step("INVLPG of F", (k) => k.cpu.mmu.invlpg(F))
      .step("the other process runs: CR3", (k) => k.cpu.mmu.setCr3(next.cr3));
  }
  return scene;
}

const scenes: Record<string, () => Scene> = {
  "first-touch": () => {
    const scene = new Scene("First touch of a page, then of its neighbour, then of one that is not there.");
    scene.k.p1.map(F, 0x123, KERNEL);
    scene.k.p1.map(F2, 0x124, KERNEL);
    return scene
      .step("read F: its table has no shadow yet", (k) => k.cpu.read(F))
      .step("read F again", (k) => k.cpu.read(F))
      .step("read F2: the table is there, the entry is not", (k) => k.cpu.read(F2))
      .step("read F2 + 1000: the guest has no entry", (k) => k.cpu.read(F2 + 0x1000))
      .step("a user reads F: the guest's entry forbids it", (k) => k.cpu.read(F, USER));
  },

  unsync: () => {
    const scene = new Scene(
      "Stores to a page table: the first lets it go out of sync, the others are not seen.",
    );
    scene.k.shadowT();
    return scene
      .step("store to F2's entry", (k) => k.write(k.pte(F2), 0x124, KERNEL))
      .step("store to it again", (k) => k.write(k.pte(F2), 0x125, KERNEL))
      .step("store to a directory, which never goes out of sync", (k) => k.write(k.p1.pde(0xffa0_0000), 0, 0))
      .step("same CR3 again: T is on the global list and is left alone", (k) => k.cpu.mmu.setCr3(k.p1.cr3));
  },

  "kmap-cycle-with-the-patch": () =>
    kmapCycles(
      "Two kmap cycles with the patch of December 2008: T stays out of sync over the CR3 loads.",
      policies["oos+global"].policy,
    ),

  "kmap-cycle-without-the-patch": () =>
    kmapCycles(
      "Two kmap cycles without it: each CR3 load finds T empty and zaps it, each cycle makes it again.",
      policies.oos.policy,
    ),

  "pge-toggle": () => {
    const scene = new Scene(
      "CR4.PGE off and on, the flush of everything: the global list is brought in sync.",
    );
    scene.k.unsyncT();
    scene.k.write(scene.k.pte(F2), 0x124, KERNEL);
    scene.k.cpu.read(F2);
    scene.k.cpu.read(F);
    scene.k.write(scene.k.pte(F2), 0x125, KERNEL);
    return scene
      .step("CR4.PGE := 0", (k) => k.cpu.mmu.setCr4(0x30))
      .step("CR4.PGE := 1", (k) => k.cpu.mmu.setCr4(0xb0));
  },

  demotion: () => {
    const scene = new Scene("An entry without G ends the exemption of its table from CR3 loads.");
    scene.k.unsyncT();
    return scene
      .step("the kernel maps F2 without G; T is out of sync, nobody sees it", (k) =>
        k.write(k.pte(F2), 0x124, LOCAL),
      )
      .step("read F2: the new leaf is not global", (k) => k.cpu.read(F2))
      .step("same CR3 again: now T is found and synced", (k) => k.cpu.mmu.setCr3(k.p1.cr3));
  },

  flood: () => {
    const scene = new Scene(
      "Three stores to a directory that nobody uses meanwhile: it is no directory any more.",
    );
    scene.k.cpu.read(V, USER);
    const at = { gfn: scene.k.p1.directories[0], offset: 64 };
    return scene
      .step("first store", (k) => k.write(at, 0, 0))
      .step("second store", (k) => k.write(at, 0, 0))
      .step("third store", (k) => k.write(at, 0, 0))
      .step("two bytes to another directory, which is no entry either", (k) => {
        k.cpu.store(0xc000_0000 + k.m * 4096 + 0x10, 0, 0, 2);
      });
  },

  invlpg: () => {
    const scene = new Scene("INVLPG ends one translation, and only under the roots that are loaded.");
    scene.k.unsyncT();
    return scene
      .step("the kernel changes F's entry unseen", (k) => k.write(k.pte(F), 0x125, KERNEL))
      .step("INVLPG of F", (k) => k.cpu.mmu.invlpg(F))
      .step("read F: the entry of now", (k) => k.cpu.read(F))
      .step("INVLPG of an address that nothing maps", (k) => k.cpu.mmu.invlpg(0x1234_5000));
  },

  recycle: () => {
    const scene = new Scene("A pool of 64 pages: when fewer than five are free, the oldest go.", {}, 64);
    const { k } = scene;
    const region = (i: number): number => 0x8000_0000 + i * 0x20_0000;
    for (let i = 0; i < 70; i++) k.p1.map(region(i), 0x170, USERPAGE);
    k.cpu.mmu.setCr3(k.p1.cr3);
    let next = 0;
    while (k.cpu.shadow.kvm.freeMmuPages >= 5) k.cpu.read(region(next++), USER);
    return scene
      .step("one more page table is used for the first time", () => k.cpu.read(region(next), USER))
      .step("the first of all is used again", () => k.cpu.read(region(0), USER));
  },

  relink: () => {
    const scene = new Scene("A table out of sync loses its link and is looked up again: that syncs it.");
    scene.k.p1.map(F2, 0x124, KERNEL);
    scene.k.unsyncT();
    scene.k.write(scene.k.pte(F2), 0x124, KERNEL);
    scene.k.cpu.read(F2);
    return scene
      .step("the kernel stores T's directory entry again, as it was", (k) =>
        k.write(k.p1.pde(F), k.t, k.p1.flags(k.p1.pde(F))),
      )
      .step("it changes F's entry unseen", (k) => k.write(k.pte(F), 0x125, KERNEL))
      .step("read F2: T is linked again, and F's entry goes", (k) => k.cpu.read(F2))
      .step("read F", (k) => k.cpu.read(F));
  },

  "large-page": () => {
    const scene = new Scene("A large page of the guest over 4 KiB host frames becomes a direct table.");
    const at = scene.k.p1.mapLarge(0x80_0000, 0x400, LOCAL & ~0x40);
    scene.k.cpu.shadow.unprotect(at.gfn);
    return scene
      .step("read it", (k) => k.cpu.read(0x80_0000))
      .step("read its second 4 KiB", (k) => k.cpu.read(0x80_1000))
      .step("store to it: the walker sets D, and the entry loses its table, which could not write", (k) =>
        k.cpu.store(0x80_0000, 1),
      );
  },

  mmio: () => {
    const scene = new Scene("Where no memory is a device answers: no entry is made.");
    scene.k.p1.map(F, 0xa5, KERNEL);
    return scene
      .step("read F, which maps the video window", (k) => k.cpu.read(F))
      .step("read it again: another exit", (k) => k.cpu.read(F));
  },

  "fixed-list": () => {
    const scene = new Scene(
      "The global list made sound: INVLPG reaches T although the second process has not touched it.",
      policies["oos+global-fixed"].policy,
    );
    const { k } = scene;
    const own = k.guest.pae();
    for (let mib = 0; mib < 16; mib += 2) own.mapLarge(0xc000_0000 + (mib << 20), mib * 256, KERNEL);
    own.set(own.pde(F), k.t, 0x27);
    k.unsyncT();
    return scene
      .step("a process with a kernel directory of its own runs", () => k.cpu.mmu.setCr3(own.cr3))
      .step("it changes F's entry unseen", () => k.write(k.pte(F), 0x125, KERNEL))
      .step("INVLPG of F", () => k.cpu.mmu.invlpg(F))
      .step("the first process runs again", () => k.cpu.mmu.setCr3(k.p1.cr3))
      .step("read F: the entry of now", () => k.cpu.read(F));
  },

  modern: () => {
    const scene = new Scene(
      "As KVM does it today: INVLPG makes entries again, an empty table stays.",
      policies.modern.policy,
    );
    scene.k.shadowT();
    return scene
      .step("store to F2's entry", (k) => k.write(k.pte(F2), 0x124, KERNEL))
      .step("the kernel makes F read-only unseen", (k) => k.write(k.pte(F), 0x123, KERNEL & ~2))
      .step("INVLPG of F makes the entry again", (k) => k.cpu.mmu.invlpg(F))
      .step("read F: no exit is needed", (k) => k.cpu.read(F))
      .step("the kernel clears F's entry unseen", (k) => k.write(k.pte(F), 0, 0))
      .step("the other process runs: T is synced at each CR3 load", (k) => k.cpu.mmu.setCr3(k.p2.cr3));
  },
};

describe("golden event lists", () => {
  it.each(Object.entries(scenes))("%s", (name, make) => {
    const path = join(FOLDER, `${name}.txt`);
    const { text } = make();
    if (process.env.GOLDEN === "write") writeFileSync(path, text);
    expect(text).toBe(readFileSync(path, "utf8"));
  });

  it("has no list without a scene", () => {
    expect(readdirSync(FOLDER).sort()).toEqual(
      Object.keys(scenes)
        .map((name) => `${name}.txt`)
        .sort(),
    );
  });

  it("a scene is the same each time", () => {
    for (const make of Object.values(scenes)) expect(make().text).toBe(make().text);
  });
});
