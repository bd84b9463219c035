// Waiting for conditions. The limits here only keep a failed test from hanging; no test depends on their length.
import { setTimeout as pause } from 'node:timers/promises';

/** How long anything may take before the test that waits for it is failed, in milliseconds. */
export const GUARD_MS = 20_000;

/** The result of `promise`, or a failure that names `what()` when it takes longer than the guard. */
export async function guarded(promise, what) {
  let timer;
  const guard = new Promise((_, reject) => {
    const late = () => reject(new Error(`waited ${GUARD_MS} ms in vain for ${what()}`));
    timer = setTimeout(late, GUARD_MS);
  });
  try {
    return await Promise.race([promise, guard]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks `condition` again and again until its answer is truthy, and returns that answer. */
export async function until(what, condition) {
  const start = Date.now();
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (Date.now() - start > GUARD_MS) throw new Error(`waited ${GUARD_MS} ms in vain until ${what}`);
    await pause(20);
  }
}
