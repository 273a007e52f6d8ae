"use client";

import { useState } from "react";
import type { JobView } from "../../protocol/views";
import { hasEnded } from "../_live/job-state";
import type { LiveJob } from "../_live/use-job";
import { ErrorPanel, skippedOf } from "./error-panel";
import { LogPanel } from "./log-panel";
import { ResultPanel } from "./result-panel";
import { StatisticsPanel } from "./statistics-panel";
import { TabList } from "./tab-list";
import { TaskPanel } from "./task-panel";

type Section = "result" | "tasks" | "statistics" | "errors" | "log";

/** Result, audit trail and log. Shows the result by itself as soon as there is one. */
export function JobDetails({ live, job }: { live: LiveJob; job: JobView }) {
  const [chosen, setChosen] = useState<Section | null>(null);
  const section = chosen ?? (job.state === "completed" ? "result" : "tasks");
  const hasErrors = job.options.onError === "collect" && skippedOf(job) > 0;
  const lines = live.logs.length > 0 ? ` (${live.logs.length})` : "";
  return (
    <section aria-label="Details" className="panel">
      <TabList<Section>
        label="Details"
        tabs={[
          { name: "result", title: "Result" },
          { name: "tasks", title: "Tasks and copies" },
          { name: "statistics", title: "Statistics" },
          ...(hasErrors ? [{ name: "errors" as const, title: `Errors (${skippedOf(job)})` }] : []),
          { name: "log", title: `Log${lines}` },
        ]}
        chosen={section}
        onChoose={setChosen}
        panelId="details"
      />
      <div id="details" role="tabpanel" aria-labelledby={`tab-${section}`}>
        {section === "result" && <ResultPanel job={job} />}
        {section === "tasks" && <TaskPanel job={job} />}
        {section === "statistics" && <StatisticsPanel job={job} />}
        {section === "errors" && <ErrorPanel job={job} />}
        {section === "log" && <LogPanel logs={live.logs} isRunning={!hasEnded(job.state)} />}
      </div>
    </section>
  );
}
