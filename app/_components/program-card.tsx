"use client";

import Link from "next/link";
import { useState } from "react";
import * as z from "zod";
import { ProgramVersionList, ProgramView, Started } from "../../protocol/program";
import { getJson, messageOf, postJson, request } from "../_live/api";
import { formatBytes, formatInstant } from "../_live/format";
import { ActionButton } from "./action-button";
import { Badge } from "./badge";
import { Notice } from "./notice";

interface ProgramCardProps {
  program: ProgramView;
  onChanged: () => void;
  onUpdate: () => void;
}

export function ProgramCard({ program, onChanged, onUpdate }: ProgramCardProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const { id, path, kind, version, latestVersion, runtime, data, service, runningJobs, lastJob } = program;
  const address = `/api/v1/programs/${id}`;
  const isRunning = service !== null || runningJobs > 0;
  const after = (act: Promise<unknown>) => act.then(onChanged);
  const button = { onProblem: setProblem };
  return (
    <li className="panel space-y-3 px-4 py-4 sm:px-5" data-testid="program" data-path={path}>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="min-w-0 font-mono font-medium break-all">{path}</span>
        <Badge tone="plain">{kind}</Badge>
        <Badge tone="plain">{runtime}</Badge>
        <Badge tone="plain" title={`${latestVersion} in all`}>
          version {version}
        </Badge>
        {isRunning && <Badge tone="good">{service ? "serving" : `${runningJobs} running`}</Badge>}
        <span className="ml-auto text-sm text-soft">{formatInstant(program.updatedAt)}</span>
      </div>
      <p className="text-sm text-soft">
        {data
          ? `Works on the dataset ${data.path}, version ${data.version}, ${formatBytes(data.bytes)}.`
          : `There is no dataset ${path}${kind === "batch" ? ": a start needs an input" : ""}.`}
      </p>
      <StartFields program={program} onStarted={onChanged} onProblem={setProblem} />
      <div className="flex flex-wrap gap-2">
        <ActionButton
          {...button}
          isDisabled={!isRunning}
          act={() => after(postJson(ProgramView, `${address}/stop`))}
        >
          Stop
        </ActionButton>
        <button type="button" className="button button-quiet" onClick={onUpdate}>
          Update
        </button>
        <ActionButton
          {...button}
          isDisabled={version === 1}
          act={() => after(postJson(ProgramView, `${address}/rollback`, {}))}
        >
          Roll back
        </ActionButton>
        {lastJob && (
          <>
            <Link href={`/jobs/${lastJob}`} className="button button-quiet">
              Last job and result
            </Link>
            <a href={`${address}/output?format=text`} className="button button-quiet">
              Output
            </a>
          </>
        )}
        {service && (
          <Link href="/services" className="button button-quiet">
            Its instances
          </Link>
        )}
        <ActionButton
          {...button}
          className="button button-danger sm:ml-auto"
          isDisabled={isRunning}
          act={() => after(request(address, { method: "DELETE" }))}
        >
          Delete
        </ActionButton>
      </div>
      {problem && <Notice tone="bad">{problem}</Notice>}
      <Versions address={address} version={version} latest={latestVersion} onChanged={onChanged} />
    </li>
  );
}

interface StartFieldsProps {
  program: ProgramView;
  onStarted: () => void;
  onProblem: (message: string | null) => void;
}

function StartFields({ program: { id, kind, service, data }, onStarted, onProblem }: StartFieldsProps) {
  const [input, setInput] = useState("");
  const [instances, setInstances] = useState("1");
  const isService = kind === "service";

  async function start() {
    const body = isService
      ? { instances: Number(instances) }
      : input.trim() === ""
        ? {}
        : { input: parsed(input) };
    await postJson(Started, `/api/v1/programs/${id}/start`, body);
    onStarted();
  }

  return (
    <div className="flex flex-wrap gap-2">
      {isService ? (
        <label className="flex items-center gap-2 text-sm">
          Instances
          <input
            className="field w-20"
            inputMode="numeric"
            value={instances}
            onChange={(event) => setInstances(event.target.value)}
          />
        </label>
      ) : (
        <input
          aria-label="Input of the start"
          className="field max-w-xl flex-1 font-mono"
          placeholder={data ? "the dataset, if this is left empty" : '{"range": {"end": 1000}}'}
          value={input}
          onChange={(event) => setInput(event.target.value)}
        />
      )}
      <ActionButton className="button" isDisabled={service !== null} act={start} onProblem={onProblem}>
        Start
      </ActionButton>
    </div>
  );
}

/** @throws {Error} In words, if it is no JSON. */
function parsed(input: string): z.core.util.JSONType {
  try {
    return z.json().parse(JSON.parse(input));
  } catch (error) {
    throw new Error(`The input is not valid JSON: ${messageOf(error)}`, { cause: error });
  }
}

interface VersionsProps {
  address: string;
  version: number;
  latest: number;
  onChanged: () => void;
}

function Versions({ address, version, latest, onChanged }: VersionsProps) {
  const [versions, setVersions] = useState<ProgramVersionList["versions"] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  if (latest === 1) return null;

  async function load() {
    setVersions((await getJson(ProgramVersionList, `${address}/versions`)).versions);
  }

  async function choose(chosen: number) {
    await postJson(ProgramView, `${address}/rollback`, { version: chosen });
    onChanged();
  }

  return (
    <details
      onToggle={(event) =>
        event.currentTarget.open && void load().catch((error: unknown) => setProblem(messageOf(error)))
      }
    >
      <summary className="text-sm text-soft">{latest} versions</summary>
      {problem && <Notice tone="bad">{problem}</Notice>}
      <ul className="mt-2 divide-y divide-line text-sm tabular-nums">
        {versions?.map((each) => (
          <li key={each.version} className="flex flex-wrap items-center gap-x-4 gap-y-1 py-1.5">
            <span className="w-20">version {each.version}</span>
            <span className="text-soft">{formatInstant(each.createdAt)}</span>
            <span className="text-soft">{formatBytes(each.bytes)}</span>
            {each.version === version ? (
              <Badge tone="good">current</Badge>
            ) : (
              <ActionButton act={() => choose(each.version)} onProblem={setProblem}>
                Make it the current one
              </ActionButton>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
