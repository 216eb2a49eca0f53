// Short messages at the foot of the window: what was done, what went wrong. Read out, and gone when dismissed or after a while.
import { X } from "lucide-react";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { Button, IconButton } from "../components/Button";
import { useWords } from "../i18n";
import { commandError } from "../ipc/errors";

type Message = { text: string; tone: "plain" | "bad"; action?: { label: string; run: () => void } };
type Notices = { tell: (text: string, action?: Message["action"]) => void; fail: (error: unknown) => void };

const NoticesContext = createContext<Notices | null>(null);
const SHOWN_MS = 8000;

export function useNotices(): Notices {
  const notices = useContext(NoticesContext);
  if (!notices) throw new Error("no place for notices");
  return notices;
}

export function NoticesProvider({ children }: { children: ReactNode }) {
  const { t } = useWords();
  const [message, setMessage] = useState<Message | null>(null);
  const tell = useCallback((text: string, action?: Message["action"]) => setMessage({ text, tone: "plain", action }), []);
  const fail = useCallback((error: unknown) => {
    const { code, message: detail } = commandError(error);
    if (code !== "cancelled") setMessage({ text: code === "internal" && detail ? `${t("error.internal")} (${detail})` : t(`error.${code}`), tone: "bad" });
  }, [t]);
  useEffect(() => {
    if (!message || message.tone === "bad") return;
    const timer = setTimeout(() => setMessage(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [message]);
  const value = useMemo(() => ({ tell, fail }), [tell, fail]);
  return (
    <NoticesContext value={value}>
      {children}
      <div className="toast-place" role="status" aria-live="polite">
        {message && (
          <div className={message.tone === "bad" ? "toast toast--bad" : "toast"}>
            <span>{message.text}</span>
            {message.action && <Button small onPress={() => { message.action?.run(); setMessage(null); }}>{message.action.label}</Button>}
            <IconButton small look="quiet" label={t("app.dismiss")} onPress={() => setMessage(null)}><X size={14} /></IconButton>
          </div>
        )}
      </div>
    </NoticesContext>
  );
}
