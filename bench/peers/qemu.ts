/** QEMU's TCG, where `qemu-system-i386` is installed. */
import { execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { MarkerReader, type Round } from "../markers.ts";
import { imagePath, type Row } from "../rows.ts";
import { type Peer, PeerMissing, RAM_MIB } from "./peer.ts";

const PROGRAM = "qemu-system-i386";
const TIMEOUT_MS = 180_000;

// biome-ignore format: option and value side by side
const FIXED = [
  "-accel", "tcg", "-m", String(RAM_MIB), "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
  "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
];

function qemuVersion(): string {
  try {
    const text = execFileSync(PROGRAM, ["--version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return /version (\S+)/.exec(text)?.[1] ?? "of unknown version";
  } catch {
    throw new PeerMissing(`${PROGRAM} is not installed; the other peers work without it`);
  }
}

export function qemuPeer(): Peer {
  return { name: "qemu", about: `QEMU ${qemuVersion()}, TCG`, countsExactly: false, boot };
}

function boot(row: Row, wanted: number): Promise<readonly Round[]> {
  const child = spawn(PROGRAM, [...FIXED, "-kernel", imagePath(row.name)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const reader = new MarkerReader(() => ({
    wallMs: performance.now(),
    cpuMs: child.pid === undefined ? null : threadsCpuMs(child.pid),
    instructions: null,
  }));
  return new Promise((resolve, reject) => {
    let errors = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
    child.stdout.on("data", (bytes: Buffer) => {
      for (const byte of bytes) {
        if (reader.byte(byte) && reader.rounds.length >= wanted) child.kill("SIGKILL");
      }
    });
    child.stderr.on("data", (text: Buffer) => {
      errors += text.toString();
    });
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(timer);
      if (reader.rounds.length >= wanted) resolve(reader.rounds.slice(0, wanted));
      else reject(new Error(errors.trim().split("\n").at(-1) || "QEMU ended before the rounds were over"));
    });
  });
}

/** Processor time of all threads of a process, from the scheduler; null where there is no /proc. */
function threadsCpuMs(pid: number): number | null {
  try {
    let nanoseconds = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
    }
    return nanoseconds / 1e6;
  } catch {
    return null;
  }
}
