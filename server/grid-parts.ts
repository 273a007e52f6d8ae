/** What the grid's functions are made of. `main.ts` opens the parts; each function names those that it uses. */
import type { EpochMs } from "../protocol/ids";
import type { AccountsApi } from "./accounts";
import type { Coordinator } from "./coordinator";
import type { Datasets } from "./datasets/datasets";
import type { Feed } from "./feed";
import type { BlockStore } from "./grid-api";
import type { JobOutputs } from "./job-output";
import type { Roster } from "./roster";
import type { ServiceControl } from "./services/service-control";
import type { FetchInput } from "./sources/fetch-input";
import type { Database } from "./store/database";
import type { Ledger } from "./store/ledger";
import type { TaskProgress } from "./task-progress";

export interface GridParts {
  coordinator: Coordinator;
  database: Database;
  ledger: Ledger;
  blocks: BlockStore;
  /** Every block that a job may read, wherever it is kept. */
  readable: Pick<BlockStore, "read">;
  datasets: Datasets;
  fetchInput: FetchInput;
  roster: Roster;
  feed: Feed;
  outputs: JobOutputs;
  services: ServiceControl;
  progress: TaskProgress;
  accounts: AccountsApi;
  now: () => EpochMs;
  version: string;
}
