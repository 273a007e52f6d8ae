"use client";

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState, type Text } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useEffectEvent, useRef } from "react";
import type { FormProblem } from "../_live/form-problem";
import { editorColors, editorTheme } from "./editor-theme";

export type EditorLanguage = "js" | "ts" | "python";

interface ProgramEditorProps {
  /** What screen readers call it. */
  label: string;
  language: EditorLanguage;
  source: string;
  onChange: (source: string) => void;
  problem: FormProblem["program"];
}

const languages = { js: javascript(), ts: javascript({ typescript: true }), python: python() };

/** A code editor. Tab moves on to the next field, as everywhere on the page. */
export function ProgramEditor({ label, language, source, onChange, problem }: ProgramEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(null);
  const handleChange = useEffectEvent(onChange);
  const initialSource = useEffectEvent(() => source);

  useEffect(() => {
    if (!host.current) return;
    const view = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: initialSource(),
        extensions: [
          lineNumbers(),
          lintGutter(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          highlightActiveLine(),
          languages[language],
          syntaxHighlighting(editorColors),
          editorTheme,
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.contentAttributes.of({ "aria-label": label }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) handleChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    editor.current = view;
    return () => view.destroy();
  }, [label, language]);

  useEffect(() => {
    const view = editor.current;
    if (!view || view.state.doc.toString() === source) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: source } });
  }, [source]);

  useEffect(() => {
    const view = editor.current;
    if (!view) return;
    const mark = problem && diagnosticOf(view.state.doc, problem);
    view.dispatch(setDiagnostics(view.state, mark ? [mark] : []));
    if (mark) view.dispatch({ effects: EditorView.scrollIntoView(mark.from, { y: "center" }) });
  }, [problem]);

  return (
    <div>
      <div ref={host} className={`panel overflow-hidden ${problem ? "border-bad" : ""}`} />
      {problem && (
        <p role="alert" data-testid="program-problem" className="mt-1 text-sm text-bad">
          {problem.line !== null &&
            `Line ${problem.line}${problem.column === null ? "" : `, column ${problem.column}`}: `}
          {problem.message}
        </p>
      )}
    </div>
  );
}

/** From where the problem was found to the end of its line. Null when the place is not told, or not there any more. */
function diagnosticOf(doc: Text, problem: NonNullable<FormProblem["program"]>): Diagnostic | null {
  if (problem.line === null || problem.line > doc.lines) return null;
  const line = doc.line(Math.max(1, problem.line));
  const from = Math.min(line.from + Math.max(0, (problem.column ?? 1) - 1), line.to);
  return { from, to: Math.max(from, line.to), severity: "error", message: problem.message };
}
