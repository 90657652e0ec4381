/**
 * The body of a request that must not reach Hasura twice.
 *
 * Deno's `fetch` sends a request again by itself when the connection is lost before the answer, a POST too, and whatever
 * the server has done by then (denoland/deno#35610); but not one with a blob for a body. And what was not even taken from
 * the body when the request ended was never sent: then nobody can have worked on the request.
 *
 * @module
 */

import type { Runtime } from "../runtime.ts";

/** A body to send once. */
export interface OnceBody {
  readonly blob: Blob;
  /** Bytes. */
  readonly size: number;
  /**
   * Ends the sending: nothing that was not taken by now is sent any more. Whether there was such a rest. (What was taken
   * need not have been sent, either: the system keeps up to some megabytes.)
   */
  end(): boolean;
}

/** Bytes that are taken at a time. */
const PART = 65_536;

/** Bytes from which on a body is refused by its size often enough to give that a chance. */
const LARGE = 500_000;

/** Milliseconds for which the end of a large body is held back: whoever refuses it by its head has answered by then. */
const PAUSE = 200;

/** Makes a body of `text`. */
export function onceBody(rt: Pick<Runtime, "every">, text: string): OnceBody {
  const bytes = new TextEncoder().encode(text);
  const blob = new Blob([bytes]);
  const rest = Promise.withResolvers<void>();
  let stopWaiting = () => {};
  let isAsked = false;
  let isEnded = false;
  let taken = 0;
  // `fetch` reads a blob by this method. Whatever reads it in another way leaves it unknown how much was taken.
  Object.defineProperty(blob, "stream", {
    value: () => {
      isAsked = true;
      return new ReadableStream<Uint8Array>({
        async pull(controller) {
          if (bytes.length >= LARGE && taken + PART >= bytes.length) {
            stopWaiting = rt.every(PAUSE, rest.resolve);
            await rest.promise;
            stopWaiting();
          }
          if (isEnded) return controller.error(new Error("The request has ended"));
          const part = bytes.subarray(taken, taken + PART);
          taken += part.length;
          controller.enqueue(part);
          if (taken === bytes.length) controller.close();
        },
      }, { highWaterMark: 0 });
    },
  });
  return {
    blob,
    size: bytes.length,
    end() {
      isEnded = true;
      stopWaiting();
      rest.resolve();
      return isAsked && taken < bytes.length;
    },
  };
}
