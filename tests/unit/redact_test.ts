import assert from "node:assert/strict";
import { quoteText } from "../../src/quote.ts";
import { createRedactor } from "../../src/redact.ts";

Deno.test("redact() replaces a secret in all its spellings", () => {
  const cases: [secret: string, text: string, expected: string][] = [
    ["long-secret-1", "a long-secret-1 b long-secret-1", "a **** b ****"],
    ["pa$$w^rd.*(x", "is pa$$w^rd.*(x here", "is **** here"],
    ['say "hi" \\ you', String.raw`{"v":"say \"hi\" \\ you"}`, '{"v":"****"}'],
    ["ümläut & blank", "?s=%C3%BCml%C3%A4ut%20%26%20blank", "?s=****"],
    ["  padded-secret  ", "x padded-secret y", "x **** y"],
    ["pässwörd-für-x", "seen: pÃ¤sswÃ¶rd-fÃ¼r-x", "seen: ****"],
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

Deno.test("redact() leaves whole what is allowed, and never a secret", () => {
  const cases: [secret: string, allowed: string[], text: string, expected: string][] = [
    [
      "aerie",
      ["http://aerie.invalid:8080"],
      "at http://aerie.invalid:8080/v2: aerie",
      "at http://aerie.invalid:8080/v2: ****",
    ],
    ["aerie", ["/tmp/aerie/hasura"], '"/tmp/aerie/hasura/x" /tmp/aerie/other', '"/tmp/aerie/hasura/x" /tmp/****/other'],
    ["aerie", ["aerie"], "aerie", "****"],
    ["aerie", [" aerie "], "an aerie x", "an **** x"],
    ["long/secret", [".", "/", "long", "", " "], "a long/secret.", "a ****."],
    ["long-secret", ["x-long", "secret-x"], "x-long-secret-x", "x-****-x"],
    ["ababababa", ["xababababa"], "xababababababa xababababa", "xab**** xababababa"],
    ['q"uoted-it', ['/a/q"uoted-it'], String.raw`"/a/q\"uoted-it" q\"uoted-it`, String.raw`"/a/q\"uoted-it" ****`],
    ["zero\u200bwidth", [], quoteText("zero\u200bwidth"), '"****"'],
  ];
  for (const [secret, allowed, text, expected] of cases) {
    for (const secretFirst of [true, false]) {
      const redactor = createRedactor();
      if (secretFirst) redactor.add(secret);
      for (const word of allowed) redactor.allow(word);
      if (!secretFirst) redactor.add(secret);
      assert.equal(redactor.redact(text), expected);
    }
  }
});

Deno.test("redact() hides secrets that overlap", () => {
  const redactor = createRedactor();
  redactor.add("first-secret");
  redactor.add("secret-second");
  assert.equal(redactor.redact("a first-secret-second b first-secret"), "a **** b ****");
});
