/**
 * What a text has done to the tracked tables and functions of a source.
 *
 * @module
 */

import type { TableName } from "../catalog.ts";
import { type Column, type DatabaseCatalog, type FunctionCatalog, keyOf, type TableCatalog } from "../introspection.ts";
import { listIn, nameIn, objectIn, tableIn } from "../loose.ts";
import type { BuiltSource, BuiltTable } from "./built.ts";

/** A computed field and the function behind it. */
export interface ComputedFunction {
  field: string;
  built: FunctionCatalog;
}

/** What has become of a table that is still there. */
export interface TableChange {
  table: BuiltTable;
  /** Missing where the name is the same. */
  newName: TableName | undefined;
  droppedColumns: string[];
  /** Columns as they were and as they are. */
  alteredColumns: [old: Column, now: Column][];
  droppedKeys: string[];
  droppedComputed: string[];
  /** Those whose functions are still there, as they are now. */
  keptComputed: ComputedFunction[];
  /** Computed fields whose function has got a second one of the same name. */
  overloaded: ComputedFunction[];
}

/** What has changed. */
export interface Changes {
  droppedTables: TableName[];
  tables: TableChange[];
  droppedFunctions: TableName[];
  /** Tracked functions that are there and became volatile. */
  volatileFunctions: TableName[];
  overloadedFunctions: TableName[];
}

/** Compares a database before and after a text. Things are the same when their object ids are. */
export function changesOf(
  source: BuiltSource,
  { before, after }: { before: DatabaseCatalog; after: DatabaseCatalog },
): Changes {
  const now = new Map([...after.tables.values()].map((table) => [table.oid, table]));
  const functions = new FunctionsThen(source, { before, after });
  const droppedTables: TableName[] = [];
  const tables: TableChange[] = [];
  for (const [key, table] of source.tables) {
    const old = before.tables.get(key);
    if (old === undefined) continue;
    const current = now.get(old.oid);
    if (current === undefined) droppedTables.push(table.entry.table);
    else tables.push(tableChange(table, { source, functions, old, current, before, after }));
  }
  return { droppedTables, tables, ...functions.tracked() };
}

interface TableThen {
  source: BuiltSource;
  functions: FunctionsThen;
  old: TableCatalog;
  current: TableCatalog;
  before: DatabaseCatalog;
  after: DatabaseCatalog;
}

function tableChange(table: BuiltTable, then: TableThen): TableChange {
  const { source, functions, old, current } = then;
  const positions = new Map(current.columns.map((column) => [column.position, column]));
  const isSame = keyOf(old) === keyOf(current);
  const computed = functions.computed(table, "before");
  // Hasura looks under the new name: a table that has got one seems to have lost all its computed fields.
  const there = source.tables.get(keyOf(current));
  const computedNow = there === undefined ? [] : functions.computed(there, "after");
  const oids = new Set(computedNow.map(({ built }) => built.oid));
  const seen = new Set<string>();
  return {
    table,
    newName: isSame ? undefined : { schema: current.schema, name: current.name },
    droppedColumns: old.columns.filter(({ position }) => !positions.has(position)).map(({ name }) => name),
    alteredColumns: old.columns.flatMap((column): [Column, Column][] => {
      const altered = positions.get(column.position);
      const same = altered === undefined || (altered.name === column.name && altered.type === column.type);
      return same ? [] : [[column, altered]];
    }),
    droppedKeys: droppedKeys(then),
    droppedComputed: [...new Set(computed.filter(({ built }) => !oids.has(built.oid)).map(({ field }) => field))],
    keptComputed: computedNow.filter(({ built }) => computed.some((one) => one.built.oid === built.oid)),
    overloaded: computedNow.filter(({ field }) => seen.size === seen.add(field).size),
  };
}

/** A key is gone when neither its object id nor one that leads to the same place the same way is there. */
function droppedKeys({ old, current, before, after }: TableThen): string[] {
  const leads = ({ to, mapping }: DatabaseCatalog["foreignKeys"][number]) =>
    JSON.stringify([to, Object.entries(mapping).toSorted()]);
  const left = after.foreignKeys.filter(({ from }) => from === keyOf(current));
  return before.foreignKeys
    .filter(({ from }) => from === keyOf(old))
    .filter((key) => !left.some((other) => other.oid === key.oid || leads(other) === leads(key)))
    .map(({ name }) => name);
}

/** Functions behind tracked ones and computed fields, before and after. */
class FunctionsThen {
  readonly #source: BuiltSource;
  readonly #before: Map<string, FunctionCatalog[]>;
  readonly #after: Map<string, FunctionCatalog[]>;

  constructor(source: BuiltSource, { before, after }: { before: DatabaseCatalog; after: DatabaseCatalog }) {
    this.#source = source;
    const computed = [...source.tables.values()].flatMap((table) =>
      computedFunctions(table).map(({ name }) => keyOf(name))
    );
    const keys = new Set([...source.functions.keys(), ...computed]);
    this.#before = new Map([...keys].map((key) => [key, before.functions.get(key) ?? []]));
    const oids = new Set([...this.#before.values()].flat().map(({ oid }) => oid));
    const named = [...after.functions].filter(([, several]) => several.some(({ oid }) => oids.has(oid)));
    this.#after = new Map(named);
  }

  computed(table: BuiltTable, when: "before" | "after"): ComputedFunction[] {
    const functions = when === "before" ? this.#before : this.#after;
    return computedFunctions(table).flatMap(({ field, name }) =>
      (functions.get(keyOf(name)) ?? []).map((built) => ({ field, built }))
    );
  }

  tracked(): Pick<Changes, "droppedFunctions" | "volatileFunctions" | "overloadedFunctions"> {
    const [dropped, volatile, overloaded]: [TableName[], TableName[], TableName[]] = [[], [], []];
    for (const [key, { catalog: { schema, name } }] of this.#source.functions) {
      const now = this.#after.get(key) ?? [];
      if (now.length > 1) overloaded.push({ schema, name });
      for (const old of this.#before.get(key) ?? []) {
        const current = now.find(({ oid }) => oid === old.oid);
        if (current === undefined) dropped.push({ schema, name });
        else if (current.volatility === "VOLATILE" && old.volatility !== "VOLATILE") volatile.push({ schema, name });
      }
    }
    return { droppedFunctions: dropped, volatileFunctions: volatile, overloadedFunctions: overloaded };
  }
}

function computedFunctions({ entry, fields }: BuiltTable): { field: string; name: TableName }[] {
  return listIn(entry, "computed_fields")
    .map((item) => ({ field: nameIn(item, "name"), name: tableIn(objectIn(item, "definition"), "function") }))
    .filter(({ field }) => fields.get(field)?.kind === "computed field");
}
