/** The configuration device as a card: what is selected, and the files that firmware finds. */
import type { FwCfg } from "../devices/fw-cfg.ts";
import type { DeviceCard } from "./device-cards.ts";
import { hex4 } from "./device-text.ts";

export function fwCfgCard(fwCfg: FwCfg, where: string): DeviceCard {
  const { selector, offset, bytes, files, items } = fwCfg.view;
  const file = files.find(({ key }) => key === selector);
  return {
    name: "firmware configuration",
    where,
    irq: "",
    deadline: null,
    registers: [
      ["SELECTOR", `${hex4(selector)}${file === undefined ? "" : ` ${file.name}`}`],
      ["read", `${offset} of ${bytes} bytes`],
      ["items", String(items)],
      ...files.map((one): [string, string] => [hex4(one.key), `${one.name}, ${one.bytes} bytes`]),
    ],
  };
}
