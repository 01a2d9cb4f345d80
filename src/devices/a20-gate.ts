/**
 * The wire that masks address bit 20. Two chips drive it, port 0x92 and the keyboard controller, and software sets one or
 * the other: what counts is who spoke last.
 *
 * Datasheet: Intel 82371SB (PIIX3), "Port 92 Register". Differs: the chip ORs both sources, so that software which turns
 * A20 off must do so twice; a PC of QEMU's kind follows the last one, and test programs expect that.
 */
export class A20Gate {
  private readonly drive: (open: boolean) => void;
  private level = true;

  constructor(drive: (open: boolean) => void) {
    this.drive = drive;
  }

  /** Bit 20 reaches memory. */
  get open(): boolean {
    return this.level;
  }

  set(open: boolean): void {
    if (open === this.level) return;
    this.level = open;
    this.drive(open);
  }
}
