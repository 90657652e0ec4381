/**
 * One case per file of a metadata directory: what of it is sent, written down by hand from the rules of the Hasura CLI.
 *
 * @module
 */

import type { MetadataCase } from "../../support/metadata_case.ts";

/** See the module. */
export const FILE_CASES: readonly MetadataCase[] = [
  {
    name: "the least: a version and no database",
    files: {},
    expected: { version: 3, sources: [] },
  },
  {
    name: "a source has all of its keys",
    files: {
      "databases/databases.yaml": `
- name: PlanDev
  kind: postgres
  configuration:
    connection_info:
      database_url:
        from_env: PLANDEV_DATABASE_URL
      isolation_level: read-committed
      use_prepared_statements: false
      pool_settings: { max_connections: 50, idle_timeout: 180, retries: 1 }
  query_tags: { format: standard, disabled: false }
  customization:
    root_fields: { namespace: plandev }
    type_names: {}
  health_check: { test: { sql: SELECT 1 }, interval: 60 }
  logical_models:
    - name: span
      fields: [{ name: id, type: { scalar: integer, nullable: false } }]
  native_queries:
    - root_field_name: spans
      code: |
        SELECT id
        FROM merlin.span
      returns: span
      arguments: {}
  stored_procedures: []
  tables:
    - table: { schema: merlin, name: plan }
    - table: legacy
      is_enum: true
  functions:
    - function: { schema: hasura, name: duplicate_plan }
      configuration: { exposed_as: mutation }
`,
    },
    expected: {
      version: 3,
      sources: [{
        name: "PlanDev",
        kind: "postgres",
        configuration: {
          connection_info: {
            database_url: { from_env: "PLANDEV_DATABASE_URL" },
            isolation_level: "read-committed",
            use_prepared_statements: false,
            pool_settings: { max_connections: 50, idle_timeout: 180, retries: 1 },
          },
        },
        query_tags: { format: "standard", disabled: false },
        customization: { root_fields: { namespace: "plandev" }, type_names: {} },
        health_check: { test: { sql: "SELECT 1" }, interval: 60 },
        logical_models: [{ name: "span", fields: [{ name: "id", type: { scalar: "integer", nullable: false } }] }],
        native_queries: [{
          root_field_name: "spans",
          code: "SELECT id\nFROM merlin.span\n",
          returns: "span",
          arguments: {},
        }],
        stored_procedures: [],
        tables: [{ table: { schema: "merlin", name: "plan" } }, { table: "legacy", is_enum: true }],
        functions: [{
          function: { schema: "hasura", name: "duplicate_plan" },
          configuration: { exposed_as: "mutation" },
        }],
      }],
    },
  },
  {
    name: "a source without tables and functions says so; what is not there is left out",
    files: {
      "databases/databases.yaml": `
- { name: Empty, kind: postgres, configuration: {}, tables: [], functions: [] }
- { name: Bare, kind: postgres, configuration: {}, tables: [] }
`,
    },
    expected: {
      version: 3,
      sources: [
        { name: "Empty", kind: "postgres", configuration: {}, tables: [], functions: [] },
        { name: "Bare", kind: "postgres", configuration: {}, tables: [] },
      ],
    },
  },
  {
    name: "a table keeps what it has: nothing in it is checked or completed",
    files: {
      "databases/databases.yaml": `
- name: Aerie
  kind: postgres
  configuration: {}
  tables:
    - table: { schema: merlin, name: plan }
      select_permissions:
        - role: viewer
          permission: { columns: "*", filter: {}, limit: null, allow_aggregations: false }
          comment: ""
      no_such_key: [null, 1.5, -0.25, 2.0e+3, true, ""]
`,
    },
    expected: {
      version: 3,
      sources: [{
        name: "Aerie",
        kind: "postgres",
        configuration: {},
        tables: [{
          table: { schema: "merlin", name: "plan" },
          select_permissions: [{
            role: "viewer",
            permission: { columns: "*", filter: {}, limit: null, allow_aggregations: false },
            comment: "",
          }],
          no_such_key: [null, 1.5, -0.25, 2000, true, ""],
        }],
      }],
    },
  },
  {
    name: "remote_schemas.yaml is passed on",
    files: {
      "remote_schemas.yaml": `
- name: spice
  definition:
    url_from_env: SPICE_URL
    timeout_seconds: 60
    forward_client_headers: true
    headers:
      - { name: x-key, value_from_env: SPICE_KEY }
  comment: ""
  permissions:
    - role: viewer
      definition:
        schema: |
          schema { query: Query }
          type Query { kernels: [String!]! }
`,
    },
    expected: {
      version: 3,
      sources: [],
      remote_schemas: [{
        name: "spice",
        definition: {
          url_from_env: "SPICE_URL",
          timeout_seconds: 60,
          forward_client_headers: true,
          headers: [{ name: "x-key", value_from_env: "SPICE_KEY" }],
        },
        comment: "",
        permissions: [{
          role: "viewer",
          definition: { schema: "schema { query: Query }\ntype Query { kernels: [String!]! }\n" },
        }],
      }],
    },
  },
  {
    name: "query_collections.yaml and allow_list.yaml: the key of the second is allowlist",
    files: {
      "query_collections.yaml": `
- name: allowed-queries
  definition:
    queries:
      - name: plans
        query: |
          query plans {
            plan { id }
          }
`,
      "allow_list.yaml": "- collection: allowed-queries\n  scope: { global: true }\n",
    },
    expected: {
      version: 3,
      sources: [],
      query_collections: [{
        name: "allowed-queries",
        definition: { queries: [{ name: "plans", query: "query plans {\n  plan { id }\n}\n" }] },
      }],
      allowlist: [{ collection: "allowed-queries", scope: { global: true } }],
    },
  },
  {
    name: "cron_triggers.yaml is passed on",
    files: {
      "cron_triggers.yaml": `
- name: nightly
  webhook: "{{SCHEDULER_URL}}/nightly"
  schedule: 0 3 * * *
  include_in_metadata: true
  payload: { force: false }
  retry_conf: { num_retries: 2, timeout_seconds: 60, tolerance_seconds: 21600, retry_interval_seconds: 10 }
`,
    },
    expected: {
      version: 3,
      sources: [],
      cron_triggers: [{
        name: "nightly",
        webhook: "{{SCHEDULER_URL}}/nightly",
        schedule: "0 3 * * *",
        include_in_metadata: true,
        payload: { force: false },
        retry_conf: { num_retries: 2, timeout_seconds: 60, tolerance_seconds: 21600, retry_interval_seconds: 10 },
      }],
    },
  },
  {
    name: "rest_endpoints.yaml is passed on",
    files: {
      "rest_endpoints.yaml": `
- name: plans
  url: plans/:id
  methods: [GET, POST]
  definition: { query: { collection_name: allowed-queries, query_name: plans } }
  comment: null
`,
    },
    expected: {
      version: 3,
      sources: [],
      rest_endpoints: [{
        name: "plans",
        url: "plans/:id",
        methods: ["GET", "POST"],
        definition: { query: { collection_name: "allowed-queries", query_name: "plans" } },
        comment: null,
      }],
    },
  },
  {
    name: "inherited_roles.yaml is passed on",
    files: { "inherited_roles.yaml": "- role_name: planner\n  role_set: [user, viewer]\n" },
    expected: {
      version: 3,
      sources: [],
      inherited_roles: [{ role_name: "planner", role_set: ["user", "viewer"] }],
    },
  },
  {
    name: "network.yaml has the TLS allow list",
    files: {
      "network.yaml": "tls_allowlist:\n  - { host: spice.example, suffix: '443', permissions: [self-signed] }\n",
    },
    expected: {
      version: 3,
      sources: [],
      network: { tls_allowlist: [{ host: "spice.example", suffix: "443", permissions: ["self-signed"] }] },
    },
  },
  {
    name: "api_limits.yaml has its six keys",
    files: {
      "api_limits.yaml": `
disabled: false
rate_limit: { global: { unique_params: IP, max_reqs_per_min: 100 } }
depth_limit: { global: 10, per_role: { viewer: 5 } }
node_limit: { global: 1000 }
time_limit: { global: 60 }
batch_limit: { global: 20 }
`,
    },
    expected: {
      version: 3,
      sources: [],
      api_limits: {
        disabled: false,
        rate_limit: { global: { unique_params: "IP", max_reqs_per_min: 100 } },
        depth_limit: { global: 10, per_role: { viewer: 5 } },
        node_limit: { global: 1000 },
        time_limit: { global: 60 },
        batch_limit: { global: 20 },
      },
    },
  },
  {
    name: "graphql_schema_introspection.yaml has the roles",
    files: { "graphql_schema_introspection.yaml": "disabled_for_roles: [viewer]\n" },
    expected: { version: 3, sources: [], graphql_schema_introspection: { disabled_for_roles: ["viewer"] } },
  },
  {
    name: "opentelemetry.yaml, backend_configs.yaml and metrics_config.yaml have any keys",
    files: {
      "opentelemetry.yaml":
        "status: enabled\ndata_types: [traces]\nbatch_span_processor: { max_export_batch_size: 64 }\n",
      "backend_configs.yaml": "dataconnector: { athena: { uri: 'http://athena:8081' } }\n",
      "metrics_config.yaml": "analyze_query_variables: true\nanalyze_response_body: false\n",
    },
    expected: {
      version: 3,
      sources: [],
      opentelemetry: {
        status: "enabled",
        data_types: ["traces"],
        batch_span_processor: { max_export_batch_size: 64 },
      },
      backend_configs: { dataconnector: { athena: { uri: "http://athena:8081" } } },
      metrics_config: { analyze_query_variables: true, analyze_response_body: false },
    },
  },
  {
    name: "empty lists are sent, but for the REST endpoints",
    files: {
      "remote_schemas.yaml": "[]\n",
      "query_collections.yaml": "[]\n",
      "allow_list.yaml": "[]\n",
      "cron_triggers.yaml": "[]\n",
      "rest_endpoints.yaml": "[]\n",
      "inherited_roles.yaml": "[]\n",
    },
    expected: {
      version: 3,
      sources: [],
      remote_schemas: [],
      query_collections: [],
      allowlist: [],
      cron_triggers: [],
      inherited_roles: [],
    },
  },
  {
    name: "files of no bytes, where they stand for an empty list",
    files: {
      "remote_schemas.yaml": "",
      "query_collections.yaml": "",
      "cron_triggers.yaml": "",
      "rest_endpoints.yaml": "",
      "inherited_roles.yaml": "",
    },
    expected: {
      version: 3,
      sources: [],
      remote_schemas: [],
      query_collections: [],
      cron_triggers: [],
      inherited_roles: [],
    },
  },
  {
    name: "files of no bytes, where they stand for an empty object",
    files: { "network.yaml": "", "api_limits.yaml": "", "graphql_schema_introspection.yaml": "" },
    expected: {
      version: 3,
      sources: [],
      network: {},
      api_limits: {},
      graphql_schema_introspection: { disabled_for_roles: [] },
    },
  },
  {
    name: "files of no bytes, where they stand for nothing",
    files: { "opentelemetry.yaml": "", "backend_configs.yaml": "", "metrics_config.yaml": "" },
    expected: { version: 3, sources: [] },
  },
  {
    name: "files that say that there is nothing, as an export writes them",
    files: {
      "network.yaml": "{}\n",
      "api_limits.yaml": "{}\n",
      "graphql_schema_introspection.yaml": "disabled_for_roles: []\n",
      "opentelemetry.yaml": "{}\n",
      "backend_configs.yaml": "{}\n",
    },
    expected: {
      version: 3,
      sources: [],
      network: {},
      api_limits: {},
      graphql_schema_introspection: { disabled_for_roles: [] },
      opentelemetry: {},
      backend_configs: {},
    },
  },
  {
    name: "files that are no metadata are left alone",
    files: {
      "README.md": "How we change the metadata.\n",
      ".gitkeep": "",
      "databases/README.md": "One folder per database.\n",
      "databases/Aerie/tables/not_included.yaml": "- this: is not looked at\n",
    },
    expected: { version: 3, sources: [] },
  },
  {
    name: "numbers that JSON holds exactly",
    files: { "backend_configs.yaml": "largest: 9007199254740991\nsmallest: -9007199254740991\nnone: 0\nhalf: 0.5\n" },
    expected: {
      version: 3,
      sources: [],
      backend_configs: { largest: 9007199254740991, smallest: -9007199254740991, none: 0, half: 0.5 },
    },
  },
  {
    name: "text stays text, whatever it looks like",
    files: {
      "backend_configs.yaml": `
quoted: ["3", "true", "null", "0755", "yes", "1e3", "2024-01-01", "{{URL}}"]
plain: [a b, "c # d", e#f, it's]
folded: >
  one
  line
literal: |-
  two
  lines
`,
    },
    expected: {
      version: 3,
      sources: [],
      backend_configs: {
        quoted: ["3", "true", "null", "0755", "yes", "1e3", "2024-01-01", "{{URL}}"],
        plain: ["a b", "c # d", "e#f", "it's"],
        folded: "one line\n",
        literal: "two\nlines",
      },
    },
  },
  {
    name: "anchors, aliases and merge keys",
    files: {
      "databases/databases.yaml": `
- name: Aerie
  kind: postgres
  configuration: {}
  tables:
    - table: { schema: merlin, name: plan }
      select_permissions:
        - role: viewer
          permission: &viewer
            columns: [id, name]
            filter: {}
        - role: user
          permission:
            <<: *viewer
            allow_aggregations: true
        - role: admin
          permission:
            <<: [*viewer, { limit: 5 }]
            columns: "*"
    - table: { schema: merlin, name: tags }
      select_permissions:
        - role: viewer
          permission: *viewer
`,
    },
    expected: {
      version: 3,
      sources: [{
        name: "Aerie",
        kind: "postgres",
        configuration: {},
        tables: [
          {
            table: { schema: "merlin", name: "plan" },
            select_permissions: [
              { role: "viewer", permission: { columns: ["id", "name"], filter: {} } },
              { role: "user", permission: { columns: ["id", "name"], filter: {}, allow_aggregations: true } },
              { role: "admin", permission: { columns: "*", filter: {}, limit: 5 } },
            ],
          },
          {
            table: { schema: "merlin", name: "tags" },
            select_permissions: [{ role: "viewer", permission: { columns: ["id", "name"], filter: {} } }],
          },
        ],
      }],
    },
  },
];
