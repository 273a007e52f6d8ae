"use client";

import { Plus } from "lucide-react";
import { useState } from "react";
import { ProgramPage, type ProgramView } from "../../protocol/program";
import { usePolled } from "../_live/use-polled";
import { InjectForm } from "./inject-form";
import { Notice } from "./notice";
import { ProgramCard } from "./program-card";

/** What the form is for: a new program, or a new version of one. */
type Editing = { state: "none" } | { state: "new" } | { state: "update"; program: ProgramView };

export function ProgramsPage() {
  const { value, problem, refresh } = usePolled(ProgramPage, "/api/v1/programs");
  const [editing, setEditing] = useState<Editing>({ state: "none" });

  function done() {
    setEditing({ state: "none" });
    refresh();
  }

  return (
    <div className="space-y-6">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div>
          <h1>Programs</h1>
          <p className="mt-1 max-w-2xl text-soft">
            Kept under a path, in versions, to be started again and again: as a job, or as a service that
            answers requests.
          </p>
        </div>
        {editing.state === "none" && (
          <button type="button" className="button ml-auto" onClick={() => setEditing({ state: "new" })}>
            <Plus className="size-4" aria-hidden="true" />
            Inject a program
          </button>
        )}
      </div>
      {problem && <Notice tone="bad">{problem}</Notice>}
      {editing.state !== "none" && (
        <InjectForm
          key={editing.state === "update" ? editing.program.id : "new"}
          updates={editing.state === "update" ? editing.program : null}
          onDone={done}
          onCancel={() => setEditing({ state: "none" })}
        />
      )}
      {value === null && !problem && (
        <p className="py-8 text-center text-sm text-soft">Loading the programs…</p>
      )}
      {value?.programs.length === 0 && editing.state === "none" && (
        <div className="panel p-8 text-center">
          <h2>No program is kept here yet</h2>
          <p className="mx-auto mt-2 max-w-md text-sm text-soft">
            Inject one under a path such as /ada/primes; then start it whenever you like.
          </p>
        </div>
      )}
      <ul className="space-y-4" aria-label="Programs">
        {value?.programs.map((program) => (
          <ProgramCard
            key={program.id}
            program={program}
            onChanged={refresh}
            onUpdate={() => setEditing({ state: "update", program })}
          />
        ))}
      </ul>
    </div>
  );
}
