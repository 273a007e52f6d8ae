import { JobsDashboard } from "./_components/jobs-dashboard";

export default function JobsPage() {
  return <JobsDashboard />;
}
