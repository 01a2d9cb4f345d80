/**
 * The table of commands as rules: each row has lines here that it answers and lines that it refuses with a sentence,
 * is in the help, and can be found by every name it has.
 */
import { describe, expect, it } from "vitest";
import { explainEvent } from "../../src/debug/commands/event-commands.ts";
import { fieldMeaning } from "../../src/debug/commands/field-meanings.ts";
import { chooseCommand, commands } from "../../src/debug/commands/table.ts";
import { monitor, monitorHelp, parseQuestion } from "../../src/debug/monitor.ts";
import { MonitorError } from "../../src/debug/monitor-error.ts";
import { describeFields } from "../../src/trace/describe.ts";
import { events } from "../../src/trace/events.ts";
import { EXIT_PF, reasons } from "../../src/trace/reasons.ts";
import { ask, debugged, toStop } from "./target.ts";

interface Examples {
  readonly good: readonly string[];
  /** Refused before anything runs, with a sentence that has these words. */
  readonly bad: readonly (readonly [line: string, words: string])[];
}

const TOO_MUCH: Examples["bad"][number][1] = "is too much here";

const examples: Readonly<Record<string, Examples>> = {
  "info registers": { good: ["info registers", "i r"], bad: [["info registers eax", TOO_MUCH]] },
  "info mem": {
    good: ["info mem", "i mem 0xc0000000", "info mem $esp 3"],
    bad: [
      ["info mem xyz", "'xyz' is no address"],
      ["info mem 0 0", "'0' is no count; give a positive whole number up to 65536"],
    ],
  },
  "info tlb": {
    good: ["info tlb", "i t 0xc0000000 2", "info tlb $eip - 4096 10"],
    bad: [
      ["info tlb 0x1000 x", "'x' is no count"],
      ["info tlb 0x1000 65537", "up to 65536"],
    ],
  },
  "info mmu": { good: ["info mmu"], bad: [["info mmu now", TOO_MUCH]] },
  "info oos": { good: ["info oos", "i o"], bad: [["info oos now", "'now' is too much here"]] },
  "info shadow": {
    good: ["info shadow", "i sh"],
    bad: [["info shadow page", "'page' is no shadow page; give its number in hexadecimal"]],
  },
  "info rmap": {
    good: ["info rmap 150", "info rmap 0x150"],
    bad: [
      ["info rmap xyz", "'xyz' is no frame"],
      ["info rmap", "'' is no frame"],
    ],
  },
  "info policy": { good: ["info policy"], bad: [["info policy oos", TOO_MUCH]] },
  "info stats": { good: ["info stats"], bad: [["info stats exits", TOO_MUCH]] },
  "info pic": { good: ["info pic"], bad: [["info pic 0", TOO_MUCH]] },
  "info pit": { good: ["info pit"], bad: [["info pit 0", TOO_MUCH]] },
  mouse_move: {
    good: ["mouse_move 10 -5", "mouse_move 0 0 1"],
    bad: [
      ["mouse_move", "give counts to the right and down"],
      ["mouse_move 1 b", "give counts to the right and down"],
    ],
  },
  mouse_button: { good: ["mouse_button 1", "mouse_button 0"], bad: [["mouse_button 99", "as a sum"]] },
  screendump: { good: ["screendump screen.png"], bad: [["screendump", "give the name of a file"]] },
  system_powerdown: { good: ["system_powerdown"], bad: [["system_powerdown now", TOO_MUCH]] },
  sendkey: {
    good: ["sendkey a", "sendkey ctrl-alt-delete"],
    bad: [
      ["sendkey", "no key is called ''"],
      ["sendkey shift-hyper", "no key is called 'hyper'"],
    ],
  },
  "info vga": { good: ["info vga", "i v"], bad: [["info vga text", TOO_MUCH]] },
  "info pci": { good: ["info pci"], bad: [["info pci 1", TOO_MUCH]] },
  "info devices": { good: ["info devices", "i d"], bad: [["info devices pic", TOO_MUCH]] },
  "info breakpoints": {
    good: ["info breakpoints", "i b", "info watchpoints"],
    bad: [["info b 1", TOO_MUCH]],
  },
  "info events": { good: ["info events", "i e 5"], bad: [["info events all", "'all' is no count"]] },
  gva2gpa: {
    good: ["gva2gpa 0xc0100000", "gva2gpa c0100000", "gva2gpa 00100000 - 8", "gva2g $esp+8"],
    bad: [
      ["gva2gpa", "an address is missing"],
      ["gva2gpa 0x100000000", "it has more than 32 bits"],
      ["gva2gpa c01000", "in hexadecimal it is 0xc01000"],
      ["gva2gpa c01000000", "'c01000000' is no address"],
      ["gva2gpa 0x1000 0x2000", TOO_MUCH],
      ["gva2gpa $eex", "no register is called '$eex'"],
    ],
  },
  gva2spte: { good: ["gva2spte 0xc0100000"], bad: [["gva2spte 12z", "'12z' is no address"]] },
  translate: {
    good: ["translate 0xc0100000", "t $eip fetch user", "translate 0xc0100000 supervisor write"],
    bad: [
      ["translate 0xc0100000 execute", "'execute' is no kind of access; say one of read, write, fetch"],
      ["translate 0xc0100000 read write", "'write' is no kind of access"],
      ["translate", "an address is missing"],
    ],
  },
  x: {
    good: ["x 0xc0100000", "x/8xw $esp", "x /2i $eip", "x/3c 0xc0100000+4", "x/2dg $esp"],
    bad: [
      ["x/9q 0x0", "'/9q' is no format"],
      ["x/0xw 0x0", "is no format"],
      ["x/xx 0", "is no format"],
      ["x/4097xb 0", "a count up to 4096"],
      ["x/8xw", "an address is missing"],
    ],
  },
  xp: {
    good: ["xp/8xw 0x100000"],
    bad: [
      ["xp/2i 0x100000", "use x/i instead of xp/i"],
      ["xp/8xw", "an address is missing"],
    ],
  },
  break: { good: ["break", "b 0xc0100000", "break $eip+4"], bad: [["break main", "'main' is no address"]] },
  watch: {
    good: [
      "watch",
      "w gfn:150",
      "watch gva:0xc0100000",
      "watch gva:$esp+4/2",
      "watch sp:1",
      "watch eax",
      "watch $esp",
    ],
    bad: [
      ["watch gva:0xc0100000/3", "'3' is no size to watch; there are 1, 2 and 4 bytes"],
      ["watch gva:0xc0100000/", "'' is no size"],
      ["watch gva:", "an address is missing"],
      ["watch gfn:xyz", "'xyz' is no frame"],
      ["watch sp:-1", "'-1' is no shadow page"],
      ["watch r15", "'r15' cannot be watched: write watch gva:ADDRESS"],
    ],
  },
  delete: {
    good: ["delete 1"],
    bad: [
      ["delete", "`info breakpoints` has the numbers"],
      ["delete all", "'all' is no breakpoint; give its number"],
    ],
  },
  stop: { good: ["stop"], bad: [["stop now", TOO_MUCH]] },
  cont: { good: ["cont", "c"], bad: [["cont 5", TOO_MUCH]] },
  step: {
    good: ["step", "s 100", "si", "step 1k"],
    bad: [
      ["step 0", "'0' is no count"],
      ["step -1", "'-1' is no count"],
      ["step many", "'many' is no count"],
    ],
  },
  next: { good: ["next", "n"], bad: [["next 2", TOO_MUCH]] },
  finish: { good: ["finish", "fin"], bad: [["finish 2", TOO_MUCH]] },
  until: {
    good: ["until 2_600_000", "u 3M", "until reason=cr3_load", "until sync -skip"],
    bad: [
      ["until", "until when?"],
      ["until 0", "'0' is no icount"],
      ["until gfm=10c", "no event has a field 'gfm'"],
      ["until icount>x", "'icount' is compared with a number"],
    ],
  },
  trace: {
    good: ["trace", "trace kvm_mmu_set_spte off", "trace * on"],
    bad: [
      ["trace mmu", "does not say which events and on or off"],
      ["trace nothing off", "no event is called 'nothing'"],
      ["trace mmu maybe", "does not say which events and on or off"],
    ],
  },
  why: {
    good: [],
    bad: [
      ["why", "why what?"],
      ["why not", "'not' is no event; give its number"],
    ],
  },
  policy: {
    good: ["policy"],
    bad: [
      ["policy oos", "'oos' is no choice; write policy oos=off"],
      ["policy oos=maybe", "oos is on or off, not 'maybe'"],
    ],
  },
  audit: { good: ["audit"], bad: [["audit 64", TOO_MUCH]] },
  help: {
    good: ["help", "?", "h x", "help info"],
    bad: [
      ["help st", "'st' may be stop or step"],
      ["help zzz", "'zzz' is no command"],
    ],
  },
};

const BUSY = 2_430_000;
/** kmap in the middle of its work. */
const busy = debugged("kmap", BUSY, { append: "workload=all" });

describe("every row of the table", () => {
  const names = commands.map(({ name }) => name);

  it("has examples here, and there are no others", () => {
    expect(Object.keys(examples).sort()).toEqual([...names].sort());
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(names)("%s is in the help, with its usage and its sentence", (name) => {
    const row = commands.find((one) => one.name === name);
    const text = monitorHelp.join(" ").replace(/ +/g, " ");
    expect(text).toContain(`${name}${row?.usage}`);
    expect(text).toContain(row?.sentence);
  });

  it.each(names)("%s is found by each of its names", (name) => {
    const { aliases = [] } = commands.find((one) => one.name === name) ?? {};
    const prefix = name.startsWith("info ") ? "info " : "";
    for (const one of [name, ...aliases.map((alias) => prefix + alias)]) {
      expect(chooseCommand(one).command.name, one).toBe(name);
    }
  });

  it.each(names.flatMap((name) => examples[name].good.map((line) => [name, line])))(
    "%s: answers '%s'",
    (name, line) => {
      expect(chooseCommand(line).command.name).toBe(name);
      const { lines, started } = monitor(
        busy,
        line.replace("delete 1", `delete ${busy.addBreakpoint(0xfff0_0000)}`),
      );
      const starts = commands.find((one) => one.name === name)?.starts === true;
      expect(started).toBe(starts);
      expect(busy.running).toBe(starts);
      if (starts) busy.pause();
      else expect(lines.length).toBeGreaterThan(0);
      for (const { id } of [...busy.breakpoints, ...busy.watches]) busy.remove(id);
      for (const text of lines) expect(text).toMatch(/^[ -~]+$/);
    },
  );

  it("why: answers for each event that is kept", () => {
    const kept = busy.events().slice(-300);
    expect(kept.length).toBe(300);
    for (const record of kept) {
      const text = explainEvent(record, kept, busy.tap.texts).join("\n");
      expect(text).toContain(`why: ${reasons[record.reason].key}: `);
      expect(text).toContain("\ntrigger: ");
    }
    const [{ seq }] = kept;
    expect(ask(busy, `why ${seq}`)[0]).toBe(explainEvent(kept[0], kept, busy.tap.texts)[0]);
  });

  it.each(names.flatMap((name) => examples[name].bad.map(([line, words]) => [name, line, words])))(
    "%s: refuses '%s' before anything runs",
    (_, line, words) => {
      expect(() => parseQuestion(line)).toThrow(MonitorError);
      expect(() => parseQuestion(line)).toThrow(words);
    },
  );
});

describe("words", () => {
  it.each([
    ["", "'' is no command; `help` lists them"],
    ["   ", "'' is no command"],
    ["/8xw 0", "'/8xw 0' is no command"],
    ["quit", "'quit' is no command; there are info, gva2gpa,"],
    ["info", "info about what? There are registers, mem,"],
    ["info foo", "'foo' is no thing to ask about; there are registers, mem,"],
    ["i p", "'p' may be policy or pic or pit"],
    ["st", "'st' may be stop or step"],
    ["Break", "'Break' is no command"],
  ])("'%s' means nothing", (line, sentence) => {
    expect(() => parseQuestion(line)).toThrow(MonitorError);
    expect(() => parseQuestion(line)).toThrow(sentence);
  });

  it("blanks do not matter", () => {
    expect(ask(busy, "  info   policy ")).toEqual(ask(busy, "info policy"));
    expect(ask(busy, "x   /4xb  $esp")).toEqual(ask(busy, "x/4xb $esp"));
  });
});

describe("fields of events", () => {
  it("each has a meaning in words, or `why` would print a bare number", () => {
    for (const { id, name, fields } of events) {
      const record = {
        seq: 0,
        event: id,
        reason: EXIT_PF,
        icount: 0,
        eip: 0,
        cr3: 0,
        fields: fields.map(() => 1),
      };
      for (const { key } of describeFields(record)) expect(fieldMeaning(key), `${name} ${key}`).toBeDefined();
    }
  });
});

describe("running and stopping", () => {
  /** The stop that follows a command. */
  const stopAfter = (line: string) => {
    expect(monitor(busy, line).started).toBe(true);
    return toStop(busy);
  };

  it("step runs exactly so many instructions, until to exactly that icount", () => {
    const { machine } = busy;
    const before = machine.instructions;
    expect(stopAfter("step 7").kind).toBe("done");
    expect(machine.instructions - before).toBe(7);
    expect(stopAfter(`until ${machine.icount + 100}`).kind).toBe("done");
    expect(() => ask(busy, "until 1000")).toThrow(/^icount is \d+ already/);
  });

  it("until with a filter stops at the event, and why knows it", () => {
    const stop = stopAfter("until mmu_unsync_page");
    expect(stop.kind).toBe("event");
    const seq = stop.kind === "event" ? stop.seq : -1;
    expect(ask(busy, `why ${seq}`)[0]).toMatch(/^event \d+: unsync_page sp=/);
  });

  it("a breakpoint stops there, is counted, and goes when it is deleted", () => {
    const { machine } = busy;
    const [line] = ask(busy, "x/1i $eip");
    const gva = line.slice(2, 10);
    stopAfter("step");
    const [set] = ask(busy, `b 0x${gva}`);
    const [, id] = /^breakpoint (\d+) at /.exec(set) ?? [];
    expect(ask(busy, "info breakpoints")).toEqual([`${id.padStart(3)}  breakpoint at ${gva}, hit 0 times`]);
    expect(ask(busy, `b 0x${gva}`)).toEqual([set]);
    expect(stopAfter("cont")).toEqual({ kind: "breakpoint", id: Number(id), gva: Number.parseInt(gva, 16) });
    expect(machine.cpu.eip >>> 0).toBe(Number.parseInt(gva, 16));
    expect(ask(busy, "break")).toEqual([`${id.padStart(3)}  breakpoint at ${gva}, hit once`]);
    expect(ask(busy, `delete ${id}`)).toEqual([`${id} is gone`]);
    expect(() => ask(busy, `delete ${id}`)).toThrow(`there is no breakpoint or watchpoint ${id}`);
    expect(ask(busy, "info breakpoints")).toEqual(["no breakpoints, no watchpoints"]);
  });

  it("watch says what it waits for, in words", () => {
    const lines = ["watch gva:0xc0100000/2", "watch gfn:150", "watch sp:1", "watch $EAX"].map(
      (line) => ask(busy, line)[0],
    );
    expect(lines.map((line) => line.replace(/^watch \d+: /, ""))).toEqual([
      "gva c0100000, 2 bytes",
      "gfn 00150",
      "sp 1",
      "eax",
    ]);
    expect(ask(busy, "info breakpoints")[1]).toMatch(/^ +\d+ {2}watch gfn 00150, hit 0 times$/);
    const stop = stopAfter("cont");
    expect([stop.kind, stop.kind === "watch" && stop.what]).toEqual(["watch", "eax"]);
    for (const { id } of busy.watches) busy.remove(id);
  });

  it("stop gives a goal up; while it runs nothing else can be started, but asked", () => {
    monitor(busy, "cont");
    expect(() => ask(busy, "step")).toThrow("the machine is running");
    expect(ask(busy, "info policy")[0]).toBe("oos+global");
    expect(ask(busy, "stop")).toEqual(["paused"]);
    expect(ask(busy, "stop")).toEqual(["it stands still already: paused"]);
  });

  it("what has ended stays ended", () => {
    const over = debugged("b1", undefined, { ramBytes: 4 << 20 });
    expect(() => ask(over, "cont")).toThrow(/^the machine has ended: /);
    expect(ask(over, "info registers").length).toBeGreaterThan(10);
  });
});
