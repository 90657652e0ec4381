/**
 * Error pages as a proxy in front of Hasura sends them.
 *
 * @module
 */

import type { Answer } from "./api.ts";

const TITLES = {
  403: "Forbidden",
  413: "Request Entity Too Large",
  502: "Bad Gateway",
  503: "Service Temporarily Unavailable",
  504: "Gateway Time-out",
} as const;

/** A status that a proxy answers with. */
export type ProxyStatus = keyof typeof TITLES;

/** The page for a status. */
export function proxyPage(status: ProxyStatus): Answer {
  const title = `${status} ${TITLES[status]}`;
  return {
    status,
    contentType: "text/html",
    text: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n` +
      "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
  };
}
