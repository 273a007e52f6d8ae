/**
 * The registry of programs: inject, start, result, stop, update and roll back, each by itself and in that order.
 *
 * A program is checked when it is injected, as it is with a submission. What was injected never changes: an update
 * is a new version, so that what runs goes on with the one it began with. A start of a batch program is a job like
 * any other; what comes too early is answered with what to do first.
 */
import { randomBytes } from "node:crypto";
import type { EpochMs, JobId } from "../../protocol/ids";
import { SubmitJob, type JobInput } from "../../protocol/job";
import type {
  InjectProgram,
  ProgramKind,
  ProgramPage,
  ProgramVersionList,
  ProgramView,
  RollBackProgram,
  Started,
  StartProgram,
  UpdateProgram,
} from "../../protocol/program";
import type { ProgramId, ProgramPath, StoredProgram } from "../../protocol/program-name";
import { describeIssues, GridError } from "../../protocol/problems";
import type { JobView } from "../../protocol/views";
import { checkConfig } from "../check-objects";
import type { BlockStore } from "../grid-api";
import { ServiceName, ServiceOptions, type ServiceView } from "../../protocol/service";
import { prepareProgram, prepareService, type PreparedProgram } from "../program-prepare";
import type { ServiceControl } from "../services/service-control";
import type { Database } from "../store/database";
import {
  deleteProgram,
  findLastJobId,
  insertProgram,
  insertVersion,
  readPrograms,
  readUnendedJobIds,
  readVersions,
  setCurrentVersion,
  type StoredProgramRow,
  type StoredVersion,
} from "../store/programs";
import { programNamed, versionOf } from "./resolve-program";

/** The registry as the API has it. All that take a name throw `program-not-found`. */
export interface ProgramsApi {
  /**
   * Keeps a program under a path, as its version 1; durable when it returns.
   * @throws {GridError} `program-invalid`, `program-exists`, `too-large`.
   */
  inject(request: InjectProgram): Promise<ProgramView>;
  /** By path. @param cursor What the page before gave as `nextCursor`. */
  list(query: ProgramQuery): Promise<ProgramPage>;
  get(name: ProgramName): Promise<ProgramView>;
  versions(name: ProgramName): Promise<ProgramVersionList>;
  /** @throws {GridError} `wrong-order` when there is nothing to work on. */
  start(name: ProgramName, request: StartProgram, idempotencyKey: string | null): Promise<Started>;
  /** Cancels its jobs. @throws {GridError} `wrong-order` when nothing of it runs. */
  stop(name: ProgramName): Promise<ProgramView>;
  /** A new version, which new work starts on. @throws {GridError} `program-invalid`. */
  update(name: ProgramName, request: UpdateProgram): Promise<ProgramView>;
  /** @throws {GridError} `wrong-order` when there is no version before the current one. */
  rollBack(name: ProgramName, request: RollBackProgram): Promise<ProgramView>;
  /** @throws {GridError} `wrong-order` while something of it runs. */
  remove(name: ProgramName): Promise<void>;
  /** Its job that was started last. @throws {GridError} `wrong-order` when none was. */
  lastJob(name: ProgramName): Promise<JobId>;
}

export type ProgramName = StoredProgram["id"];

export interface ProgramQuery {
  kind: ProgramKind | null;
  under: string | null;
  cursor: string | null;
  limit: number;
}

/** What there is of data beside a program. */
export interface DatasetFound {
  version: number;
  bytes: number;
  /** As a submission names it. */
  input: JobInput;
}

export interface RegistryParts {
  database: Database;
  blocks: BlockStore;
  now: () => EpochMs;
  /** The newest version of the dataset under this path, or none. */
  findDataset: (path: ProgramPath) => Promise<DatasetFound | null>;
  submitJob: (request: SubmitJob, idempotencyKey: string | null) => Promise<{ job: JobView }>;
  cancelJob: (id: JobId) => Promise<JobView>;
  services: Pick<ServiceControl, "start" | "stop" | "nameOf" | "useVersion">;
}

export function openRegistry(parts: RegistryParts): ProgramsApi {
  const { database, blocks, now, services } = parts;
  return {
    async inject({ path, kind, program, options, config }) {
      const prepared = await prepare(kind, program);
      const version = await versionFrom(prepared, 1, { options, config });
      const id = newProgramId();
      const isNew = await insertProgram(database, { id, path, kind, createdAt: now() }, version);
      if (!isNew) throw new GridError("program-exists", explainTaken(path));
      return view(await programNamed(database, id));
    },
    async list({ kind, under, cursor, limit }) {
      const programs = await readPrograms(database, { kind, under, after: cursor, limit });
      const last = programs.length === limit ? programs.at(-1) : undefined;
      return { programs: await Promise.all(programs.map(view)), nextCursor: last?.path ?? null };
    },
    get: async (name) => view(await programNamed(database, name)),
    async versions(name) {
      const program = await programNamed(database, name);
      const versions = await readVersions(database, program.id);
      return {
        versions: versions.map(({ digest, runtime, ...version }) => ({
          version: version.version,
          isCurrent: version.version === program.currentVersion,
          program: digest,
          runtime: runtime.name,
          bytes: version.bytes,
          hasReduce: version.hasReduce,
          options: version.options,
          config: version.config,
          createdAt: version.createdAt,
        })),
      };
    },
    async start(name, request, idempotencyKey) {
      const program = await programNamed(database, name);
      if (program.kind === "service")
        return { kind: "service", service: await startService(program, request) };
      const { job } = await parts.submitJob(await submissionOf(program, request), idempotencyKey);
      return { kind: "batch", job };
    },
    async stop(name) {
      const program = await programNamed(database, name);
      const service = services.nameOf(program);
      if (service !== null) {
        await services.stop(service);
        return view(program);
      }
      const running = await readUnendedJobIds(database, program.id);
      if (running.length === 0)
        throw wrongOrder(`Nothing of ${program.path} runs: ${first(program, "start")}`);
      await Promise.all(running.map(parts.cancelJob));
      return view(program);
    },
    async update(name, { program: code, options, config }) {
      const { id, kind } = await programNamed(database, name);
      const prepared = await prepare(kind, code);
      for (;;) {
        const program = await programNamed(database, id);
        const before = await versionOf(database, program);
        const kept = {
          options: options ?? before.options,
          config: config === undefined ? before.config : config,
        };
        const version = await versionFrom(prepared, program.lastVersion + 1, kept);
        // Otherwise somebody else's update came first: this one is the next.
        if (!(await insertVersion(database, id, version, now()))) continue;
        await services.useVersion(program, version);
        return view(await programNamed(database, id));
      }
    },
    async rollBack(name, request) {
      const program = await programNamed(database, name);
      const version = request.version ?? (await versionBefore(program));
      const found = await versionOf(database, program, version);
      await setCurrentVersion(database, program.id, version, now());
      await services.useVersion(program, found);
      return view(await programNamed(database, program.id));
    },
    async remove(name) {
      const program = await programNamed(database, name);
      const service = services.nameOf(program);
      if (service !== null) throw wrongOrder(`${program.path} runs as ${service}: ${first(program, "stop")}`);
      const running = await readUnendedJobIds(database, program.id);
      if (running.length > 0) {
        throw wrongOrder(`${running.length} jobs of ${program.path} run: ${first(program, "stop")}`);
      }
      await deleteProgram(database, program.id);
    },
    async lastJob(name) {
      const program = await programNamed(database, name);
      if (program.kind === "service") {
        const address = `/api/v1/services/${services.nameOf(program) ?? nameFrom(program)}/`;
        throw wrongOrder(`${program.path} is a service, which has no result: ask it at ${address}`);
      }
      const id = await findLastJobId(database, program.id);
      if (id) return id;
      throw wrongOrder(`No run of ${program.path} has been started: ${first(program, "start")}`);
    },
  };

  async function startService(program: StoredProgramRow, request: StartProgram): Promise<ServiceView> {
    const { name = nameFrom(program), instances = 1, service, config, waitMs } = request;
    refuseForeign(program, request, ["input", "version"], Object.keys(request.options).length > 0);
    const options = service ?? ServiceOptions.parse({});
    const version = await versionOf(database, program);
    if (config !== undefined) checkConfig(config, version);
    return services.start(program, version, {
      name,
      instances,
      options,
      config,
      waitMs,
    });
  }

  async function submissionOf(program: StoredProgramRow, request: StartProgram): Promise<SubmitJob> {
    refuseForeign(program, request, ["name", "instances", "service"], false);
    const version = await versionOf(database, program, request.version);
    const submission = {
      name: program.path,
      program: { id: program.id, version: version.version },
      input: request.input ?? (await defaultInput(program)),
      options: { ...version.options, ...request.options },
      config: request.config === undefined ? version.config : request.config,
    };
    const parsed = SubmitJob.safeParse(submission);
    if (parsed.success) return parsed.data;
    throw new GridError("invalid-input", describeIssues(parsed.error, submission));
  }

  async function defaultInput({ path }: StoredProgramRow): Promise<JobInput> {
    const data = await parts.findDataset(path);
    if (data) return data.input;
    throw wrongOrder(
      `${path} has nothing to work on: give the start an input, or PUT a dataset to /api/v1/datasets${path} first`,
    );
  }

  async function versionFrom(
    prepared: PreparedProgram,
    version: number,
    { options, config }: Pick<StoredVersion, "options" | "config">,
  ): Promise<StoredVersion> {
    const { bytes, runtime, hasReduce, hasCombine, hasSplit = false, reducers } = prepared;
    checkConfig(config, prepared);
    const digest = await blocks.write(bytes);
    const shape = { hasReduce, hasCombine, hasSplit, reducers: reducers ?? null, bytes: bytes.length };
    return { version, digest, runtime, ...shape, options, config, createdAt: now() };
  }

  async function versionBefore(program: StoredProgramRow): Promise<number> {
    const versions = await readVersions(database, program.id);
    const before = versions.find(({ version }) => version < program.currentVersion);
    if (before) return before.version;
    throw wrongOrder(
      `${program.path} has no version before ${program.currentVersion}: ${first(program, "update")}`,
    );
  }

  async function view(program: StoredProgramRow): Promise<ProgramView> {
    const { id, path, kind, currentVersion, lastVersion, createdAt, updatedAt } = program;
    const [version, running, lastJob, data] = await Promise.all([
      versionOf(database, program),
      readUnendedJobIds(database, id),
      findLastJobId(database, id),
      parts.findDataset(path),
    ]);
    return {
      id,
      path,
      kind,
      version: currentVersion,
      latestVersion: lastVersion,
      runtime: version.runtime.name,
      createdAt,
      updatedAt,
      runningJobs: running.length,
      lastJob,
      service: services.nameOf(program),
      data: data && { path, version: data.version, bytes: data.bytes },
    };
  }
}

const prepare = (kind: ProgramKind, program: InjectProgram["program"]) =>
  kind === "service" ? prepareService(program) : prepareProgram(program);

/** What belongs to the other kind of program is refused by name: ignored, it would look obeyed. */
function refuseForeign(
  { path, kind }: StoredProgramRow,
  request: StartProgram,
  names: readonly (keyof StartProgram)[],
  hasOptions: boolean,
): void {
  const [foreign] = [
    ...names.filter((name) => request[name] !== undefined),
    ...(hasOptions ? ["options"] : []),
  ];
  if (foreign === undefined) return;
  throw new GridError(
    "invalid-input",
    `${foreign}: ${path} is a ${kind} program, whose start does not take it`,
  );
}

/** `/ada/spell` is `ada-spell`, unless its start says otherwise. */
function nameFrom({ path }: StoredProgramRow): ServiceName {
  const text = path
    .slice(1)
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 64);
  return ServiceName.parse(text === "" ? "service" : text);
}

const wrongOrder = (detail: string) => new GridError("wrong-order", detail);

const first = ({ path }: StoredProgramRow, verb: string) => `POST /api/v1/programs${path}/${verb} first`;

const explainTaken = (path: string) =>
  `There is a program under ${path}: POST /api/v1/programs${path}/update makes a new version of it`;

const ID_ALPHABET = "0123456789abcdefghijklmnopqrstuv";

function newProgramId(): ProgramId {
  return `prg_${[...randomBytes(16)].map((byte) => ID_ALPHABET[byte & 31]).join("")}` as ProgramId;
}
