/** The words of a command line that make the same machine again: the image, and the options that the guest depends on. */
import type { FlatPlace } from "../machine/image/flat-binary.ts";
import type { RunOptions } from "./commands/run.ts";

/** Options about the run, its reports and its looks, which change nothing in the guest. */
const ABOUT_THE_RUN = new Set<keyof RunOptions>([
  "ui",
  "color",
  "ascii",
  "paused",
  "fps",
  "report",
  "debugcon",
  "com2",
  "com3",
  "com4",
  "success",
  "maxIcount",
  "timeout",
  "audit",
  "dirtyLog",
  "trace",
  "events",
  "filter",
]);

/** Options without a value. */
const FLAGS = new Set<keyof RunOptions>(["writable", "virtioConsole", "virtioRng", "testdev"]);

const MIB = 2 ** 20;

export function machineWords(image: string, options: RunOptions): string[] {
  const words = [image];
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || ABOUT_THE_RUN.has(key as keyof RunOptions)) continue;
    const option = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (key === "reboot") words.push(...(value === false ? ["--no-reboot"] : []));
    else if (FLAGS.has(key as keyof RunOptions)) words.push(...(value === true ? [option] : []));
    else for (const one of [value].flat()) words.push(option, valueText(key, one));
  }
  return words;
}

function valueText(key: string, value: unknown): string {
  if (key === "mem")
    return Number(value) % MIB === 0 ? `${Number(value) / MIB}M` : `${Number(value) / 1024}K`;
  if (key === "at") {
    const { gpa, bits } = value as FlatPlace;
    return `${gpa.toString(16)}${bits === null ? "" : `,${bits}`}`;
  }
  if (key === "date") return new Date(Number(value) * 1000).toISOString().slice(0, 19);
  return typeof value === "boolean" ? (value ? "on" : "off") : String(value);
}
