/**
 * Answers as they stand on the wire, for the venue's own tests.
 *
 * @module
 */

/** `content-type` of Hasura's answers. */
export const JSON_TYPE = "application/json; charset=utf-8";

/** A whole answer to a request with `x-request-id: r`; the length is given by hand so that it is held to be right. */
export function answerBytes(status: string, type: string, [length, body]: [length: number, body: string]): string {
  const id = status === "200 OK" ? "x-request-id: r\r\n" : "";
  return `HTTP/1.1 ${status}\r\ncache-control: no-transform\r\ncontent-type: ${type}\r\n${id}vary: Accept-Encoding\r\n` +
    `content-length: ${length}\r\ndate: <date>\r\n\r\n${body}`;
}

/** A whole answer of `/healthz`: in one chunk, without a request id. */
export function healthBytes(status: string, [length, body]: [length: number, body: string]): string {
  return `HTTP/1.1 ${status}\r\ncache-control: no-transform\r\ncontent-type: text/plain; charset=utf-8\r\n` +
    "vary: Accept-Encoding\r\ntransfer-encoding: chunked\r\ndate: <date>\r\n\r\n" +
    `${length.toString(16).toUpperCase()}\r\n${body}\r\n0\r\n\r\n`;
}

/** A whole answer of Hasura's. */
export function jsonBytes(status: string, content: [length: number, body: string]): string {
  return answerBytes(status, JSON_TYPE, content);
}

/** The page of a proxy; its title is not the reason that stands in the status line. */
export function pageBytes(status: string, [length, title]: [length: number, title: string]): string {
  return answerBytes(status, "text/html", [
    length,
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n` +
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
  ]);
}
