import { Button } from "../../components/Button";
import { ProgressBar } from "../../components/parts";
import { useWords } from "../../i18n";
import { fraction } from "../../lib/job";
import type { Errand } from "./useErrand";

/** How far an errand is, and a way to stop it. */
export function Working({ errand, label }: { errand: Errand; label: string }) {
  const { t } = useWords();
  const stage = errand.progress ? t(`stage.${errand.progress.stage}`) : label;
  return (
    <div className="working" role="status">
      <ProgressBar value={fraction(errand.progress)} label={label} />
      <div className="verdict__pace"><span>{stage}</span><span className="spacer" /><Button small onPress={errand.stop}>{t("explain.cancel")}</Button></div>
    </div>
  );
}
