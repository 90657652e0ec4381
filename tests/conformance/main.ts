/**
 * Shows where the test server answers otherwise than a genuine Hasura: a table of counts, and the differences.
 *
 * Arguments: beginnings of scenarios' ids (default: all), `--postgres` (default: PGlite), `--quiet` for the table only.
 *
 * @module
 */

import { startCluster } from "../venue/cluster.ts";
import { startVenue } from "../venue/mod.ts";
import { readRecording } from "./answers.ts";
import { expectedDifference } from "./different.ts";
import { Player } from "./play.ts";

const quiet = Deno.args.includes("--quiet");
const wanted = Deno.args.filter((argument) => !argument.startsWith("--"));
const backend = Deno.args.includes("--postgres") ? "postgres" : "pglite";
const cluster = backend === "postgres" ? await startCluster() : undefined;
const database = cluster?.url ?? "pglite";
const { fixtures, scenarios } = readRecording();
const counts = new Map<string, { equal: number; different: number; unplayed: number }>();
let venue = await startVenue({ database });
let player = new Player(venue, fixtures);
for (const scenario of scenarios) {
  const { id } = scenario;
  if (wanted.length > 0 && !wanted.some((beginning) => id.startsWith(beginning))) continue;
  const group = id.split("-", 1)[0] ?? id;
  const count = counts.get(group) ?? { equal: 0, different: 0, unplayed: 0 };
  counts.set(group, count);
  if (expectedDifference(scenario, backend)?.plays === false) {
    count.unplayed++;
    continue;
  }
  let found: string[];
  try {
    found = await player.play(scenario);
  } catch (error) {
    found = [String(error)];
    // Not waited for: what hangs would hang here too.
    venue[Symbol.asyncDispose]().then(undefined, () => {});
    venue = await startVenue({ database });
    player = new Player(venue, fixtures);
  }
  count[found.length === 0 ? "equal" : "different"]++;
  if (found.length > 0 && !quiet) say(`${id}\n${found.map((line) => `  ${line}\n`).join("")}`);
}
await cluster?.stop();
for (const [group, { equal, different, unplayed }] of counts) {
  say(
    `${group.padEnd(16)}${String(equal).padStart(4)} equal ${String(different).padStart(4)} different ${
      String(unplayed).padStart(4)
    } not played`,
  );
}
const all = [...counts.values()];
const sum = (of: "equal" | "different" | "unplayed") => all.reduce((total, count) => total + count[of], 0);
say(`${backend}: ${sum("equal")} equal, ${sum("different")} different, ${sum("unplayed")} not played`);
Deno.exit(0);

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
