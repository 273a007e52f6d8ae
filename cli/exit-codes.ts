/** What the process ends with. Documented in docs/CLI.md; scripts rely on it. */
export const EXIT = {
  ok: 0,
  /** The job failed or was cancelled. */
  jobFailed: 1,
  /** The command line is wrong, or a file it names cannot be used. */
  usage: 2,
  /** Nothing answers at the coordinator's address. */
  unreachable: 3,
  /** The coordinator refused the request. */
  refused: 4,
  /** A bug of ours. */
  internal: 70,
  /** Ctrl+C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
