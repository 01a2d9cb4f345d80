/**
 * Boots the real guests and prints what each showed.
 *
 *     npm run guests:real                 all that `scripts/fetch-guests.sh` brings
 *     npm run guests:real -- linux-pae    some
 *     npm run guests:real -- --quick      those that continuous integration boots
 *     npm run guests:real -- --log        and their consoles, to standard error
 *
 * Status 1 if one did not show what it must.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { grouped } from "../../../src/common/grouped.ts";
import { Drive } from "./drive.ts";
import { type RealGuest, realGuests } from "./guests.ts";

const CACHE = resolve("guests/real/cache");
const LAST_LINES = 12;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, log: { type: "boolean", default: false } },
});
const unknown = positionals.filter((name) => !realGuests.some((guest) => guest.name === name));
if (unknown.length > 0) {
  console.error(
    `There is no real guest ${unknown.join(", ")}; there are: ${realGuests.map(({ name }) => name).join(", ")}.`,
  );
  process.exit(2);
}
const chosen = realGuests.filter(({ name, quick }) =>
  positionals.length > 0 ? positionals.includes(name) : !values.quick || quick,
);

let failed = 0;
console.log(`${"guest".padEnd(15)} ${"instructions".padStart(15)} ${"host".padStart(7)}   what it shows`);
for (const guest of chosen) failed += (await boot(guest)) ? 0 : 1;
console.log(`\n${chosen.length - failed} of ${chosen.length} real guests showed what they must`);
process.exitCode = failed === 0 ? 0 : 1;

async function boot(guest: RealGuest): Promise<boolean> {
  const missing = [guest.image, guest.initrd ?? guest.image, guest.bios ?? guest.image].find(
    (file) => !existsSync(resolve(CACHE, file)),
  );
  if (missing !== undefined) {
    console.log(`${guest.name.padEnd(15)} not there: run scripts/fetch-guests.sh ${guest.group}`);
    return false;
  }
  const result = await new Drive(guest, CACHE).run(guest);
  const { problem, machine, hostSeconds, output } = result;
  const figures = `${grouped(machine.instructions).padStart(15)} ${hostSeconds.toFixed(1).padStart(5)} s`;
  console.log(
    `${guest.name.padEnd(15)} ${figures}   ${problem === null ? guest.shows : `FAILED: ${problem}`}`,
  );
  if (values.log) process.stderr.write(output);
  else if (problem !== null) console.log(output.split("\n").slice(-LAST_LINES).join("\n"));
  return problem === null;
}
