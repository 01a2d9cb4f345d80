/** What is said about decisions to someone who has never seen one. */
import { describe, expect, it } from "vitest";
import { events } from "../../src/trace/events.ts";
import { explained, explanationOf } from "../../src/trace/explanations.ts";
import { reasonByKey, reasons } from "../../src/trace/reasons.ts";

const sentences = (text: string): number => text.split(/[.?!](?:\s|$)/).filter((one) => one !== "").length;
const explanation = (name: string, key: string): string => {
  const event = events.find((one) => one.name === name);
  const reason = reasonByKey(key);
  if (event === undefined || reason === undefined) throw new Error(`no ${name} ${key}`);
  return explanationOf({ event: event.id, reason: reason.id });
};

describe("explanations", () => {
  it.each(explained)("'%s' is about an event, and a reason if it names one", (subject) => {
    const [name, key] = subject.split(" ");
    expect(events.map((event) => event.name)).toContain(name);
    if (key !== undefined) expect(reasons.map((reason) => reason.key)).toContain(key);
  });

  it.each(explained)("'%s' is told in at most three whole sentences of ASCII", (subject) => {
    const [name, key = "none"] = subject.split(" ");
    const text = explanation(name, key);
    expect(text).toMatch(/^[A-Z][\x20-\x7e]*[.]$/);
    expect(sentences(text)).toBeLessThanOrEqual(3);
  });

  it("are there for every event, whatever its reason, but for those that a reason tells apart", () => {
    const without = events.filter(({ id }) => explanationOf({ event: id, reason: 0 }) === "");
    expect(without.map(({ name }) => name)).toEqual(["kvm_mmu_get_page"]);
    expect(explanation("kvm_mmu_get_page", "hit")).not.toBe(explanation("kvm_mmu_get_page", "miss"));
  });

  it("are there for the decisions that this is all about", () => {
    for (const name of ["unsync", "sync", "zap", "keep_protected", "demote"].map((one) => `kvm_mmu_${one}`)) {
      expect(
        explained.some((subject) => subject.startsWith(name)),
        name,
      ).toBe(true);
    }
    expect(explained.length).toBeGreaterThanOrEqual(25);
  });

  it("prefer what is known about the reason", () => {
    expect(explanation("kvm_mmu_sync_skip", "global")).toMatch(/global translations over a CR3 load/);
    expect(explanation("kvm_mmu_sync_skip", "other_tree")).toMatch(/nothing under the roots/);
    expect(explanation("kvm_mmu_keep_protected", "upper_level")).toMatch(/directory/);
  });
});
