/**
 * What building the schema turns up: problems, and what depends on what.
 *
 * @module
 */

import { inconsistent, type InconsistentObject, type MetadataObject, Unusable } from "./metadata_object.ts";
import type { Because, SchemaId } from "./schema_id.ts";

/** That `subject`, which `object` defines, needs something. */
export interface Dependency {
  object: MetadataObject;
  subject: SchemaId;
  on: SchemaId;
  because: Because;
}

/** What something needs, with the reason. */
export type Need = readonly [on: SchemaId, because: Because];

/** Collects. */
export class Collector {
  readonly problems: InconsistentObject[] = [];
  readonly dependencies: Dependency[] = [];

  /** Makes something of an object, or notes why that is not possible. */
  attempt<T>(object: MetadataObject, make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      return this.#note(object, error);
    }
  }

  /** The same for what takes time. */
  async attemptLater<T>(object: MetadataObject, make: () => Promise<T>): Promise<T | undefined> {
    try {
      return await make();
    } catch (error) {
      return this.#note(object, error);
    }
  }

  /** Notes what an object needs. */
  depend(object: MetadataObject, subject: SchemaId, needs: readonly Need[]): void {
    this.dependencies.push(...needs.map(([on, because]) => ({ object, subject, on, because })));
  }

  #note(object: MetadataObject, error: unknown): undefined {
    if (!(error instanceof Unusable)) throw error;
    this.problems.push(inconsistent(object, error.message, error.said));
  }
}

/** Runs `work`; what it says of a problem begins with `context`. @throws {Unusable} */
export function within<T>(context: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof Unusable ? new Unusable(`${context}${error.message}`, error.said) : error;
  }
}
