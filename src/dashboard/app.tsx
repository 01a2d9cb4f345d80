/**
 * The dashboard as an Ink application: keys come in, and each render shows a frame. All that is Ink's is in this file.
 */
import { Writable } from "node:stream";
import { type Key, render, useInput, useStdin } from "ink";
import { useEffect, useLayoutEffect, useReducer, useRef } from "react";
import type { Controller } from "./controller.ts";
import { namesOfText } from "./key-names.ts";
import type { LineDisplay } from "./line-display.ts";
import { sendKeys } from "./send-keys.ts";

interface AppProps {
  readonly controller: Controller;
  readonly display: LineDisplay;
  /** Calls back whenever there is something to draw. */
  readonly onChange: (draw: () => void) => void;
  /** A picture could not be drawn. */
  readonly onError: (error: unknown) => void;
}

function App({ controller, display, onChange, onError }: AppProps) {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => onChange(draw), [onChange]);
  useKeys(controller);
  // The lines go past Ink's own layout, see line-display.ts.
  useLayoutEffect(() => {
    try {
      display.show(controller.frame());
    } catch (error) {
      // Ink would show an error of ours in its own way; the session leaves the terminal first.
      onError(error);
    }
  });
  return null;
}

/** Keys to the dashboard, or as raw bytes to the guest. */
function useKeys(controller: Controller): void {
  // Ink 6 has no public way to the bytes behind a key.
  const { internal_eventEmitter: input, setRawMode } = useStdin();
  // The bytes were the guest's: what Ink then makes of them is no key of ours. This listener comes before Ink's.
  const taken = useRef(false);
  useEffect(() => {
    setRawMode(true);
    return () => setRawMode(false);
  }, [setRawMode]);
  useEffect(() => {
    const onInput = (data: string): void => {
      taken.current = controller.typing;
      if (!taken.current) return;
      const rest = controller.type(Buffer.from(data));
      for (const name of namesOfText(Buffer.from(rest).toString())) controller.key(name);
    };
    input.on("input", onInput);
    return () => {
      input.off("input", onInput);
    };
  }, [controller, input]);
  useInput((text: string, key: Key) => {
    if (taken.current) return;
    sendKeys(controller, text, key);
  });
}

/** Where Ink would draw: it has nothing to. */
class Nowhere extends Writable {
  readonly isTTY = false;
  readonly columns = 80;
  readonly rows = 24;

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

export interface MountOptions extends AppProps {
  readonly stdin: NodeJS.ReadStream;
}

/** Shows the dashboard. Returns what takes it away. */
export function mount({ stdin, ...props }: MountOptions): () => void {
  const instance = render(<App {...props} />, {
    stdin,
    stdout: new Nowhere() as unknown as NodeJS.WriteStream,
    exitOnCtrlC: false,
    patchConsole: false,
    isScreenReaderEnabled: false,
    debug: true,
  });
  return () => {
    instance.unmount();
    instance.cleanup();
  };
}
