/**
 * What a metadata request works on.
 *
 * @module
 */

import type { Json } from "./bodies.ts";
import type { Metadata, StoredMetadata } from "./catalog.ts";
import { type Instance, look, type LookOptions } from "./instance.ts";
import type { Schema } from "./schema.ts";

/** The metadata and the schema as a request changes them; nothing of it counts before all of the request went well. */
export class Work {
  readonly instance: Instance;
  /** Of the metadata at the start. */
  readonly resourceVersion: number;
  #metadata: Metadata;
  #schema: Schema;

  /** Starts with what is stored and what the server knows. */
  constructor(instance: Instance, { metadata, resourceVersion }: StoredMetadata) {
    this.instance = instance;
    this.resourceVersion = resourceVersion;
    this.#metadata = metadata;
    this.#schema = instance.schema;
  }

  /** The metadata as it is now. */
  get metadata(): Metadata {
    return this.#metadata;
  }

  /** What is made of it. */
  get schema(): Schema {
    return this.#schema;
  }

  /** Puts other metadata in place and makes the schema for it. @throws {HasuraError} */
  async change(metadata: Metadata, { again = [] }: LookOptions = {}): Promise<void> {
    this.#schema = await look(this.instance, metadata, { again, before: this.#schema });
    this.#metadata = metadata;
  }

  /** Runs a part of the request that may fail without the rest. @throws whatever it throws */
  async attempt(part: () => Promise<Json>): Promise<Json> {
    const [metadata, schema] = [this.#metadata, this.#schema];
    try {
      return await part();
    } catch (error) {
      [this.#metadata, this.#schema] = [metadata, schema];
      throw error;
    }
  }

  /** Whether all fits, and what does not. */
  consistency(): { is_consistent: boolean; inconsistent_objects: Json[] } {
    const { inconsistentObjects } = this.#schema;
    return { is_consistent: inconsistentObjects.length === 0, inconsistent_objects: [...inconsistentObjects] };
  }
}

/** A decoded call, ready to run. */
export interface MetadataCall {
  /** Whether the call changes the metadata, as far as its number and Hasura's special modes are concerned. */
  modifies: boolean;
  /** Runs it; the caller holds the lock. @throws {HasuraError} */
  run(work: Work): Promise<Json>;
}

/** Decodes the arguments of a call. @throws {HasuraError} */
export type CallDecoder = (args: unknown, path: string) => MetadataCall;

/** What most calls answer. */
export const SUCCESS: Json = { message: "success" };
