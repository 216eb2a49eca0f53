import { FileX, PackageCheck } from "lucide-react";
import { FaceFrame } from "../../components/FaceFrame";
import { useWords } from "../../i18n";
import { selectionWords } from "../../i18n/words";
import type { Selection } from "../../ipc/bindings";
import { SkippedList } from "./SkippedList";

/** Over everything while files are held over the window. */
export function DropVeil({ selection }: { selection: Selection }) {
  const { t, lang } = useWords();
  if (selection.package !== null) {
    return (
      <div className="veil" role="status">
        <div className="veil__card">
          <PackageCheck size={44} strokeWidth={1.4} aria-hidden="true" />
          <h1>{t("package.release")}</h1>
          <p className="strong ellipsis">{selection.package}</p>
        </div>
      </div>
    );
  }
  const some = selection.images + selection.videos > 0;
  const rest = selection.images + selection.videos - selection.names.length;
  return (
    <div className="veil" role="status">
      <div className={some ? "veil__card" : "veil__card veil__card--none"}>
        {some ? <FaceFrame size={48} /> : <FileX size={44} strokeWidth={1.4} aria-hidden="true" />}
        <h1>{some ? t("home.release") : t("home.nothing")}</h1>
        {some && <p className="strong">{selectionWords(t, selection, lang)}</p>}
        {some && (
          <ul className="veil__names">
            {selection.names.map((name, i) => <li key={i} className="ellipsis">{name}</li>)}
            {rest > 0 && <li className="muted">{t("selection.moreNames", { count: rest })}</li>}
          </ul>
        )}
        <SkippedList selection={selection} most={4} />
      </div>
    </div>
  );
}
