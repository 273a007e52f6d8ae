"use client";

import { useState } from "react";
import type { JobId } from "../../protocol/ids";
import { request } from "../_live/api";
import { ActionButton } from "./action-button";

/** Saves the job as a job.xml, which can be submitted again. No link: the address gives XML only to who asks for it. */
export function JobXmlButton({ id }: { id: JobId }) {
  const [problem, setProblem] = useState<string | null>(null);

  async function save() {
    const answer = await request(`/api/v1/jobs/${id}`, { headers: { accept: "application/xml" } });
    const address = URL.createObjectURL(await answer.blob());
    const link = document.createElement("a");
    link.href = address;
    link.download = `${id}.xml`;
    link.click();
    URL.revokeObjectURL(address);
  }

  return (
    <p className="mt-3 flex flex-wrap items-center gap-3">
      <ActionButton act={save} onProblem={setProblem}>
        Save as job.xml
      </ActionButton>
      {problem !== null && (
        <span role="alert" className="text-bad">
          {problem}
        </span>
      )}
    </p>
  );
}
