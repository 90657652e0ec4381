/**
 * Whether what a client has sent is a whole request.
 *
 * @module
 */

/** Looks at the bytes of one request after another, on one connection. */
export class RequestMeter {
  #head = "";
  /** Bytes of the body that are still to come, once the head is whole. */
  #missing: number | undefined;
  #length = 0;

  /** Bytes that the client has sent. */
  add(bytes: Uint8Array): void {
    if (this.#missing !== undefined) {
      this.#missing -= bytes.length;
      return;
    }
    this.#head += new TextDecoder("latin1").decode(bytes);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end === -1) return;
    this.#length = Number(/^content-length: *(\d+)/im.exec(this.#head.slice(0, end))?.[1] ?? 0);
    this.#missing = this.#length - (this.#head.length - end - 4);
  }

  /** An answer has begun: what comes next is another request. */
  answered(): void {
    this.#head = "";
    this.#missing = undefined;
  }

  /** Bytes of the body, as the head says and as they have come; `undefined` while the head is not whole. */
  get body(): { length: number; received: number } | undefined {
    if (this.#missing === undefined) return undefined;
    return { length: this.#length, received: this.#length - this.#missing };
  }

  /** Whether a whole request is unanswered. */
  get whole(): boolean {
    return this.#missing !== undefined && this.#missing <= 0;
  }
}
