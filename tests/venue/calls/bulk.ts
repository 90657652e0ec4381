/**
 * Several metadata calls in one request.
 *
 * @module
 */

import { errorBody, HasuraError, type Json } from "../bodies.ts";
import { list } from "../document/shape.ts";
import { showsInternal } from "../instance.ts";
import type { CallDecoder, MetadataCall } from "../work.ts";

/** All calls or none. The number grows once. @throws {HasuraError} */
export function bulk(decode: CallDecoder): CallDecoder {
  return (args, path) => {
    const calls = decodeAll(decode, args, path);
    return {
      modifies: calls.some(({ modifies }) => modifies),
      run: async (work) => {
        const answers: Json[] = [];
        for (const [index, call] of calls.entries()) {
          try {
            answers.push(await call.run(work));
          } catch (error) {
            throw error instanceof HasuraError ? error.within(`.args[${index}]`) : error;
          }
        }
        return answers;
      },
    };
  };
}

/** All calls, whatever becomes of the others. @throws {HasuraError} */
export function bulkKeepGoing(decode: CallDecoder): CallDecoder {
  return (args, path) => {
    const calls = decodeAll(decode, args, path);
    return {
      modifies: calls.some(({ modifies }) => modifies),
      run: async (work) => {
        const answers: Json[] = [];
        for (const call of calls) {
          try {
            answers.push(await work.attempt(() => call.run(work)));
          } catch (error) {
            if (!(error instanceof HasuraError)) throw error;
            answers.push(errorBody(error, { place: "$.args", internal: showsInternal(work.instance.settings) }));
          }
        }
        return answers;
      },
    };
  };
}

function decodeAll(decode: CallDecoder, args: unknown, path: string): MetadataCall[] {
  const calls: MetadataCall[] = [];
  list((value, at) => {
    calls.push(decode(value, at));
    return null;
  })(args, path);
  return calls;
}
