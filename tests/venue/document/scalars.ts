/**
 * The single values of a metadata document.
 *
 * @module
 */

import { type Json, parseFailed, typeName } from "../bodies.ts";
import { showNumber } from "../show_haskell.ts";
import { asObject, byHand, mismatch, type Shape } from "./shape.ts";

const GRAPHQL_NAME = /^[_A-Za-z][_0-9A-Za-z]*$/;
const NAME = "[_A-Za-z][_0-9A-Za-z]*";

/** A text; `name` is what the decoder calls it. */
export function textAs(name: string): Shape<string> {
  return (value, path) => {
    if (typeof value === "string") return value;
    throw mismatch(name, "String", { value, path });
  };
}

/** A text that may be anything. */
export const text = textAs("Text");

/** A text that must not be empty: names of sources, relationships, roles, triggers. */
export const name: Shape<string> = (value, path) => {
  const given = textAs("String")(value, path);
  if (given !== "") return given;
  throw parseFailed("empty string not allowed", path);
};

/** A truth value. */
export const bool: Shape<boolean> = (value, path) => {
  if (typeof value === "boolean") return value;
  throw parseFailed(`expected Bool, but encountered ${typeName(value)}`, path);
};

/** A truth value; `name` is what the decoder calls it. */
export function boolAs(name: string): Shape<boolean> {
  return (value, path) => {
    if (typeof value === "boolean") return value;
    throw mismatch(name, "Boolean", { value, path });
  };
}

/** A whole number; `name` is what the decoder calls it. */
export function intAs(name: string): Shape<number> {
  return (value, path) => {
    if (typeof value !== "number") throw mismatch(name, "Number", { value, path });
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return value;
    throw parseFailed(
      `parsing ${name} failed, value is either floating or will cause over or underflow ${showNumber(value)}`,
      path,
    );
  };
}

/** A whole number. */
export const int = intAs("Int");

/** Any number. */
export const number: Shape<number> = (value, path) => {
  if (typeof value === "number") return value;
  throw mismatch("Double", "Number", { value, path });
};

/** One of some texts, by the decoder of an enumeration; `type` with its module. */
export function tag(type: string, tags: readonly string[]): Shape<string> {
  return (value, path) => {
    const given = textAs(type)(value, path);
    if (tags.includes(given)) return given;
    throw parseFailed(
      `parsing ${type} failed, expected one of the tags ${JSON.stringify(tags)}, but found tag ${
        JSON.stringify(given)
      }`,
      path,
    );
  };
}

/** One of some texts, with one sentence for all else. */
export function choice(values: readonly Json[], message: string): Shape {
  return (value, path) => {
    if (values.includes(value as Json)) return value as Json;
    throw parseFailed(message, path);
  };
}

/** A name of GraphQL's. */
export const graphqlName: Shape<string> = (value, path) => {
  const given = textAs("Name")(value, path);
  if (GRAPHQL_NAME.test(given)) return given;
  throw parseFailed(`${given} is not valid GraphQL name`, path);
};

/** A type of GraphQL's, written without blanks. */
export const graphqlType: Shape<string> = (value, path) => {
  const given = textAs("GraphQLType")(value, path);
  const shown = given.replaceAll(/[\s,]/g, "");
  if (isType(shown)) return shown;
  throw parseFailed(`not a valid GraphQL type: ${given}`, path);
};

function isType(type: string): boolean {
  const bare = type.replace(/!$/, "");
  if (!bare.startsWith("[")) return new RegExp(`^${NAME}$`).test(bare);
  return bare.endsWith("]") && isType(bare.slice(1, -1));
}

/** A text with variables in double braces, as webhooks are. */
export const template: Shape<string> = (value, path) => {
  const given = textAs("String")(value, path);
  for (const [, rest = ""] of given.matchAll(/\{\{([^]*?)(?=\{\{|$)/g)) {
    if (/^\s*[\w]+\s*\}\}/.test(rest)) continue;
    throw parseFailed("Parsing URL template failed: not enough input", path);
  }
  return given;
};

/** The name of a table or function: a text alone is one in schema `public`. */
export const qualified: Shape = (value, path) => {
  if (typeof value === "string") return { name: value, schema: "public" };
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw parseFailed("expecting a string/object for QualifiedObject", path);
  }
  const given = asObject(byHand("QualifiedObject"), value, path);
  const schema = (given["schema"] ?? null) === null ? "public" : text(given["schema"], `${path}.schema`);
  if (!Object.hasOwn(given, "name")) throw parseFailed('key "name" not found', path);
  return { name: text(given["name"], `${path}.name`), schema };
};
