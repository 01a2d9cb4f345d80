/**
 * An 8254 counter that lives pulse by pulse, as the datasheet's mode definitions tell the story. It is slow and
 * plain, and shares no code with the closed form it checks.
 *
 * Datasheet: Intel 8254, "Mode Definitions". A count of 1 in modes 2 and 3 is illegal and not modelled.
 */

export class ReferenceCounter {
  out = false;
  nullCount = true;
  /** Plain number; the count that software sees before it is turned into digits. */
  CE = 0;
  private mode = 0;
  private modulus = 0x1_0000;
  private gate: boolean;
  private CR = 0;
  private hasCount = false;
  private counting = false;
  /** A count was written: CE is loaded at the next pulse. */
  private load = false;
  /** The gate's edge-sensitive flip-flop: sampled at the next pulse. */
  private trigger = false;
  /** Modes 4 and 5 strobe once per loaded count. */
  private strobed = false;
  private odd = false;

  constructor(gate: boolean) {
    this.gate = gate;
  }

  writeControl(mode: number, bcd: boolean): void {
    this.mode = mode;
    this.modulus = bcd ? 10_000 : 0x1_0000;
    this.out = mode !== 0;
    this.nullCount = true;
    this.hasCount = false;
    this.counting = false;
    this.load = false;
    this.trigger = false;
  }

  /** The first byte of a two-byte count. */
  writeFirstByte(): void {
    if (this.mode !== 0) return;
    this.out = false;
    this.counting = false;
    this.load = false;
  }

  writeCount(count: number): void {
    this.CR = count === 0 ? this.modulus : count;
    this.hasCount = true;
    this.nullCount = true;
    switch (this.mode) {
      case 0:
        this.out = false;
        this.counting = false;
        this.load = true;
        break;
      case 4:
        this.load = true;
        break;
      case 2:
      case 3:
        if (!this.counting) this.load = true;
    }
  }

  setGate(level: boolean): void {
    const rises = level && !this.gate;
    this.gate = level;
    if (rises && this.hasCount && this.mode !== 0 && this.mode !== 4) this.trigger = true;
    if (!level && (this.mode === 2 || this.mode === 3) && this.counting) this.out = true;
  }

  /** One CLK pulse. */
  pulse(): void {
    switch (this.mode) {
      case 0:
        if (this.load) this.loadCount();
        else if (this.counting && this.gate && this.decrement() === 0) this.out = true;
        break;
      case 1:
        if (this.trigger) {
          this.loadCount();
          this.out = false;
        } else if (this.counting && this.decrement() === 0) this.out = true;
        break;
      case 2:
        this.pulseRateGenerator();
        break;
      case 3:
        this.pulseSquareWave();
        break;
      default:
        this.out = true;
        if (this.mode === 4 ? this.load : this.trigger) {
          this.loadCount();
          this.strobed = false;
        } else if (this.counting && (this.gate || this.mode === 5) && this.decrement() === 0) {
          if (!this.strobed) this.out = false;
          this.strobed = true;
        }
    }
  }

  /** "When the count has decremented to 1, OUT goes low for one CLK pulse, then high, and the count reloads." */
  private pulseRateGenerator(): void {
    if (this.load || this.trigger) {
      this.loadCount();
      this.out = true;
    } else if (this.counting && this.gate) {
      if (!this.out) {
        this.loadCount();
        this.out = true;
      } else if (this.decrement() === 1) this.out = false;
    }
  }

  /** Counts by two; an odd count spends one more pulse, at zero, in the high half. */
  private pulseSquareWave(): void {
    if (this.load || this.trigger) {
      this.loadSquareWave();
      this.out = true;
    } else if (this.counting && this.gate) {
      const lastOfOddHigh = this.out && this.odd && this.CE === 0;
      if (!lastOfOddHigh) {
        this.CE = (this.CE + this.modulus - 2) % this.modulus;
        if (this.CE !== 0 || (this.out && this.odd)) return;
      }
      this.out = !this.out;
      this.loadSquareWave();
    }
  }

  private loadSquareWave(): void {
    this.loadCount();
    this.odd = this.CR % 2 === 1;
    if (this.odd) this.CE--;
  }

  private loadCount(): void {
    this.CE = this.CR % this.modulus;
    this.nullCount = false;
    this.counting = true;
    this.load = false;
    this.trigger = false;
  }

  private decrement(): number {
    this.CE = (this.CE + this.modulus - 1) % this.modulus;
    return this.CE;
  }
}
