// A note that is saved while it is typed, and once more when it is left. Says which of the two is the case.
import { useEffect, useRef, useState } from "react";
import { Label, TextArea, TextField } from "react-aria-components";
import { useWords } from "../i18n";

type Props = { label: string; hint: string; initial: string; save: (note: string) => Promise<void>; rows?: number; autoFocus?: boolean };
type State = "rest" | "saving" | "saved" | "failed";

const PAUSE_MS = 500;

export function AutosaveNote({ label, hint, initial, save, rows = 5, autoFocus }: Props) {
  const { t } = useWords();
  const [text, setText] = useState(initial);
  const [state, setState] = useState<State>("rest");
  const stored = useRef(initial);
  const latest = useRef({ text, save });
  latest.current = { text, save };

  const flush = async (): Promise<void> => {
    const { text: wanted, save: write } = latest.current;
    if (wanted === stored.current) return;
    setState("saving");
    try {
      await write(wanted);
      stored.current = wanted;
      setState(latest.current.text === wanted ? "saved" : "saving");
    } catch {
      setState("failed");
    }
  };

  useEffect(() => {
    if (text === stored.current) return;
    const timer = setTimeout(() => void flush(), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  // Leaving the screen must not lose the last words.
  useEffect(() => () => {
    if (latest.current.text !== stored.current) void latest.current.save(latest.current.text);
  }, []);

  const word = state === "rest" ? hint : t(state === "saving" ? "analysis.saving" : state === "saved" ? "analysis.saved" : "analysis.notSaved");
  return (
    <TextField className="field" value={text} onChange={setText} onBlur={() => void flush()} autoFocus={autoFocus}>
      <Label>{label}</Label>
      <TextArea className="input" rows={rows} />
      <span className="saved" role="status">{word}</span>
    </TextField>
  );
}
