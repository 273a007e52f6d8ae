import Link from "next/link";

export default function NotFound() {
  return (
    <div className="mx-auto max-w-md py-16 text-center">
      <p className="eyebrow">404</p>
      <h1 className="mt-1">There is nothing here</h1>
      <p className="mt-3 text-soft">The address may be mistyped, or what it named is gone.</p>
      <Link href="/" className="button mt-6">
        See the jobs
      </Link>
    </div>
  );
}
