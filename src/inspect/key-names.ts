/** The keys that a guest's keyboard has. */
import { KEYS } from "../devices/ps2/scan-codes.ts";

export const isKeyName = (name: string): boolean => KEYS.has(name);
