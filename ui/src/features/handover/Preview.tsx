// Page one as it will look, on demand: cutting the pictures takes as long as for the report itself.
import { useState } from "react";
import { useBackend } from "../../app/context";
import { Button } from "../../components/Button";
import { Notice } from "../../components/parts";
import { useWords } from "../../i18n";
import type { AnalysisView, ReportPreview } from "../../ipc/bindings";
import { type Draft, optionsOf } from "./options";
import { useErrand } from "./useErrand";
import { Working } from "./Working";

export function Preview({ view, draft }: { view: AnalysisView; draft: Draft }) {
  const { t } = useWords();
  const backend = useBackend();
  const errand = useErrand();
  const [shown, setShown] = useState<{ preview: ReportPreview; draft: Draft } | null>(null);
  const show = async (): Promise<void> => {
    const preview = await errand.run((listener) => backend.previewReport(view.id, optionsOf(draft, new Date()), listener));
    if (preview) setShown({ preview, draft });
  };
  return (
    <div className="handover__preview">
      {shown ? (
        <>
          <div className="page"><img src={backend.frameUrl(`preview/${shown.preview.number}`)} alt={t("report.previewAlt")} /></div>
          <p className="like" role="status">{t("report.pages", { count: shown.preview.pages })}, {t("report.pictures", { count: shown.preview.pictures })}</p>
          {shown.preview.evidence !== "unchanged" && <Notice tone="warn">{t(`report.evidence.${shown.preview.evidence}`)}</Notice>}
        </>
      ) : (
        <div className="section">
          <h2>{t("report.holds")}</h2>
          <p>{t(draft.extent === "full" ? "report.holdsFull" : "report.holdsSummary")}</p>
          {draft.extent === "full" && <p>{t(view.explanations.length > 0 ? "report.hasMaps" : "report.noMaps")}</p>}
        </div>
      )}
      {shown && shown.draft !== draft && <p className="like">{t("report.stale")}</p>}
      {errand.running ? <Working errand={errand} label={t("report.previewing")} /> : (!shown || shown.draft !== draft) && (
        <div className="actions"><Button onPress={() => void show()}>{t(shown ? "report.previewAgain" : "report.preview")}</Button></div>
      )}
    </div>
  );
}
