/** The words are no question, or ask for what this machine does not have: one sentence. */
export class MonitorError extends Error {}
