"use client";

import Link from "next/link";
import { ServiceList } from "../../protocol/service";
import { usePolled } from "../_live/use-polled";
import { Notice } from "./notice";
import { ServiceCard } from "./service-card";

export function ServicesPage() {
  const { value, problem, refresh } = usePolled(ServiceList, "/api/v1/services");
  return (
    <div className="space-y-6">
      <div>
        <h1>Services</h1>
        <p className="mt-1 max-w-2xl text-soft">
          Programs that stay in volunteers’ tabs and answer requests at /api/v1/services/.
        </p>
      </div>
      {problem && <Notice tone="bad">{problem}</Notice>}
      {value === null && !problem && (
        <p className="py-8 text-center text-sm text-soft">Loading the services…</p>
      )}
      {value?.services.length === 0 && (
        <div className="panel p-8 text-center">
          <h2>No service runs</h2>
          <p className="mx-auto mt-2 mb-5 max-w-md text-sm text-soft">
            A program of the kind “service” becomes one when it is started.
          </p>
          <Link href="/programs" className="button">
            Programs
          </Link>
        </div>
      )}
      {value?.services.map((service) => (
        <ServiceCard key={service.name} service={service} onChanged={refresh} />
      ))}
    </div>
  );
}
