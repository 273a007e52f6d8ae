"use client";

import { Cpu } from "lucide-react";
import Link from "next/link";
import { useEffect } from "react";
import { counted } from "../_live/format";
import { resumeVolunteer, useVolunteerSession } from "../_live/volunteer-session";

/** The way to the volunteer's page, which also says that this tab computes while another page is open. */
export function VolunteerChip() {
  const { status } = useVolunteerSession();
  useEffect(() => resumeVolunteer(), []);
  const isRunning = status?.thisTab.state === "running";
  return (
    <Link
      href="/volunteer"
      className={`inline-flex min-h-9 items-center gap-2 rounded-lg border px-3 text-sm font-medium ${
        isRunning ? "border-accent/40 bg-accent-wash text-accent" : "border-line hover:bg-sunk"
      }`}
    >
      <Cpu className="size-4" aria-hidden="true" />
      {isRunning ? `Giving ${counted(status.thisTab.slotCount, "slot")}` : "Give computing time"}
    </Link>
  );
}
