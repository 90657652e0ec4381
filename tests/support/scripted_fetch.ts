/**
 * A network on which some of Hasura's answers are the test's.
 *
 * @module
 */

import { createRuntime, type Runtime } from "../../src/runtime.ts";

/** A call as it was sent. */
export interface ScriptedCall {
  type: string;
  args: Record<string, unknown>;
}

/** What is answered instead; `undefined` lets the call pass. */
export type Script = (call: ScriptedCall) => { status: number; body: unknown } | undefined;

/** A runtime's `fetch` that asks `script` first. */
export function scriptedFetch(script: Script): Pick<Runtime, "fetch"> & Disposable {
  const real = createRuntime();
  return {
    async fetch(url, init) {
      const text = init.body instanceof Blob ? await init.body.text() : init.body;
      const call = typeof text === "string" ? JSON.parse(text) as ScriptedCall : undefined;
      const answer = call && script(call);
      if (answer === undefined) return await real.fetch(url, init);
      return Response.json(answer.body, { status: answer.status });
    },
    [Symbol.dispose]: () => real[Symbol.dispose](),
  };
}

/** What a genuine Hasura v2.48 answers about a database that it has in its metadata and cannot use. */
export function unusableSource(source: string, { reason = "connection error", message }: {
  reason?: string;
  message?: string;
} = {}): Script {
  const object = {
    type: "source",
    name: `source ${source}`,
    definition: source,
    reason: `Inconsistent object: ${reason}`,
    ...(message === undefined ? {} : { message }),
  };
  return ({ type }) => {
    if (type === "run_sql") {
      const error = `source with name "${source}" does not exist`;
      return { status: 400, body: { error, path: "$", code: "not-exists" } };
    }
    const known = { is_consistent: false, inconsistent_objects: [object] };
    if (type === "get_inconsistent_metadata") return { status: 200, body: known };
    return type === "reload_metadata" ? { status: 200, body: { message: "success", ...known } } : undefined;
  };
}
