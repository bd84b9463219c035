// Kills, freezes and restarts processes, fills their disks, cuts connections and severs wires, as its chance decides,
// and heals all of it again.
import { setTimeout as pause } from 'node:timers/promises';

import { hasPrlimit } from '../integration/support/disk.js';
import { GRACE_MS, LEASE_MS } from './cluster.js';

/** How many processes may be away at once. */
const MOST_AWAY = 2;

const DEEDS = [
  ...['kill', 'kill', 'freeze', 'freeze', 'restart', 'sever', 'silence', 'cut', 'cut'],
  ...(hasPrlimit ? ['full'] : []),
];
if (!hasPrlimit) console.error('no disk will be full: prlimit (package util-linux) is missing');

export class Nemesis {
  constructor(random, cluster, talkers) {
    this.random = random;
    this.cluster = cluster;
    this.talkers = talkers;
    this.deeds = Object.fromEntries(DEEDS.map((deed) => [deed, 0]));
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
    const deed = this.random.pick(DEEDS);
    const target = this.random.pick(this.#targets(deed));
    const wait = this.#duration(deed, target);
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

  #targets(deed) {
    const { services, members } = this.cluster;
    if (deed === 'full') return services;
    return deed === 'sever' || deed === 'silence' ? members.filter(({ wires }) => wires.length > 0) : members;
  }

  #duration(deed, target) {
    if (deed === 'full') return this.random.between(300, 3_000);
    if (deed === 'kill' || deed === 'restart') return this.random.between(0, 1_500);
    // Nobody can come back before everybody's time is over.
    if (target === this.cluster.services[0] && this.random.happens(0.1)) return GRACE_MS + 1_500;
    // Some hang, or are cut off, for longer than an edge is waited for.
    return this.random.happens(0.15) ? LEASE_MS + 1_500 : this.random.between(300, 3_000);
  }
}
