/**
 * Remote schemas: GraphQL servers that Hasura asks for their types.
 *
 * @module
 */

import { getIntrospectionQuery } from "graphql";
import type { Json } from "../bodies.ts";
import { isObject, listIn, type LooseObject, nameIn, objectIn } from "../loose.ts";
import type { BuiltRemoteSchema } from "./built.ts";
import type { Collector } from "./collector.ts";
import { remoteSchemaDefinition } from "./definitions.ts";
import { type Environment, needVariable, resolveTemplate } from "./environment.ts";
import { metadataObject, Unusable } from "./metadata_object.ts";

const DEFAULT_TIMEOUT = 60;

/** Where remote schemas are built. */
export interface RemoteSchemaOptions {
  collector: Collector;
  environment: Environment;
}

/** The remote schemas that answer. */
export async function buildRemoteSchemas(
  schemas: LooseObject[],
  { collector, environment }: RemoteSchemaOptions,
): Promise<Map<string, BuiltRemoteSchema>> {
  const found = await Promise.all(schemas.map(async (schema): Promise<[string, BuiltRemoteSchema | undefined]> => {
    const name = nameIn(schema, "name");
    const object = metadataObject("remote_schema", name, remoteSchemaDefinition(schema));
    return [name, await collector.attemptLater(object, () => ask(objectIn(schema, "definition"), environment))];
  }));
  return new Map(found.filter((entry): entry is [string, BuiltRemoteSchema] => entry[1] !== undefined));
}

async function ask(definition: LooseObject, environment: Environment): Promise<BuiltRemoteSchema> {
  const { shown, address } = addressOf(definition, environment);
  for (const header of listIn(definition, "headers")) {
    if (typeof header["value_from_env"] === "string") needVariable(header["value_from_env"], environment);
  }
  const url = URL.parse(address);
  if (url === null) throw new Unusable(`not a valid URI: "${shown}"`);
  const { timeout_seconds: seconds } = definition;
  const timeout = typeof seconds === "number" ? seconds : DEFAULT_TIMEOUT;
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: getIntrospectionQuery(), operationName: "IntrospectionQuery" }),
      signal: AbortSignal.timeout(timeout * 1000),
    });
  } catch (error) {
    throw new Unusable(
      `HTTP exception occurred while sending the request to ${JSON.stringify(shown)}`,
      failure(error, { url, timeout }),
    );
  }
  return rootFields(await response.json().catch(() => null));
}

function addressOf(definition: LooseObject, environment: Environment): { shown: string; address: string } {
  const [url, variable] = [definition["url"] ?? null, definition["url_from_env"] ?? null];
  if (url !== null && variable !== null) throw new Unusable("both `url` and `url_from_env` can't be present");
  if (typeof url === "string") return { shown: url, address: resolveTemplate(url, environment) };
  if (typeof variable === "string") return { shown: variable, address: needVariable(variable, environment) };
  throw new Unusable("both `url` and `url_from_env` can't be empty");
}

/** What Hasura's HTTP client says of a request that came to nothing. */
function failure(error: unknown, { url, timeout }: { url: URL; timeout: number }): Json {
  const secure = url.protocol === "https:";
  return {
    type: "http_exception",
    message: messageOf(error),
    request: {
      host: url.hostname,
      method: "POST",
      path: url.pathname,
      port: url.port === "" ? secure ? 443 : 80 : Number(url.port),
      queryString: url.search,
      responseTimeout: `ResponseTimeoutMicro ${timeout * 1_000_000}`,
      secure,
    },
  };
}

function messageOf(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError") return "Response timeout";
  const text = String(error);
  const why = /refused/i.test(text)
    ? "Network.Socket.connect: <socket: 30>: does not exist (Connection refused)"
    : `Network.Socket.getAddrInfo: does not exist (Name or service not known)`;
  return `Connection failure: ${why}\n`;
}

function rootFields(answer: unknown): BuiltRemoteSchema {
  const schema = isObject(answer) ? objectIn(objectIn(answer, "data"), "__schema") : {};
  const types = listIn(schema, "types");
  if (types.length === 0) throw new Unusable('Error in $: key "data" not found');
  const fieldsOf = (root: string) => {
    const type = types.find((each) => each["name"] === objectIn(schema, root)["name"]);
    return listIn(type ?? {}, "fields").map((field) => nameIn(field, "name"));
  };
  return {
    rootFields: {
      query: fieldsOf("queryType"),
      mutation: fieldsOf("mutationType"),
      subscription: fieldsOf("subscriptionType"),
    },
  };
}
