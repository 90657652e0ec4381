/**
 * Settings of the whole server: roles, limits, network, metrics, introspection, tracing.
 *
 * @module
 */

import { type Json, parseFailed } from "../bodies.ts";
import { bool, choice, int, name, number, text, textAs } from "./scalars.ts";
import {
  byHand,
  derived,
  dictionary,
  type Field,
  filledIn,
  list,
  object,
  optional,
  required,
  type Shape,
  unless,
} from "./shape.ts";
import { header } from "./webhooks.ts";

/** A role that has the permissions of others. */
export const inheritedRole: Shape = object(byHand("Role"), {
  role_name: required(name),
  role_set: required(list(name)),
});

const limit = (global: Shape): Field =>
  optional(object(byHand("Limit"), { global: required(global), per_role: filledIn(dictionary(global), {}) }));

const UNIQUE = "Not a valid value. Should be either: 'IP' or a list of Hasura session variables";

const uniqueParams: Shape = (value, path) => {
  if (typeof value === "string" && value.toLowerCase() === "ip") return "IP";
  if (Array.isArray(value) && value.every((one) => /^x-hasura-(?!role$)/i.test(String(one)))) return value as Json;
  throw parseFailed(UNIQUE, path);
};

/** Limits of requests. */
export const apiLimits = unless(
  { disabled: false },
  object(byHand("ApiLimit"), {
    rate_limit: limit(object(derived("Hasura.RQL.Types.ApiLimit.RateLimitConfig"), {
      max_reqs_per_min: required(int),
      unique_params: filledIn(uniqueParams, null),
    })),
    depth_limit: limit(int),
    node_limit: limit(int),
    time_limit: limit(number),
    batch_limit: limit(int),
    disabled: filledIn(bool, false),
  }),
);

/** Hosts whose certificates are not checked in full. */
export const network = unless(
  { tls_allowlist: [] },
  object(byHand("Network"), {
    tls_allowlist: filledIn(
      list(object(byHand("TlsAllow"), {
        host: required(textAs("String")),
        suffix: filledIn(textAs("String"), null),
        permissions: filledIn(list(choice(["self-signed"], "expecting self-signed")), null),
      })),
      [],
    ),
  }),
);

const QUIET = { analyze_query_variables: false, analyze_response_body: false };

/** What is measured. */
export const metrics = unless(
  QUIET,
  object(byHand("MetricsConfig"), {
    analyze_query_variables: required(bool),
    analyze_response_body: required(bool),
  }),
);

/** Roles that may not look at the schema. */
export const introspection = unless(
  { disabled_for_roles: [] },
  object(
    derived("Hasura.RQL.Types.GraphqlSchemaIntrospection.SetGraphqlIntrospectionOptions"),
    { disabled_for_roles: required(list(name)) },
  ),
);

const pair = object(byHand("name-value pair"), { name: required(text), value: required(text) });

const oneOf = (decoder: string, values: readonly string[]): Shape => (value, path) => {
  const given = textAs(decoder)(value, path);
  return choice(values, `unexpected string '${JSON.stringify(given)}'.`)(given, path);
};

const EXPORTER = {
  protocol: "http/protobuf",
  headers: [],
  resource_attributes: [],
  traces_propagators: ["b3"],
};
const BATCHES = { max_export_batch_size: 512 };
const NO_TRACING = { status: "disabled", data_types: [], exporter_otlp: EXPORTER, batch_span_processor: BATCHES };

/** Where traces, metrics and logs are sent. */
export const openTelemetry = unless(
  NO_TRACING,
  object(byHand("OpenTelemetryConfig"), {
    status: filledIn(
      choice(["enabled", "disabled"], 'OpenTelemetry status must be either "enabled" or "disabled"'),
      NO_TRACING.status,
    ),
    data_types: filledIn(list(oneOf("OtelDataType", ["traces", "metrics", "logs"])), []),
    exporter_otlp: filledIn(
      object(byHand("OtelExporterConfig"), {
        otlp_traces_endpoint: optional(text),
        otlp_metrics_endpoint: optional(text),
        otlp_logs_endpoint: optional(text),
        protocol: filledIn(oneOf("OtlpProtocol", ["http/protobuf"]), EXPORTER.protocol),
        headers: filledIn(list(header), []),
        resource_attributes: filledIn(list(pair), []),
        traces_propagators: filledIn(
          list(oneOf("TracePropagator", ["b3", "tracecontext"])),
          EXPORTER.traces_propagators,
        ),
      }),
      EXPORTER,
    ),
    batch_span_processor: filledIn(
      object(byHand("OtelBatchSpanProcessorConfig"), {
        max_export_batch_size: filledIn(int, BATCHES.max_export_batch_size),
      }),
      BATCHES,
    ),
  }),
);
