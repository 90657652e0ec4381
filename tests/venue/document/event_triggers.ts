/**
 * Event triggers of tables.
 *
 * @module
 */

import { parseFailed } from "../bodies.ts";
import { schedule } from "./cron.ts";
import { bool, boolAs, int, name, template, text } from "./scalars.ts";
import { byHand, derived, filledIn, items, list, object, optional, required, type Shape, unless } from "./shape.ts";
import { header, requestTransform, responseTransform } from "./webhooks.ts";

const TYPES = "Hasura.RQL.Types.EventTrigger";

const columns: Shape = (value, path) => {
  if (value === "*") return value;
  if (typeof value === "string") throw parseFailed("only * or [] allowed", path);
  if (Array.isArray(value)) return list(text)(value, path);
  throw parseFailed("unexpected columns", path);
};

const operation = object(derived(`${TYPES}.SubscribeOpSpec`), {
  columns: required(columns),
  payload: optional(columns),
});

const cleanup = object(byHand("AutoTriggerLogCleanupConfig"), {
  schedule: required(schedule),
  batch_size: filledIn(int, 10000),
  clear_older_than: required(int),
  timeout: filledIn(int, 60),
  clean_invocation_logs: filledIn(bool, false),
  paused: filledIn(boolAs("EventTriggerCleanupStatus"), false),
});

/** An event trigger. */
export const eventTrigger = object(byHand("EventTriggerConf"), {
  name: required(name),
  definition: required(object(derived(`${TYPES}.TriggerOpsDef`), {
    insert: optional(operation),
    update: optional(operation),
    delete: optional(operation),
    enable_manual: optional(bool),
  })),
  webhook: optional(template),
  webhook_from_env: optional(text),
  retry_conf: required(object(derived(`${TYPES}.RetryConf`), {
    num_retries: required(int),
    interval_sec: required(int),
    timeout_sec: optional(int),
  })),
  headers: items(header),
  request_transform: optional(requestTransform),
  response_transform: optional(responseTransform),
  cleanup_config: optional(cleanup),
  trigger_on_replication: unless(false, bool),
});
