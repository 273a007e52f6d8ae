"use client";

import { useId, useRef } from "react";
import type { AccountVolunteer } from "../../protocol/account";
import { joinAccount, leaveAccount, linkOf, useAccount } from "../_live/account";
import { chooseAccount } from "../_live/account-choice";
import { formatCount, formatDuration, formatInstant } from "../_live/format";
import { ActionButton } from "./action-button";
import { Badge } from "./badge";
import { CopyButton } from "./copy-button";
import { Figures } from "./figures";
import { Notice } from "./notice";

interface AccountDevicesProps {
  accountKey: string;
  /** It was made just now: its key is shown. */
  isNew: boolean;
  onProblem: (problem: string | null) => void;
}

/** An account's devices with what they have earned, and its key for further ones. */
export function AccountDevices({ accountKey, isNew, onProblem }: AccountDevicesProps) {
  const { account, membership } = useAccount(accountKey);
  const { value: view } = account;
  const ownId = membership.value?.volunteerId ?? null;
  const isOutside =
    view !== null &&
    (membership.problem !== null || (membership.value !== null && membership.value.account !== view.id));

  function refresh() {
    account.refresh();
    membership.refresh();
  }

  return (
    <div className="mt-3 space-y-4">
      {account.problem && <Notice tone="bad">{account.problem}</Notice>}
      {isOutside && (
        <Notice tone="warn">
          <p>This browser keeps the key of the account, and does not belong to it any more.</p>
          <div className="mt-2 flex flex-wrap gap-3">
            <ActionButton act={() => joinAccount(accountKey).then(refresh)} onProblem={onProblem}>
              Join again
            </ActionButton>
            <button type="button" className="button button-quiet" onClick={() => chooseAccount(null)}>
              Forget the key
            </button>
          </div>
        </Notice>
      )}
      {view && (
        <Figures
          label="Credit of all your devices"
          figures={[
            { label: "Accepted tasks", value: formatCount(view.acceptedTasks), testId: "account-tasks" },
            { label: "Computing time", value: formatDuration(view.computeMs) },
            { label: "Devices", value: formatCount(view.volunteers.length), testId: "account-devices" },
          ]}
        />
      )}
      {view && view.volunteers.length > 0 && <DeviceTable volunteers={view.volunteers} ownId={ownId} />}
      <AnotherDevice accountKey={accountKey} isOpen={isNew} />
      {!isOutside && <LeaveButton onProblem={onProblem} />}
    </div>
  );
}

function DeviceTable({
  volunteers,
  ownId,
}: {
  volunteers: readonly AccountVolunteer[];
  ownId: string | null;
}) {
  return (
    <div className="panel overflow-x-auto" role="region" aria-label="Devices of your account" tabIndex={0}>
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-left">
            {["Device", "Last seen", "Accepted", "Time"].map((name, column) => (
              <th
                key={name}
                scope="col"
                className={`eyebrow px-2 py-2.5 sm:px-4 ${column > 1 ? "text-right" : ""}`}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line tabular-nums">
          {volunteers.map(({ id, state, lastSeenAt, acceptedTasks, computeMs }) => (
            <tr key={id} data-testid="account-device">
              <th scope="row" className="px-2 py-2.5 text-left font-normal sm:px-4" title={id}>
                <span className="font-mono">{id.slice(0, 8)}</span>{" "}
                {id === ownId && <Badge tone="plain">this device</Badge>}
              </th>
              <td className="px-2 sm:px-4">
                {state === "connected" ? <Badge tone="good">connected</Badge> : formatInstant(lastSeenAt)}
              </td>
              <td className="px-2 text-right sm:px-4">{formatCount(acceptedTasks)}</td>
              <td className="px-2 text-right whitespace-nowrap sm:px-4">{formatDuration(computeMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function AnotherDevice({ accountKey, isOpen }: { accountKey: string; isOpen: boolean }) {
  return (
    <details open={isOpen} className="panel px-4 py-3 text-sm">
      <summary className="cursor-pointer font-medium">Link another device</summary>
      <p className="mt-2 max-w-2xl text-soft">
        Open the link there, or enter the key. Keep the key to yourself, and keep it somewhere: the
        coordinator cannot tell it again. On a machine without a screen,{" "}
        <code>tabgrid volunteer --account KEY</code>.
      </p>
      <p className="mt-3 rounded-md bg-sunk px-3 py-2 font-mono text-xs break-all" data-testid="account-key">
        {accountKey}
      </p>
      <div className="mt-3 flex flex-wrap gap-3">
        <CopyButton text={() => accountKey}>Copy key</CopyButton>
        <CopyButton text={() => linkOf(accountKey)}>Copy link</CopyButton>
      </div>
    </details>
  );
}

function LeaveButton({ onProblem }: Pick<AccountDevicesProps, "onProblem">) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  return (
    <>
      <button type="button" className="button button-quiet" onClick={() => dialog.current?.showModal()}>
        Leave account
      </button>
      <dialog
        ref={dialog}
        aria-labelledby={titleId}
        className="m-auto w-[min(26rem,calc(100vw-2rem))] rounded-xl border border-line bg-card p-6 text-ink backdrop:bg-black/50"
      >
        <h2 id={titleId}>Leave the account with this device?</h2>
        <p className="mt-2 text-sm text-soft">
          What this device has earned goes with it, and the other devices stay. This browser forgets the key:
          without it, nobody joins or sees the account again.
        </p>
        <div className="mt-5 flex flex-wrap justify-end gap-3">
          <button type="button" className="button button-quiet" onClick={() => dialog.current?.close()}>
            Stay
          </button>
          <ActionButton
            className="button button-danger"
            act={() => leaveAccount().finally(() => dialog.current?.close())}
            onProblem={onProblem}
          >
            Yes, leave it
          </ActionButton>
        </div>
      </dialog>
    </>
  );
}
