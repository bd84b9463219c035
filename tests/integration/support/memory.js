// What a process holds, as the kernel counts it.
import { readdirSync, readFileSync } from 'node:fs';

/** Resident memory in MiB. */
export function residentMib({ pid }) {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kib) / 1024;
}

/** Open descriptors. */
export function descriptors({ pid }) {
  return readdirSync(`/proc/${pid}/fd`).length;
}
