/**
 * `/healthz`: whether Hasura's own database can be reached and the metadata fits.
 *
 * @module
 */

import type { Answer } from "./api.ts";
import type { Instance } from "./instance.ts";
import { ConnectionLostError } from "./session.ts";

/** The answer; `strict` makes inconsistent metadata an error. */
export async function health(instance: Instance, { strict }: { strict: boolean }): Promise<Answer> {
  if (!await canConnect(instance)) return plain(500, "ERROR");
  if (instance.schema.inconsistentObjects.length === 0) return plain(200, "OK");
  const finding = "inconsistent objects in schema";
  return strict ? plain(500, `ERROR: ${finding}`) : plain(200, `WARN: ${finding}`);
}

/** Hasura asks its own database only; one that a source is in is not looked at. */
async function canConnect({ connections, metadataPool }: Instance): Promise<boolean> {
  // The one session of PGlite may be at work for long, which that of a server of its own would not be.
  if (connections.takesTurns) return connections.metadataReachable;
  try {
    await metadataPool.use((session) => metadataPool.run(session, "SELECT 1"));
    return true;
  } catch (error) {
    if (error instanceof ConnectionLostError) return false;
    throw error;
  }
}

function plain(status: number, text: string): Answer {
  return { status, text, contentType: "text/plain; charset=utf-8", bare: true };
}
