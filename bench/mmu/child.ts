/** The measuring process: started by `npm run bench -- mmu`, bundled, since only a bundle runs as the product does. */
import { tuneV8 } from "../../src/cli/tune-v8.ts";
import { policies, policyNames } from "../../src/mmu/shadow/policy.ts";
import { RingWriter } from "../../src/trace/ring.ts";
import { Tap } from "../../src/trace/tap.ts";
import { eventfulRound, growth, kmapsPerSwitch, measures } from "./measures.ts";
import { growthExponent, median, nanoseconds, textTable } from "./report.ts";

const rounds = process.argv.includes("--quick") ? 5 : 15;
const WARM_UP = 3;

/** Runs all in turn, round by round, and returns the median of each. */
function interleaved<Key>(works: ReadonlyMap<Key, () => number>): Map<Key, number> {
  const values = new Map<Key, number[]>([...works.keys()].map((key) => [key, []]));
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const [key, work] of works) {
      const value = work();
      if (round >= 0) values.get(key)?.push(value);
    }
  }
  return new Map([...values].map(([key, found]) => [key, median(found)]));
}

function print(title: string, text: string): void {
  process.stdout.write(`${title}\n\n${text}\n\n`);
}

function single(): void {
  const rows = measures.map(({ name, prepare }) => {
    const works = new Map(policyNames.map((policy) => [policy, prepare(policies[policy].policy)]));
    return [name, ...[...interleaved(works).values()].map(nanoseconds)];
  });
  print("nanoseconds for one of", textTable(["", ...policyNames], rows));
}

const CYCLES = [1, 2, 4, 8, 16];

function kmaps(): void {
  for (const [title, pick] of [
    ["exits", "exits"],
    ["entries examined at CR3 loads", "examined"],
    ["nanoseconds", "nanoseconds"],
  ] as const) {
    const rows = CYCLES.map((cycles) => {
      const works = new Map(
        policyNames.map((policy) => {
          const run = kmapsPerSwitch(policies[policy].policy, cycles);
          return [policy, () => run()[pick]];
        }),
      );
      const found = [...interleaved(works).values()];
      return [
        String(cycles),
        ...found.map((value) => (pick === "nanoseconds" ? nanoseconds(value) : value.toFixed(2))),
      ];
    });
    print(
      `kmaps for each switch of processes: ${title} for each kmap`,
      textTable(["N", ...policyNames], rows),
    );
  }
}

const SIZES: readonly (readonly [spaces: number, tables: number])[] = [
  [1, 8],
  [2, 50],
  [2, 490],
  [20, 490],
];
const SPACES: readonly (readonly [spaces: number, tables: number])[] = [
  [2, 8],
  [10, 8],
  [50, 8],
  [200, 8],
  [500, 8],
];

function growthTable(
  title: string,
  shapes: typeof SIZES,
  sizeOf: (spaces: number, pages: number) => number,
): void {
  for (const policy of ["oos", "oos+global", "oos+global-fixed"] as const) {
    const found = shapes.map(([spaces, tables]) => {
      const run = growth(policies[policy].policy, spaces, tables);
      const samples = Array.from({ length: WARM_UP + rounds }, run).slice(WARM_UP);
      const of = (key: keyof (typeof samples)[number]): number =>
        median(samples.map((sample) => sample[key]));
      const pages = of("pages");
      return {
        size: sizeOf(spaces, pages),
        cells: [of("switchClean"), of("switchUnsync"), of("fault"), of("write")],
      };
    });
    const rows = found.map(({ size, cells }) => [String(size), ...cells.map(nanoseconds)]);
    const sizes = found.map(({ size }) => size);
    const exponents = found[0].cells.map((_, i) =>
      growthExponent(
        sizes,
        found.map(({ cells }) => cells[i]),
      ).toFixed(2),
    );
    const head = ["", "CR3, in sync", "CR3, 8 tables unsync", "kmap cycle", "pte write"];
    print(`${title}, ${policy}: nanoseconds`, textTable(head, [...rows, ["exponent", ...exponents]]));
  }
}

/** With no tap, and with one that fills a ring. The parent also runs a build without any tracepoint. */
function tracing(): void {
  const { policy } = policies["oos+global"];
  const untapped = eventfulRound(policy);
  const tapped = eventfulRound(policy);
  const { linear } = tapped.scene.memory;
  tapped.scene.mmu.attachTap(
    new Tap(new RingWriter(linear.i32, linear.layout.ring, linear.layout.ringBytes)),
  );
  const found = interleaved(
    new Map([
      ["no trace", untapped.run],
      ["into a ring", tapped.run],
    ]),
  );
  for (const [name, value] of found) process.stdout.write(`${name}\t${value}\n`);
}

tuneV8();
if (process.argv.includes("--tracing")) {
  tracing();
} else {
  single();
  kmaps();
  growthTable("live shadow pages", SIZES, (_spaces, pages) => pages);
  growthTable("address spaces", SPACES, (spaces) => spaces);
}
