/** The query of docs/after-tasks.md finds the names that stop the "after" task. */

import assert from "node:assert/strict";
import { assignFileNames, findBadNames, isOdd } from "../../src/after_tasks/file_names.ts";
import { createRelease } from "../support/plandev.ts";
import { backends, startVenue } from "../venue/mod.ts";

const GOOD = [
  "wake up",
  "tests/spin up",
  "Kühlung",
  "a.",
  "a ",
  "...",
  ".git",
  "a/.seqdev",
  ".github/x",
  "CONSOLE",
  "con",
];
const BAD = [
  ...["", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\\b", "a\nb", "a\u007f", "a. /b", "a./b"],
  ...[`a"b`, "a<b", "a>b", "a:b", "a|b", "a?b", "a*b", "50%", "a#b", "CON", "NUL.txt", "COM1/a", "b/LPT9"],
  ...[".git/a", "a/.GIT/b", ".gitignore/a", ".gitattributes/a", ".GitModules/a", "a/b/.seqdev/c"],
];

for (const { name, database } of backends()) {
  Deno.test(`the documented query finds the names that cannot be moved everywhere: ${name}`, async () => {
    const page = await Deno.readTextFile(new URL("../../docs/after-tasks.md", import.meta.url));
    const [, query = assert.fail("the page has no such query")] = /```sql\n([^`]*name ~ [^`]*)```/.exec(page) ?? [];
    const sequences = [...GOOD, ...BAD].map((name) => ({ name, definition: "", seqJson: null, workspaceId: 1 }));
    await using release = await createRelease({ newest: 1, sequences, withMetadata: false });
    await using venue = await startVenue({ database, baseSql: release.at(0) });
    assert.deepEqual((await venue.sql(query)).map(([, , name]) => name), BAD);

    const rows = sequences.map(({ name }, index) => ({ id: index + 1, name, workspaceId: 1 }));
    const refused = new Set(findBadNames(assignFileNames(rows)).map(({ sequence }) => sequence.name));
    assert.deepEqual(sequences.map(({ name }) => name).filter((name) => refused.has(name) || isOdd(name)), BAD);
  });
}
