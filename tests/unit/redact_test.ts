import assert from "node:assert/strict";
import { createRedactor } from "../../src/redact.ts";

Deno.test("redact() replaces a secret in all its spellings", () => {
  const cases: [secret: string, text: string, expected: string][] = [
    ["long-secret-1", "a long-secret-1 b long-secret-1", "a **** b ****"],
    ["pa$$w^rd.*(x", "is pa$$w^rd.*(x here", "is **** here"],
    ['say "hi" \\ you', String.raw`{"v":"say \"hi\" \\ you"}`, '{"v":"****"}'],
    ["ümläut & blank", "?s=%C3%BCml%C3%A4ut%20%26%20blank", "?s=****"],
    ["  padded-secret  ", "x padded-secret y", "x **** y"],
    ["aerie", "aerie_db_migration uses aerie", "aerie_db_migration uses ****"],
    ["a", "a cat (a)", "**** cat (****)"],
  ];
  for (const [secret, text, expected] of cases) {
    const redactor = createRedactor();
    redactor.add(secret);
    assert.equal(redactor.redact(text), expected);
  }
});

Deno.test("redact() leaves text alone where there is no secret", () => {
  const redactor = createRedactor();
  redactor.add("");
  redactor.add("  ");
  assert.equal(redactor.redact("any text"), "any text");
});
