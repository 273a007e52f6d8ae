import type { Metadata } from "next";
import { PipelinesPage } from "../_components/pipelines-page";

export const metadata: Metadata = { title: "Pipelines" };

export default function PipelinesRoute() {
  return <PipelinesPage />;
}
