/**
 * Starts the server side of the benchmark and talks to it.
 *
 * @module
 */

import type { HostReady, Traffic } from "./venue_host.ts";

/** A venue as it is, and one that waits before it looks at a request. */
export type VenueName = "plain" | "delayed";

/** The server side. Disposing ends it. */
export interface VenueProcess extends AsyncDisposable {
  readonly ready: HostReady;
  /** What a venue has seen since the last call of either function. */
  traffic(venue: VenueName): Promise<Traffic>;
  /** Makes a venue and the database of the direct program as they were at the start. */
  freshen(venue: VenueName): Promise<void>;
}

/** Starts it; requests to the delayed venue wait `delayMs`. The working folder is the project's. */
export async function startVenueProcess(delayMs: number): Promise<VenueProcess> {
  const child = new Deno.Command("sh", {
    args: ["tools/deno.sh", "run", "-A", "tools/bench/venue_host.ts", String(delayMs)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const readLine = lineReader(child.stdout);
  const first: HostReady | { error: string } = JSON.parse(await readLine());
  if ("error" in first) {
    await writer.close();
    await child.status;
    throw new Error(first.error);
  }

  async function command(word: "traffic" | "freshen", venue: VenueName): Promise<Traffic> {
    await writer.write(new TextEncoder().encode(`${word} ${venue}\n`));
    return JSON.parse(await readLine());
  }

  const host: VenueProcess = {
    ready: first,
    traffic: (venue) => command("traffic", venue),
    freshen: async (venue) => {
      await command("freshen", venue);
    },
    async [Symbol.asyncDispose]() {
      // It may be gone already.
      await writer.close().catch(() => {});
      await child.status;
    },
  };
  await host.freshen("delayed");
  await host.freshen("plain");
  return host;
}

function lineReader(stream: ReadableStream<Uint8Array<ArrayBuffer>>): () => Promise<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return async () => {
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error("The process of the venue ended unexpectedly");
      text += value;
    }
    const [line = "", ...rest] = text.split("\n");
    text = rest.join("\n");
    return line;
  };
}
