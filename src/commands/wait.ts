/**
 * `--wait`: waits until the venue can be used, as after its containers were started.
 *
 * @module
 */

import { AccessError, BusyError, ConfigError, DriftError, FailedError, ToolError } from "../errors.ts";
import { formatDuration } from "../duration.ts";
import { explainCallError } from "../hasura/explain.ts";
import type { HasuraClient } from "../hasura/client.ts";
import { reloadMetadata, type ReloadOptions } from "../hasura/metadata.ts";
import { HasuraError, NoAnswerError } from "../hasura/problems.ts";
import { UnusableSourceError } from "./unusable_source.ts";
import type { CommandContext } from "./context.ts";

/** What to wait for. */
export interface WaitOptions {
  client: HasuraClient;
  /** Milliseconds. */
  timeout: number;
  /** Milliseconds for each question. */
  readTimeout: number;
  /** Uses the venue in the way that has to work. @throws {ToolError} as long as it does not */
  probe(): Promise<void>;
  /**
   * The databases behind a failure that Hasura has to be told to read anew: it does not do so by itself when they are
   * back. Without it, nothing is told.
   */
  unusable?: ((error: ToolError) => readonly string[]) | undefined;
}

/** Milliseconds between two attempts. */
const INTERVAL = 1_000;

/** Milliseconds from one time that Hasura is told to read a database anew to the next. */
const RELOAD_INTERVAL = 5_000;

/** Milliseconds below which it is of no use to ask. */
const LEAST = 100;

/**
 * Waits until Hasura says that it is healthy and `probe` works.
 *
 * @throws {ToolError} why it does not, when the time is up or when waiting cannot help
 */
export async function waitUntilUsable({ rt, waiting }: CommandContext, options: WaitOptions): Promise<void> {
  const { client, timeout, probe } = options;
  const deadline = rt.now() + timeout;
  let lastReload = -Infinity;
  await waiting.during("waiting until the venue can be used", async () => {
    while (true) {
      try {
        await checkHealth(client, Math.max(1, Math.min(options.readTimeout, deadline - rt.now())));
        return await probe();
      } catch (error) {
        if (!(error instanceof ToolError) || !canPass(error)) throw error;
        const left = deadline - rt.now();
        if (left <= 0) throw timeUp(error, timeout);
        waiting.say(`waiting until the venue can be used: ${error.message}`);
        const sources = options.unusable?.(error) ?? [];
        if (sources.length > 0 && rt.now() - lastReload >= RELOAD_INTERVAL) {
          lastReload = rt.now();
          // Whatever comes of it, the next attempt tells.
          if (await isReloaded(client, { sources, timeout: left })) continue;
        }
        await rt.sleep(Math.min(INTERVAL, left));
        // What is asked with no time left fails for that reason only, and would hide the true one.
        if (deadline - rt.now() < LEAST) throw timeUp(error, timeout);
      }
    }
  });
}

async function isReloaded(client: HasuraClient, options: ReloadOptions): Promise<boolean> {
  try {
    await reloadMetadata(client, options);
    return true;
  } catch (error) {
    if (error instanceof HasuraError || error instanceof NoAnswerError || error instanceof ToolError) return false;
    throw error;
  }
}

/** The databases of an error that says that Hasura cannot use them, for {@linkcode WaitOptions.unusable}. */
export function unusableSources(error: ToolError): readonly string[] {
  return error instanceof UnusableSourceError ? error.sources : [];
}

function timeUp(error: ToolError, timeout: number): ToolError {
  error.state = `Nothing was changed; it was waited for ${formatDuration(timeout)}`;
  return error;
}

async function checkHealth(client: HasuraClient, timeout: number): Promise<void> {
  const purpose = { action: "ask for its health", endpoint: client.endpoint };
  let status: number;
  try {
    status = await client.health(timeout);
  } catch (error) {
    throw explainCallError(error, purpose);
  }
  // A proxy may keep the page to itself; Hasura answers 500 where it cannot work.
  if (status < 500) return;
  throw explainCallError(new NoAnswerError(`The server answered ${status} to "/healthz"`), purpose);
}

/** Whether a failure may be over a little later, without anybody doing anything about it. */
function canPass(error: ToolError): boolean {
  const { cause } = error;
  // Hasura itself has answered that it does not let us in, or has no such interface.
  if (error instanceof AccessError && !(cause instanceof Error)) return false;
  // A wrong certificate stays wrong; a proxy's 404 may be there until Hasura is.
  if (cause instanceof NoAnswerError && cause.lasting) return cause.turnedAway;
  // A database that is being set up has no ledger yet, and Hasura may not know of it yet.
  if (error instanceof DriftError) return cause !== undefined;
  return error instanceof AccessError || error instanceof BusyError || error instanceof FailedError ||
    error instanceof ConfigError;
}
