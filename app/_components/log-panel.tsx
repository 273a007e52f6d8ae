import type { LogLine } from "../../protocol/views";
import { formatTask } from "../_live/format";

/** Lines that the program wrote: with `context.log`, to the console, or to standard error. */
export function LogPanel({ logs, isRunning }: { logs: readonly LogLine[]; isRunning: boolean }) {
  if (logs.length === 0) {
    return (
      <p className="p-6 text-center text-sm text-soft">
        {isRunning
          ? "Nothing was logged since this page was opened."
          : "Log lines are shown live, while a job runs."}
      </p>
    );
  }
  return (
    <div role="log" tabIndex={0} aria-label="Log lines" className="max-h-96 overflow-auto p-4">
      <table className="font-mono text-xs">
        <tbody>
          {logs.map((log, index) => (
            <tr key={index} className="align-top">
              <td className="pr-4 whitespace-nowrap text-soft" title={`By ${log.volunteerId}`}>
                {nameOf(log)}
              </td>
              <td className="break-words whitespace-pre-wrap">{log.line}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function nameOf({ taskId }: LogLine): string {
  return formatTask(taskId);
}
