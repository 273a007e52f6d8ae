import type { Metadata } from "next";
import { NewJob } from "../../_components/new-job";

export const metadata: Metadata = { title: "New job" };

export default function NewJobPage() {
  return <NewJob />;
}
