"use client";

import { useState } from "react";
import { ProgramView } from "../../protocol/program";
import { ServiceView, type Latency } from "../../protocol/service";
import { patchJson, postJson } from "../_live/api";
import { formatCount, formatDuration } from "../_live/format";
import { ActionButton } from "./action-button";
import { Badge, type Tone } from "./badge";
import { Figures } from "./figures";
import { InstanceTable } from "./instance-table";
import { Notice } from "./notice";
import { TryService } from "./try-service";

const TONES: Record<ServiceView["state"], Tone> = {
  starting: "plain",
  running: "good",
  degraded: "warn",
  failing: "bad",
  stopping: "plain",
};

export function ServiceCard({ service, onChanged }: { service: ServiceView; onChanged: () => void }) {
  const [problem, setProblem] = useState<string | null>(null);
  const { name, state, wanted, ready, version, latency, totals, errors, logs } = service;
  const address = `/api/v1/services/${name}`;
  const scale = (instances: number) => async () => {
    await patchJson(ServiceView, address, { instances });
    onChanged();
  };
  const stop = async () => {
    await postJson(ProgramView, `/api/v1/programs/${service.programId}/stop`);
    onChanged();
  };

  return (
    <section aria-label={name} data-testid="service" className="panel space-y-4 p-4 sm:p-5">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-2">
        <h2 className="min-w-0 break-all">{name}</h2>
        <Badge tone={TONES[state]}>{state}</Badge>
        <Badge tone="plain">version {version}</Badge>
        <span className="font-mono text-sm text-soft">{service.path}</span>
        <div className="flex flex-wrap items-center gap-2 sm:ml-auto">
          <ActionButton isDisabled={wanted === 0} act={scale(wanted - 1)} onProblem={setProblem}>
            One less
          </ActionButton>
          <ActionButton act={scale(wanted + 1)} onProblem={setProblem}>
            One more
          </ActionButton>
          <ActionButton className="button button-danger" act={stop} onProblem={setProblem}>
            Stop
          </ActionButton>
        </div>
      </div>
      {service.waiting && (
        <Notice tone="warn" testId="service-waiting">
          {service.waiting}
        </Notice>
      )}
      {problem && <Notice tone="bad">{problem}</Notice>}
      <Figures
        label={`${name} in figures`}
        figures={[
          { label: "Instances", value: `${ready} of ${wanted}`, testId: "service-ready" },
          {
            label: "Answered",
            value: formatCount(totals.answered),
            note: `${formatCount(totals.failed)} failed`,
          },
          { label: "At work", value: formatCount(service.outstanding), note: `${service.queued} wait` },
          {
            label: "Retried",
            value: formatCount(totals.retried),
            note: `${totals.timedOut + totals.refused} refused`,
          },
          {
            label: "Median",
            value: shown(latency, "p50"),
            note: `95 %: ${shown(latency, "p95")}, 99 %: ${shown(latency, "p99")}`,
          },
        ]}
      />
      <InstanceTable instances={service.instances} />
      {errors.length > 0 && (
        <details>
          <summary className="text-sm text-bad">
            {errors.length === 1 ? "One instance failed" : `${errors.length} instances failed`}:{" "}
            {errors.at(-1)?.message}
          </summary>
          <pre className="mt-2 overflow-x-auto text-xs text-soft">
            {errors
              .map(({ volunteerId, message, stack }) => `${volunteerId}: ${message}\n${stack}`)
              .join("\n")}
          </pre>
        </details>
      )}
      {logs.length > 0 && (
        <details>
          <summary className="text-sm text-soft">What it wrote</summary>
          <pre className="mt-2 max-h-64 overflow-auto text-xs text-soft">{logs.join("\n")}</pre>
        </details>
      )}
      <TryService address={address} />
    </section>
  );
}

const shown = (latency: Latency | null, name: "p50" | "p95" | "p99") =>
  latency ? formatDuration(latency[name]) : "–";
