// The first screen: the drop zone is the screen; beside it what was examined lately and whether all is ready.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronDown, CircleAlert, FolderOpen, PackageCheck } from "lucide-react";
import "./home.css";
import { useBackend, useInfo } from "../../app/context";
import { useIntake } from "../../app/intake";
import { Button } from "../../components/Button";
import { FaceFrame } from "../../components/FaceFrame";
import { Menu } from "../../components/Menu";
import { Facts, Notice, Section } from "../../components/parts";
import { useWords } from "../../i18n";
import { sentence } from "../../lib/format";
import { Recents } from "./Recents";

export function HomeScreen() {
  return (
    <div className="home">
      <DropZone />
      <aside className="side">
        <div className="side__body scroll"><Recents /></div>
        <Ready />
      </aside>
    </div>
  );
}

function DropZone() {
  const { t } = useWords();
  const intake = useIntake();
  const { problem } = useInfo();
  return (
    <section className="drop" aria-label={t("nav.home")}>
      <FaceFrame className="drop__icon" />
      <h1>{t("home.title")}</h1>
      <p>{t("home.text")}</p>
      <div className="actions">
        <Button look="primary" onPress={intake.openFiles}>{t("home.openFiles")}</Button>
        <Button onPress={intake.openFolder}><FolderOpen size={15} aria-hidden="true" />{t("home.openFolder")}</Button>
        <Menu label={t("package.check")} entries={[{ id: "zip", label: t("package.checkZip"), onAction: () => intake.openPackage("zip") }, { id: "folder", label: t("package.checkFolder"), onAction: () => intake.openPackage("folder") }]}>
          <PackageCheck size={15} aria-hidden="true" />{t("package.check")}<ChevronDown size={14} aria-hidden="true" />
        </Menu>
      </div>
      {problem && (
        <Notice tone="bad" icon={CircleAlert}>
          <strong>{t("home.problem")}</strong>
          <p>{t(`error.${problem.code}`)}</p>
          {problem.message && <p className="muted">{sentence(problem.message)}</p>}
        </Notice>
      )}
      <Meaning />
    </section>
  );
}

/** Said in full until it has been read once; afterwards it stays as a quiet line. */
function Meaning() {
  const { t } = useWords();
  const backend = useBackend();
  const client = useQueryClient();
  const { settings } = useInfo();
  const read = useMutation({ mutationFn: () => backend.saveSettings({ ...settings, explained: true }), onSuccess: (info) => client.setQueryData(["info"], info) });
  return (
    <div className={settings.explained ? "meaning" : "meaning meaning--first"}>
      <p><strong>{t("home.meaning")}</strong> {t("home.m1")} {t("home.m2")} {t("home.m3")}</p>
      {!settings.explained && <Button small onPress={() => read.mutate()}>{t("home.understood")}</Button>}
    </div>
  );
}

function Ready() {
  const { t } = useWords();
  const backend = useBackend();
  const info = useInfo();
  const { data: models } = useQuery({ queryKey: ["models"], queryFn: backend.listModels });
  const checked = models?.filter((m) => m.isScoring && m.chosen && (m.state === "verified" || m.state === "expired")).length ?? 0;
  return (
    <div className="side__foot">
      <Section title={t("home.system")}>
        <Facts facts={[
          [t("home.methods"), models ? t("home.readyModels", { count: checked }) : "…"],
          [t("home.computes"), info.deviceInUse ? `${info.deviceInUse.toUpperCase()}, ${t("home.threads", { count: info.threadsInUse })}, ${t("home.offline")}` : t("home.preparing")],
        ]} />
      </Section>
    </div>
  );
}
