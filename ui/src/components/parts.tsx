// Small pieces that every screen is made of.
import { ChevronRight, type LucideIcon, Search } from "lucide-react";
import { type ReactNode, useId } from "react";
import {
  Button, Disclosure as AriaDisclosure, DisclosurePanel, Input, Label, ListBox, ListBoxItem, Popover, ProgressBar as AriaProgress, SearchField as AriaSearch,
  Select, SelectValue, Switch as AriaSwitch,
} from "react-aria-components";
import { ChevronDown } from "lucide-react";

export function Section({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  const id = useId();
  return (
    <section className="section" aria-labelledby={id}>
      <div className="section__head"><h2 id={id}>{title}</h2>{aside}</div>
      {children}
    </section>
  );
}

export type Fact = [label: string, value: ReactNode, mono?: "mono"];

export function Facts({ facts }: { facts: (Fact | null | false)[] }) {
  return (
    <dl className="facts">
      {facts.filter((f): f is Fact => Boolean(f)).map(([label, value, mono]) => (
        <div key={label} className="facts__row">
          <dt>{label}</dt>
          <dd className={mono}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Empty({ icon: Icon, title, text, children }: { icon: LucideIcon; title: string; text?: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon size={32} strokeWidth={1.4} aria-hidden="true" />
      <h1>{title}</h1>
      {text && <p>{text}</p>}
      {children && <div className="actions">{children}</div>}
    </div>
  );
}

/** `value` from 0 to 1; null while the length of the work is unknown. */
export function ProgressBar({ value, label, thick }: { value: number | null; label: string; thick?: boolean }) {
  const kind = ["progress", thick && "progress--thick", value === null && "progress--unknown"].filter(Boolean).join(" ");
  return (
    <AriaProgress className={kind} aria-label={label} value={value === null ? undefined : value * 100} isIndeterminate={value === null}>
      <span className="progress__track">
        <span className="progress__fill" style={value === null ? undefined : { transform: `scaleX(${value})` }} />
      </span>
    </AriaProgress>
  );
}

export function Notice({ icon: Icon, tone = "plain", children, live }: { icon?: LucideIcon; tone?: "plain" | "warn" | "bad"; children: ReactNode; live?: boolean }) {
  return (
    <div className={`notice notice--${tone}`} role={live ? "status" : undefined}>
      {Icon && <Icon size={16} aria-hidden="true" />}
      <div className="notice__body">{children}</div>
    </div>
  );
}

export function Disclosure({ title, children, level = 3 }: { title: string; children: ReactNode; level?: 2 | 3 | 4 }) {
  const Head = `h${level}` as const;
  return (
    <AriaDisclosure className="disclosure">
      <Head className="disclosure__head">
        <Button slot="trigger" className="disclosure__button"><ChevronRight size={14} aria-hidden="true" />{title}</Button>
      </Head>
      <DisclosurePanel className="disclosure__panel">{children}</DisclosurePanel>
    </AriaDisclosure>
  );
}

export function SearchField({ label, value, onChange, inputRef }: { label: string; value: string; onChange: (text: string) => void; inputRef?: React.Ref<HTMLInputElement> }) {
  return (
    <AriaSearch className="search" aria-label={label} value={value} onChange={onChange}>
      <Search size={15} aria-hidden="true" />
      <Input ref={inputRef} className="input" placeholder={label} />
    </AriaSearch>
  );
}

export type Choice<K extends string | number> = { id: K; name: string };

export function SelectField<K extends string | number>({ label, choices, value, onChange }: { label: string; choices: Choice<K>[]; value: K; onChange: (id: K) => void }) {
  return (
    <Select className="field" value={value} onChange={(key) => key !== null && onChange(key as K)}>
      <Label>{label}</Label>
      <Button className="button select-button"><SelectValue /><ChevronDown size={14} aria-hidden="true" /></Button>
      <Popover className="popover" offset={4}>
        <ListBox items={choices}>{(c) => <ListBoxItem id={c.id} className="item">{c.name}</ListBoxItem>}</ListBox>
      </Popover>
    </Select>
  );
}

export function Switch({ label, hint, selected, onChange, disabled }: { label: string; hint?: string; selected: boolean; onChange: (on: boolean) => void; disabled?: boolean }) {
  const id = useId();
  return (
    <AriaSwitch className="switch" isSelected={selected} onChange={onChange} isDisabled={disabled} aria-describedby={hint ? id : undefined}>
      <span className="switch__track"><i /></span>
      <span>
        <span className="label">{label}</span>
        {hint && <span className="hint switch__hint" id={id}>{hint}</span>}
      </span>
    </AriaSwitch>
  );
}
