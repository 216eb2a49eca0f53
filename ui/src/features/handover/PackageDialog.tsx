// A package that was dropped or chosen: every byte is checked, and what changed is named.
import { CircleCheck, TriangleAlert } from "lucide-react";
import "./handover.css";
import { useEffect, useRef, useState } from "react";
import { useBackend } from "../../app/context";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { Facts, Notice } from "../../components/parts";
import { useNotices } from "../../app/notices";
import { type T, useWords } from "../../i18n";
import type { PackageCheck, PackageProblem, Selection } from "../../ipc/bindings";
import { dateTime, number } from "../../lib/format";
import { Hash } from "../analysis/FileFacts";
import { useErrand } from "./useErrand";
import { Working } from "./Working";

export function PackageDialog({ selection, onClose }: { selection: Selection; onClose: () => void }) {
  const { t } = useWords();
  const backend = useBackend();
  const { fail } = useNotices();
  const errand = useErrand();
  const [check, setCheck] = useState<PackageCheck | "unreadable" | null>(null);
  const verify = async (): Promise<void> => setCheck((await errand.run((listener) => backend.verifyPackage(selection.id, listener))) ?? "unreadable");
  const started = useRef(false);
  useEffect(() => {
    if (started.current) return;
    started.current = true;
    void verify();
  }, []);
  const show = (): void => void backend.pickPackageEvidence(selection.id).then((name) => (name === null ? undefined : verify()), fail);
  return (
    <Dialog title={t("package.title", { name: selection.package ?? "" })} open onClose={onClose} wide>
      {errand.running && <Working errand={errand} label={t("package.checking")} />}
      {!errand.running && check === "unreadable" && <Notice tone="bad" icon={TriangleAlert} live>{t("package.unreadable")}</Notice>}
      {!errand.running && check !== null && check !== "unreadable" && <Found check={check} onShow={show} />}
      <div className="actions actions--end">
        {!errand.running && check !== null && <Button onPress={() => void verify()}>{t("package.again")}</Button>}
        <Button look="primary" onPress={onClose}>{t("app.close")}</Button>
      </div>
    </Dialog>
  );
}

function Found({ check, onShow }: { check: PackageCheck; onShow: () => void }) {
  const { t, lang } = useWords();
  const untouched = check.problems.length === 0;
  return (
    <>
      <Notice tone={untouched ? "plain" : "bad"} icon={untouched ? CircleCheck : TriangleAlert} live>
        <strong>{t(untouched ? "package.untouched" : "package.touched")}</strong>
        {!untouched && <ul className="problems" aria-label={t("package.what")}>{check.problems.map((p, i) => <li key={i}>{problemWords(t, p)}</li>)}</ul>}
      </Notice>
      <Facts facts={[
        check.fingerprint !== null && [t("package.key"), <span key="key"><span className="mono selectable">{check.fingerprint}</span>{check.ownKey ? <>{" "}({t("package.own")})</> : <small className="hint problems__hint">{t("package.foreign")}</small>}</span>],
        check.made !== null && [t("package.made"), dateTime(check.made, lang)],
        check.application !== null && [t("package.by"), check.application],
        check.files > 0 && [t("package.files"), t("package.filesCount", { count: check.files })],
        check.evidenceSha256 !== null && [t("package.hash"), <Hash key="hash" hash={check.evidenceSha256} />],
        check.models.length > 0 && [t("package.models"), <span key="models" className="model-fact">{check.models.map((m) => <span key={m.id}>{t(`package.model.${m.state}`, { id: m.id })}</span>)}</span>],
      ]} />
      {check.evidenceSha256 !== null && (
        <div className="section">
          <h2>{t("package.rerun")}</h2>
          <p>{t(`package.evidence.${check.evidence.kind}`, { name: "name" in check.evidence ? check.evidence.name : "" })} {rerunWords()}</p>
          {check.rerun.kind === "differs" && <ul className="problems">{check.rerun.differences.map((d, i) => <li key={i}>{d}</li>)}</ul>}
          {check.evidence.kind !== "same" && <div className="actions"><Button small onPress={onShow}>{t("package.show")}</Button></div>}
        </div>
      )}
    </>
  );

  function rerunWords(): string {
    const { rerun } = check;
    if (rerun.kind === "confirmed") return t("package.confirmed", { logits: rerun.logits, largest: number(rerun.largest, lang, 6), tolerance: number(rerun.tolerance, lang, 3) });
    return t(rerun.kind === "differs" ? "package.differs" : "package.notRun");
  }
}

function problemWords(t: T, problem: PackageProblem): string {
  switch (problem.kind) {
    case "missing":
    case "changed":
    case "added":
    case "unreadable":
      return t(`package.problem.${problem.kind}`, { file: problem.file });
    case "logBroken":
      return t("package.problem.logBroken", { entry: problem.entry });
    case "tolerance":
      return t("package.problem.tolerance", { asked: Number(problem.asked) });
    default:
      return t(`package.problem.${problem.kind}`);
  }
}
