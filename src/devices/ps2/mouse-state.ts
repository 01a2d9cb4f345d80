/** What a mouse remembers, and how it wakes up. */

export const ID_STANDARD = 0x00;
export const SELF_TEST_PASSED = 0xaa;

/** A movement with the same buttons held down all along, in the packet's directions. */
export interface Stroke {
  x: number;
  y: number;
  wheel: number;
  buttons: number;
}

export interface MouseState {
  id: number;
  enabled: boolean;
  remote: boolean;
  wrap: boolean;
  scaling: boolean;
  /** 0 to 3: 1, 2, 4, 8 counts per millimetre. */
  resolution: number;
  rate: number;
  /** The last three sample rates. */
  knock: number;
  buttons: number;
  strokes: Stroke[];
  buffer: number[];
  /** The last answer or packet, for those who ask again. */
  last: number[];
  /** Command that waits for its byte; 0 for none. */
  awaiting: number;
  /** The last byte was answered with RESEND. */
  refused: boolean;
  /** When the next sample is taken, in icount; -1 if none is due. */
  sampleAt: number;
  /** Before this icount there is no next sample. */
  notBefore: number;
}

export const defaults = () => ({
  enabled: false,
  remote: false,
  wrap: false,
  scaling: false,
  resolution: 2,
  rate: 100,
});

export const powerOn = (): MouseState => ({
  ...defaults(),
  id: ID_STANDARD,
  knock: 0,
  buttons: 0,
  strokes: [],
  buffer: [],
  last: [SELF_TEST_PASSED, ID_STANDARD],
  awaiting: 0,
  refused: false,
  sampleAt: -1,
  notBefore: 0,
});

export function copyOf(state: MouseState): MouseState {
  return {
    ...state,
    strokes: state.strokes.map((stroke) => ({ ...stroke })),
    buffer: [...state.buffer],
    last: [...state.last],
  };
}
