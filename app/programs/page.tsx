import type { Metadata } from "next";
import { ProgramsPage } from "../_components/programs-page";

export const metadata: Metadata = { title: "Programs" };

export default function ProgramsRoute() {
  return <ProgramsPage />;
}
