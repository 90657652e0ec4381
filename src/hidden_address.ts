/**
 * Shows addresses without what may be secret in them.
 *
 * @module
 */

/** What stands in place of a value that is not shown. */
export const HIDDEN = "(hidden)";

/** An address without user, password, query, and what looks like a token; of one that is called, without its path. */
export function hideInAddress(address: string, { isWebhook = false }: { isWebhook?: boolean } = {}): string {
  const start = address.includes("://") ? address.indexOf("://") + 3 : 0;
  const [scheme, rest] = [address.slice(0, start), address.slice(start)];
  const end = rest.search(/[?#]/);
  const user = rest.lastIndexOf("@");
  const place = end === -1 ? rest : rest.slice(0, end);
  const query = end === -1 || end === rest.length - 1 ? rest.slice(place.length) : `${rest[end]}${HIDDEN}`;
  // A password may hold / and ? and @: all before the last @ goes, and all after the first ?.
  const known = user === -1 ? place : place.slice(user);
  const slash = known.indexOf("/");
  const host = slash === -1 ? known : known.slice(0, slash);
  const path = known.slice(host.length);
  const shown = isWebhook && start > 0 && path.length > 1 ? `/${HIDDEN}` : path.replaceAll(/[^/{}]{16,}/g, hideToken);
  return `${scheme}${user === -1 ? "" : HIDDEN}${host}${shown}${query}`;
}

/** Names have few digits; keys in a path have many. */
function hideToken(part: string): string {
  return part.replaceAll(/\D/g, "").length >= 3 ? HIDDEN : part;
}
