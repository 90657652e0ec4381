/**
 * Remote schemas.
 *
 * @module
 */

import { named } from "./named_list.ts";
import { remoteRelationship } from "./relationships.ts";
import { bool, graphqlName, int, name, template, text } from "./scalars.ts";
import {
  byHand,
  derived,
  dictionary,
  filledIn,
  items,
  list,
  object,
  optional,
  required,
  type Shape,
  templated,
  unless,
} from "./shape.ts";
import { header } from "./webhooks.ts";

const renaming = {
  prefix: optional(graphqlName),
  suffix: optional(graphqlName),
  mapping: filledIn(dictionary(graphqlName), {}),
};

const customization = object(
  templated("Hasura.RemoteSchema.Metadata.Customization.RemoteSchemaCustomization"),
  {
    root_fields_namespace: optional(graphqlName),
    type_names: optional(object(byHand("RemoteTypeCustomization"), renaming)),
    field_names: optional(
      list(object(byHand("RemoteFieldCustomization"), { parent_type: required(graphqlName), ...renaming })),
    ),
  },
);

/** A remote schema. Whether it has an address shows only when it is asked. */
export const remoteSchema: Shape = object(byHand("RemoteSchemaMetadata"), {
  name: required(name),
  definition: required(object(byHand("Object"), {
    url: optional(template),
    url_from_env: optional(text),
    headers: items(header),
    forward_client_headers: unless(false, bool),
    timeout_seconds: optional(int),
    customization: optional(customization),
  })),
  comment: optional(text),
  permissions: items(object(derived("Hasura.RemoteSchema.Metadata.Permission.RemoteSchemaPermissionMetadata"), {
    role: required(name),
    definition: required(object(byHand("RemoteSchemaPermissionDefinition"), { schema: required(text) })),
    comment: optional(text),
  })),
  remote_relationships: items(object(byHand("RemoteSchemaMetadata"), {
    type_name: required(graphqlName),
    relationships: { ...named(remoteRelationship, { by: "name" }), fallback: [], omitted: () => false },
  })),
});
