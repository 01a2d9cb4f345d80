/** The characters that pictures are made of: line drawing where the terminal knows Unicode, else ASCII. */
export interface Glyphs {
  /** Corners and edges of a pane. */
  readonly topLeft: string;
  readonly topRight: string;
  readonly bottomLeft: string;
  readonly bottomRight: string;
  readonly horizontal: string;
  readonly vertical: string;
  /** Trees: a branch that is not the last, the last, and what runs beside. */
  readonly branch: string;
  readonly lastBranch: string;
  readonly trunk: string;
  /** Groups of events: first line, middle, last. */
  readonly groupStart: string;
  readonly groupMiddle: string;
  readonly groupEnd: string;
  /** Bars of a history, lowest first. */
  readonly bars: string;
  /** A gauge: filled, empty. */
  readonly full: string;
  readonly empty: string;
  readonly unknown: string;
}

export const UNICODE: Glyphs = {
  topLeft: "┌",
  topRight: "┐",
  bottomLeft: "└",
  bottomRight: "┘",
  horizontal: "─",
  vertical: "│",
  branch: "├",
  lastBranch: "└",
  trunk: "│",
  groupStart: "┌",
  groupMiddle: "│",
  groupEnd: "└",
  bars: "▁▂▃▄▅▆▇█",
  full: "█",
  empty: "░",
  unknown: "…",
};

export const ASCII: Glyphs = {
  topLeft: "+",
  topRight: "+",
  bottomLeft: "+",
  bottomRight: "+",
  horizontal: "-",
  vertical: "|",
  branch: "|",
  lastBranch: "`",
  trunk: "|",
  groupStart: "v",
  groupMiddle: "|",
  groupEnd: "`",
  bars: " .:-=+*#",
  full: "#",
  empty: ".",
  unknown: "?",
};
