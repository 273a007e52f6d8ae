/** Finds the route files of the app and calls them the way Next does, without Next. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Handler } from "../../../server/http/route";

type Params = Record<string, string>;
type RouteModule = Record<string, Handler<Params>>;

export interface AppRoute {
  /** As in the API's document: `/api/v1/jobs/{id}`. */
  path: string;
  handlers: RouteModule;
}

const APP = path.join(import.meta.dirname, "..", "..");

/** Every route file under app/, but the one that catches what is left. */
export async function findRoutes(): Promise<AppRoute[]> {
  const files = await readdir(APP, { recursive: true });
  const routes = files.filter((file) => path.basename(file) === "route.ts" && !file.includes("[["));
  return Promise.all(
    routes.sort().map(async (file) => ({
      path: `/${path.dirname(file)}`.replaceAll(/\[(\w+)\]/g, "{$1}"),
      handlers: await load(file),
    })),
  );
}

/** Calls the handler of an address; an address that no route has goes to the one that catches the rest. */
export async function call(method: string, address: string, init: RequestInit = {}): Promise<Response> {
  const url = new URL(address, "http://grid");
  const matches = (await findRoutes()).flatMap(({ path, handlers }) => {
    const pattern = new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`);
    const match = pattern.exec(url.pathname);
    return match ? [{ handlers, params: { ...match.groups } }] : [];
  });
  const rest = await load("api/[[...path]]/route.ts");
  const { handlers, params } = matches[0] ?? { handlers: rest, params: {} };
  const handler = handlers[method];
  if (!handler) throw new Error(`${address} does not export ${method}`);
  return handler(new Request(url, { method, ...init }), { params: Promise.resolve(params) });
}

async function load(file: string): Promise<RouteModule> {
  return (await import(pathToFileURL(path.join(APP, file)).href)) as RouteModule;
}
