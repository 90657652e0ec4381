/**
 * `/v1alpha1/config`: what the console wants to know of a server.
 *
 * @module
 */

import type { Json } from "./bodies.ts";
import type { Settings } from "./instance.ts";

/** The answer. */
export function configOf({ version, adminSecret }: Settings): Json {
  return {
    version,
    is_function_permissions_inferred: true,
    is_remote_schema_permissions_enabled: false,
    is_admin_secret_set: adminSecret !== null,
    is_auth_hook_set: false,
    is_jwt_set: false,
    jwt: [],
    is_allow_list_enabled: false,
    live_queries: { batch_size: 100, refetch_delay: 1 },
    streaming_queries: { batch_size: 100, refetch_delay: 1 },
    console_assets_dir: null,
    experimental_features: [],
    is_prometheus_metrics_enabled: false,
    default_naming_convention: "hasura-default",
    feature_flags: [
      {
        name: "naming-convention-sep-2023",
        description: "The changes to the naming-convention feature that were added in September 2023",
        enabled: false,
      },
      { name: "test-flag", description: "Testing feature flag integration", enabled: false },
    ],
    is_apollo_federation_enabled: false,
  };
}
