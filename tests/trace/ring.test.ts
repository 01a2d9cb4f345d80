/** The event ring, and the lists that it speaks of. */
import { describe, expect, it } from "vitest";
import { events, KVM_EXIT, KVM_MMU_UNSYNC_PAGE, MAX_FIELDS } from "../../src/trace/events.ts";
import { LEVEL1_ONE_ROLE, reasonByKey, reasons } from "../../src/trace/reasons.ts";
import { RingReader, RingWriter, ringCapacity } from "../../src/trace/ring.ts";
import { Tap } from "../../src/trace/tap.ts";

const BYTES = 64 * 64;

function ring(buffer: ArrayBuffer | SharedArrayBuffer = new ArrayBuffer(BYTES + 4096)) {
  const words = new Int32Array(buffer);
  return { writer: new RingWriter(words, 4096, BYTES), words };
}

describe("ring", () => {
  it("gives back what was written, in order, with its stamp", () => {
    const { writer, words } = ring();
    const reader = new RingReader(words, 4096, BYTES);
    const tap = new Tap(writer, { icount: () => 2 ** 40 + 7, eip: () => 0xc010_0000 });
    tap.cr3 = 0x1000;
    tap.emit(KVM_EXIT, 0, 0xc000_0000 | 0, 3);
    tap.emit(KVM_MMU_UNSYNC_PAGE, LEVEL1_ONE_ROLE, 1, 2, 3, 4, 5, 6);
    const [first, second] = reader.read();
    expect(first).toMatchObject({
      seq: 0,
      event: KVM_EXIT,
      icount: 2 ** 40 + 7,
      eip: 0xc010_0000,
      cr3: 0x1000,
    });
    expect(first.fields[0] >>> 0).toBe(0xc000_0000);
    expect(second).toMatchObject({ seq: 1, reason: LEVEL1_ONE_ROLE, fields: [1, 2, 3, 4, 5, 6] });
    expect(reader.read()).toEqual([]);
    expect(reader.dropped).toBe(0);
  });

  it("a slow reader loses the oldest and knows how many", () => {
    const { writer, words } = ring();
    const reader = new RingReader(words, 4096, BYTES);
    const capacity = ringCapacity(BYTES);
    for (let i = 0; i < capacity + 10; i++) writer.write(KVM_EXIT, i, 0, 0, i, 0, 0, 0, 0, 0);
    const records = reader.read();
    expect(reader.dropped).toBe(10);
    expect(records.map((record) => record.seq)).toEqual(Array.from({ length: capacity }, (_, i) => i + 10));
  });

  it("reads in portions, and from the oldest kept on request", () => {
    const { writer, words } = ring();
    for (let i = 0; i < 5; i++) writer.write(KVM_EXIT, i, 0, 0, 0, 0, 0, 0, 0, 0);
    const reader = new RingReader(words, 4096, BYTES, true);
    expect(reader.read(2).map(({ seq }) => seq)).toEqual([0, 1]);
    expect(reader.read(9).map(({ seq }) => seq)).toEqual([2, 3, 4]);
    expect(new RingReader(words, 4096, BYTES).read()).toEqual([]);
  });

  it("gives up what waits but the newest, at once, and counts it", () => {
    const { writer, words } = ring();
    const reader = new RingReader(words, 4096, BYTES);
    for (let i = 0; i < 20; i++) writer.write(KVM_EXIT, i, 0, 0, 0, 0, 0, 0, 0, 0);
    reader.keepNewest(3);
    expect(reader.dropped).toBe(17);
    reader.keepNewest(5);
    expect(reader.read().map(({ seq }) => seq)).toEqual([17, 18, 19]);
    expect(reader.dropped).toBe(17);
  });

  it("can be read again from the oldest record that is kept", () => {
    const { writer, words } = ring();
    const reader = new RingReader(words, 4096, BYTES);
    const capacity = ringCapacity(BYTES);
    expect(reader.oldest).toBe(0);
    for (let i = 0; i < capacity + 4; i++) writer.write(KVM_EXIT, i, 0, 0, 0, 0, 0, 0, 0, 0);
    reader.keepNewest(0);
    expect(reader.read()).toEqual([]);
    reader.rewind();
    expect(reader.oldest).toBe(4);
    expect(reader.read()[0].seq).toBe(4);
  });

  it("works on shared memory", () => {
    const { writer, words } = ring(new SharedArrayBuffer(BYTES + 4096));
    const reader = new RingReader(words, 4096, BYTES);
    writer.write(KVM_EXIT, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    expect(reader.read()[0].fields).toEqual([4, 5, 6, 7, 8, 9]);
  });

  it("a record in the making counts as dropped, never as read", () => {
    const { writer, words } = ring();
    const reader = new RingReader(words, 4096, BYTES);
    writer.write(KVM_EXIT, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    words[1024 + 16] = 0;
    expect(reader.read()).toEqual([]);
    expect(reader.dropped).toBe(1);
  });
});

describe("lists", () => {
  it("events are named once, by their place, with fields that fit a record", () => {
    expect(new Set(events.map(({ name }) => name)).size).toBe(events.length);
    events.forEach(({ id, fields }, i) => {
      expect(id).toBe(i);
      expect(fields.length).toBeLessThanOrEqual(MAX_FIELDS);
    });
  });

  it("every reason has a key, a sentence and a function", () => {
    expect(new Set(reasons.map(({ key }) => key)).size).toBe(reasons.length);
    for (const { id, key, sentence, decidedBy } of reasons) {
      expect(reasons[id].key).toBe(key);
      expect(key).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(sentence.length).toBeGreaterThan(10);
      expect(decidedBy).not.toBe("");
    }
    expect(reasonByKey("level1_one_role")?.id).toBe(LEVEL1_ONE_ROLE);
    expect(reasonByKey("nonsense")).toBeUndefined();
  });

  it("the reasons of the design are all there", () => {
    const designed =
      "level1_one_role upper_level many_roles policy_off cr3_load cr3_reload lookup mmu_sync_request cr4_write " +
      "cr0_write global other_tree non_global_spte level_mismatch recycle flood pte_removed mode_change root_free " +
      "emulated invlpg gpte_changed not_accessed empty misaligned unprotect parent_zap zap_all shrink";
    for (const key of designed.split(" ")) expect(reasonByKey(key), key).toBeDefined();
  });
});
