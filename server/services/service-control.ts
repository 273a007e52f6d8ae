/**
 * Starting, changing and stopping services: what is to be goes to the database first, then it is brought about.
 */
import type { EpochMs } from "../../protocol/ids";
import type { Json } from "../../protocol/json";
import { LIMITS } from "../../protocol/limits";
import { GridError } from "../../protocol/problems";
import type {
  ChangeService,
  ServiceList,
  ServiceName,
  ServiceOptions,
  ServiceView,
} from "../../protocol/service";
import { log } from "../log";
import type { Database } from "../store/database";
import { findProgram, findVersion, type StoredProgramRow, type StoredVersion } from "../store/programs";
import {
  changeServiceRow,
  countServices,
  deleteService,
  insertService,
  readServices,
  type StoredService,
} from "../store/services";
import type { RunningServices, ServiceCode } from "./running-services";
import { viewService } from "./service-views";

/** Services as the API has them. All that take a name throw `service-not-found`. */
export interface ServicesApi {
  list(): ServiceList;
  get(name: ServiceName): ServiceView;
  /** Durable when it returns; instances come and go after that. */
  change(name: ServiceName, changes: ChangeService): Promise<ServiceView>;
}

export interface ServiceStart {
  name: ServiceName;
  instances: number;
  options: ServiceOptions;
  config: Json | undefined;
  /** How long to wait for its instances to be up, in milliseconds. */
  waitMs: number;
}

export interface ServiceControl extends ServicesApi {
  /** @throws {GridError} `wrong-order` when the program runs already, or the name is taken. */
  start(program: StoredProgramRow, version: StoredVersion, start: ServiceStart): Promise<ServiceView>;
  /** The name of the program's service, if there is one that is to run. */
  nameOf(program: StoredProgramRow): ServiceName | null;
  /** Has no effect when the program does not run. */
  useVersion(program: StoredProgramRow, version: StoredVersion): Promise<void>;
  stop(name: ServiceName): Promise<void>;
  /** Brings about what the database says is to be. */
  restore(): Promise<void>;
}

export interface ServiceControlParts {
  database: Database;
  services: RunningServices;
  now: () => EpochMs;
}

export function openServiceControl({ database, services, now }: ServiceControlParts): ServiceControl {
  const { all, grid, changes } = services;

  function view(name: ServiceName): ServiceView {
    const running = all.get(name);
    const service = grid.services.get(name);
    if (running && service) return viewService(grid, running, service, now());
    throw new GridError("service-not-found", `There is no service ${name}`);
  }

  return {
    list: () => ({ services: [...all.keys()].map(view) }),
    get: view,
    async change(name, { instances }) {
      view(name);
      await changeServiceRow(database, name, { instances });
      services.scale(name, instances);
      return view(name);
    },
    nameOf({ id }) {
      const found = [...all.values()].find(({ stored }) => stored.programId === id);
      const isWanted = found && grid.services.get(found.stored.name)?.state === "running";
      return isWanted ? found.stored.name : null;
    },
    async start(program, version, { name, instances, options, config, waitMs }) {
      if ((await countServices(database)) >= LIMITS.services) {
        throw new GridError("overloaded", `${LIMITS.services} services run already (services)`);
      }
      const stored: StoredService = {
        ...{ name, programId: program.id, version: version.version, instances, options, config },
        startedAt: now(),
      };
      if (!(await insertService(database, stored))) {
        const words = `${program.path} runs already, or there is another service named ${name}: POST /api/v1/programs${program.path}/stop first, or give this one another name`;
        throw new GridError("wrong-order", words);
      }
      services.want(stored, program.path, codeOf(stored, version));
      await upOrNot(name, waitMs);
      return view(name);
    },
    async useVersion(program, version) {
      const found = [...all.values()].find(({ stored }) => stored.programId === program.id);
      if (!found || grid.services.get(found.stored.name)?.state !== "running") return;
      const stored = { ...found.stored, version: version.version };
      await changeServiceRow(database, stored.name, { version: stored.version });
      services.want(stored, found.path, codeOf(stored, version));
    },
    async stop(name) {
      await deleteService(database, name);
      services.unwant(name);
    },
    async restore() {
      for (const stored of await readServices(database)) {
        const program = await findProgram(database, stored.programId);
        const version = await findVersion(database, stored.programId, stored.version);
        if (program && version) services.want(stored, program.path, codeOf(stored, version));
        else log.error({ service: stored.name }, "a service's program is not in the database");
      }
    },
  };

  /** Waits until all of its instances are up, or nothing more can be expected for now. */
  async function upOrNot(name: ServiceName, waitMs: number): Promise<void> {
    const signal = AbortSignal.timeout(waitMs);
    for (;;) {
      const seen = changes.count;
      const { ready, wanted, instances } = view(name);
      if (ready >= wanted || !instances.some(({ state }) => state === "starting")) return;
      try {
        await changes.since(seen, signal);
      } catch {
        // The time is over: the answer says what is up.
        return;
      }
    }
  }
}

function codeOf({ config }: StoredService, version: StoredVersion): ServiceCode {
  return {
    program: version.digest,
    runtime: version.runtime,
    config: config === undefined ? version.config : config,
  };
}
