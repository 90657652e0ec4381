/**
 * What all webhooks have: headers and the rules by which requests and answers are rewritten.
 *
 * @module
 */

import { parseFailed } from "../bodies.ts";
import { anything, asObject, byHand, dictionary, filledIn, list, object, optional, type Shape } from "./shape.ts";
import { template, text, textAs } from "./scalars.ts";

const HEADER = { ...byHand("headers"), mismatch: () => "expecting object for headers" };

/** A header with its value, or with the variable that has it. */
export const header: Shape = (value, path) => {
  const given = asObject(HEADER, value, path);
  if (!Object.hasOwn(given, "name")) throw parseFailed(HEADER.missing("name"), path);
  const name = text(given["name"], `${path}.name`);
  const [fixed = null, variable = null] = [given["value"], given["value_from_env"]];
  if (fixed === null && variable === null) throw parseFailed("expecting value or value_from_env keys", path);
  if (fixed !== null && variable !== null) {
    throw parseFailed("expecting only one of value or value_from_env keys", path);
  }
  if (fixed !== null) return { name, value: template(fixed, `${path}.value`) };
  const fromEnvironment = text(variable, `${path}.value_from_env`);
  if (fromEnvironment.startsWith("HASURA_GRAPHQL_")) {
    throw parseFailed(
      `env variables starting with "HASURA_GRAPHQL_" are not allowed in value_from_env: ${fromEnvironment}`,
      path,
    );
  }
  return { name, value_from_env: fromEnvironment };
};

/** How a request is rewritten. */
export const requestTransform = object(byHand("RequestTransform"), {
  version: filledIn(anything, 1),
  method: optional(textAs("MethodTransformFn")),
  url: optional(text),
  body: optional(anything),
  query_params: optional(anything),
  request_headers: optional(object(byHand("HeadersTransformFn"), {
    add_headers: filledIn(dictionary(text), {}),
    remove_headers: filledIn(list(text), []),
  })),
  template_engine: filledIn(text, "Kriti"),
});

/** How an answer is rewritten. */
export const responseTransform = object(byHand("MetadataResponseTransform"), {
  version: filledIn(anything, 1),
  body: optional(anything),
  template_engine: filledIn(text, "Kriti"),
});
