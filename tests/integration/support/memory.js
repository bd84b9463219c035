// What a process holds, as the kernel counts it.
import { readdirSync, readFileSync } from 'node:fs';

/** 0 with a sanitizer, which keeps what was freed, so that memory tells nothing. */
function statusMib(pid, field) {
  if (process.env.PARLEY_SANITIZE) return 0;
  const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  );
  return Number(kib) / 1024;
}

/** Resident memory in MiB. */
export function residentMib({ pid }) {
  return statusMib(pid, 'VmRSS');
}

/** The most that was ever resident, in MiB. */
export function peakMib({ pid }) {
  return statusMib(pid, 'VmHWM');
}

/** Open descriptors. */
export function descriptors({ pid }) {
  return readdirSync(`/proc/${pid}/fd`).length;
}
