// What the words mean, why a suspicion is not enough, the ethics text, the keys.
import { useQuery } from "@tanstack/react-query";
import "./help.css";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { useBackend } from "../../app/context";
import { go, type HelpTopic } from "../../app/route";
import { Markdown } from "../../components/Markdown";
import { VerdictMark } from "../../components/VerdictMark";
import { useWords } from "../../i18n";
import type { VerdictCode } from "../../ipc/bindings";
import { BaseRates } from "./BaseRates";
import { KeyList } from "./KeyList";

const TOPICS: HelpTopic[] = ["meaning", "base", "ethics", "keys"];
const CODES: VerdictCode[] = ["suspected", "inconclusive", "noIndication", "notExamined"];

export function HelpScreen({ topic }: { topic: HelpTopic }) {
  const { t } = useWords();
  return (
    <Tabs className="tabs help" selectedKey={topic} onSelectionChange={(key) => go({ page: "help", topic: key as HelpTopic })}>
      <TabList className="tab-list" aria-label={t("help.tabs")}>
        {TOPICS.map((id) => <Tab key={id} id={id} className="tab">{t(`help.${id}`)}</Tab>)}
      </TabList>
      {TOPICS.map((id) => (
        <TabPanel key={id} id={id} className="help__panel scroll">
          {id === "meaning" && <Meaning />}
          {id === "base" && <BaseRates />}
          {id === "ethics" && <Ethics />}
          {id === "keys" && <KeyList />}
        </TabPanel>
      ))}
    </Tabs>
  );
}

function Meaning() {
  const { t } = useWords();
  return (
    <div className="prose">
      <h1>{t("help.meaning")}</h1>
      <dl className="meanings">
        {CODES.map((code) => (
          <div key={code} className={`meanings__row verdict--${code}`}>
            <dt><VerdictMark code={code} size={16} />{t(`verdict.${code}`)}</dt>
            <dd>{t(`help.words.${code}`)}</dd>
          </div>
        ))}
      </dl>
      <h2>{t("statement.limitsTitle")}</h2>
      <p>{t("statement.limits")}</p>
      <p>{t("statement.editorial")}</p>
    </div>
  );
}

function Ethics() {
  const { t, lang } = useWords();
  const backend = useBackend();
  const { data, error } = useQuery({ queryKey: ["help", "ethics", lang], queryFn: () => backend.helpText("ethics", lang), staleTime: Infinity });
  if (error) return <p role="alert">{t("error.internal")}</p>;
  return data ? <Markdown text={data} /> : null;
}
