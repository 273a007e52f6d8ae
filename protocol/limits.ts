/**
 * Every limit of the grid in one place, with its unit in its name.
 *
 * A limit protects someone from someone: the coordinator from a hostile tab or
 * client, a tab from a hostile job. Going over one is an error that names it.
 */
const KIB = 1024;
const MIB = 1024 * KIB;

export const LIMITS = {
  /** Tags of one volunteer, or required by one job. */
  tags: 16,
  /** A submission's body, text input included. */
  submitBytes: 64 * MIB,
  /** The body of a change to a job. */
  changeBytes: 4 * KIB,
  /** A submission as job.xml, and what is written as one. */
  jobXmlBytes: 16 * MIB,
  /** Properties of a job.xml: a real Hadoop writes more than a thousand. */
  xmlProperties: 10_000,
  /** Steps of one pipeline, iterations of one of its steps, and pipelines that have not ended. */
  pipelineSteps: 64,
  pipelineIterations: 1_000,
  pipelines: 1_000,
  /** A program's source. */
  programBytes: 4 * MIB,
  /** What the copies of a job may write, kept in its output file. UTF-8 bytes. */
  outputBytes: 16 * MIB,
  /** Accounts, volunteers of one account, and volunteers of all of them: the coordinator has who belongs to what in memory. */
  accounts: 100_000,
  accountVolunteers: 1_000,
  linkedVolunteers: 500_000,
  /** Volunteers that run one service. */
  instancesPerService: 1_000,
  /** How long an instance may take to be up. The tab gives up a little before. */
  instanceStartMs: 75_000,
  /** Instances in one volunteer, over all services. */
  instances: 16,
  /** Services that are to run at once. */
  services: 1_000,
  /** The body of a request to a service, and that of its answer: they travel in a message. */
  serviceBodyBytes: 512 * KIB,
  /** The dataset that a service's instances are given. */
  serviceDataBytes: 64 * MIB,
  /** Path and query of a request to a service, in characters; all of its headers that are passed on. */
  serviceAddressChars: 8 * KIB,
  /** Properties of a streaming job. */
  properties: 250,
  /** One block, uploaded or served. */
  blockBytes: 64 * MIB,
  /** Size at which a block of a dataset ends with the next record, unless its upload says otherwise. */
  datasetBlockBytes: 4 * MIB,
  minDatasetBlockBytes: 64 * KIB,
  maxDatasetBlockBytes: 32 * MIB,
  /** How many times as large as what was sent gzip may become, beyond the first 64 MiB. */
  gzipRatio: 200,
  gzipFreeBytes: 64 * MIB,
  /** How long an upload that was begun waits for its next part. */
  uploadIdleMs: 24 * 60 * 60 * 1000,
  /** Uploads under way at once: each has a few blocks in memory. */
  uploadsAtOnce: 16,
  /** An address that data is fetched from. */
  urlChars: 2048,
  /** Times that one request may be sent on elsewhere. */
  urlRedirects: 5,
  /** How long a host may take to accept a connection, to answer, and between two pieces of its answer. */
  urlIdleMs: 30_000,
  /** Attempts in a row that bring nothing new. */
  urlTries: 6,
  /** What one job may fetch while it is submitted; larger data is imported first. */
  urlInputBytes: 1024 * MIB,
  urlInputMs: 120_000,
  /** Imports under way at once: each is an upload, too. */
  importsAtOnce: 8,
  /** How long an import that has ended is still listed. */
  importKeptMs: 24 * 60 * 60 * 1000,
  /** The least text in one map task: every chunk is a block of its own, a file on disk. */
  minChunkBytes: 4 * KIB,
  /** A job's config as JSON, in characters: every volunteer gets it in a message. */
  configChars: 256 * KIB,
  /** One record of the input: a line, or an item as JSON. */
  recordBytes: 16 * MIB,
  /** The metadata of a Parquet file, and the values and the depth that it may have. */
  parquetFooterBytes: 8 * MIB,
  parquetValues: 2_000_000,
  parquetDepth: 32,
  /** Its columns, parts of columns counted, and the name of each. */
  parquetColumns: 10_000,
  parquetNameChars: 200,
  /** What one row group has of the columns that a job reads, as it lies in the file: it is one task. */
  parquetGroupBytes: 128 * MIB,
  /** One page of a column, unpacked: so much of each column is in memory at a time. */
  parquetPageBytes: 64 * MIB,
  /** Tasks in one stage of a job. */
  tasksPerStage: 10_000_000,
  reducers: 256,
  /** What a program's `split` may yield in one call: items, and their bytes as lines of JSON. */
  splitItems: 10_000_000,
  splitBytes: 1024 * MIB,
  /** Numbers or points that a program's `split` is given as a list. */
  splitRecords: 1_000_000,
  /** Values of one key that `reduce` is given as a list: bytes, as they lie in runs, and eight for each. */
  groupBytes: 128 * MIB,
  /** What one map task with reducers may emit, as it lies in runs. */
  mapOutputBytes: 2048 * MIB,
  /** What it holds of that before it writes a run ahead: as worker/sandbox/weight.ts counts, some of it for keys and places. */
  mapSpillBytes: 64 * MIB,
  /** What a task may emit, or spill, without waiting until its tab has stored it. */
  unstoredBytes: 256 * MIB,
  /** One key and value that a program emits, as JSON: they travel in one block. */
  pairBytes: 60 * MIB,
  /** What a command may write in one run, and Python emit in one call: it is one text. */
  heldOutputChars: 256 * MIB,
  /** Parts of one output: each partition has at least one of its own. */
  outputParts: 4096,
  /** What one task may store in its tab while it runs: large parts of its output, and runs merged on the way. */
  taskStoredBytes: 4096 * MIB,
  /** What a tab keeps in memory of what its tasks store, when its database takes no more of it or there is none. */
  unwrittenBytes: 256 * MIB,
  quorum: 9,

  /** One socket message. Longer ones are answered and the sender is dropped. */
  messageBytes: 1 * MIB,
  /** What the transport still reads, so that an over-long message can be answered; beyond it the line is cut. */
  transportBytes: 4 * MIB,
  /** Messages of one volunteer that wait for their answer. */
  unansweredMessages: 16,
  /** Outcomes in one report, tasks in one assignment. */
  batch: 1024,
  /** Slots of one volunteer, over all of its tabs. */
  slots: 128,
  /** Tasks one volunteer may hold: running, waiting in the tab, or asked for. */
  tasksHeld: 4096,
  /** Computing time that one slot may hold, beyond two tasks: what it asks for on top it gets as it goes on. */
  heldMs: 2_000,
  /** How long tabs are asked to gather outputs before they report them, when the coordinator is busy. No longer than `heartbeatMs`, which a report then stands for. */
  paceMs: 4_000,
  /** Computing time that several small tasks, handed over as one pack, should be worth: what is lost with a tab, and what its last outputs are late by. */
  packMs: 400,
  /** Tasks in one pack. */
  packTasks: 1024,
  /** Output of a pack that may travel in the message, its parts together. UTF-8 bytes. */
  packBytes: 64 * KIB,
  /** Outputs up to this size travel in the message, larger ones as blocks over HTTP. UTF-8 bytes. */
  inlineBytes: 4 * KIB,
  /** Blocks that one volunteer says it holds; those beyond it are fetched though they may be there. */
  blocksAnnounced: 4096,
  /** Pairs of a volunteer and a block that the coordinator keeps in mind, over all volunteers. */
  catalogEntries: 2_000_000,
  errorMessageChars: 2_000,
  errorStackChars: 8_000,
  /** `context.log` lines kept of one task, and characters of a line. */
  logLines: 100,
  logLineChars: 1_000,

  /** How long a copy may go unmentioned by its volunteer. */
  silenceMs: 15_000,
  /** The least time that a copy has before its task is given to a second volunteer, except in the tail of a stage. */
  leastLeaseMs: 10_000,
  /** How many times its mean cost a task of a stage's tail may take before it is given to a second volunteer as well. */
  tailPatience: 1.5,
  /** Copies of one task go to volunteers at different network addresses; an operator may say otherwise. */
  onePerAddress: true,
  /**
   * How long a volunteer that was caught is believed nowhere alone, and how long ago a job may have been completed whose
   * outputs are then computed again, if they rest on the volunteer's answer alone: three days.
   */
  recheckWindowMs: 3 * 24 * 60 * 60 * 1000,
  /** How long records of volunteers are kept after the last job of their program in which they had a part: ninety days, and until the next start. */
  recordMs: 90 * 24 * 60 * 60 * 1000,
  /** Of what shows that a volunteer was handed a task. */
  ticketChars: 64,
  /** How long after it was handed out a copy that nobody remembers still gets its credit, if it is right: three days. A task may take one. */
  lateCopyMs: 3 * 24 * 60 * 60 * 1000,
  /** Copies of each job that a coordinator remembers over its restart, whose tasks others had done: their outputs may still come. */
  unansweredCopies: 10_000,
  /** How long a task waits for a volunteer that holds its block, while others have enough to do. */
  localityMs: 2_000,
  /** How often a volunteer says what it holds. */
  heartbeatMs: 4_000,
  /** How long a volunteer whose connection broke may take to come back with what it held. */
  graceMs: 2_000,
  /** How long a volunteer may take to upload an output it was asked for. */
  uploadMs: 30_000,
  /** How long one task may run in a slot, unless its job says otherwise. */
  taskTimeoutMs: 300_000,
} as const;
