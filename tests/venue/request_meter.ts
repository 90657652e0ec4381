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

  /** Bytes that the client has sent. */
  add(bytes: Uint8Array): void {
    if (this.#missing !== undefined) {
      this.#missing -= bytes.length;
      return;
    }
    this.#head += new TextDecoder("latin1").decode(bytes);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end === -1) return;
    const length = /^content-length: *(\d+)/im.exec(this.#head.slice(0, end))?.[1];
    this.#missing = Number(length ?? 0) - (this.#head.length - end - 4);
  }

  /** An answer has begun: what comes next is another request. */
  answered(): void {
    this.#head = "";
    this.#missing = undefined;
  }

  /** Whether a whole request is unanswered. */
  get whole(): boolean {
    return this.#missing !== undefined && this.#missing <= 0;
  }
}
