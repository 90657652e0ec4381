// How a venue writes a metadata document again: the form in which Hasura keeps and exports it, whatever way it came.

import assert from "node:assert/strict";
import { databaseUrl, metadata, source } from "../support/venue_metadata.ts";
import { call, callMetadata } from "../venue/client.ts";
import { startVenue } from "../venue/mod.ts";

interface Form {
  title: string;
  /** Beside one source; a list of `sources` takes its place. */
  sent: Record<string, unknown>;
  written: Record<string, unknown>;
}

const NOT_FORWARDED = ("Content-Length,Content-MD5,User-Agent,Host,Origin,Referer,Accept,Accept-Encoding," +
  "Accept-Language,Accept-Datetime,Cache-Control,Connection,DNT,Content-Type").split(",");
const action = (name: string, rest: Record<string, unknown> = {}) => ({
  name,
  definition: { handler: "http://h", output_type: "String", ...rest },
});
const writtenAction = (name: string, rest: Record<string, unknown> = {}) => ({
  name,
  definition: {
    handler: "http://h",
    output_type: "String",
    ignored_client_headers: NOT_FORWARDED,
    type: "mutation",
    kind: "synchronous",
    ...rest,
  },
});
const table = (rest: Record<string, unknown>) => ({ sources: [source({ tables: [{ table: "plan", ...rest }] })] });
const writtenTable = (rest: Record<string, unknown>) => ({
  sources: [source({ tables: [{ table: { name: "plan", schema: "public" }, ...rest }] })],
});
const permissions = (type: string, ...list: Record<string, unknown>[]) => ({
  [`${type}_permissions`]: list.map((permission, at) => ({ role: `r${at}`, permission })),
});

const FORMS: Form[] = [
  {
    title: "all lists are in the order of their names, nothing that is empty is there",
    sent: {
      sources: [
        source({
          name: "b",
          functions: [],
          customization: {},
          tables: [{ table: { schema: "side", name: "note" }, is_enum: false }, {
            table: "plan",
            object_relationships: [],
            ...permissions("select", { filter: {}, columns: "*" }),
          }],
        }),
        source({ name: "a", kind: "pg", tables: [] }),
        source({ name: "default", tables: [] }),
      ],
      actions: [],
      custom_types: { enums: [] },
      network: {},
      graphql_schema_introspection: { disabled_for_roles: [] },
      metrics_config: { analyze_query_variables: false, analyze_response_body: false },
      api_limits: {},
      opentelemetry: { status: "disabled", exporter_otlp: {} },
      backend_configs: {},
      future: { unknown: "to Hasura" },
    },
    written: {
      sources: [
        source({ name: "default", tables: [] }),
        source({ name: "a", tables: [] }),
        source({
          name: "b",
          tables: [
            { table: { schema: "public", name: "plan" }, ...permissions("select", { filter: {}, columns: "*" }) },
            { table: { schema: "side", name: "note" } },
          ],
        }),
      ],
    },
  },
  {
    title: "how a database is reached is filled in",
    sent: {
      sources: [source({
        configuration: {
          connection_info: {
            database_url: { from_env: "AERIE_DATABASE_URL" },
            pool_settings: { retries: 2, colour: 1 },
          },
        },
      })],
    },
    written: {
      sources: [source({
        configuration: { connection_info: { ...databaseUrl().connection_info, pool_settings: { retries: 2 } } },
      })],
    },
  },
  {
    title: "names of columns are written twice, root fields always",
    sent: table({
      configuration: { custom_column_names: { id: "a", name: "b" }, column_config: { id: { custom_name: "c" } } },
    }),
    written: writtenTable({
      configuration: {
        column_config: { id: { custom_name: "c" }, name: { custom_name: "b" } },
        custom_column_names: { id: "c", name: "b" },
        custom_root_fields: {},
      },
    }),
  },
  {
    title: "one column is no list, insertion_order is null",
    sent: table({
      object_relationships: [{ name: "b", using: { foreign_key_constraint_on: ["id"] }, comment: null }, {
        name: "a",
        using: { manual_configuration: { remote_table: "plan", column_mapping: { id: "id" } } },
      }],
      array_relationships: [{ name: "c", using: { foreign_key_constraint_on: { table: "plan", columns: ["id"] } } }, {
        name: "d",
        using: { foreign_key_constraint_on: { table: "plan", columns: ["id", "name"] } },
      }],
    }),
    written: writtenTable({
      object_relationships: [{
        name: "a",
        using: {
          manual_configuration: {
            remote_table: { name: "plan", schema: "public" },
            column_mapping: { id: "id" },
            insertion_order: null,
          },
        },
      }, { name: "b", using: { foreign_key_constraint_on: "id" } }],
      array_relationships: [{
        name: "c",
        using: { foreign_key_constraint_on: { table: { name: "plan", schema: "public" }, column: "id" } },
      }, {
        name: "d",
        using: {
          foreign_key_constraint_on: { table: { name: "plan", schema: "public" }, columns: ["id", "name"] },
        },
      }],
    }),
  },
  {
    title: "what a permission does not give is not written, but for the check of an update",
    sent: table({
      ...permissions("select", { columns: ["id"], filter: { $and: [] }, allow_aggregations: false, limit: null }),
      ...permissions("insert", { columns: ["id"], check: {}, set: {}, backend_only: false }),
      ...permissions("update", { columns: ["id"], filter: {} }, { columns: [], filter: {}, check: {} }),
    }),
    written: writtenTable({
      ...permissions("select", { columns: ["id"], filter: { _and: [] } }),
      ...permissions("insert", { columns: ["id"], check: {} }),
      ...permissions("update", { columns: ["id"], filter: {}, check: null }, { columns: [], filter: {}, check: {} }),
    }),
  },
  {
    title: "actions say what they are, and which headers are not passed on",
    sent: {
      actions: [
        action("z", { type: "query", kind: "", arguments: [{ name: "a", type: "[Int! ]!", description: null }] }),
        action("a", { kind: "asynchronous", timeout: 30, headers: [], forward_client_headers: false, colour: 1 }),
      ],
    },
    written: {
      actions: [writtenAction("a", { kind: "asynchronous" }), {
        name: "z",
        definition: {
          handler: "http://h",
          output_type: "String",
          ignored_client_headers: NOT_FORWARDED,
          type: "query",
          arguments: [{ name: "a", type: "[Int!]!" }],
        },
      }],
    },
  },
  {
    title: "custom types keep their order, values of enumerations have all keys",
    sent: {
      custom_types: {
        scalars: [{ name: "Z", description: null }, { name: "A" }],
        enums: [{ name: "E", values: [{ value: "b" }, { value: "a", description: "d" }] }],
      },
    },
    written: {
      custom_types: {
        scalars: [{ name: "Z" }, { name: "A" }],
        enums: [{
          name: "E",
          values: [{ value: "b", description: null, is_deprecated: null }, {
            value: "a",
            description: "d",
            is_deprecated: null,
          }],
        }],
      },
    },
  },
  {
    title: "collections, the allow list and endpoints, which are in the order of their addresses",
    sent: {
      query_collections: [{ name: "q", definition: { queries: [{ name: "one", query: "{ __typename }" }] } }],
      allowlist: [{ collection: "q" }, { collection: "p", scope: { global: false, roles: ["r"] } }],
      rest_endpoints: ["b", "a"].map((url, at) => ({
        name: `e${at}`,
        url,
        methods: ["GET"],
        definition: { query: { collection_name: "q", query_name: "one" } },
      })),
    },
    written: {
      query_collections: [{ name: "q", definition: { queries: [{ name: "one", query: "{ __typename }" }] } }],
      allowlist: [{ collection: "p", scope: { global: false, roles: ["r"] } }, {
        collection: "q",
        scope: { global: true },
      }],
      rest_endpoints: ["a", "b"].map((url, at) => ({
        name: `e${1 - at}`,
        url,
        methods: ["GET"],
        definition: { query: { collection_name: "q", query_name: "one" } },
        comment: null,
      })),
    },
  },
  {
    title: "cron triggers: usual retries are not written, and one that is not part of the metadata is not shown",
    sent: {
      cron_triggers: ["a", "b"].map((name) => ({
        name,
        webhook: "http://h",
        schedule: "0 0 * * *",
        include_in_metadata: name === "a",
        retry_conf: { num_retries: 0, tolerance_seconds: 21600 },
      })),
    },
    written: {
      cron_triggers: [{ name: "a", webhook: "http://h", schedule: "0 0 * * *", include_in_metadata: true }],
    },
  },
  {
    title: "settings of the server",
    sent: {
      network: { tls_allowlist: [{ host: "h", suffix: "1" }] },
      api_limits: { depth_limit: { global: 3 } },
      opentelemetry: { status: "enabled" },
    },
    written: {
      network: { tls_allowlist: [{ host: "h", suffix: "1", permissions: null }] },
      api_limits: { depth_limit: { global: 3, per_role: {} }, disabled: false },
      opentelemetry: {
        status: "enabled",
        data_types: [],
        exporter_otlp: {
          protocol: "http/protobuf",
          headers: [],
          resource_attributes: [],
          traces_propagators: ["b3"],
        },
        batch_span_processor: { max_export_batch_size: 512 },
      },
    },
  },
];

Deno.test("pglite: a document is written as Hasura exports it", async (t) => {
  await using venue = await startVenue({ baseSql: "create table plan (id int, name text); create schema side" });
  for (const { title, sent, written } of FORMS) {
    await t.step(title, async () => {
      await venue.reset({ metadata: metadata() });
      const args = { allow_inconsistent_metadata: true, metadata: metadata(sent) };
      const replaced = await call(venue, "/v1/metadata", { body: { type: "replace_metadata", version: 2, args } });
      assert.equal(replaced.status, 200, replaced.text);
      const exported = (await callMetadata(venue, "export_metadata")).json;
      assert.deepEqual(exported, metadata(written));
      // The form is a fixed point: what is exported comes out again.
      await callMetadata(venue, "replace_metadata", {
        allow_inconsistent_metadata: true,
        metadata: exported,
      });
      assert.deepEqual((await callMetadata(venue, "export_metadata")).json, exported);
    });
  }
});
