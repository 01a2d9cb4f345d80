/** What the fields of events mean, in words; `describe.ts` has their names. */

const MEANINGS: Readonly<Record<string, string>> = {
  gva: "guest virtual address, after segmentation",
  error: "page-fault error code: p the entry was present, w write, u user, r reserved bit, f fetch",
  cr: "number of the control register",
  value: "what the guest wrote to it",
  gfn: "guest frame number: guest physical address / 4096",
  vector: "number of the exception",
  mmio: "no memory is there, a device answers",
  levels: "levels of the guest's tables",
  root0: "shadow page in slot 0 of pae_root, the first GiB; 0 for none",
  root1: "shadow page in slot 1, the second GiB",
  root2: "shadow page in slot 2, the third GiB",
  root3: "shadow page in slot 3, the fourth GiB",
  sp: "number of the shadow page in the pool",
  created: "there was none: it has just been made",
  unsync: "the guest could store to the table unseen",
  global: "so far each entry put in came from an entry with G",
  root_count: "slots of pae_root that name it",
  sptes: "entries made read-only",
  all: "pages out of sync now",
  all_global: "those of them on oos_global_pages",
  examined: "present entries that were compared with the guest's",
  changed: "entries that differed",
  index: "number of the entry in its table",
  spte: "flags of the shadow entry: p present, w writable, u user, a accessed, d dirty",
  nx: "may not be executed",
  level: "1: entries map pages; 2: they link to tables of level 1",
  offset: "byte offset in the frame",
  bytes: "size of the store",
  count: "stores in a row to the same table, for the flood detector",
  text: "what happened",
  glevels: "levels of the guest's tables when it was made",
  quadrant: "which quarter or half of a 32-bit table it shadows",
  access: "rights above the table: w write, u user, x execute",
  direct: "no table: it maps a large page, or memory with paging off",
  invalid: "it was zapped while it was a root",
};

/** Undefined for a field that has no line here; a test holds that all have. */
export function fieldMeaning(key: string): string | undefined {
  return MEANINGS[key];
}
