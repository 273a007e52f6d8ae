import { Cpu, FlaskConical } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";

/** The list of jobs before there is one: what to do first. */
export function Welcome({ volunteers }: { volunteers: number }) {
  return (
    <section aria-label="First steps" className="panel p-6 sm:p-8">
      <h2 className="text-lg">A grid made of browser tabs</h2>
      <p className="mt-2 max-w-2xl text-soft">
        Tabgrid cuts a job into small tasks and hands them to volunteers: open tabs that give their spare
        computing time. Nothing has been submitted yet. Two steps start it:
      </p>
      <ol className="mt-6 grid gap-4 sm:grid-cols-2">
        <Step
          icon={<FlaskConical className="size-5" aria-hidden="true" />}
          title="Submit a sample"
          href="/jobs/new"
          action="Choose a sample"
        >
          Count the words of a book, or look for gaps between primes. One press submits it.
        </Step>
        <Step
          icon={<Cpu className="size-5" aria-hidden="true" />}
          title="Give computing time"
          href="/volunteer?start=1"
          action="Start in this browser"
        >
          {volunteers === 0
            ? "No volunteer is connected, so somebody has to begin. Others can open the same address."
            : "Others are at work already; this browser can join them. Close the tab to leave."}
        </Step>
      </ol>
    </section>
  );
}

interface StepProps {
  icon: ReactNode;
  title: string;
  href: string;
  action: string;
  children: ReactNode;
}

function Step({ icon, title, href, action, children }: StepProps) {
  return (
    <li className="flex flex-col items-start rounded-lg border border-line p-5">
      <span className="rounded-lg bg-accent-wash p-2 text-accent">{icon}</span>
      <h3 className="mt-3 font-medium">{title}</h3>
      <p className="mt-1 mb-4 text-sm text-soft">{children}</p>
      <Link href={href} className="button button-quiet mt-auto">
        {action}
      </Link>
    </li>
  );
}
