/** Programs that the grid keeps under paths: injected, started, updated, rolled back. */
import type * as z from "zod";
import {
  ProgramPage,
  ProgramVersionList,
  ProgramView,
  Started,
  type InjectProgram,
  type ProgramKind,
  type ProgramVersionView,
  type StartProgram,
  type UpdateProgram,
} from "../protocol/program";
import type { ServiceView } from "../protocol/service";
import type { Client } from "./client";
import { configOf } from "./config";
import { openJob, type JobHandle, type Watching } from "./job-handle";
import { readPages } from "./pages";
import { newKey } from "./submit";

/** As the API takes it; the config may hold whole objects, with the classes that the client was given. */
type WithConfig<Request> = Omit<Request, "config"> & { readonly config?: unknown };
export type Injection = WithConfig<z.input<typeof InjectProgram>>;
export type ProgramStart = WithConfig<z.input<typeof StartProgram>>;
export type ProgramUpdate = WithConfig<z.input<typeof UpdateProgram>>;

export interface Programs {
  /** Keeps a program under a path, as its version 1. @throws {RefusedError} `program-exists`, `program-invalid`. */
  inject(program: Injection, watching?: Watching): Promise<ProgramView>;
  /** By path. */
  list(
    query?: { readonly kind?: ProgramKind; readonly under?: string } & Watching,
  ): AsyncGenerator<ProgramView, void>;
  /** @param name Its path or its id; so do all below. */
  get(name: string, watching?: Watching): Promise<ProgramView>;
  /** Newest first. */
  versions(name: string, watching?: Watching): Promise<ProgramVersionView[]>;
  /** Starts a batch program: over the dataset beside its path when no input is given. @throws {RefusedError} `wrong-order`. */
  start<Key = unknown, Value = unknown>(
    name: string,
    start?: ProgramStart,
    watching?: Watching,
  ): Promise<JobHandle<Key, Value>>;
  /** Starts a service, and says which of its instances are up. @throws {RefusedError} `wrong-order`. */
  startService(name: string, start?: ProgramStart, watching?: Watching): Promise<ServiceView>;
  /** Ends what runs of it. */
  stop(name: string, watching?: Watching): Promise<ProgramView>;
  /** A new version, which new work starts on. */
  update(name: string, update: ProgramUpdate, watching?: Watching): Promise<ProgramView>;
  /** @param version The one before the current one when left out. */
  rollBack(name: string, version?: number, watching?: Watching): Promise<ProgramView>;
  /** The result of its job that was started last, as lines of JSON; the body is unread. */
  result(name: string, query?: { readonly follow?: boolean } & Watching): Promise<Response>;
  /** What the tasks of that job have written, as bare lines; the body is unread. */
  output(name: string, watching?: Watching): Promise<Response>;
  /** Forgets it, with its versions. */
  remove(name: string, watching?: Watching): Promise<void>;
}

export function openPrograms(client: Client): Programs {
  const post = <T>(path: string, json: unknown, schema: z.ZodType<T>, { signal }: Watching = {}) =>
    client.json({ method: "POST", path, json, signal }, schema);
  const onWire = ({ config, ...request }: WithConfig<object>) => ({
    ...request,
    ...(config !== undefined && { config: configOf(config, client.classes) }),
  });
  const start = (name: string, asked: ProgramStart, { signal }: Watching = {}) =>
    client.json(
      {
        method: "POST",
        path: `${placeOf(name)}/start`,
        json: onWire(asked),
        headers: { "idempotency-key": newKey() },
        signal,
      },
      Started,
    );
  return {
    inject: (program, watching) => post("/api/v1/programs", onWire(program), ProgramView, watching),
    list: ({ kind, under, signal } = {}) =>
      readPages(
        client,
        { path: "/api/v1/programs", query: { kind, under }, signal },
        ProgramPage,
        ({ programs }) => programs,
      ),
    get: (name, { signal } = {}) => client.json({ path: placeOf(name), signal }, ProgramView),
    async versions(name, { signal } = {}) {
      return (await client.json({ path: `${placeOf(name)}/versions`, signal }, ProgramVersionList)).versions;
    },
    async start(name, asked = {}, watching) {
      const started = await start(name, asked, watching);
      if (started.kind === "batch") return openJob(client, started.job.id);
      throw new TypeError(`${name} is a service: startService starts it, and has done so now`);
    },
    async startService(name, asked = {}, watching) {
      const started = await start(name, asked, watching);
      if (started.kind === "service") return started.service;
      throw new TypeError(`${name} is a batch program: its start is the job ${started.job.id}`);
    },
    stop: (name, { signal } = {}) =>
      client.json({ method: "POST", path: `${placeOf(name)}/stop`, signal }, ProgramView),
    update: (name, update, watching) =>
      post(`${placeOf(name)}/update`, onWire(update), ProgramView, watching),
    rollBack: (name, version, watching) =>
      post(`${placeOf(name)}/rollback`, version === undefined ? {} : { version }, ProgramView, watching),
    result: (name, { follow = false, signal } = {}) =>
      client.open({ path: `${placeOf(name)}/result`, query: { follow: follow ? 1 : 0 }, signal }),
    output: (name, { signal } = {}) =>
      client.open({ path: `${placeOf(name)}/output`, query: { format: "text" }, signal }),
    async remove(name, { signal } = {}) {
      await client.open({ method: "DELETE", path: placeOf(name), signal });
    },
  };
}

const placeOf = (name: string) => `/api/v1/programs/${encodeURIComponent(name)}`;
