import { backends } from "../venue/mod.ts";
import { testConformance } from "./suite.ts";

for (const backend of backends()) if (backend.name === "postgres") testConformance(backend);
