"use client";

import { useState } from "react";
import { createAccount, joinAccount } from "../_live/account";
import { forgetInvitation, useAccountKey, useInvitation } from "../_live/account-choice";
import { AccountDevices } from "./account-devices";
import { ActionButton } from "./action-button";
import { Notice } from "./notice";

interface AccountPanelProps {
  /** While this browser is just becoming a volunteer: which one is not settled. */
  isConnecting: boolean;
}

/** The account that links a person's browsers and machines: made, joined, looked at and left. */
export function AccountPanel({ isConnecting }: AccountPanelProps) {
  const key = useAccountKey();
  const invitation = useInvitation();
  const [problem, setProblem] = useState<string | null>(null);
  const [isNew, setNew] = useState(false);

  const isInvited = invitation !== null && invitation !== key;
  return (
    <section aria-labelledby="account-title" data-testid="account">
      <h2 id="account-title">Your devices</h2>
      <p className="mt-1 max-w-2xl text-sm text-soft">
        An account links the browsers and machines of one person: what they earn is summed up, and none of
        them is asked to confirm another one. It needs no name, no mail and no password, only a key.
      </p>
      {problem && (
        <div className="mt-3">
          <Notice tone="bad">{problem}</Notice>
        </div>
      )}
      {isInvited && (
        <Invitation
          invitation={invitation}
          isMember={key !== null}
          isConnecting={isConnecting}
          onProblem={setProblem}
        />
      )}
      {key === null && !isInvited && (
        <NoAccount isConnecting={isConnecting} onNew={() => setNew(true)} onProblem={setProblem} />
      )}
      {key !== null && <AccountDevices accountKey={key} isNew={isNew} onProblem={setProblem} />}
    </section>
  );
}

interface InvitationProps extends AccountPanelProps {
  invitation: string;
  /** True when this browser belongs to another account already. */
  isMember: boolean;
  onProblem: (problem: string | null) => void;
}

/** Nobody joins by following a link: it may be somebody else's, and what this device earns would be theirs to show. */
function Invitation({ invitation, isMember, isConnecting, onProblem }: InvitationProps) {
  return (
    <div role="status" data-testid="invitation" className="panel mt-3 px-4 py-4 text-sm">
      <p className="font-medium">
        Join account <span className="font-mono">{invitation.split(".", 1)[0]?.slice(0, 18)}</span> with this
        device?
      </p>
      <p className="mt-1 max-w-2xl text-soft">
        The link that you followed has its key. Join only if the account is your own: what this device earns
        is summed up there, for whoever has the key to see.
        {isMember && " This device leaves the account that it belongs to now."}
      </p>
      <div className="mt-3 flex flex-wrap gap-3">
        <ActionButton
          className="button"
          isDisabled={isConnecting}
          act={() => joinAccount(invitation)}
          onProblem={onProblem}
        >
          Join with this device
        </ActionButton>
        <button type="button" className="button button-quiet" onClick={forgetInvitation}>
          No, it is not mine
        </button>
      </div>
    </div>
  );
}

interface NoAccountProps extends AccountPanelProps {
  onNew: () => void;
  onProblem: (problem: string | null) => void;
}

function NoAccount({ isConnecting, onNew, onProblem }: NoAccountProps) {
  const [isJoining, setJoining] = useState(false);
  const [draft, setDraft] = useState("");

  async function create() {
    await createAccount();
    onNew();
  }

  return (
    <div className="mt-3 flex flex-wrap items-end gap-3">
      {!isJoining && (
        <ActionButton isDisabled={isConnecting} act={create} onProblem={onProblem}>
          Link your devices
        </ActionButton>
      )}
      {!isJoining && (
        <button type="button" className="button button-quiet" onClick={() => setJoining(true)}>
          I have a key
        </button>
      )}
      {isJoining && (
        <>
          <div className="min-w-0 basis-full sm:max-w-xl sm:flex-1">
            <label htmlFor="account-key" className="eyebrow block">
              The key of your account
            </label>
            <input
              id="account-key"
              value={draft}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setDraft(event.target.value)}
              className="field mt-1 w-full font-mono"
            />
          </div>
          <ActionButton
            isDisabled={isConnecting || draft.trim() === ""}
            act={() => joinAccount(draft.trim())}
            onProblem={onProblem}
          >
            Join
          </ActionButton>
          <button type="button" className="button button-quiet" onClick={() => setJoining(false)}>
            Back
          </button>
        </>
      )}
    </div>
  );
}
