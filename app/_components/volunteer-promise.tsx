import { Cpu, DoorOpen, HardDrive, ShieldCheck } from "lucide-react";

const PROMISES = [
  {
    Icon: ShieldCheck,
    title: "Other people's code, in a sandbox",
    text: "Programs run in Web Workers inside a sandboxed frame of no origin. They cannot reach the network, your files, your cookies, or any other page.",
  },
  {
    Icon: Cpu,
    title: "One slot, one core",
    text: "Every slot can keep one processor core busy, so the device gets warm and its battery empties sooner. Give fewer slots to keep it cool.",
  },
  {
    Icon: HardDrive,
    title: "What stays in this browser",
    text: "A random token that makes this browser one volunteer, the key of your account if you linked it, blocks of data so they need not be fetched twice, and outputs until the coordinator has them.",
  },
  {
    Icon: DoorOpen,
    title: "Leave when you like",
    text: "Press Stop or close the tab. Tasks that were not finished go to somebody else, and nothing is lost.",
  },
] as const;

/** What a volunteer should know before they press start. */
export function VolunteerPromise() {
  return (
    <section aria-labelledby="promise-title">
      <h2 id="promise-title">What happens on your machine</h2>
      <ul className="mt-3 grid gap-x-8 gap-y-5 sm:grid-cols-2">
        {PROMISES.map(({ Icon, title, text }) => (
          <li key={title} className="flex gap-3">
            <Icon className="mt-0.5 size-5 shrink-0 text-accent" aria-hidden="true" />
            <div>
              <h3 className="text-sm font-medium">{title}</h3>
              <p className="mt-0.5 text-sm text-soft">{text}</p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
