/**
 * Looks at the files of certificate authorities that the environment names.
 *
 * Deno takes what it can use of them and says nothing about the rest, so that a server is refused for a reason that
 * nobody could guess.
 *
 * @module
 */

import { ConfigError, describeError } from "./errors.ts";
import { findInnerSetting, INNER_SETTING_ADVICE } from "./inner_setting.ts";
import { fileProblem, type Runtime } from "./runtime.ts";

/** What Deno takes in place of a path. */
const INLINE = "base64:";

const LINE = String.raw`[ \t]*(?:\r\n?|\n|$)`;
const CERTIFICATE = new RegExp(
  String.raw`(?<=^|[\r\n])-----BEGIN CERTIFICATE-----${LINE}([^-]*)-----END CERTIFICATE-----${LINE}`,
  "g",
);

/** Sees to it that each named file has a certificate. @throws {ConfigError} when one has none */
export async function checkCertificates(rt: Pick<Runtime, "env" | "readFile">): Promise<void> {
  const variables = ["DENO_CERT"];
  // Nothing else looks at it.
  if (/(?:^|,)\s*system\s*(?:,|$)/.test(rt.env("DENO_TLS_CA_STORE") ?? "")) variables.push("SSL_CERT_FILE");
  for (const variable of variables) {
    const value = rt.env(variable);
    if (value !== undefined && value.trim() !== "") await checkFile(rt, { variable, value });
  }
}

async function checkFile(
  rt: Pick<Runtime, "readFile">,
  { variable, value }: { variable: string; value: string },
): Promise<void> {
  const inner = findInnerSetting(value);
  if (inner !== undefined) throw unusable(variable, `it holds another setting (${inner.name})`, INNER_SETTING_ADVICE);
  const isInline = variable === "DENO_CERT" && value.startsWith(INLINE);
  const place = isInline ? "the text in it" : `"${value}"`;
  const problem = findProblem(
    isInline ? decodeInline(value.slice(INLINE.length), variable) : await readFile(rt, variable, value),
    isInline ? "FILE" : `'${value.replaceAll("'", `'\\''`)}'`,
  );
  if (problem !== undefined) throw unusable(variable, `${place} ${problem.what}`, problem.next);
}

async function readFile(rt: Pick<Runtime, "readFile">, variable: string, path: string): Promise<Uint8Array> {
  try {
    return await rt.readFile(path);
  } catch (error) {
    const reason = fileProblem(error) ?? describeError(error);
    throw unusable(variable, `"${path}" cannot be read: ${reason}`, "Name a file that is there and can be read");
  }
}

function decodeInline(text: string, variable: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw unusable(variable, `what stands behind ${INLINE} is not base64`, "Make it with base64 -w0 FILE");
  }
}

function unusable(variable: string, reason: string, next: string): ConfigError {
  return new ConfigError(`Cannot use the certificate that the variable ${variable} names: ${reason}`, {
    state: "Nothing was sent",
    next: `${next}; or unset ${variable}`,
  });
}

interface Problem {
  what: string;
  next: string;
}

/** Why Deno finds no certificate in `bytes`; `path` is the file as a shell takes it. */
function findProblem(bytes: Uint8Array, path: string): Problem | undefined {
  const save = "Save it as PEM, text without a byte order mark that has a line -----BEGIN CERTIFICATE-----";
  if (bytes.length === 0) return { what: "is empty", next: "Name a file that has a certificate in it" };
  // A SEQUENCE: a certificate, or several in a container, in the binary form.
  if (bytes[0] === 0x30) {
    return {
      what: "is in the binary form (DER), not PEM",
      next: `Make it PEM: openssl x509 -inform DER -in ${path} -out ca.pem, or for .p7b openssl pkcs7 -inform DER ` +
        `-print_certs -in ${path} -out ca.pem`,
    };
  }
  const mark = bytes[0] === 0xff || bytes[0] === 0xfe || bytes[1] === 0 ? "UTF-16" : undefined;
  if (mark !== undefined) return { what: `is ${mark} text`, next: save };
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const found = [...text.matchAll(CERTIFICATE)].map(([, body = ""]) => body);
  if (found.some(isCertificate)) return undefined;
  if (text.startsWith("\ufeff-----BEGIN CERTIFICATE")) return { what: "begins with a byte order mark", next: save };
  const labels = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map(([, label = ""]) => label);
  if (labels.some((label) => label === "PKCS7" || label === "CMS")) {
    const next = `Take them out: openssl pkcs7 -print_certs -in ${path} -out ca.pem`;
    return { what: "has its certificates in a container (PKCS #7)", next };
  }
  if (labels.some((label) => label === "TRUSTED CERTIFICATE" || label === "X509 CERTIFICATE")) {
    const next = `Write it anew: openssl x509 -in ${path} -out ca.pem`;
    return { what: "has a certificate of another form of PEM", next };
  }
  if (labels.includes("CERTIFICATE")) {
    const next = `Look at it with openssl x509 -noout -text -in ${path}, and get it anew`;
    return { what: "has a certificate that is damaged", next };
  }
  const has = labels.length === 0 ? "" : `, but: ${[...new Set(labels)].slice(0, 3).join(", ").toLowerCase()}`;
  return { what: `has no certificate in it${has}`, next: "Name the PEM file of the authority's certificate" };
}

/** Whether `base64` is one whole SEQUENCE, which is what a certificate is to begin with. */
function isCertificate(base64: string): boolean {
  let der: string;
  try {
    der = atob(base64.replaceAll(/\s+/g, ""));
  } catch {
    return false;
  }
  const lengthBytes = der.charCodeAt(1) & 0x7f;
  if (der.charCodeAt(0) !== 0x30 || der.charCodeAt(1) < 0x80 || lengthBytes > 3) return false;
  const length = [...der.slice(2, 2 + lengthBytes)].reduce((value, byte) => value << 8 | byte.charCodeAt(0), 0);
  return der.length === 2 + lengthBytes + length;
}
