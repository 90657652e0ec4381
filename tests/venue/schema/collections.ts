/**
 * Stored queries, and the endpoints that run them.
 *
 * @module
 */

import { type DocumentNode, GraphQLError, Kind, type OperationDefinitionNode, parse, print, visit } from "graphql";
import type { Metadata } from "../catalog.ts";
import { listIn, type LooseObject, nameIn, namesIn, objectIn } from "../loose.ts";
import type { Built } from "./built.ts";
import { type Collector, within } from "./collector.ts";
import { endpointDefinition } from "./definitions.ts";
import { ambiguousEndpoints, endpointProblems } from "./endpoint_urls.ts";
import { graphqlTypes } from "./graphql_types.ts";
import { inconsistent, metadataObject, quotedList, Unusable } from "./metadata_object.ts";
import { queryProblems } from "./query_analysis.ts";

interface StoredQuery {
  collection: string;
  query: LooseObject;
  document: DocumentNode;
}

/** Looks at endpoints and at all stored queries. */
export function checkCollections(
  metadata: Metadata,
  { built, collector }: { built: Built; collector: Collector },
): void {
  const queries = storedQueries(metadata);
  const endpoints = usableEndpoints(metadata, { queries, collector });
  collector.problems.push(
    ...[...endpoints.keys()].flatMap(endpointProblems),
    ...ambiguousEndpoints([...endpoints.keys()]),
  );
  const allowed = allowedQueries(metadata, queries);
  const types = graphqlTypes(built);
  for (const stored of queries) {
    const problems = queryProblems(stored.document, types);
    if (problems.length === 0) continue;
    const text = canonical(stored.document);
    const used = [...endpoints].filter(([, query]) => canonical(query.document) === text);
    const [collection, name] = [stored.collection, nameIn(stored.query, "name")];
    const uses = used.flatMap(([endpoint]) => namesIn(endpoint, "methods").map(() => nameIn(endpoint, "name")));
    collector.problems.push(inconsistent(
      metadataObject("query_collections", `${name} in ${collection}`, { name, query: nameIn(stored.query, "query") }),
      `In query collection "${collection}" the query "${name}" is invalid with the following error(s): ` +
        quotedList(problems.toReversed()) +
        (uses.length === 0
          ? ""
          : `. This query is being used in the following REST endpoint(s): ${quotedList(uses.toReversed())}`) +
        (allowed.has(text) ? ". This query is in allowlist." : ""),
    ));
  }
}

function storedQueries(metadata: Metadata): StoredQuery[] {
  return listIn(metadata, "query_collections").flatMap((collection) =>
    listIn(objectIn(collection, "definition"), "queries").flatMap((query) => {
      const document = parsed(nameIn(query, "query"));
      return document === undefined ? [] : [{ collection: nameIn(collection, "name"), query, document }];
    })
  );
}

/** A text that is no GraphQL is refused when the metadata comes in. */
function parsed(text: string): DocumentNode | undefined {
  try {
    return parse(text, { noLocation: true });
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
}

function usableEndpoints(
  metadata: Metadata,
  { queries, collector }: { queries: StoredQuery[]; collector: Collector },
): Map<LooseObject, StoredQuery> {
  const usable = new Map<LooseObject, StoredQuery>();
  const collections = listIn(metadata, "query_collections").map((collection) => nameIn(collection, "name"));
  for (const endpoint of listIn(metadata, "rest_endpoints")) {
    const name = nameIn(endpoint, "name");
    collector.attempt(
      metadataObject("rest_endpoint", name, endpointDefinition(endpoint)),
      () =>
        within(`in endpoint ${name}: `, () => {
          const reference = objectIn(objectIn(endpoint, "definition"), "query");
          usable.set(endpoint, queryOf(reference, { queries, collections }));
        }),
    );
  }
  return usable;
}

function queryOf(
  reference: LooseObject,
  { queries, collections }: { queries: StoredQuery[]; collections: string[] },
): StoredQuery {
  const [collection, name] = [nameIn(reference, "collection_name"), nameIn(reference, "query_name")];
  if (!collections.includes(collection)) throw new Unusable(`collection with name ${collection} does not exist`);
  const found = queries.find((each) => each.collection === collection && each.query["name"] === name);
  if (found === undefined) {
    throw new Unusable(`query with name ${name} does not exist in collection ${collection}`);
  }
  const [first, ...more] = found.document.definitions;
  if (first?.kind !== Kind.OPERATION_DEFINITION || more.length > 0 || isShorthand(found)) {
    throw new Unusable(`query with name ${name} has multiple definitions.`);
  }
  if (first.operation === "subscription") throw new Unusable(`query with name ${name} is a subscription`);
  return found;
}

/** `{ field }` without a word before it. */
function isShorthand({ query, document }: StoredQuery): boolean {
  const { name } = document.definitions[0] as OperationDefinitionNode;
  return name === undefined && /^\s*\{/.test(nameIn(query, "query"));
}

/** The queries of the collections in the allow-list that holds for all roles, without `__typename`. */
function allowedQueries(metadata: Metadata, queries: StoredQuery[]): Set<string> {
  const collections = listIn(metadata, "allowlist")
    .filter((entry) => objectIn(entry, "scope")["global"] !== false)
    .map((entry) => nameIn(entry, "collection"));
  const documents = queries.filter(({ collection }) => collections.includes(collection));
  return new Set(documents.map(({ document }) => canonical(withoutTypenames(document))));
}

function withoutTypenames(document: DocumentNode): DocumentNode {
  return visit(document, { Field: ({ name }) => name.value === "__typename" ? null : undefined });
}

function canonical(document: DocumentNode): string {
  return print(document);
}
