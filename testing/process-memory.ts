/** Watches how much memory processes take, by what Linux tells of them. */
import { readdir, readFile } from "node:fs/promises";

export interface MemoryWatch {
  /** The most that each took so far, in MiB, by name. */
  most(): ReadonlyMap<string, number>;
  stop(): MemoryReport;
}

/** In MiB, by name. */
export interface MemoryReport {
  readonly most: ReadonlyMap<string, number>;
  /** The most of either half of the time: what takes no more in the second will not grow with more time either. */
  readonly halves: readonly [ReadonlyMap<string, number>, ReadonlyMap<string, number>];
  /** What they took over time, a line for each tenth of it. */
  readonly lines: readonly string[];
}

/** `RssAnon` leaves out what processes share with others, such as their program's code; `VmRSS` has all of it. */
export type MemoryKind = "RssAnon" | "VmRSS";

interface Sample {
  atMs: number;
  mib: Readonly<Record<string, number>>;
}

/**
 * @param groups Gives the processes that belong to each name, now.
 * @param kindOf What of the processes of a name is counted.
 */
export function watchMemory(
  groups: () => Promise<Readonly<Record<string, readonly number[]>>>,
  kindOf: (name: string) => MemoryKind = () => "RssAnon",
  everyMs = 500,
): MemoryWatch {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  let isStopped = false;
  void (async () => {
    while (!isStopped) {
      await take();
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  return {
    most: () => mostOf(samples),
    stop() {
      isStopped = true;
      const middleMs = (performance.now() - startedAt) / 2;
      const half = (isSecond: boolean) => mostOf(samples.filter(({ atMs }) => atMs > middleMs === isSecond));
      return { most: mostOf(samples), halves: [half(false), half(true)], lines: linesOf(samples) };
    },
  };

  async function take(): Promise<void> {
    const mib: Record<string, number> = {};
    for (const [name, pids] of Object.entries(await groups())) {
      const each = await Promise.all(pids.map((pid) => residentMib(pid, kindOf(name))));
      mib[name] = each.reduce((sum, one) => sum + one, 0);
    }
    samples.push({ atMs: performance.now() - startedAt, mib });
  }
}

function mostOf(samples: readonly Sample[]): Map<string, number> {
  const most = new Map<string, number>();
  for (const { mib } of samples)
    for (const [name, value] of Object.entries(mib)) most.set(name, Math.max(most.get(name) ?? 0, value));
  return most;
}

function linesOf(samples: readonly Sample[]): string[] {
  const step = Math.max(1, Math.floor(samples.length / 10));
  return samples
    .filter((_, place) => place % step === 0)
    .map(({ atMs, mib }) => {
      const shown = Object.entries(mib).map(([name, value]) => `${name} ${Math.round(value)} MiB`);
      return `  ${(atMs / 1000).toFixed(0).padStart(5)} s  ${shown.join("  ")}`;
    });
}

async function residentMib(pid: number, kind: MemoryKind): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Number(new RegExp(`${kind}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024;
  } catch {
    // It has ended.
    return 0;
  }
}

/** All processes that descend from one, by the kind that Chromium gives them: `renderer`, `utility`, `browser`, … */
export async function browserProcesses(root: number): Promise<Record<string, number[]>> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    // The name of the command, in brackets, may have spaces in it.
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const isOfBrowser = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
      if (at === root) return true;
    return false;
  };
  const kinds: Record<string, number[]> = { tabs: [], "rest of the browser": [] };
  for (const pid of parents.keys()) {
    if (!isOfBrowser(pid)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    kinds[command.includes("--type=renderer") ? "tabs" : "rest of the browser"]?.push(pid);
  }
  return kinds;
}
