/** Where the project is, and the environment its tools run in. Importing this moves into the project's folder. */
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "..", "..");
process.chdir(root);

/** None of the tools may look for the internet: no telemetry, no version checks, no engine downloads. */
export const quietEnvironment = {
  NEXT_TELEMETRY_DISABLED: "1",
  CHECKPOINT_DISABLE: "1",
  PRISMA_HIDE_UPDATE_MESSAGE: "1",
};
Object.assign(process.env, quietEnvironment);

/** The path of a command that an installed package brings. */
export const tool = (name) => path.join(root, "node_modules", ".bin", name);
