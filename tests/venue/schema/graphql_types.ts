/**
 * The types of the GraphQL schema, as far as a query can be held against them.
 *
 * @module
 */

import { keyOf } from "../introspection.ts";
import { listIn, nameIn, objectIn } from "../loose.ts";
import type { Built, BuiltSource, BuiltTable, Field } from "./built.ts";
import { baseType } from "./custom_types.ts";
import { functionRootFields, namespaceOf, tableRootFields, tableType } from "./graphql_names.ts";
import { actionRoots } from "./root_fields.ts";

/** A type: an object with the types of its fields, or one without fields. */
export type GraphqlType = { kind: "object"; fields: Map<string, string> } | {
  kind: "scalar" | "enum" | "input object";
};

const NUMBERS = ["int2", "int4", "int8", "float4", "float8", "numeric", "money"];
const SCALARS: Readonly<Record<string, string>> = {
  int2: "smallint",
  int4: "Int",
  int8: "bigint",
  float4: "real",
  float8: "float8",
  bool: "Boolean",
  text: "String",
  varchar: "String",
};
const INPUTS = [
  "bool_exp",
  "order_by",
  "insert_input",
  "set_input",
  "inc_input",
  "on_conflict",
  "pk_columns_input",
  "updates",
  "arr_rel_insert_input",
  "obj_rel_insert_input",
  "stream_cursor_input",
  "stream_cursor_value_input",
  "aggregate_bool_exp",
  "aggregate_order_by",
];
const ENUMS = ["select_column", "update_column", "constraint"];
const STATISTICS = ["avg", "stddev", "stddev_pop", "stddev_samp", "sum", "var_pop", "var_samp", "variance"];

/** All types, by name. */
export function graphqlTypes(built: Built): Map<string, GraphqlType> {
  return new TypeMaker(built).all();
}

class TypeMaker {
  readonly #built: Built;
  readonly #types = new Map<string, GraphqlType>();

  constructor(built: Built) {
    this.#built = built;
  }

  all(): Map<string, GraphqlType> {
    for (const scalar of ["Int", "Float", "String", "Boolean", "ID"]) this.#scalar(scalar);
    for (const name of ["order_by", "cursor_ordering"]) this.#types.set(name, { kind: "enum" });
    for (const root of ["query_root", "mutation_root", "subscription_root"]) this.#object(root, {});
    for (const source of this.#built.sources.values()) this.#source(source);
    this.#customTypes();
    this.#actions();
    for (const schema of this.#built.remoteSchemas.values()) {
      for (const [root, names] of Object.entries(schema.rootFields)) {
        for (const name of names) this.#root(root, name, "");
      }
    }
    for (const root of ["mutation_root", "subscription_root"]) {
      if (this.#fields(root).size === 0) this.#types.delete(root);
    }
    return this.#types;
  }

  #source(source: BuiltSource): void {
    const namespace = namespaceOf(source);
    const put = (roots: readonly string[], name: string, type: string) => {
      for (const root of roots) {
        if (namespace === undefined) this.#root(root, name, type);
        else {
          this.#root(root, namespace, `${namespace}_${root}`);
          this.#fields(`${namespace}_${root}`).set(name, type);
        }
      }
    };
    for (const table of source.tables.values()) {
      const type = tableType(table, source);
      this.#table(table, source);
      for (const [key, roots, name] of tableRootFields(table, source)) put(roots, name, resultOf(key, type));
    }
    for (const built of source.functions.values()) {
      const { schema, name } = built.catalog.returns;
      const table = source.tables.get(keyOf({ schema, name }));
      if (table === undefined) continue;
      const type = tableType(table, source);
      for (const [key, roots, field] of functionRootFields(built, source)) {
        put(roots, field, key === "function" ? type : `${type}_aggregate`);
      }
    }
  }

  #table(table: BuiltTable, source: BuiltSource): void {
    const type = tableType(table, source);
    const fields = this.#object(type, {});
    const numbers: string[] = [];
    for (const [name, field] of table.fields) {
      for (const [shown, fieldType] of this.#fieldTypes(name, { field, source })) fields.set(shown, fieldType);
      if (field.kind === "column" && NUMBERS.includes(field.column.type)) numbers.push(field.graphqlName);
    }
    const columns = [...table.fields.values()].flatMap((field) => field.kind === "column" ? [field] : []);
    this.#object(`${type}_aggregate`, { aggregate: `${type}_aggregate_fields`, nodes: type });
    const aggregates = this.#object(`${type}_aggregate_fields`, { count: "Int" });
    for (const each of ["max", "min", ...numbers.length > 0 ? STATISTICS : []]) {
      aggregates.set(each, `${type}_${each}_fields`);
      const shown = STATISTICS.includes(each) ? numbers : columns.map(({ graphqlName }) => graphqlName);
      this.#object(
        `${type}_${each}_fields`,
        Object.fromEntries(shown.map((name) => [name, fields.get(name) ?? "Float"])),
      );
    }
    this.#object(`${type}_mutation_response`, { affected_rows: "Int", returning: type });
    for (const input of INPUTS) this.#types.set(`${type}_${input}`, { kind: "input object" });
    for (const name of ENUMS) this.#types.set(`${type}_${name}`, { kind: "enum" });
    if (table.enumValues !== undefined) this.#types.set(`${type}_enum`, { kind: "enum" });
  }

  #fieldTypes(name: string, { field, source }: { field: Field; source: BuiltSource }): [name: string, type: string][] {
    const typeOf = (key: string) => {
      const table = source.tables.get(key);
      return table === undefined ? "" : tableType(table, source);
    };
    switch (field.kind) {
      case "column":
        if (field.enumTable !== undefined) return [[field.graphqlName, `${typeOf(field.enumTable)}_enum`]];
        return [[field.graphqlName, this.#scalarOf(field.column.type)]];
      case "relationship": {
        const type = typeOf(keyOf(field.to));
        return field.many ? [[name, type], [`${name}_aggregate`, `${type}_aggregate`]] : [[name, type]];
      }
      case "computed field":
        return [[name, field.table === undefined ? this.#scalarOf(field.scalar ?? "") : typeOf(keyOf(field.table))]];
      case "remote relationship":
        return [[name, ""]];
    }
  }

  #customTypes(): void {
    const types = this.#built.customTypes;
    for (const type of listIn(types, "scalars")) this.#scalar(nameIn(type, "name"));
    for (const type of listIn(types, "enums")) this.#types.set(nameIn(type, "name"), { kind: "enum" });
    for (const type of listIn(types, "input_objects")) this.#types.set(nameIn(type, "name"), { kind: "input object" });
    for (const type of listIn(types, "objects")) {
      const fields = this.#object(nameIn(type, "name"), {});
      for (const field of listIn(type, "fields")) {
        const base = baseType(nameIn(field, "type"));
        if (!this.#types.has(base) && !listIn(types, "objects").some((each) => each["name"] === base)) {
          this.#scalar(base);
        }
        fields.set(nameIn(field, "name"), base);
      }
      for (const relationship of listIn(type, "relationships")) fields.set(nameIn(relationship, "name"), "");
    }
  }

  #actions(): void {
    for (const [name, action] of this.#built.actions) {
      const definition = objectIn(action, "definition");
      const output = baseType(nameIn(definition, "output_type"));
      for (const type of [output, ...listIn(definition, "arguments").map((each) => baseType(nameIn(each, "type")))]) {
        if (!this.#types.has(type)) this.#scalar(type);
      }
      const roots = actionRoots(nameIn(definition, "type"), nameIn(definition, "kind"));
      for (const root of roots) {
        const later = roots.length > 1 && root !== "mutation";
        if (later) this.#object(name, { id: "uuid", created_at: "timestamptz", errors: "json", output });
        this.#root(root, name, roots.length > 1 && root === "mutation" ? this.#scalar("uuid") : later ? name : output);
      }
    }
  }

  #scalarOf(type: string): string {
    return this.#scalar(SCALARS[type.replace(/^_/, "")] ?? type.replace(/^_/, ""));
  }

  #scalar(name: string): string {
    this.#types.set(name, { kind: "scalar" });
    this.#types.set(`${name}_comparison_exp`, { kind: "input object" });
    return name;
  }

  #object(name: string, fields: Record<string, string>): Map<string, string> {
    const made = new Map(Object.entries(fields));
    this.#types.set(name, { kind: "object", fields: made });
    return made;
  }

  #fields(name: string): Map<string, string> {
    const type = this.#types.get(name);
    return type?.kind === "object" ? type.fields : this.#object(name, {});
  }

  #root(root: string, name: string, type: string): void {
    this.#fields(`${root}_root`).set(name, type);
  }
}

function resultOf(key: string, type: string): string {
  if (key === "select_aggregate") return `${type}_aggregate`;
  const many = ["insert", "update", "update_many", "delete"].includes(key);
  return many ? `${type}_mutation_response` : type;
}
