/**
 * `get_inconsistent_metadata` and `drop_inconsistent_metadata`.
 *
 * @module
 */

import { HasuraError } from "../bodies.ts";
import { without } from "../without.ts";
import { type CallDecoder, SUCCESS } from "../work.ts";

/** Says what does not fit. */
export const getInconsistentMetadata: CallDecoder = () => ({
  modifies: false,
  run: (work) => Promise.resolve(work.consistency()),
});

/** Forgets what does not fit; dependents go before what they depend on. */
export const dropInconsistentMetadata: CallDecoder = () => ({
  modifies: true,
  run: async (work) => {
    const objects = work.schema.inconsistentObjects;
    await work.change([...objects].reverse().reduce(without, work.metadata));
    const { is_consistent, inconsistent_objects: internal } = work.consistency();
    if (is_consistent) return SUCCESS;
    throw new HasuraError("cannot continue due to new inconsistent metadata", {
      status: 400,
      code: "unexpected",
      internal,
    });
  },
});
