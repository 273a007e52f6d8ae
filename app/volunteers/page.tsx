import type { Metadata } from "next";
import { VolunteersTable } from "../_components/volunteers-table";

export const metadata: Metadata = { title: "Volunteers" };

export default function VolunteersRoute() {
  return <VolunteersTable />;
}
