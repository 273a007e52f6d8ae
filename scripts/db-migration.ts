/**
 * `npm run db:migration -- NAME`: writes the migration that leads from the committed ones to the models in
 * prisma/schema.prisma. Look at the SQL before committing it: the engine cannot know a rename from a
 * removal and an addition.
 */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pendingSchemaChange } from "../server/store/migrate";

const folder = path.join("prisma", "migrations");
const name = process.argv[2];

if (!name || !/^[a-z0-9_]+$/.test(name)) {
  console.error(`Give the migration a name of small letters, digits and _; got ${name ?? "none"}`);
  process.exit(1);
}

const sql = await pendingSchemaChange();
if (sql.trim() === "") {
  console.log("The migrations already lead to prisma/schema.prisma; nothing to write.");
} else {
  const entries = await readdir(folder, { withFileTypes: true });
  const number = entries.filter((entry) => entry.isDirectory()).length + 1;
  const target = path.join(folder, `${String(number).padStart(4, "0")}_${name}`);
  await mkdir(target);
  await writeFile(path.join(target, "migration.sql"), sql);
  console.log(`Wrote ${path.join(target, "migration.sql")}:\n\n${sql}`);
}
