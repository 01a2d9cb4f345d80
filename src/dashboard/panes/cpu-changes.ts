/** What of the processor is not what it was at the last stop. */
import type { CpuView } from "../../inspect/cpu-view.ts";
import type { Model } from "../model.ts";

/** All registers that are shown, under the names they are shown by, as something that can be compared. */
function valuesOf(cpu: CpuView): ReadonlyMap<string, string> {
  return new Map<string, string>([
    ...cpu.general.map(([name, value]): [string, string] => [name, String(value)]),
    ["eip", String(cpu.eip)],
    ["eflags", String(cpu.eflags)],
    ...cpu.control.map(([name, value]): [string, string] => [name, String(value)]),
    ...cpu.segments.map(({ name, selector, base, limit, kind }): [string, string] => [
      name,
      `${selector} ${base} ${limit} ${kind}`,
    ]),
    ["gdtr", cpu.gdtr.join(" ")],
    ["idtr", cpu.idtr.join(" ")],
  ]);
}

/** Names of the registers that have changed; none if there was no stop before. */
export function changedWords({ snapshot, previous }: Model): ReadonlySet<string> {
  const now = snapshot?.cpu ?? null;
  const before = previous?.cpu ?? null;
  if (now === null || before === null) return new Set();
  const old = valuesOf(before);
  return new Set([...valuesOf(now)].flatMap(([name, value]) => (old.get(name) === value ? [] : [name])));
}

/** Addresses of the words on the stack that were in sight before, too, and are not what they were. */
export function changedStack({ snapshot, previous }: Model): ReadonlySet<number> {
  const old = new Map((previous?.cpu?.stack ?? []).map(({ gva, value }) => [gva, value]));
  return new Set(
    (snapshot?.cpu?.stack ?? []).flatMap(({ gva, value }) =>
      old.has(gva) && old.get(gva) !== value ? [gva] : [],
    ),
  );
}
