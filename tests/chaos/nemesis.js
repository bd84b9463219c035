// Kills, freezes and restarts processes and cuts connections, as its chance decides, and heals all of it again.
import { setTimeout as pause } from 'node:timers/promises';

import { LEASE_MS } from './cluster.js';

/** How many processes may be away at once. */
const MOST_AWAY = 2;

export class Nemesis {
  constructor(random, cluster, talkers) {
    this.random = random;
    this.cluster = cluster;
    this.talkers = talkers;
    this.deeds = { kill: 0, freeze: 0, restart: 0, cut: 0 };
    this.away = new Set();
    this.failure = null;
  }

  /** Rages until `end`, and returns when everything is healed. */
  async rage(end) {
    while (Date.now() < end && !this.failure) {
      await pause(this.random.between(200, 900));
      this.#act();
    }
    await Promise.all(this.away);
    if (this.failure) throw this.failure;
    await this.cluster.ready();
  }

  #act() {
    const deed = this.random.pick(['kill', 'kill', 'freeze', 'freeze', 'restart', 'cut', 'cut']);
    const target = this.random.pick(this.cluster.members);
    const wait = this.#duration(deed);
    if (deed === 'cut') {
      for (const talker of this.talkers) if (this.random.happens(0.2)) talker.cut();
    } else if (!target.busy && this.away.size < MOST_AWAY) {
      const outage = target.outage(deed, () => pause(wait));
      const healed = outage
        .catch((error) => (this.failure ??= error))
        .finally(() => this.away.delete(healed));
      this.away.add(healed);
    } else {
      return;
    }
    this.deeds[deed] += 1;
  }

  #duration(deed) {
    if (deed !== 'freeze') return this.random.between(0, 1_500);
    // Some hang for longer than an edge is waited for.
    return this.random.happens(0.15) ? LEASE_MS + 1_500 : this.random.between(300, 3_000);
  }
}
