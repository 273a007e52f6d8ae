"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { Logo } from "./logo";
import { VolunteerChip } from "./volunteer-chip";

const PAGES = [
  { href: "/", label: "Jobs" },
  { href: "/jobs/new", label: "New job" },
  { href: "/pipelines", label: "Pipelines" },
  { href: "/programs", label: "Programs" },
  { href: "/services", label: "Services" },
  { href: "/datasets", label: "Datasets" },
  { href: "/volunteers", label: "Volunteers" },
] as const;

export function SiteHeader() {
  const path = usePathname();
  return (
    <header className="border-b border-line bg-card">
      <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-6 gap-y-1 px-4 py-2 sm:px-6">
        <Link href="/" className="flex items-center gap-2 py-1 font-semibold tracking-tight">
          <Logo />
          Tabgrid
        </Link>
        <nav
          aria-label="Main"
          className="order-last -mx-3 flex w-[calc(100%+1.5rem)] flex-wrap sm:order-none sm:mx-0 sm:w-auto"
        >
          {PAGES.map(({ href, label }) => (
            <Link
              key={href}
              href={href}
              aria-current={isCurrent(path, href) ? "page" : undefined}
              className="rounded-lg px-3 py-2 text-sm whitespace-nowrap text-soft hover:text-ink aria-[current]:font-medium aria-[current]:text-ink"
            >
              {label}
            </Link>
          ))}
        </nav>
        <div className="ml-auto">
          <VolunteerChip />
        </div>
      </div>
    </header>
  );
}

/** A job's page belongs to the list of jobs, a pipeline's to that of pipelines. */
function isCurrent(path: string, href: string): boolean {
  if (href === "/pipelines") return path === href || path.startsWith("/pipelines/");
  if (href !== "/") return path === href;
  return path === "/" || (path.startsWith("/jobs/") && path !== "/jobs/new");
}
