import { useWords } from "../../i18n";
import type { Selection } from "../../ipc/bindings";

export function SkippedList({ selection, most = 8 }: { selection: Selection; most?: number }) {
  const { t } = useWords();
  if (selection.skippedCount === 0) return null;
  const shown = selection.skipped.slice(0, most);
  const rest = selection.skippedCount - shown.length;
  return (
    <div className="section skipped">
      <h2>{t("selection.skipped", { count: selection.skippedCount })}</h2>
      <ul>
        {shown.map((s, i) => (
          <li key={i}><span className="ellipsis">{s.name}</span><span className="muted">{t(`selection.reason.${s.reason}`)}</span></li>
        ))}
        {rest > 0 && <li className="muted">{t("selection.moreNames", { count: rest })}</li>}
      </ul>
    </div>
  );
}
