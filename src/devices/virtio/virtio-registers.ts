/**
 * Numbers that every virtio device shares: status bits, interrupt causes, feature bits.
 * Datasheet: Virtual I/O Device (VIRTIO) 1.2, 2.1 "Device Status Field", 4.1.4.5 "ISR status", 6 "Reserved Feature Bits".
 */

export const STATUS_ACKNOWLEDGE = 1;
export const STATUS_DRIVER = 2;
export const STATUS_DRIVER_OK = 4;
export const STATUS_FEATURES_OK = 8;
export const STATUS_DEVICE_NEEDS_RESET = 64;
export const STATUS_FAILED = 128;

export const ISR_QUEUE = 1;
export const ISR_CONFIG = 2;

// Features 0 to 31.
export const F_ANY_LAYOUT = 1 << 27;
export const F_INDIRECT_DESC = 1 << 28;
export const F_EVENT_IDX = 1 << 29;

/** Bit 32, as the second word of features has it. */
export const F_VERSION_1 = 1;

/** The most descriptors in a queue. */
export const MAX_QUEUE_SIZE = 256;
