import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useBackend, useInfo } from "../../app/context";
import { useNotices } from "../../app/notices";
import { Facts, Notice, Section, Switch } from "../../components/parts";
import { useWords } from "../../i18n";
import type { ModelView } from "../../ipc/bindings";
import { bytes, date, score } from "../../lib/format";
import { Hash } from "../analysis/FileFacts";
import { ValidationDots } from "../analysis/Validations";
import { SecondLookSwitch } from "./SecondLookSwitch";
import "../analysis/analysis.css";
import { BadgeCheck, CircleAlert, Clock3 } from "lucide-react";

export function ModelDetail({ model, all }: { model: ModelView; all: ModelView[] }) {
  const { t, lang } = useWords();
  const backend = useBackend();
  return (
    <div className="detail">
      <div className="detail__head">
        <div>
          <h1>{model.name}</h1>
          <p className="muted">{t(`models.task.${model.task}`)} · {model.builtIn ? t("models.builtIn") : t("models.importedTag")}</p>
        </div>
      </div>
      <Notice tone={model.state === "verified" ? "plain" : model.state === "expired" || model.state === "noEncoder" ? "warn" : "bad"} icon={model.state === "verified" ? BadgeCheck : model.state === "expired" ? Clock3 : CircleAlert}>
        <strong>{t(`models.${model.state}`)}</strong>
        <p>{t(`models.stateText.${model.state}`)}{model.detail ? ` (${model.detail})` : ""}</p>
      </Notice>
      {model.isScoring && (model.secondLook ? <SecondLookSwitch models={all} /> : <UseSwitch model={model} all={all} />)}
      <Section title={t("models.validation")}>
        {model.validation ? <div className="model-validation"><ValidationDots validation={model.validation} level={3} /></div> : <p className="muted">{t(model.isScoring ? "models.noCounts" : "models.noValidation")}</p>}
        {model.threshold && <Facts facts={[[t("models.thresholds"), t("models.thresholdText", { suspected: score(model.threshold.suspected, lang), noIndication: score(model.threshold.noIndication, lang) })]]} />}
      </Section>
      {model.isScoring && (
        <Section title={t("models.figures")}>
          {model.figures.length === 0 && <p className="muted">{t("models.noFigures")}</p>}
          <div className="figures">
            {model.figures.map((f) => (
              <figure key={f.url}><img src={backend.frameUrl(f.url)} alt={t(`models.figure.${f.kind}`)} draggable={false} /><figcaption>{t(`models.figure.${f.kind}`)}</figcaption></figure>
            ))}
          </div>
        </Section>
      )}
      <Section title={t("models.card")}>
        <Facts facts={[
          [t("models.notFor"), model.notFor], [t("models.trainedOn"), model.trainedOn],
          [t("models.trained"), date(model.trained, lang)], [t("models.expires"), date(model.expires, lang)],
          [t("models.version"), model.version], [t("models.architecture"), model.architecture], [t("models.licence"), model.licence], [t("models.source"), model.source],
          [t("models.size"), bytes(model.bytes, lang)], [t("models.hash"), <Hash key="hash" hash={model.sha256} />],
        ]} />
      </Section>
    </div>
  );
}

/** The choice is a setting; an empty list there means all that are in order. Those that look twice have a setting of their own. */
function UseSwitch({ model, all }: { model: ModelView; all: ModelView[] }) {
  const { t } = useWords();
  const backend = useBackend();
  const client = useQueryClient();
  const { fail } = useNotices();
  const { settings } = useInfo();
  const chosen = all.filter((m) => m.isScoring && !m.secondLook && m.chosen).map((m) => m.id);
  const usable = model.state === "verified" || model.state === "expired";
  const last = model.chosen && chosen.length === 1;
  const save = useMutation({
    mutationFn: (on: boolean) => backend.saveSettings({ ...settings, detectors: on ? [...chosen, model.id] : chosen.filter((id) => id !== model.id) }), onError: fail,
    onSuccess: (info) => {
      client.setQueryData(["info"], info);
      void client.invalidateQueries({ queryKey: ["models"] });
    },
  });
  return <Switch label={t("models.use")} hint={last ? t("models.useHint") : undefined} selected={model.chosen && usable} disabled={!usable || last} onChange={(on) => save.mutate(on)} />;
}
