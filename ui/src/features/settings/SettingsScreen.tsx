// Every choice takes effect at once and is kept.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import "./settings.css";
import { useState } from "react";
import { Label, Radio, RadioGroup } from "react-aria-components";
import { useBackend, useInfo } from "../../app/context";
import { useNotices } from "../../app/notices";
import { go } from "../../app/route";
import { Button } from "../../components/Button";
import { Confirm } from "../../components/Dialog";
import { Section, SelectField, Switch } from "../../components/parts";
import { useWords } from "../../i18n";
import type { Device, SamplingChoice, Settings } from "../../ipc/bindings";
import { SecondLookSwitch } from "../models/SecondLookSwitch";

export function SettingsScreen() {
  const { t } = useWords();
  const backend = useBackend();
  const client = useQueryClient();
  const { fail } = useNotices();
  const info = useInfo();
  const save = useMutation({
    mutationFn: (patch: Partial<Settings>) => backend.saveSettings({ ...info.settings, ...patch }), onError: fail,
    onSuccess: (next) => {
      client.setQueryData(["info"], next);
      void client.invalidateQueries({ queryKey: ["recent"] });
    },
  });
  const { settings } = info;
  const set = (patch: Partial<Settings>): void => save.mutate(patch);
  return (
    <div className="scroll settings">
      <div className="detail">
        <h1 className="settings__title">{t("settings.title")}</h1>
        <Section title={t("settings.look")}>
          <Choice label={t("settings.language")} value={settings.language} onChange={(language) => set({ language })} options={[["system", t("settings.system")], ["en", t("settings.english")], ["fr", t("settings.french")]]} />
          <Choice label={t("settings.theme")} value={settings.theme} onChange={(theme) => set({ theme })} options={[["system", t("settings.system")], ["dark", t("settings.dark")], ["light", t("settings.light")], ["contrast", t("settings.contrast")]]} />
        </Section>
        <Section title={t("settings.work")}><Work settings={settings} set={set} /></Section>
        <Section title={t("settings.library")}><Library settings={settings} set={set} /></Section>
        <p className="muted">{t("settings.version", { version: info.version })}</p>
      </div>
    </div>
  );
}

type Part = { settings: Settings; set: (patch: Partial<Settings>) => void };

function Work({ settings, set }: Part) {
  const { t } = useWords();
  const backend = useBackend();
  const info = useInfo();
  const { data: models } = useQuery({ queryKey: ["models"], queryFn: backend.listModels });
  const counts = [...new Set([1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64].filter((n) => n < info.processors).concat(info.processors))];
  const fps = settings.sampling.kind === "perSecond" ? settings.sampling.fps : 5;
  const sampling = (kind: SamplingChoice["kind"]): SamplingChoice => (kind === "perSecond" ? { kind, fps } : { kind });
  return (
    <div className="settings__grid">
      <div className="field">
        <SelectField<Device> label={t("settings.device")} value={settings.device} onChange={(device) => set({ device })} choices={(["auto", "cpu", "cuda", "metal"] as const).map((id) => ({ id, name: t(`settings.${id}`) }))} />
        <span className="hint">{info.deviceInUse ? t("settings.inUse", { device: info.deviceInUse.toUpperCase(), threads: t("home.threads", { count: info.threadsInUse }) }) : t("home.preparing")}</span>
      </div>
      <div className="field">
        <SelectField label={t("settings.threads")} value={settings.threads ?? 0} onChange={(n) => set({ threads: n || null })} choices={[{ id: 0, name: t("settings.threadsAuto") }, ...counts.map((n) => ({ id: n, name: String(n) }))]} />
        <span className="hint">{t("settings.threadsHint", { count: info.processors })}</span>
      </div>
      <SelectField label={t("settings.sampling")} value={settings.sampling.kind} onChange={(kind) => set({ sampling: sampling(kind) })} choices={(["fromCard", "perSecond", "everyFrame"] as const).map((id) => ({ id, name: t(`settings.${id}`) }))} />
      {settings.sampling.kind === "perSecond" && <SelectField label={t("settings.fps")} value={fps} onChange={(n) => set({ sampling: { kind: "perSecond", fps: n } })} choices={[1, 2, 5, 10, 15, 25].map((n) => ({ id: n, name: String(n) }))} />}
      <SelectField label={t("settings.finder")} value={settings.faceFinder} onChange={(faceFinder) => set({ faceFinder })} choices={(["mtcnn", "blazeface"] as const).map((id) => ({ id, name: t(`settings.${id}`) }))} />
      {models && <div className="settings__wide"><SecondLookSwitch models={models} /></div>}
    </div>
  );
}

function Library({ settings, set }: Part) {
  const { t } = useWords();
  const backend = useBackend();
  const client = useQueryClient();
  const { tell, fail } = useNotices();
  const info = useInfo();
  const [asking, setAsking] = useState(false);
  const move = useMutation({ mutationFn: backend.chooseLibraryFolder, onSuccess: (next) => { if (next) client.setQueryData(["info"], next); }, onError: fail });
  const forget = useMutation({
    mutationFn: backend.forgetEverything, onError: fail,
    onSuccess: () => {
      for (const key of ["recent", "cases", "case", "analysis"]) client.removeQueries({ queryKey: [key] });
      tell(t("settings.forgetAllDone"));
      go({ page: "home" });
    },
  });
  return (
    <>
      <Switch label={t("settings.history")} hint={t("settings.historyHint")} selected={settings.history} onChange={(history) => set({ history })} />
      <div className="field">
        <span className="label">{t("settings.folder")}</span>
        <div className="settings__folder"><code className="selectable">{info.libraryFolder}</code><Button small isDisabled={move.isPending} onPress={() => move.mutate()}>{t("settings.change")}</Button></div>
        <span className="hint">{t("settings.folderHint")}</span>
      </div>
      <div className="actions"><Button look="danger" onPress={() => setAsking(true)}>{t("settings.forgetAll")}</Button></div>
      <Confirm title={t("settings.forgetAllTitle")} text={t("settings.forgetAllText")} confirm={t("cases.forgetButton")} open={asking} onClose={() => setAsking(false)} onConfirm={() => forget.mutate()} />
    </>
  );
}

function Choice<V extends string>({ label, value, onChange, options }: { label: string; value: V; onChange: (value: V) => void; options: [V, string][] }) {
  return (
    <RadioGroup className="field" value={value} onChange={(v) => onChange(v as V)} orientation="horizontal">
      <Label>{label}</Label>
      <div className="radios">{options.map(([id, name]) => <Radio key={id} value={id} className="radio">{name}</Radio>)}</div>
    </RadioGroup>
  );
}
