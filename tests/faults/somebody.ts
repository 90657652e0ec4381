/**
 * Faults that are no server's: somebody else works on the same things at the same time.
 *
 * @module
 */

import { SOMEBODYS } from "./metadata_ground.ts";
import { sequenceFiles } from "./after_ground.ts";
import type { Place } from "./place.ts";
import { isMark, isUpload, REPLACE, type RequestName } from "./requests.ts";
import type { Scene } from "./scene.ts";
import type { FaultSpec } from "./stagings.ts";

/** What somebody else has written into a file. */
const OTHER_TEXT = "C SOMEBODY_ELSE\n";

const isReplacement = ({ sort }: RequestName) => sort === REPLACE;

/** The faults by name. */
export const SOMEBODY: Readonly<Record<string, FaultSpec>> = {
  "somebody changes the metadata first": {
    times: ["before"],
    fits: isReplacement,
    stage: (scene) => between(scene, ({ venue }) => venue.setMetadata(SOMEBODYS)),
  },
  "dropped, then somebody changes the metadata": {
    times: ["before"],
    fits: isReplacement,
    stage: (scene) => lostBefore(scene, ({ venue }) => venue.setMetadata(SOMEBODYS)),
  },
  "somebody reloads the metadata first": {
    times: ["before"],
    fits: isReplacement,
    stage: (scene) => between(scene, async ({ venue }) => venue.setMetadata((await venue.metadata()).metadata)),
  },
  "somebody stores the file first": {
    times: ["before"],
    fits: isUpload,
    stage: (scene) => between(scene, (place) => place.putFile(fileOf(scene), OTHER_TEXT)),
    repair: removeOthers,
  },
  "dropped, then somebody stores the file": {
    times: ["before"],
    fits: isUpload,
    stage: (scene) => lostBefore(scene, (place) => place.putFile(fileOf(scene), OTHER_TEXT)),
    repair: removeOthers,
  },
  "the file is there in parts, then whole": {
    times: ["before"],
    fits: isUpload,
    stage: (scene) => between(scene, (place) => appearInParts(scene, place)),
  },
  "somebody edits a sequence meanwhile": {
    times: ["before"],
    fits: (request) => isUpload(request) || isMark(request),
    stage: (scene) =>
      between(
        scene,
        ({ venue }) =>
          venue.sql("update sequencing.user_sequence set definition = definition || 'C MORE' where id = 1"),
      ),
    repair: removeOthers,
  },
  "somebody adds a sequence meanwhile": {
    times: ["before"],
    fits: (request) => isUpload(request) || isMark(request),
    stage: (scene) =>
      between(scene, ({ venue }) =>
        venue.sql(
          "insert into sequencing.user_sequence (name, workspace_id, definition) values ('added', 2, 'C ADDED')",
        )),
  },
};

/** Holds the request for as long as `event` takes. */
function between(scene: Scene, event: (place: Place) => unknown): void {
  scene.add({ hold: scene.struckThen(() => event(scene.place)) });
}

/** The request is lost, and `event` comes between the next look of the tool and what it sends then. */
function lostBefore(scene: Scene, event: (place: Place) => unknown): void {
  scene.add("drop");
  scene.beforeNextAnswer(() => event(scene.place));
}

/** The file that the struck request is about, as in `1/name.seq`. */
function fileOf({ place: { workspace }, strike: { request } }: Scene): string {
  const uploads = workspace.log.filter(({ method }) => method === "PUT");
  return uploads[request.nth - 1]?.path.slice("/ws/".length) ?? "";
}

/** As an earlier upload looks that is still at work: its beginning is there at first. */
async function appearInParts(scene: Scene, place: Place): Promise<void> {
  const file = fileOf(scene);
  const text = (await sequenceFiles(place.venue)).get(file) ?? "";
  place.putFile(file, text.slice(0, text.length / 2));
  // Not before somebody has looked.
  scene.further(2).then(() => place.putFile(file, text));
}

/** Removes the files whose content is another one than that of their sequences. */
async function removeOthers({ venue, workspace: { files }, removeFile }: Place): Promise<void> {
  for (const [file, text] of await sequenceFiles(venue)) {
    const content = files.get(file);
    if (content !== undefined && new TextDecoder().decode(content) !== text) removeFile(file);
  }
}
