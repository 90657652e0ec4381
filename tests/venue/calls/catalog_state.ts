/**
 * `get_catalog_state` and `set_catalog_state`: what the CLI and the console keep in Hasura's own database.
 *
 * @module
 */

import { readCatalogState, writeCatalogState } from "../catalog.ts";
import { tag } from "../document/scalars.ts";
import { anything, derived, object, required } from "../document/shape.ts";
import { type CallDecoder, SUCCESS } from "../work.ts";

const COMMON = "Hasura.RQL.Types.Metadata.Common";
const ARGUMENTS = object(derived(`${COMMON}.SetCatalogState`), {
  type: required(tag(`${COMMON}.CatalogStateType`, ["cli", "console"])),
  state: required(anything),
});

/** Reads both states. */
export const getCatalogState: CallDecoder = () => ({
  modifies: false,
  run: ({ instance }) => readCatalogState(instance.metadataPool),
});

/** Replaces one state as a whole. @throws {HasuraError} */
export const setCatalogState: CallDecoder = (args, path) => {
  const { type, state = null } = ARGUMENTS(args, path);
  return {
    modifies: false,
    run: async ({ instance }) => {
      await writeCatalogState(instance.metadataPool, type as "cli" | "console", state);
      return SUCCESS;
    },
  };
};
