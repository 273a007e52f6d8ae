/**
 * Entry of a Node worker thread that is a slot: what /sandbox and the browser are to a tab's worker, then the very
 * harness that runs there.
 *
 * No sandbox: a program can do here what Node.js can. For programs one trusts as if they were run by hand.
 */
import "./browser-globals";
import "../../worker/sandbox/harness";
