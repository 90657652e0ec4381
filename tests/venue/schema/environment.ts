/**
 * Variables of Hasura's process that metadata names.
 *
 * @module
 */

import { Unusable } from "./metadata_object.ts";

/** Variables by name. */
export type Environment = Readonly<Record<string, string>>;

/** The value of a variable. @throws {Unusable} */
export function needVariable(name: string, environment: Environment): string {
  const value = environment[name];
  if (value === undefined) throw new Unusable(`environment variable '${name}' not set`);
  return value;
}

/** A text with the variables that it names in double braces. @throws {Unusable} */
export function resolveTemplate(text: string, environment: Environment): string {
  const missing = new Set<string>();
  const resolved = text.replaceAll(/\{\{([^{}]*)\}\}/g, (_, inner: string) => {
    const value = environment[inner.trim()];
    if (value === undefined) missing.add(inner.trim());
    return value ?? "";
  });
  if (missing.size === 0) return resolved;
  throw new Unusable(`Value for environment variables not found: ${[...missing].join(", ")}`);
}
