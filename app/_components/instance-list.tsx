import type { InstanceStatus } from "../../worker/status";
import { counted } from "../_live/format";
import { Badge } from "./badge";

/** What this browser serves: programs that stay, and answer requests. */
export function InstanceList({ instances }: { instances: readonly InstanceStatus[] }) {
  return (
    <section aria-labelledby="instances-title">
      <h2 id="instances-title">What this browser serves</h2>
      <p className="mt-1 text-sm text-soft">
        Programs that stay here and answer requests, in the same sandbox as tasks. Each takes the place of a
        slot; one slot is always left for tasks.
      </p>
      <ul className="mt-3 grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        {instances.map(({ instanceId, name, version, state, answered, outstanding }) => (
          <li key={instanceId} data-testid="instance" data-state={state} className="panel px-4 py-3 text-sm">
            <div className="flex items-baseline justify-between gap-2">
              <span className="min-w-0 truncate font-medium">{name}</span>
              <Badge tone={state === "ready" ? "good" : "plain"}>{state}</Badge>
            </div>
            <p className="mt-1.5 text-soft tabular-nums">
              version {version} · {counted(answered, "answer")}
              {outstanding > 0 && ` · at ${outstanding}`}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
