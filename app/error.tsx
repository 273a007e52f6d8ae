"use client";

import Link from "next/link";

/** Shown when a page breaks. The error itself goes to the console, where Next.js has written it already. */
export default function ErrorPage({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <div role="alert" className="mx-auto max-w-md py-16 text-center">
      <h1>This page broke</h1>
      <p className="mt-3 text-soft">
        Something went wrong on our side. Jobs and volunteers are not affected: only this view of them is.
      </p>
      {error.digest && <p className="mt-2 font-mono text-xs text-soft">Reference {error.digest}</p>}
      <div className="mt-6 flex justify-center gap-3">
        <button type="button" className="button" onClick={reset}>
          Try again
        </button>
        <Link href="/" className="button button-quiet">
          See the jobs
        </Link>
      </div>
    </div>
  );
}
