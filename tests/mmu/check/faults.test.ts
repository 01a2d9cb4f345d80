/** The faults that the global list of 2008 has, found by chance and told in as few steps as they need. */
import { describe, expect, it } from "vitest";
import { Campaign, type Failure } from "../../../src/mmu/check/campaign.ts";
import { formatStory } from "../../../src/mmu/check/notation.ts";
import type { Mode } from "../../../src/mmu/check/universe.ts";
import type { Policy } from "../../../src/mmu/shadow/policy.ts";
import { run, setup } from "./support.ts";

const SEARCH = 200_000;
/** With this one all of them are found soon. */
const SEED = 9;

/** Runs until a failure of that kind is found. */
function search(
  choices: Partial<Policy>,
  mode: Mode,
  wanted: (failure: Failure) => boolean,
): Failure | undefined {
  const options = { runs: SEARCH, ops: 24, seed: SEED, shard: 1, shards: 1, all: true };
  const campaigning = new Campaign(setup("oos+global", mode, choices), options);
  for (const _ of campaigning.batches()) {
    const found = campaigning.failures.find(wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

const droppedBy = ({ violation }: Failure) => violation.access?.forgotten?.drop.kind;
const has = ({ ops }: Failure, text: string) => formatStory(ops, "pae").includes(text);

describe("the faults of the global list", () => {
  it("B-1: an INVLPG in an address space that does not lead to the page is lost", () => {
    const found = search({}, "pae", (failure) => droppedBy(failure) === "invlpg");
    expect(found).toMatchObject({ reproduced: true, violation: { check: "inv36" } });
    expect(found?.ops.length).toBeLessThanOrEqual(8);
  });

  it("the residue of B-2: a page stays global when CR4.PGE is cleared after its entries were made", () => {
    const found = search({}, "pae", (failure) => droppedBy(failure) === "cr3" && has(failure, "pge 0"));
    expect(found?.ops.map(({ kind }) => kind)).toEqual(["store", "access", "bit", "store", "cr3", "access"]);
  });

  it("B-2, before it was half mended: G counts though CR4.PGE is clear", () => {
    const clearBefore = (failure: Failure) => {
      const text = formatStory(failure.ops, "pae");
      return text.indexOf("pge 0") >= 0 && text.indexOf("pge 0") < text.search(/read|write/);
    };
    const found = search({ globalWithoutPge: true }, "pae", clearBefore);
    expect(found).toBeDefined();
    expect(run(setup("oos+global"), formatStory(found?.ops ?? [], "pae"))).toBeNull();
  });

  it("a page that a CR3 load shows at a second address brings stale entries along", () => {
    const story = "T0[0]=F0:P,G; read 0x0; R0[1]=D0:P; T0[0]=0; cr3 R0; read 0x40000000";
    expect(run(setup("oos+global"), story)).toMatchObject({ check: "inv36", access: { forgotten: null } });
    expect(run(setup("oos"), story)).toBeNull();
  });
});

describe("page faults", () => {
  const story = "T0[0]=F0:P; read 0x0; T0[0]=0; read 0x0 user; read 0x0";

  it("drop the translations of their address, as strict judging asks", () => {
    for (const name of ["bare", "write-protect", "oos", "modern"] as const) {
      expect(run(setup(name, "pae", { strictFaults: true }), story)).toBeNull();
    }
  });

  it("drop none under KVM 2.6.29", () => {
    const kvm = setup("oos", "pae", { strictFaults: true, model: "kvm" });
    expect(run(kvm, story)).toMatchObject({
      check: "inv36",
      access: { forgotten: { drop: { kind: "fault" } } },
    });
  });

  it("drop global ones of other address spaces only if the hypervisor sees them all", () => {
    const elsewhere = "T0[0]=F0:P,G; read 0x0; T0[0]=0; cr3 T0; read 0x0; cr3 R0; read 0x0";
    const fixed = (bypassGuestPf: boolean) =>
      setup("oos+global-fixed", "pae", { strictFaults: true, bypassGuestPf });
    expect(run(fixed(true), elsewhere)).toMatchObject({ check: "inv36" });
    expect(run(fixed(false), elsewhere)).toBeNull();
  });
});
