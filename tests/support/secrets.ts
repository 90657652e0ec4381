/**
 * The one check over all output that tests capture: no secret of the venue is in it.
 *
 * @module
 */

import assert from "node:assert/strict";

/** Fails when `secret`, or a spelling of it that a log could show, is in any of `texts`. */
export function assertNoSecret(secret: string | null | undefined, texts: Record<string, string>): void {
  if (!secret) return;
  const spellings = new Set([
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    btoa(unescape(encodeURIComponent(secret))),
  ]);
  for (const [name, text] of Object.entries(texts)) {
    for (const spelling of spellings) assert.ok(!text.includes(spelling), `the admin secret is in ${name}:\n${text}`);
  }
}
