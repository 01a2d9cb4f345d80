/** What an event says: integers become the words that every list of events shows. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import {
  isDirect,
  isInvalid,
  makeRole,
  ROLE_DIRECT,
  ROLE_INVALID,
  roleAccess,
  roleGlevels,
  roleLevel,
  roleQuadrant,
} from "../../src/mmu/shadow/role.ts";
import { describeFields, describeRole, eventText, jsonFields, reasonText } from "../../src/trace/describe.ts";
import {
  events,
  GUEST_ERROR,
  KVM_EXIT,
  KVM_MMU_SET_SPTE,
  KVM_MMU_UNSYNC_PAGE,
  KVM_MMU_ZAP_PAGE,
} from "../../src/trace/events.ts";
import { traceFormat } from "../../src/trace/formats.ts";
import {
  EXIT_INVLPG,
  EXIT_IO,
  EXIT_PF,
  FAULT,
  GUEST_MISTAKE,
  LEVEL1_ONE_ROLE,
  NO_REASON,
  RECYCLE,
  reasons,
} from "../../src/trace/reasons.ts";
import { TextTable } from "../../src/trace/text-table.ts";
import type { TraceRecord } from "../../src/trace/trace-record.ts";

function record(event: number, reason: number, ...fields: number[]): TraceRecord {
  return { seq: 7, event, reason, icount: 4_812_402, eip: 0xc010_1f22 | 0, cr3: 0x5000, fields };
}

const GAUGES = { mmu_unsync: 0, mmu_unsync_global: 0 };
const LEVEL1 = makeRole(3, 1, 0, 0, 6);
const unsync = record(KVM_MMU_UNSYNC_PAGE, LEVEL1_ONE_ROLE, 1052, 0x10c, LEVEL1, 1, 3, 2);

describe("one event in words", () => {
  it("has its name, its fields and the flags that are set", () => {
    expect(eventText(unsync)).toBe(
      "unsync_page sp=41c gfn=0010c level=1 glevels=3 access=wu- global all=3 all_global=2",
    );
  });

  it("leaves flags that are not set, and quadrant 0, unsaid", () => {
    const narrow = makeRole(2, 1, 1, ROLE_DIRECT, 7);
    expect(eventText(record(KVM_MMU_ZAP_PAGE, RECYCLE, 1, 2, narrow, 1, 0, 0))).toBe(
      "zap_page sp=1 gfn=00002 level=1 glevels=2 quadrant=1 access=wux direct unsync root_count=0",
    );
  });

  it("only an exit that is about an address has one", () => {
    const [gva, error] = [0xc024_3000 | 0, 11];
    expect(eventText(record(KVM_EXIT, EXIT_PF, gva, error))).toBe("exit gva=c0243000 error=pw-r-");
    expect(eventText(record(KVM_EXIT, EXIT_INVLPG, gva, 0))).toBe("exit gva=c0243000");
    expect(eventText(record(KVM_EXIT, EXIT_IO, 0, 0))).toBe("exit");
  });

  it("spells the bits of an entry", () => {
    expect(eventText(record(KVM_MMU_SET_SPTE, FAULT, 4, 5, 0x123, 0x67, 1, 0))).toBe(
      "set_spte sp=4 index=5 gfn=00123 spte=pwuad nx",
    );
    expect(eventText(record(KVM_MMU_SET_SPTE, FAULT, 4, 5, 0x123, 0x41, 0, 1))).toContain(
      "spte=p---d global",
    );
  });

  it("says why, by key and sentence", () => {
    expect(reasonText(unsync)).toBe("level1_one_role: level 1, one role: let it drift");
  });

  it("looks texts up", () => {
    const texts = new TextTable();
    const error = record(GUEST_ERROR, GUEST_MISTAKE, texts.numberOf("bus, port 0x0123: nothing answers"));
    expect(eventText(error, texts)).toBe("guest_error bus, port 0x0123: nothing answers");
    expect(eventText(error, null)).toBe("guest_error text 1");
  });
});

it("roles are decoded as the shadow MMU packs them", () => {
  for (const glevels of [0, 2, 3]) {
    for (const quadrant of [0, 1, 3]) {
      for (const flags of [0, ROLE_DIRECT, ROLE_INVALID]) {
        for (const access of [0, 1, 2, 4, 7]) {
          const role = makeRole(glevels, 2, quadrant, flags, access);
          const parts = Object.fromEntries(
            describeRole(role).map(({ key, number, text }) => [key, { number, text }]),
          );
          expect(parts.level.number).toBe(roleLevel(role));
          expect(parts.glevels.number).toBe(roleGlevels(role));
          expect(parts.quadrant.number).toBe(roleQuadrant(role));
          expect(parts.direct.number).toBe(isDirect(role) ? 1 : 0);
          expect(parts.invalid.number).toBe(isInvalid(role) ? 1 : 0);
          const letters = [...parts.access.text];
          const bits = roleAccess(role);
          expect(letters).toEqual([bits & 2 ? "w" : "-", bits & 4 ? "u" : "-", bits & 1 ? "x" : "-"]);
        }
      }
    }
  }
});

describe("one event in JSON", () => {
  it("has addresses as hexadecimal strings, numbers as numbers, flags as booleans", () => {
    expect(jsonFields(unsync, null)).toEqual({
      sp: 1052,
      gfn: "0010c",
      level: 1,
      glevels: 3,
      quadrant: 0,
      access: "wu-",
      direct: false,
      invalid: false,
      global: true,
      all: 3,
      all_global: 2,
    });
  });

  it("is one line of NDJSON with its stamp and its reason", () => {
    const line = traceFormat("ndjson", null).add(unsync, GAUGES);
    expect(line.endsWith("}\n")).toBe(true);
    expect(JSON.parse(line)).toEqual({
      seq: 7,
      icount: 4_812_402,
      name: "kvm_mmu_unsync_page",
      eip: "c0101f22",
      cr3: "00005000",
      ...jsonFields(unsync, null),
      reason: "level1_one_role",
      why: "level 1, one role: let it drift",
    });
  });

  it("no field of an event hides another, or one that all events have", () => {
    const stamps = ["seq", "icount", "name", "eip", "cr3", "reason", "why"];
    for (const { id, fields } of events) {
      const keys = describeFields(record(id, EXIT_PF, ...fields.map(() => 1))).map(({ key }) => key);
      expect(new Set([...stamps, ...keys]).size).toBe(stamps.length + keys.length);
    }
  });
});

it("a line of text has icount, EIP, what and why", () => {
  expect(traceFormat("txt", null).add(unsync, GAUGES)).toBe(
    `    4812402 c0101f22 ${eventText(unsync)}  ${reasonText(unsync)}\n`,
  );
});

describe("texts", () => {
  it("the same text has the same number", () => {
    const texts = new TextTable();
    expect(texts.numberOf("a")).toBe(texts.numberOf("a"));
    expect(texts.numberOf("a")).not.toBe(texts.numberOf("b"));
    expect(texts.textOf(texts.numberOf("b"))).toBe("b");
  });

  it("a guest that makes texts without end does not fill the memory", () => {
    const texts = new TextTable();
    for (let i = 0; i < 10_000; i++) texts.numberOf(`text ${i}`);
    expect(texts.textOf(texts.numberOf("one more"))).toMatch(/more different texts/);
    expect(texts.textOf(texts.numberOf("text 5"))).toBe("text 5");
  });
});

describe("reasons", () => {
  const src = resolve(import.meta.dirname, "../../src");
  const declared = [
    ...readFileSync(join(src, "trace/reasons.ts"), "utf8").matchAll(
      /^export const (\w+) = define\(\s*"(\w+)"/gm,
    ),
  ];
  const code = readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && path !== "trace/reasons.ts")
    .map((path) => readFileSync(join(src, path), "utf8").replace(/^import[^;]+;/gm, ""))
    .join("\n");

  it("are all found by this test", () => {
    expect(declared.map(([, , key]) => key)).toEqual(reasons.map(({ key }) => key));
  });

  it.each(declared.map(([, constant, key]) => [key, constant]))("%s is given somewhere", (key, constant) => {
    // The empty one stands where no reason is asked for.
    if (key === reasons[NO_REASON].key) return;
    expect(code).toMatch(new RegExp(`\\b${constant}\\b|\\bREASON_${constant.replace("EXIT_", "")}\\b`));
  });
});

it("every event is emitted somewhere", () => {
  const src = resolve(import.meta.dirname, "../../src");
  const names = [
    ...readFileSync(join(src, "trace/events.ts"), "utf8").matchAll(/^export const (\w+) = define/gm),
  ].map(([, name]) => name);
  expect(names).toHaveLength(events.length);
  const code = ["mmu/shadow", "machine"]
    .flatMap((part) =>
      readdirSync(join(src, part), { recursive: true, encoding: "utf8" }).map((path) =>
        join(src, part, path),
      ),
    )
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
  for (const name of names) expect(code, name).toMatch(new RegExp(`emit\\(\\s*${name}\\b`));
});
