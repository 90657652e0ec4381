/**
 * The recorded scenarios as a test of the test server.
 *
 * @module
 */

import { type Backend, startVenue } from "../venue/mod.ts";
import { readRecording, type Scenario } from "./answers.ts";
import { expectedDifference } from "./different.ts";
import { Player } from "./play.ts";

/** Registers the test on a backend: each scenario is equal, or is listed with the reason why it is not. */
export function testConformance({ name, database }: Backend): void {
  Deno.test(`the test server answers as a genuine Hasura did: ${name}`, async (t) => {
    const { fixtures, scenarios } = readRecording();
    await using venue = await startVenue({ database });
    const player = new Player(venue, fixtures);
    for (const [group, members] of Map.groupBy(scenarios, ({ id }) => id.split("-", 1)[0] ?? id)) {
      await t.step(`${group} (${members.length})`, async () => {
        const wrong: string[] = [];
        for (const scenario of members) wrong.push(...await judge(player, scenario, name));
        if (wrong.length > 0) throw new Error(`${wrong.length} scenarios:\n${wrong.join("\n")}`);
      });
    }
  });
}

async function judge(player: Player, scenario: Scenario, backend: Backend["name"]): Promise<string[]> {
  const expected = expectedDifference(scenario, backend);
  if (expected?.plays === false) return [];
  const found = await player.play(scenario);
  if (expected === undefined) return found.length === 0 ? [] : [`${scenario.id}\n  ${found.join("\n  ")}`];
  return found.length > 0 ? [] : [`${scenario.id} is equal: take it out of tests/conformance/different.ts`];
}
