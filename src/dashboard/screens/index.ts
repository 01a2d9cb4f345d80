/** All screens, each at its number. */
import type { Screen } from "../model.ts";
import { compareScreen } from "./compare.ts";
import { consoleScreen } from "./console.ts";
import { cpuScreen } from "./cpu.ts";
import { devicesScreen } from "./devices.ts";
import { outOfSyncScreen } from "./out-of-sync.ts";
import { overviewScreen } from "./overview.ts";
import { ratesScreen } from "./rates.ts";
import { shadowScreen } from "./shadow.ts";
import { timelineScreen } from "./timeline.ts";
import { translateScreen } from "./translate.ts";

export const screens: readonly Screen[] = [
  overviewScreen,
  consoleScreen,
  shadowScreen,
  outOfSyncScreen,
  timelineScreen,
  translateScreen,
  ratesScreen,
  cpuScreen,
  devicesScreen,
  compareScreen,
];
