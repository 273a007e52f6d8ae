/**
 * Prisma's schema engine, as WebAssembly from the package registry.
 *
 * Prisma's own command line downloads a native engine from a host of its own; this one comes with
 * `npm ci` and does the two things the grid needs: apply the committed migrations, and write the SQL of a
 * new one. It makes no decision about when.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from "@prisma/driver-adapter-utils";
import * as bindings from "@prisma/schema-engine-wasm/schema_engine_bg";

export type SchemaEngine = bindings.SchemaEngine;

/**
 * Lets `act` use an engine on the database that `factory` connects to, and closes the engine and its
 * connections after it.
 *
 * @param factory How to connect; a shadow database, where migrations are replayed, is also made by it.
 */
export async function withSchemaEngine<T>(
  factory: SqlMigrationAwareDriverAdapterFactory,
  act: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  await (loading ??= loadEngine());
  const connections: SqlDriverAdapter[] = [];
  const keep = async (connecting: Promise<SqlDriverAdapter>) => {
    const connection = await connecting;
    connections.push(connection);
    return connection;
  };
  const adapter = bindMigrationAwareSqlAdapterFactory({
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: () => keep(factory.connect()),
    connectToShadowDb: () => keep(factory.connectToShadowDb()),
  });
  const ignoreLog = () => {};
  const engine = await bindings.SchemaEngine.new({ datamodels: undefined }, ignoreLog, adapter);
  try {
    return await act(engine);
  } finally {
    engine.free();
    for (const connection of connections) await connection.dispose();
  }
}

let loading: Promise<void> | undefined;

/**
 * Does by hand what the package's main file asks of a bundler: `import`ing a `.wasm` file needs a flag in
 * Node.js 20.
 */
async function loadEngine(): Promise<void> {
  const packageFile = createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm/schema_engine_bg");
  const wasm = await readFile(path.join(path.dirname(packageFile), "schema_engine_bg.wasm"));
  const { instance } = await WebAssembly.instantiate(wasm, { "./schema_engine_bg.js": { ...bindings } });
  bindings.__wbg_set_wasm(instance.exports);
  const start = instance.exports["__wbindgen_start"];
  if (typeof start === "function") start();
}
