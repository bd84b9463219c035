// Chance that a seed repeats.

/** A stream of numbers that `seed` decides (splitmix32). */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to but not including 1. */
  next() {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  }

  /** A number from `low` up to but not including `high`. */
  between(low, high) {
    return low + this.next() * (high - low);
  }

  /** Whether something of this probability happens. */
  happens(probability) {
    return this.next() < probability;
  }

  /** One element of an array that isn't empty. */
  pick(array) {
    return array[Math.floor(this.next() * array.length)];
  }

  /** Another stream, for somebody who draws at moments of its own. */
  fork() {
    return new Random(Math.floor(this.next() * 2 ** 32));
  }
}
