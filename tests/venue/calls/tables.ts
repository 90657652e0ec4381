/**
 * Tracking tables and functions, and forgetting them.
 *
 * @module
 */

import { HasuraError, type Json } from "../bodies.ts";
import type { Metadata, Source, TableName } from "../catalog.ts";
import { displayName } from "../consistency.ts";
import { bool, boolAs, name, qualified, text } from "../document/scalars.ts";
import { byHand, filledIn, list, object, optional, required, type Shape, unless } from "../document/shape.ts";
import { functionConfiguration, tableConfiguration } from "../document/tables.ts";
import { keyOf } from "../introspection.ts";
import { listIn, type LooseObject, tableIn } from "../loose.ts";
import { inSource, inTableOf, withList, withoutNamed } from "../without.ts";
import { type CallDecoder, type MetadataCall, SUCCESS, type Work } from "../work.ts";
import { build, buildFor, changing, normal, usableSource } from "./building.ts";
import { dependentsOf, withoutDependents } from "./dependents.ts";

/** Which table of which source a call is about. */
export type TableArguments = { source: string; table: TableName } & LooseObject;

/** The keys of every call that is about a table. */
export const ABOUT_TABLE = { source: filledIn(name, "default"), table: required(qualified) };

const TRACKED = object(byHand("TrackTableV2"), {
  ...ABOUT_TABLE,
  is_enum: unless(false, bool),
  configuration: optional(tableConfiguration),
  apollo_federation_config: optional((value) => value as Json),
});
const UNTRACKED = object(byHand("UntrackTable"), { ...ABOUT_TABLE, cascade: unless(false, bool) });
const ABOUT_FUNCTION = { source: filledIn(name, "default"), function: required(qualified) };

async function track(work: Work, { source, ...entry }: TableArguments): Promise<void> {
  const { tables, functions } = { functions: [], ...usableSource(work, source) };
  const key = keyOf(entry.table);
  const shown = displayName(entry.table);
  if (tables.some(({ table }) => keyOf(table) === key)) {
    throw refusal(`view/table already tracked: "${shown}"`, "already-tracked");
  }
  if (listIn({ functions }, "functions").some((one) => keyOf(tableIn(one, "function")) === key)) {
    throw refusal(`function with name "${shown}" already exists`, "not-supported");
  }
  const metadata = withEntry(work.metadata, source, { list: "tables", entry });
  await buildFor(work, `table ${shown} in source ${source}`, metadata);
}

async function untrack(work: Work, { source, table, cascade = false }: TableArguments): Promise<void> {
  const known = usableSource(work, source).tables.some((entry) => keyOf(entry.table) === keyOf(table));
  if (!known) throw refusal(`view/table already untracked: "${displayName(table)}"`, "already-untracked");
  const dependents = dependentsOf(work, { kind: "table", source, table });
  const left = withoutDependents(work, dependents, cascade === true);
  await build(
    work,
    inSource(left, source, (found) => withoutNamed(found, "tables", { key: "table", name: table })),
  );
}

/** Calls for tables. */
export const TABLE_CALLS: Readonly<Record<string, CallDecoder>> = {
  track_table: decoded(TRACKED, (work, args) => track(work, args as TableArguments)),
  untrack_table: decoded(UNTRACKED, (work, args) => untrack(work, args as TableArguments)),
  track_tables: several(TRACKED, { what: "track", run: track }),
  untrack_tables: several(UNTRACKED, { what: "untrack", run: untrack }),
  set_table_customization: decoded(
    object(byHand("SetTableCustomization"), { ...ABOUT_TABLE, configuration: filledIn(tableConfiguration, {}) }),
    (work, args) => changeTable(work, args as TableArguments),
  ),
  set_table_is_enum: decoded(
    object(byHand("SetTableIsEnum"), { ...ABOUT_TABLE, is_enum: required(bool) }),
    (work, args) => changeTable(work, args as TableArguments),
  ),
  track_function: decoded(
    object(byHand("TrackFunctionV2"), {
      ...ABOUT_FUNCTION,
      configuration: optional(functionConfiguration),
      comment: optional(text),
    }),
    (work, args) => trackFunction(work, args as FunctionArguments),
  ),
  untrack_function: decoded(
    object(byHand("UnTrackFunction"), ABOUT_FUNCTION),
    (work, args) => untrackFunction(work, args as FunctionArguments),
  ),
};

type FunctionArguments = { source: string; function: TableName } & LooseObject;

async function trackFunction(work: Work, { source, ...entry }: FunctionArguments): Promise<void> {
  const shown = displayName(entry.function);
  if (hasFunction(usableSource(work, source), entry.function)) {
    throw refusal(`function already tracked: "${shown}"`, "already-tracked");
  }
  const metadata = withEntry(work.metadata, source, { list: "functions", entry });
  await buildFor(work, `function ${shown} in source ${source}`, metadata);
}

async function untrackFunction(work: Work, { source, function: name }: FunctionArguments): Promise<void> {
  if (!hasFunction(usableSource(work, source), name)) {
    throw refusal(`function "${displayName(name)}" not found in source "${source}"`, "not-exists");
  }
  await build(
    work,
    inSource(work.metadata, source, (found) => withoutNamed(found, "functions", { key: "function", name })),
  );
}

function hasFunction(source: Source, name: TableName): boolean {
  return listIn(source, "functions").some((one) => keyOf(tableIn(one, "function")) === keyOf(name));
}

/** What is given besides the table replaces what was there. */
async function changeTable(work: Work, { source, table, ...given }: TableArguments): Promise<void> {
  usableSource(work, source);
  const changed = inSource(
    work.metadata,
    source,
    (found) => inTableOf(found, { table }, (entry) => ({ ...entry, ...given })),
  );
  await buildFor(work, `table ${displayName(table)} in source ${source}`, normal(changed));
}

function withEntry(
  metadata: Metadata,
  source: string,
  { list, entry }: { list: "tables" | "functions"; entry: LooseObject },
): Metadata {
  return normal(inSource(metadata, source, (found) => withList(found, list, [...listIn(found, list), entry])));
}

/** A call that does one thing with decoded arguments. */
export function decoded(shape: Shape<LooseObject>, run: (work: Work, args: LooseObject) => Promise<void>): CallDecoder {
  return (args, path) => {
    const given = shape(args, path);
    return changing((work) => run(work, given));
  };
}

/** The same thing for several tables; some of them may fail. */
function several(
  shape: Shape<LooseObject>,
  { what, run }: { what: "track" | "untrack"; run: (work: Work, args: TableArguments) => Promise<void> },
): CallDecoder {
  const all = object(byHand(what === "track" ? "TrackTables" : "UntrackTables"), {
    tables: required(list(shape)),
    allow_warnings: unless(true, boolAs("AllowWarnings")),
  });
  return (args, path): MetadataCall => {
    const given = all(args, path);
    const tables = given["tables"] as TableArguments[];
    return {
      modifies: true,
      run: async (work) => {
        const warnings: Json[] = [];
        for (const table of tables) {
          try {
            await work.attempt(() => run(work, table).then(() => null));
          } catch (error) {
            if (!(error instanceof HasuraError)) throw error;
            const name = `table ${displayName(table.table)} in source ${table.source}`;
            warnings.push({ code: `${what}-table-failed`, message: error.message, name, type: "table" });
          }
        }
        if (warnings.length === tables.length) {
          throw refusal(`all tables failed to ${what}`, "invalid-configuration", warnings);
        }
        if (warnings.length > 0 && given["allow_warnings"] === false) {
          throw refusal("failed due to metadata warnings", "metadata-warnings", warnings);
        }
        return warnings.length === 0 ? SUCCESS : { message: "success", warnings };
      },
    };
  };
}

/** Hasura will not do it. */
export function refusal(message: string, code: string, internal?: Json): HasuraError {
  return new HasuraError(message, { status: 400, code, ...internal === undefined ? {} : { internal } });
}
