import type { Metadata } from "next";
import { Suspense } from "react";
import { VolunteerPanel } from "../_components/volunteer-panel";

export const metadata: Metadata = { title: "Give computing time" };

export default function VolunteerRoute() {
  return (
    <Suspense>
      <VolunteerPanel />
    </Suspense>
  );
}
